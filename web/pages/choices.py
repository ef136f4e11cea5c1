"""What filters offer: the options of a case's field, those of a catalogue level below level."""

from __future__ import annotations

from sqlalchemy import Connection

from engine import categories, definitions
from engine.cases import CaseField

INDENT = "　"


def choices(conn: Connection, field: CaseField, chosen: str = "") -> dict[str, str]:
    """Value → label. Of a catalogue: the first level, and under each category on the way to
    ``chosen`` what is right below it, indented."""
    if field.catalogue is None:
        return dict(field.options)
    number = definitions.number(conn)
    found = categories.unfolded(conn, number, field.catalogue, chosen)
    return {one.code: INDENT * (one.level - 1) + one.label for one in found}
