"""The list of cases: search, filters, columns as the case kind's file says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import Connection

from engine import cases, people
from engine.cases import CaseField, CaseKind
from web import session
from web.pages.choices import choices
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("cases", __name__, url_prefix="/cases")

_STATES = ("open", "closed", "all")
_MOST_COLUMNS = 4
_ALL_COLUMNS = 100


@pages.get("")
@right(SIGNED_IN)
def show() -> str:
    asked = request.args
    kind_id = asked.get("kind") or None
    chosen: dict[str, Any] = {
        "text": asked.get("q", "")[:200], "kind": kind_id,
        "state": asked.get("state") if asked.get("state") in _STATES else "open",
        "statuses": [one for one in asked.getlist("status") if one],
        "late": asked.get("late") == "1", "category": asked.get("category", "")[:200],
    }
    with session.engine().read() as conn:
        kinds = {kind.id: kind for kind in cases.kinds(conn)}
        page = cases.search(conn, after=asked.get("after") or None, **chosen)
        names = people.names(conn)
        shown = [kinds[kind_id]] if kind_id in kinds else list(kinds.values())
        offered = _categories(conn, shown, chosen["category"])
    as_table = len(shown) == 1 and asked.get("as") == "table"
    more = _address(page.next) if page.next else ""
    template = "case_rows.html" if wants_fragment() else "cases.html"
    return render_template(
        template, page=page, kinds=kinds, chosen=chosen, names=names, more=more,
        columns=_columns(shown, _ALL_COLUMNS if as_table else _MOST_COLUMNS), as_table=as_table,
        statuses=tuple(dict.fromkeys(one for kind in shown for one in kind.statuses)),
        appended=bool(asked.get("after")), categories=offered, fragment=wants_fragment(),
    )


def _categories(conn: Connection, kinds: Sequence[CaseKind], chosen: str) -> dict[str, str]:
    """The filter by category, of the first kind that has categories."""
    fields = (one for kind in kinds for one in kind.fields if one.catalogue and one.level == 1)
    field = next(fields, None)
    return {} if field is None else choices(conn, field, chosen)


def _columns(kinds: Sequence[CaseKind], most: int) -> list[CaseField]:
    """The list fields that most of the kinds have, without those that say the customer once
    more; of several kinds a field reads as in the first one."""
    said = {name for kind in kinds for one in kind.customer.values() for name in one.variables}
    listed = [one for kind in kinds for one in kind.fields if one.list and one.key not in said]
    often = Counter(one.key for one in listed)
    fields = {one.key: one for one in reversed(listed) if often[one.key] * 2 > len(kinds)}
    return list(reversed(fields.values()))[:most]


def _address(after: str) -> str:
    """The next page of this very search."""
    asked = {**request.args.to_dict(flat=False), "after": [after]}
    return f"{url_for('cases.show')}?{urlencode(asked, doseq=True)}"
