"""What could not go on, over all cases; the administrator tries it again."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import incidents
from web import session
from web.session import right

pages = Blueprint("incidents", __name__, url_prefix="/incidents")

_PAGE = 100


@pages.get("")
@right("admin")
def show() -> str:
    with session.engine().read() as conn:
        found = incidents.list_open(
            conn, after=min(request.args.get("after", 0, type=int), 2**63 - 1), limit=_PAGE
        )
    more = url_for("incidents.show", after=found[-1].key) if len(found) == _PAGE else ""
    return render_template("incidents.html", incidents=found, more=more)


@pages.post("/<key:key>/retry")
@right("admin")
def retry(key: int) -> Response:
    with session.engine().unit(session.person().login) as unit:
        incidents.resolve(unit, key)
    flash(_("已重试；若仍有问题，会出现新的异常。"))
    return session.go_to(session.local(request.form.get("next"), url_for("incidents.show")))
