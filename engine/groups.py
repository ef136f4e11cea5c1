"""The groups that diagrams name as candidate groups, with the names people read; and what is
known of those that are units: what they are part of, where they are, who leads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from engine.errors import Invalid, NotFound
from engine.store.unit import Unit
from engine.tables import groups as table
from engine.tables import people

KINDS = ("department", "branch", "desk", "team", "vendor")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Group:
    """A group; ``kind`` is one of ``KINDS`` where it is a unit. ``parent`` is the unit it is part
    of, ``lead`` and ``deputy`` are logins, ``city`` is the code that cases have as region."""

    id: str
    name: str
    kind: str | None = None
    parent: str | None = None
    city: str | None = None
    lead: str | None = None
    deputy: str | None = None
    email: str | None = None


def names(conn: Connection) -> dict[str, str]:
    """Group id → name, by id."""
    rows = conn.execute(select(table.c.id, table.c.name).order_by(table.c.id))
    return {row.id: row.name for row in rows}


def all_(conn: Connection) -> dict[str, Group]:
    """Every group, by id."""
    rows = conn.execute(select(*_COLUMNS).order_by(table.c.id))
    return {row.id: Group(*row) for row in rows}


def get(conn: Connection, id_: str) -> Group:
    """The group; NotFound."""
    row = conn.execute(select(*_COLUMNS).where(table.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"没有组 {id_}。", f"There is no group {id_}.", group=id_)
    return Group(*row)


def within(conn: Connection, id_: str) -> list[str]:
    """The group and everything that is part of it, however deep, by id."""
    known = all_(conn)
    return [one for one in known if id_ in _upwards(known, one)]


def leads(conn: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Group id → login of who leads it: its lead, else its deputy, else the same of the unit it is
    part of. Only active accounts count; a group that nobody leads is left out."""
    known = all_(conn)
    active = set(conn.scalars(select(people.c.login).where(people.c.active)))
    found: dict[str, str] = {}
    for id_ in ids:
        chain = (known[one] for one in _upwards(known, id_))
        asked = (login for one in chain for login in (one.lead, one.deputy))
        login = next((one for one in asked if one in active), None)
        if login is not None:
            found[id_] = login
    return found


def set_names(unit: Unit, wanted: Mapping[str, str]) -> None:
    """Create the groups, or rename those that exist. Invalid for an id that no diagram could
    write or an empty name."""
    for key, name in wanted.items():
        if not _ID.fullmatch(key) or not name.strip():
            raise Invalid(
                f"组 {key!r}（{name}）不能用：标识只能用字母、数字和 . _ -，名称不能为空。",
                f"The group {key!r} ({name}) will not do: an id has letters, digits and . _ -, "
                "a name is not empty.",
            )
    if not wanted:
        return
    statement = insert(table).values([{"id": k, "name": v.strip()} for k, v in wanted.items()])
    unit.conn.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"name": statement.excluded.name}
        )
    )


def set_units(unit: Unit, wanted: Sequence[Group]) -> None:
    """Bring what is known of these units to what is said here; their groups exist. Invalid, and
    nothing was changed, for a parent that is none or that would make a circle."""
    known = all_(unit.conn) | {one.id: one for one in wanted}
    for one in wanted:
        if one.parent is not None and one.parent not in known:
            raise Invalid(
                f"单位 {one.id} 的上级 {one.parent} 不存在。",
                f"The unit {one.id} is part of {one.parent}, which is unknown.",
            )
        if one.parent is not None and one.id in _upwards(known, one.parent):
            raise Invalid(
                f"单位 {one.id} 的上级关系成环。", f"The unit {one.id} would be part of itself."
            )
    if wanted:
        rows = [{name: getattr(one, name) for name in _NAMES} for one in wanted]
        statement = insert(table).values(rows)
        changed = {name: statement.excluded[name] for name in _NAMES if name != "id"}
        unit.conn.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_=changed)
        )


_NAMES = ("id", "name", "kind", "parent", "city", "lead", "deputy", "email")
_COLUMNS = tuple(table.c[name] for name in _NAMES)


def _upwards(known: Mapping[str, Group], id_: str) -> list[str]:
    """The group, the unit it is part of, that one's, and so on."""
    found: list[str] = []
    here: str | None = id_
    while here is not None and here in known and here not in found:
        found.append(here)
        here = known[here].parent
    return found
