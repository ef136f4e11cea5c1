"""The customer's own pages, without signing in: he files something, sees where it stands, urges,
adds a remark, answers what we ask him.

Whoever knows a case's number and a number of its customer may look at it: the session then
remembers the case's key for a while, nothing else of him. Wrong tries look alike whatever was
wrong, and are counted.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import flask
from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound, TooManyRequests
from werkzeug.wrappers import Response

import forms
from engine import cases
from engine.cases import AlreadyOpened, CaseKind, Standing, service
from engine.errors import Invalid
from web import session
from web.limiting import limiter, parse
from web.pages import filling, uploads
from web.pages.intake import labels
from web.session import ANYONE, right, wants_fragment

pages = Blueprint("service", __name__, url_prefix="/service")

ACTOR, CHANNEL = "customer:web", "web"
REMEMBERED_S = 30 * 60
_OPEN = "service"
"""Where the session keeps the case that its customer has shown to be his: [key, until]."""

# Many customers share an operator's address, so that a number is held
# up early, an address late.
_FILED_BY_NUMBER, _FILED_BY_ADDRESS = parse("6 per 1 hour"), parse("60 per 1 hour")
_WRONG_FOR_CASE, _WRONG_BY_ADDRESS = parse("10 per 10 minutes"), parse("60 per 10 minutes")
_SAID_TO_CASE = parse("6 per 1 hour")


@pages.get("")
@right(ANYONE)
def choose() -> str:
    with session.engine().read() as conn:
        kinds = [one for one in cases.kinds(conn) if one.public and one.public.form]
    return render_template("service.html", kinds=kinds)


@pages.get("/status")
@right(ANYONE)
def status() -> str:
    """Where the customer's case stands; the question for its number before."""
    key = _remembered()
    if key is None:
        return render_template("service_lookup.html", number=request.args.get("number", ""))
    with session.engine().read() as conn:
        stands = service.standing_of(conn, key)
    return render_template("service_status.html", stands=stands, now=datetime.now(UTC))


@pages.post("/status")
@right(ANYONE)
def look_up() -> Response | tuple[str, int]:
    number = request.form.get("number", "").strip().upper()[:60]
    address = request.remote_addr or ""
    wrong = ((_WRONG_FOR_CASE, number), (_WRONG_BY_ADDRESS, address))
    if not all(limiter.test(*one) for one in wrong):
        raise TooManyRequests
    with session.engine().read() as conn:
        stands = cases.standing(conn, number, request.form.get("phone", "")[:60])
    if stands is None:
        for one in wrong:
            limiter.hit(*one)
        problem = _("没有查到：请核对受理编号，以及办理时留下的号码。")
        return render_template("service_lookup.html", number=number, problem=problem), 422
    _remember(stands.key)
    return session.go_to(url_for("service.status"))


@pages.post("/leave")
@right(ANYONE)
def leave() -> Response:
    flask.session.pop(_OPEN, None)
    return session.go_to(url_for("service.choose"))


@pages.post("/remark")
@right(ANYONE)
def remark() -> Response | tuple[str, int]:
    key = _mine()
    text = request.form.get("text", "")
    try:
        with session.engine().unit(ACTOR) as unit:
            service.remark(unit, key, text)
    except Invalid as error:
        with session.engine().read() as conn:
            stands = service.standing_of(conn, key)
        page = render_template(
            "service_status.html", stands=stands, text=text, problem=error.zh,
            now=datetime.now(UTC),
        )
        return page, 422
    flash(_("已记入您的工单，并转给正在办理的人。"))
    return session.go_to(url_for("service.status"))


@pages.get("/do/<message>")
@right(ANYONE)
def action(message: str) -> str:
    with session.engine().read() as conn:
        stands, form = _action(conn, message)
    return _action_page(stands, form, message, None, {})


@pages.post("/do/<message>")
@right(ANYONE)
def act(message: str) -> Response | tuple[str, int]:
    with session.engine().read() as conn:
        stands, form = _action(conn, message)
    entered = filling.entered(form)
    checked = forms.check(form, entered, {})
    if checked.errors:
        return _action_page(stands, form, message, entered, checked.errors), 422
    with session.engine().unit(ACTOR) as unit:
        service.answer(unit, stands.key, message, checked.data)
    flash(_("已收到，谢谢您。"))
    return session.go_to(url_for("service.status"))


@pages.get("/new/<kind_id>")
@right(ANYONE)
def show(kind_id: str) -> str:
    with session.engine().read() as conn:
        kind, form = _kind(conn, kind_id)
    return _page(kind, form, None, {})


