"""What people are told (待阅), and the reports that are kept."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import inbox, notices
from web import session
from web.pages.inbox import VIEWS as TASK_VIEWS
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("notices", __name__)

_MOST_AT_ONCE = 100


@pages.get("/notices")
@right(SIGNED_IN)
def show() -> str:
    person = session.person()
    view = "all" if request.args.get("view") == "all" else "unread"
    with session.engine().read() as conn:
        page = notices.page(conn, person, view, **_asked())
        counts = {} if wants_fragment() else inbox.counts(conn, person)
    template = "notice_list.html" if wants_fragment() else "notices.html"
    return render_template(template, page=page, view=view, counts=counts, views=TASK_VIEWS,
                           asked=request.args, more=_more(page.next))


@pages.post("/notices/read")
@right(SIGNED_IN)
def read() -> Response:
    """Mark those on the page as read."""
    sent = request.form.getlist("key")[:_MOST_AT_ONCE]
    keys = [int(key) for key in sent if key.isascii() and key.isdigit() and len(key) < 19]
    person = session.person()
    with session.engine().unit(person.login) as unit:
        done = notices.read_all(unit, person, keys)
    flash(_("已把 %(n)s 条标为已阅。", n=done))
    return redirect(url_for("notices.show"), 303)


@pages.get("/notices/<key:key>")
@right(SIGNED_IN)
def one(key: int) -> str:
    """Opening a notice reads it."""
    person = session.person()
    with session.engine().unit(person.login) as unit:
        notice = notices.open_(unit, key, person)
    return render_template("notice.html", notice=notice)


@pages.get("/reports")
@right(SIGNED_IN)
def reports() -> str:
    person = session.person()
    with session.engine().read() as conn:
        page = notices.page(conn, person, "reports", series=request.args.get("series", "")[:100],
                            **_asked())
        series = [] if wants_fragment() else notices.series(conn, person)
    template = "notice_list.html" if wants_fragment() else "reports.html"
    return render_template(template, page=page, view="reports", series=series,
                           asked=request.args, more=_more(page.next))


def _asked() -> dict[str, Any]:
    before = request.args.get("before", "")
    good = before.isascii() and before.isdigit() and len(before) < 19
    return {"search": request.args.get("q", "")[:200], "before": int(before) if good else None}


def _more(before: int | None) -> str:
    asked = {**request.args.to_dict(), "before": before}
    return f"{request.path}?{urlencode(asked)}" if before else ""
