"""Cases that belong together: one repeats another, is part of a matter, is a duplicate, or has
to do with it. A link stands in both cases; it is undone, never deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from engine import history
from engine.cases.queries import CaseRow, rows
from engine.customer_tables import case_links as table
from engine.errors import Conflict, Invalid, NotFound
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import cases, people

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "duplicate": ("并入", "并入本件"), "repeat": ("重复投诉，原件", "客户再次投诉"),
    "part": ("属于", "包含"), "related": ("相关", "相关"),
})
"""What a link says in the case it goes out from, and in the other one."""
BY_HAND = ("repeat", "part", "related")


@dataclass(frozen=True, slots=True)
class Link:
    """As seen from one case: ``out`` where the link goes out from it. ``row`` is the other."""

    key: int
    kind: str
    out: bool
    row: CaseRow
    why: str
    made_by: str
    made_at: datetime

    @property
    def text(self) -> str:
        return KINDS[self.kind][0 if self.out else 1]


def find(conn: Connection, reference: Json) -> int | None:
    """The case with this number, or this key."""
    said = str(reference).strip()
    same = cases.c.number == said.upper()
    key = int(said) if said.isdecimal() and len(said) < 19 else None
    where = same if key is None else or_(same, cases.c.key == key)
    found = conn.execute(select(cases.c.key).where(where)).scalar()
    return None if found is None else int(found)


def found(conn: Connection, reference: Json) -> int:
    """The same; NotFound."""
    key = find(conn, reference)
    if key is None:
        raise NotFound(
            f"没有编号为 {reference} 的案件，请核对编号。", f"There is no case {reference}.",
            fields={"to": f"没有编号为 {reference} 的案件。"},
        )
    return key


def link(
    unit: Unit, case_id: int, to_case: int, kind: str, why: str = "", *, at_case: int | None = None
) -> None:
    """From now on the case is a ``kind`` of the other one; nothing happens where it is already.
    The history of ``at_case`` (the first) tells it; of duplicates the merging tells. Invalid for
    an unknown kind or a case with itself."""
    if kind not in KINDS:
        raise Invalid(f"没有关联种类 {kind}。", f"There is no kind of link {kind}.",
                      fields={"kind": "请选择关联的种类。"})
    if case_id == to_case:
        raise Invalid("案件不能与自己关联。", "A case cannot be linked to itself.",
                      fields={"to": "案件不能与自己关联。"})
    standing = table.c.undone_at.is_(None)
    mine = (table.c.case_id == case_id) & (table.c.to_case == to_case)
    if kind == "related":
        mine |= (table.c.case_id == to_case) & (table.c.to_case == case_id)
    if unit.conn.execute(select(table.c.key).where(standing, mine, table.c.kind == kind)).first():
        return
    row = {
        "key": unit.key(), "case_id": case_id, "to_case": to_case, "kind": kind,
        "why": " ".join(why.split()), "made_by": unit.actor, "made_at": unit.now,
        "undone_at": None, "undone_by": None,
    }
    made = unit.conn.execute(_MAKE.values(row)).first()
    if made is None or kind == "duplicate":  # made meanwhile, or told by the merging
        return
    told = case_id if at_case is None else at_case
    other = to_case if told == case_id else case_id
    data = {"link": kind, "out": told == case_id, "other": _number(unit, other), "why": row["why"]}
    history.record(unit, told, "case.linked", data)


def unlink(unit: Unit, case_id: int, link_key: int) -> None:
    """Undo a link of this case that was made by hand or by a process. Conflict where it is
    undone already, Invalid for a duplicate: its merging is undone instead."""
    row = unit.conn.execute(
        select(table).where(
            table.c.key == link_key, table.c.undone_at.is_(None),
            or_(table.c.case_id == case_id, table.c.to_case == case_id),
        ).with_for_update()
    ).first()
    if row is None:
        raise Conflict("这个关联已经解除，请刷新页面。", "This link is undone already.")
    if row.kind == "duplicate":
        raise Invalid("并单要用“撤销并单”解除。", "Undo the merging instead.")
    undo(unit, row.key)
    out = row.case_id == case_id
    other = _number(unit, row.to_case if out else row.case_id)
    history.record(unit, case_id, "case.unlinked", {"link": row.kind, "out": out, "other": other})


def undo(unit: Unit, link_key: int) -> None:
    """The link stands no more."""
    unit.conn.execute(
        update(table).where(table.c.key == link_key)
        .values(undone_at=unit.now, undone_by=unit.actor)
    )


def of_case(conn: Connection, case_id: int) -> list[Link]:
    """The links of a case, both ways, as they stand: by kind, the latest first."""
    entries = conn.execute(
        select(table, people.c.name)
        .outerjoin(people, people.c.login == table.c.made_by)
        .where(
            or_(table.c.case_id == case_id, table.c.to_case == case_id),
            table.c.undone_at.is_(None),
        )
        .order_by(table.c.key.desc())
    ).all()
    if not entries:
        return []
    others = {one.to_case if one.case_id == case_id else one.case_id for one in entries}
    known = {row.key: row for row in rows(conn, sorted(others))}
    links = [
        Link(
            one.key, one.kind, one.case_id == case_id,
            known[one.to_case if one.case_id == case_id else one.case_id],
            one.why, one.name or one.made_by, one.made_at,
        )
        for one in entries
        if (one.to_case if one.case_id == case_id else one.case_id) in known
    ]
    order = list(KINDS)
    return sorted(links, key=lambda one: (order.index(one.kind), not one.out))


def parts(conn: Connection, case_id: int) -> list[tuple[str, int]]:
    """How many cases of each status are part of this one, most first."""
    counts: dict[str, int] = {}
    for one in of_case(conn, case_id):
        if one.kind == "part" and not one.out:
            counts[one.row.status] = counts.get(one.row.status, 0) + 1
    return sorted(counts.items(), key=lambda pair: -pair[1])


def _number(unit: Unit, case_id: int) -> str:
    return str(unit.conn.execute(select(cases.c.number).where(cases.c.key == case_id)).scalar())


def by_diagram(
    unit: Unit, case_id: int, kind: str, to: Json, from_: Json
) -> list[str]:
    """Links that an element of the case's process says; returns the numbers that are no case's
    (they are told, nothing stops)."""
    unknown: list[str] = []
    for said, out in ((to, True), (from_, False)):
        for reference in _listed(said):
            other = find(unit.conn, reference)
            if other is None:
                unknown.append(str(reference))
            elif other != case_id:
                ends = (case_id, other) if out else (other, case_id)
                link(unit, *ends, kind, at_case=case_id)
    return unknown


def _listed(said: Json) -> Sequence[Json]:
    return said if isinstance(said, list) else [] if said in (None, "") else [said]


_MAKE = insert(table).on_conflict_do_nothing(
    index_elements=["case_id", "to_case", "kind"], index_where=table.c.undone_at.is_(None)
).returning(table.c.key)
