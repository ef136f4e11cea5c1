"""Files that are added to a form before it is sent.

A page that draws a form with file fields gives it a ticket: signed, of this session, it names the
place where the files wait (``engine.attachments``) and what each field takes. Each chosen file is
sent at once; the form itself carries ids only. Without JavaScript the files come with the form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g, jsonify, request
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

import forms
from engine import attachments
from engine.errors import BihuanError, Conflict, Invalid
from engine.store.unit import Unit
from web import file_types, session
from web.errors import status
from web.pages import filling
from web.limiting import limiter, parse
from web.session import ANYONE, right

pages = Blueprint("uploads", __name__, url_prefix="/uploads")

TICKET = "_files"
"""The form's hidden field with the ticket; ``_file:NAME`` are the inputs of its file fields."""
_INPUT = "_file:"
_LASTS_S = 7 * 24 * 3600

_BY_STRANGERS = parse("60 per 1 hour")
"""Files from one address that nobody has signed in at."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form's files wait; ``case_id`` is None for a form that opens a case."""

    name: str
    case_id: int | None = None


def of_task(key: int, case_id: int) -> Place:
    """The files stay with the task, as its draft does."""
    return Place(f"task:{key}", case_id)


def of_action(key: int, case_id: int) -> Place:
    return Place(f"action:{key}:{_who()}", case_id)


def of_new(once: str) -> Place:
    """``once`` is the token by which the same form sent twice opens one case."""
    return Place(f"new:{_who()}:{once}")


@pages.post("")
@right(ANYONE)
def add() -> tuple[Response, int]:
    """One file of a field: its id, name and size, or what is wrong with it."""
    try:
        ticket = _ticket()
        found = _stage(ticket, request.form.get("field", ""), request.files.get("file"))
    except BihuanError as error:
        return jsonify(problem=error.zh), status(error)
    return jsonify(id=str(found.key), name=found.name, size=found.size), 201


@pages.post("/remove")
@right(ANYONE)
def remove() -> tuple[str, int]:
    """A file that waits is dropped; one that the case has already stays with the case."""
    key = request.form.get("id", "")
    with session.engine().unit(_actor()) as unit:
        attachments.unstage(unit, _ticket().place.name, int(key) if _is_key(key) else 0)
    return "", 204


def ticket(form: forms.Form | None, place: Place) -> str:
    """What a page's form carries along; "" for a form without file fields."""
    fields = {one.name: one.accept for one in forms.pickers(form).values()} if form else {}
    if not fields:
        return ""
    return _signer().dumps([place.name, place.case_id, fields, _who()])


def receive(place: Place) -> None:
    """Take the files that came with the form itself, from a browser without JavaScript; call it
    before ``entered``."""
    sent = [(name.removeprefix(_INPUT), one) for name, one in request.files.items(multi=True)
            if name.startswith(_INPUT) and one.filename]
    if not sent:
        return
    ticket = _ticket()
    if ticket.place != place:
        raise _stale()
    for name, one in sent:
        try:
            _received().setdefault(name, []).append(str(_stage(ticket, name, one).key))
        except BihuanError as error:
            problems()[name] = error.zh


def problems() -> dict[str, str]:
    """Field name → why a file that came with the form was not taken."""
    found: dict[str, str] = g.setdefault("upload_problems", {})
    return found


def entered(conn: Connection, form: forms.Form, place: Place) -> dict[str, Any]:
    """``filling.entered`` with the references of the files that the form names by their ids."""
    said = filling.entered(form)
    picked = forms.pickers(form)
    if not picked:
        return said
    ids = {name: [*_listed(said, name), *_received().get(name, ())] for name in picked}
    keys = [int(one) for some in ids.values() for one in some if _is_key(one)]
    known = attachments.named(conn, keys, place.name, place.case_id)
    for name, some in ids.items():
        _put(said, name, [known[int(one)].reference if _is_key(one) and int(one) in known else one
                          for one in some])
    return said


def keep(unit: Unit, form: forms.Form | None, data: Mapping[str, Any], place: Place,
         case_id: int) -> None:
    """The form was sent: the files that its checked ``data`` refers to belong to the case."""
    keys = [int(one) for one in (forms.referred(form, data) if form else ()) if _is_key(one)]
    if keys:
        attachments.keep(unit, place.name, case_id, keys)


@dataclass(frozen=True, slots=True)
class _Ticket:
    place: Place
    fields: Mapping[str, str]


def _ticket() -> _Ticket:
    try:
        name, case_id, fields, who = _signer().loads(request.form.get(TICKET, ""), _LASTS_S)
    except BadData as error:
        raise _stale() from error
    if who != _who():
        raise _stale()
    return _Ticket(Place(name, case_id), fields)


def _stage(ticket: _Ticket, field: str, sent: FileStorage | None) -> attachments.Kept:
    if sent is None or field not in ticket.fields:
        raise Invalid(_("没有收到文件，请重新选择。"), "No file came.")
    if g.person is None and not limiter.hit(_BY_STRANGERS, "files", request.remote_addr or ""):
        raise TooManyRequests
    allowed = [one for one in current_app.config["SETTINGS"].file_types
               if file_types.accepted(one, ticket.fields[field])]
    file = file_types.checked(sent.filename or "", sent.read(), allowed)
    with session.engine().unit(_actor()) as unit:
        return attachments.stage(unit, ticket.place.name, file, ticket.place.case_id)


def _received() -> dict[str, list[str]]:
    found: dict[str, list[str]] = g.setdefault("uploaded", {})
    return found


def _listed(data: Mapping[str, Any], name: str) -> list[str]:
    value: Any = data
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return [str(one) for one in value] if isinstance(value, list) else []


def _put(data: dict[str, Any], name: str, value: list[Any]) -> None:
    *above, last = name.split(".")
    for step in above:
        data = data.setdefault(step, {})
    data[last] = value


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _who() -> str:
    """The account, else the session (a hash of its token)."""
    if g.person is not None:
        return f"u:{g.person.login}"
    return "s:" + hashlib.sha256(session.csrf_token().encode()).hexdigest()[:32]


def _actor() -> str:
    return str(g.person.login) if g.person is not None else "customer:web"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="uploads")


def _stale() -> Conflict:
    return Conflict(
        _("这个页面已经过期，文件没有收下，请刷新页面后再试。"),
        "This page is out of date; the file was not taken. Reload it.",
    )
