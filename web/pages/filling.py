"""Forms on pages: finding the deployed form, reading what the browser sent of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import request
from sqlalchemy import Connection

import forms
from engine import definitions
from engine.cases import answering
from engine.store.unit import store_of
from web import session

_SAME = "same_matter"
_ROW = re.compile(r"(.+)\[(\d+)\]")


def latest(conn: Connection, form_id: str) -> forms.Form:
    """The newest version of a form; NotFound."""
    number = definitions.number(conn)
    found = definitions.resolve(conn, number, "form", form_id)
    if found is None:
        raise definitions.missing("form", form_id)
    return by_key(conn, found.key, number)


def by_key(conn: Connection, key: int, number: int | None = None) -> forms.Form:
    """The form with this definition key, parsed once per version; NotFound, Invalid."""
    at = definitions.number(conn) if number is None else number
    made_of, functions = definitions.functions_at(conn, at)

    def read() -> forms.Form:
        name, content = definitions.content(conn, key)
        return forms.parse(content, name, functions, store_of(conn).zone)

    return store_of(conn).lookups.get(("form", key, made_of), read)


def me() -> dict[str, Any]:
    """The variable ``me`` of every form: {login, name} of who fills it in."""
    person = session.person()
    return {"me": {"login": person.login, "name": person.name}}


def known(
    conn: Connection, form: forms.Form | None, case_id: int | None, number: int | None = None
) -> dict[str, Any]:
    """What the form of a case's task sees besides the task's variables: ``me``, and where it
    reads it ``same_matter``: the customer's other cases about the same matter that are being
    answered or were answered, as of now (``number``: the highest deployment number, if known)."""
    if form is None or case_id is None or _SAME not in form.read:
        return me()
    return me() | {_SAME: answering.same_matter(conn, case_id, datetime.now(UTC), number)}


def entered(form: forms.Form) -> dict[str, Any]:
    """Raw JSON of the fields in this request, rows added or removed as its buttons ask."""
    fields = forms.posted(form, request.form.to_dict(flat=False))
    added, removed = request.form.get("_add", ""), request.form.get("_remove", "")
    if added:
        _rows(fields, added).append({})
    row = _ROW.fullmatch(removed)
    if row:
        rows = _rows(fields, row.group(1))
        if int(row.group(2)) < len(rows):
            del rows[int(row.group(2))]
    return fields


def changes_rows() -> bool:
    """Whether the button that was pressed adds or removes a row, without sending the form."""
    return "_add" in request.form or "_remove" in request.form


def _rows(fields: Any, name: str) -> list[Any]:
    """The list with this name (``group.rows``, ``rows[0].more``) in raw JSON; a new one where
    there is none."""
    here = fields
    steps = [s for s in re.split(r"[.\[\]]+", name) if s]
    for step in steps:
        if isinstance(here, list):
            here = here[int(step)] if step.isdigit() and int(step) < len(here) else {}
        elif isinstance(here, dict):
            here = here.get(step)
    return here if isinstance(here, list) else []
