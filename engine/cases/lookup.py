"""The case kinds that are deployed."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from engine import categories, definitions
from engine.cases.kinds import CaseKind, parse, with_options
from engine.store.unit import store_of
from engine.tables import definitions as table


def kind(conn: Connection, kind_id: str, number: int | None = None) -> CaseKind:
    """The latest version of the kind; NotFound. ``number`` is the highest deployment number,
    where the caller knows it already."""
    at = definitions.number(conn) if number is None else number
    definition = definitions.resolve(conn, at, "case", kind_id)
    if definition is None:
        raise definitions.missing("case", kind_id)
    made_of, functions = definitions.functions_at(conn, at)

    def read() -> CaseKind:
        name, content = definitions.content(conn, definition.key)
        found = parse(content, name, functions)
        return with_options(found, categories.named(conn, at))

    found: CaseKind = store_of(conn).lookups.get(("case-kind", definition.key, made_of), read)
    return found


def kinds(conn: Connection) -> list[CaseKind]:
    """The latest version of every kind, by their order, then by id."""
    at = definitions.number(conn)
    query = select(table.c.id).distinct().where(table.c.kind == "case").order_by(table.c.id)
    found = [kind(conn, kind_id, at) for kind_id in conn.scalars(query)]
    return sorted(found, key=lambda one: one.order)


def level_names(conn: Connection) -> Mapping[str, str]:
    """What the kinds of cases call the levels of customers."""
    found: dict[str, str] = {}
    for one in kinds(conn):
        field = one.field(one.level_field or "")
        found |= field.options if field else {}
    return found
