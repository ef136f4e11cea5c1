"""The list of cases: search, filters, columns as the case kind's file says."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for

from engine import cases, people
from engine.cases import CaseKind
from web import session
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("cases", __name__, url_prefix="/cases")

_STATES = ("open", "closed", "all")
_MOST_COLUMNS = 4


@pages.get("")
@right(SIGNED_IN)
def show() -> str:
    asked = request.args
    kind_id = asked.get("kind") or None
    chosen: dict[str, Any] = {
        "text": asked.get("q", "")[:200], "kind": kind_id,
        "state": asked.get("state") if asked.get("state") in _STATES else "open",
        "statuses": [one for one in asked.getlist("status") if one],
        "late": asked.get("late") == "1",
    }
    with session.engine().read() as conn:
        kinds = {kind.id: kind for kind in cases.kinds(conn)}
        page = cases.search(conn, after=asked.get("after") or None, **chosen)
        names = people.names(conn)
    shown = kinds.get(kind_id or "") or next(iter(kinds.values()), None)
    more = _address(page.next) if page.next else ""
    template = "case_rows.html" if wants_fragment() else "cases.html"
    return render_template(
        template, page=page, kinds=kinds, chosen=chosen, columns=_columns(shown), more=more,
        names=names,
        statuses=shown.statuses if shown else (), appended=bool(asked.get("after")),
    )


def _columns(kind: CaseKind | None) -> list[Any]:
    """The kind's list fields, without those that say the customer once more."""
    if kind is None:
        return []
    said = {name for one in kind.customer.values() for name in one.variables}
    return [one for one in kind.fields if one.list and one.key not in said][:_MOST_COLUMNS]


def _address(after: str) -> str:
    """The next page of this very search."""
    asked = {**request.args.to_dict(flat=False), "after": [after]}
    return f"{url_for('cases.show')}?{urlencode(asked, doseq=True)}"