@pages.post("/new/<kind_id>/form")
@right(ANYONE)
def redraw(kind_id: str) -> str:
    """The form as it looks with what is entered now."""
    with session.engine().read() as conn:
        form = _kind(conn, kind_id)[1]
        place = uploads.of_new(request.form.get("once", "")[:40])
        fields = form.fields({}, uploads.entered(conn, form, place))
    return render_template("form_fields.html", fields=fields)


@pages.post("/new/<kind_id>")
@right(ANYONE)
def file(kind_id: str) -> Response | tuple[str, int]:
    """Open the case; the same form sent twice opens one."""
    once = request.form.get("once", "")[:40] or secrets.token_urlsafe(16)
    place = uploads.of_new(once)
    uploads.receive(place)
    with session.engine().read() as conn:
        kind, form = _kind(conn, kind_id)
        entered = uploads.entered(conn, form, place)
        checked = forms.check(form, entered, {})
        errors = checked.errors | uploads.problems()
        # Sent again: its files are the case's by now, the form finds them no more.
        if errors and cases.known_refs(conn, CHANNEL, [once]):
            return session.go_to(url_for("service.status"))
    if errors:
        return _page(kind, form, entered, errors, once), 422
    limits = ((_FILED_BY_NUMBER, service.number_in(kind, checked.data)),
              (_FILED_BY_ADDRESS, request.remote_addr or ""))
    if not all(limiter.test(*one) for one in limits):
        raise TooManyRequests
    try:
        with session.engine().unit(ACTOR) as unit:
            opened = service.receive(unit, kind_id, checked.data, CHANNEL, source_ref=once)
            uploads.keep(unit, form, checked.data, place, opened.case_id)
    except AlreadyOpened:
        return session.go_to(url_for("service.status"))
    except Invalid as error:
        fields = error.details.get("fields", {})
        return _page(kind, form, entered, fields, once, problem=error.zh), 422
    for one in limits:
        limiter.hit(*one)
    _remember(opened.case_id)
    flash(_("已收到。请记下受理编号，随时可以凭编号和您的号码查询进度。"))
    return session.go_to(url_for("service.status"))


def _kind(conn: Connection, kind_id: str) -> tuple[CaseKind, forms.Form]:
    kind = cases.kind(conn, kind_id)
    if kind.public is None or kind.public.form is None:
        raise NotFound
    return kind, filling.latest(conn, kind.public.form)


def _page(
    kind: CaseKind, form: forms.Form, entered: Mapping[str, Any] | None,
    errors: Mapping[str, str], once: str = "", **more: Any,
) -> str:
    assert kind.public is not None
    once = once or secrets.token_urlsafe(16)
    fields = form.fields({}, entered, errors)
    template = "service_form.html" if wants_fragment() else "service_new.html"
    return render_template(
        template, title=kind.public.title or kind.name, about=kind.public.about,
        fields=fields, errors=errors, labels=labels(fields),
        once=once, ticket=uploads.ticket(form, uploads.of_new(once)), submit=_("提交"),
        target=url_for("service.file", kind_id=kind.id),
        conditions=url_for("service.redraw", kind_id=kind.id), **more,
    )


def _action(conn: Connection, message: str) -> tuple[Standing, forms.Form]:
    """NotFound for what the case does not wait for (any more)."""
    stands = service.standing_of(conn, _mine())
    found = next((one for one in stands.actions.values() if one.message == message), None)
    if found is None:
        raise NotFound
    return stands, filling.latest(conn, found.form)


def _action_page(
    stands: Standing, form: forms.Form, message: str, entered: Mapping[str, Any] | None,
    errors: Mapping[str, str],
) -> str:
    fields = form.fields({}, entered, errors)
    label = next(one.label for one in stands.actions.values() if one.message == message)
    template = "service_form.html" if wants_fragment() else "service_new.html"
    return render_template(
        template, title=label, about=_("编号 %(number)s", number=stands.number), fields=fields,
        errors=errors, labels=labels(fields), once="", submit=label, conditions="", ticket="",
        target=url_for("service.act", message=message), back=url_for("service.status"),
    )


def _remember(key: int) -> None:
    flask.session[_OPEN] = [key, int(time.time()) + REMEMBERED_S]


def _remembered() -> int | None:
    """The case that this browser may see, while that lasts."""
    kept = flask.session.get(_OPEN)
    if not isinstance(kept, list) or len(kept) != 2 or kept[1] < time.time():
        return None
    return int(kept[0])


def _mine() -> int:
    """The same for what needs one; each use that changes something counts."""
    key = _remembered()
    if key is None:
        flask.abort(session.go_to(url_for("service.status")))
    if request.method == "POST" and not limiter.hit(_SAID_TO_CASE, "case", str(key)):
        raise TooManyRequests
    return key
