"""What a figure aims at: by the deployed decision, else by the figure's own file."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import Connection

from engine import decisions
from engine.errors import NotFound

DECISION = "figure-target"
"""The decision that says of ``figure`` (its id), ``year`` and the filters (null where not asked
for) what is aimed at; null: nothing, so that the file's own target holds."""
SEEN = ("unit", "region", "channel", "level", "category", "kind", "vendor", "role", "person")


def aim(
    conn: Connection, figure: str, year: int, chosen: Mapping[str, str]
) -> Decimal | None:
    """The target of the table; None where it says nothing or is not deployed. Raises
    ExpressionFailed."""
    seen = {name: chosen.get(name) for name in SEEN}
    try:
        said = decisions.decide(conn, DECISION, {"figure": figure, "year": year, **seen})
    except NotFound:
        return None
    return Decimal(str(said)) if isinstance(said, (int, float)) and said is not True else None
