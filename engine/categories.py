"""The catalogues that are deployed."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from engine import catalogue
from engine.catalogue import Catalogue, Category
from engine.store.unit import store_of
from engine.tables import definitions, resources


def at(conn: Connection, number: int) -> Mapping[int, Catalogue]:
    """The latest version of each catalogue, by the key of its definition. ``number`` is the
    highest deployment number known to this transaction."""
    return store_of(conn).lookups.get((number, "catalogues"), lambda: _read(conn))


def named(conn: Connection, number: int) -> Mapping[str, Catalogue]:
    """The latest version of each catalogue, by id."""
    return {one.id: one for one in at(conn, number).values()}


def unfolded(
    conn: Connection, number: int, catalogue_id: str, chosen: str = ""
) -> list[Category]:
    """What a filter by category offers (``Catalogue.unfolded``); nothing where there is no such
    catalogue."""
    known = named(conn, number).get(catalogue_id)
    return known.unfolded(chosen) if known else []


def _read(conn: Connection) -> dict[int, Catalogue]:
    query = (
        select(definitions.c.key, resources.c.name, resources.c.content)
        .join(resources, resources.c.key == definitions.c.resource_key)
        .where(definitions.c.kind == "catalogue")
        .ext(distinct_on(definitions.c.id))
        .order_by(definitions.c.id, definitions.c.version.desc())
    )
    return {row.key: catalogue.parse(row.content, row.name) for row in conn.execute(query)}
