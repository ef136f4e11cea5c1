"""A case in one go on a phone, for account managers: what, where, the words, the agreed time."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

import forms
from engine import cases, decisions, groups
from engine.cases import AlreadyOpened, CaseKind, service
from engine.errors import ExpressionFailed, Invalid, NotFound
from engine.model import Json
from web import session
from web.pages import filling
from web.pages.intake import labels
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("quick", __name__, url_prefix="/quick")

CHANNEL = "account-manager"
_ROUTING = "complaint-routing"


@pages.get("")
@right(SIGNED_IN)
def show() -> str:
    with session.engine().read() as conn:
        form = _kind(conn)[1]
    return _page(form, None, {})


@pages.post("/form")
@right(SIGNED_IN)
def redraw() -> str:
    """The form as it looks with what is entered now."""
    with session.engine().read() as conn:
        form = _kind(conn)[1]
        fields = form.fields(filling.me(), filling.entered(form))
    return render_template("form_fields.html", fields=fields)


@pages.post("")
@right(SIGNED_IN)
def open_() -> Response | tuple[str, int]:
    """Open the case; the same form sent twice opens one."""
    login = session.person().login
    once = request.form.get("once", "")[:40] or secrets.token_urlsafe(16)
    with session.engine().read() as conn:
        kind, form = _kind(conn)
        entered = filling.entered(form)
        checked = forms.check(form, entered, filling.me())
    if checked.errors:
        return _page(form, entered, checked.errors, once), 422
    try:
        with session.engine().unit(login) as unit:
            data = {**checked.data, "owner": login}
            key = service.receive(unit, kind.id, data, CHANNEL, source_ref=once).case_id
            team = _team(unit.conn, {**data, "channel": CHANNEL})
    except AlreadyOpened:
        flash(_("这张单已经建好。"))
        return session.go_to(url_for("cases.show"))
    except Invalid as error:
        return _page(form, entered, error.details.get("fields", {}), once, error.zh), 422
    flash(_("已建单，归口 %(team)s。", team=team) if team else _("已建单。"))
    return session.go_to(url_for("case.show", case_id=key))


def _kind(conn: Connection) -> tuple[CaseKind, forms.Form]:
    """The first kind with a form for this page."""
    for kind in cases.kinds(conn):
        if kind.quick is not None:
            return kind, filling.latest(conn, kind.quick)
    raise NotFound("没有可以快捷新建的案件类型。", "No kind of case has a quick form.")


def _team(conn: Connection, data: Mapping[str, Json]) -> str:
    """Unit and team that the routing table names; "" where there is no such table."""
    try:
        found = decisions.decide(conn, _ROUTING, dict(data))
    except (ExpressionFailed, Invalid, NotFound):
        return ""
    if not isinstance(found, dict):
        return ""
    unit = groups.names(conn).get(str(found.get("unit")), "")
    return " ".join(one for one in (unit, str(found.get("team") or "")) if one)


def _page(
    form: forms.Form, entered: Mapping[str, Any] | None, errors: Mapping[str, str],
    once: str = "", problem: str = "",
) -> str:
    fields = form.fields(filling.me(), entered, errors)
    template = "service_form.html" if wants_fragment() else "quick.html"
    return render_template(
        template, fields=fields, errors=errors, labels=labels(fields), problem=problem,
        once=once or secrets.token_urlsafe(16), submit=_("建单"), target=url_for("quick.open_"),
        conditions=url_for("quick.redraw"), back=url_for("inbox.show"),
    )
