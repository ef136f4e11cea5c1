"""A case in one go on a phone, for account managers: what, where, the words, the agreed time;
with the warning of a likely duplicate."""

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
from engine.cases import AlreadyOpened, CaseKind, merging, service
from engine.errors import ExpressionFailed, Invalid, NotFound
from engine.model import Json
from web import session
from web.pages import filling, uploads
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
        place = uploads.of_new(request.form.get("once", "")[:40])
        fields = form.fields(filling.me(), uploads.entered(conn, form, place))
    return render_template("form_fields.html", fields=fields)


@pages.post("")
@right(SIGNED_IN)
def open_() -> Response | tuple[str, int]:
    """Open the case; the same form sent twice opens one."""
    login = session.person().login
    once = request.form.get("once", "")[:40] or secrets.token_urlsafe(16)
    place = uploads.of_new(once)
    uploads.receive(place)
    into = request.form.get("_merge_into")
    with session.engine().read() as conn:
        kind, form = _kind(conn)
        entered = uploads.entered(conn, form, place)
        checked = forms.check(form, entered, filling.me())
        errors = checked.errors | uploads.problems()
        if errors and _is_open(conn, once):
            return _opened_before()  # its files are the case's by now, the form finds them no more
        if errors:
            return _page(form, entered, errors, once), 422
        data = {**checked.data, "owner": login}
        same = () if into or "_confirmed" in request.form or _is_open(conn, once) else (
            cases.duplicates(conn, kind.id, data)
        )
    if same:
        return _page(form, entered, {}, once, duplicates=same), 422
    try:
        with session.engine().unit(login) as unit:
            key = service.receive(unit, kind.id, data, CHANNEL, source_ref=once).case_id
            uploads.keep(unit, form, data, place, key)
            if into:
                merging.at_intake(unit, key, into)
            team = _team(unit.conn, {**data, "channel": CHANNEL})
    except AlreadyOpened:
        return _opened_before()
    except Invalid as error:
        fields = error.details.get("fields", {})
        return _page(form, entered, fields, once, problem=error.zh), 422
    if into:
        flash(_("已登记，并入 %(number)s。", number=into))
        return session.go_to(url_for("case.show", case_id=key))
    flash(_("已建单，归口 %(team)s。", team=team) if team else _("已建单。"))
    return session.go_to(url_for("case.show", case_id=key))


def _opened_before() -> Response:
    flash(_("这张单已经建好。"))
    return session.go_to(url_for("cases.show"))


def _is_open(conn: Connection, once: str) -> bool:
    """Whether this very form has opened its case: that one is no duplicate of it."""
    return once in cases.known_refs(conn, CHANNEL, [once])


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
    once: str = "", **more: Any,
) -> str:
    once = once or secrets.token_urlsafe(16)
    fields = form.fields(filling.me(), entered, errors)
    template = "service_form.html" if wants_fragment() else "quick.html"
    return render_template(
        template, fields=fields, errors=errors, labels=labels(fields), once=once,
        ticket=uploads.ticket(form, uploads.of_new(once)), submit=_("建单"),
        target=url_for("quick.open_"), conditions=url_for("quick.redraw"),
        back=url_for("inbox.show"), **more,
    )
