"""Opening a case, and keeping its row in step with the process that runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from engine import assessment, customers, definitions, plain, run
from engine.cases import conventions, expressions, marking
from engine.cases.kinds import CaseKind
from engine.cases.lookup import kind as kind_of
from engine.errors import Conflict, ExpressionFailed, Invalid, NotFound
from engine.model import Json, aware
from engine.store.unit import Unit
from engine.tables import cases as table
from engine.tables import deployments


class AlreadyOpened(Conflict):
    """The source's record with this number has become a case before."""

    code = "already-opened"


def open_(
    unit: Unit, kind_id: str, data: Mapping[str, Json], *, source: str | None = None,
    source_ref: str | None = None, received_at: datetime | None = None, sample: bool = False,
    place: int | None = None, checked: bool = True,
) -> run.Started:
    """Open a case: number, customer and title from the kind's file, and its process started with
    ``data``, ``case = {key, number, kind, received_at}`` and ``customer``: what is known of the
    customer (``marking.facts``; null without a number). The limits of the process count from
    ``received_at`` (now, if not given; it cannot lie in the future). ``place`` is a place in the
    sequence of the kind's numbers that ``reserve`` gave out. ``checked``: somebody of ours has
    asked who it is; else the name and level on record stay.

    NotFound for the kind, AlreadyOpened for a ``source_ref`` its source gave before, Invalid
    or ExpressionFailed where the data will not do.
    """
    deployed = definitions.number(unit.conn)
    kind = kind_of(unit.conn, kind_id, deployed)
    process = definitions.resolve(unit.conn, deployed, "process", kind.process)
    if process is None:
        raise definitions.missing("process", kind.process)
    received = aware(received_at) if received_at else unit.now
    if received > unit.now:
        raise Invalid("受理时间不能在将来。", "A case cannot have been received in the future.")
    place = _next(unit, kind.id) if place is None else place
    number = kind.number_of(place, received, unit.engine.zone)
    key = unit.key()
    variables = plain.variables(dict(data)) | {
        "case": {
            "key": str(key), "number": number, "kind": kind.id,
            "received_at": _local(unit, received),
        }
    }
    counted = expressions.counted(kind, variables)
    known = _meet(unit, kind, variables, received, counted, checked)
    draft = _Draft(kind, known | {
        "key": key, "counted": counted, "kind": kind.id, "number": number,
        "status": kind.statuses[0], "source": source, "source_ref": source_ref, "sample": sample,
        "received_at": received, "opened_at": unit.now, "closed_at": None,
        **_drawn(unit, kind, [number, source_ref or ""], variables, None),
        "data": expressions.data(kind, variables),
    })
    drafts: dict[int, _Draft] = unit.conn.info.setdefault(_DRAFTS, {})
    drafts[key] = draft
    try:
        opening = run.Opening(key, kind.id)
        started = run.start_definition(unit, deployed, process, variables, opening=opening)
    finally:
        del drafts[key]
    _enter(unit, key, draft)
    return started


def known_refs(conn: Connection, source: str, refs: Sequence[str]) -> frozenset[str]:
    """Which of these numbers of a source have become cases before."""
    query = select(table.c.source_ref).where(
        table.c.source == source, table.c.source_ref.in_(refs)
    )
    return frozenset(str(ref) for ref in conn.scalars(query))


def project(unit: Unit, case_id: int, variables: Json, status: str | None) -> None:
    """Bring the case's row to what the process's variables say now; writes only what changed.
    An expression that fails leaves its columns as they are: it must not stop the work."""
    draft = _draft(unit, case_id)
    if draft is not None:
        draft.row |= _changes(unit, draft.kind, draft.row, variables, status)
        return
    row = unit.conn.execute(_ROW, {"key": case_id}).mappings().first()
    if row is None:
        return
    kind = kind_of(unit.conn, row["kind"], row["deployed"])
    changes = _changes(unit, kind, dict(row), variables, status)
    if changes:
        unit.conn.execute(update(table).where(table.c.key == case_id).values(changes))
    if "data" in changes:
        _note_repeat(unit, case_id, kind, row["data"], changes["data"])


def ended(unit: Unit, case_id: int, how: str) -> None:
    """The process is over: the case is closed, with the status its kind names for ``how``."""
    draft = _draft(unit, case_id)
    if draft is not None:
        status = draft.kind.ended.get(how, draft.row["status"])
        draft.row |= {"closed_at": unit.now, "status": status}
        return
    row = unit.conn.execute(_ROW, {"key": case_id}).first()
    if row is None:
        return
    status = kind_of(unit.conn, row.kind, row.deployed).ended.get(how, row.status)
    unit.conn.execute(
        update(table).where(table.c.key == case_id).values(closed_at=unit.now, status=status)
    )


def told(unit: Unit, case_id: int, values: Mapping[str, Json]) -> None:
    """An element of the process says something about the case or its customer: done now, or
    once the case is there."""
    draft = _draft(unit, case_id)
    if draft is not None:
        draft.told.append(values)
        return
    conventions.carry_out(unit, case_id, values)
    assessment.carry_out(unit, case_id, values)


_DRAFTS = "bihuan_case_drafts"
"""Where a connection keeps the cases that its transaction is opening: their rows are written
once, after the first step of their processes."""


@dataclass(slots=True)
class _Draft:
    kind: CaseKind
    row: dict[str, Any]
    told: list[Mapping[str, Json]] = field(default_factory=list)


def _draft(unit: Unit, case_id: int) -> _Draft | None:
    drafts: dict[int, _Draft] = unit.conn.info.get(_DRAFTS, {})
    return drafts.get(case_id)


def _enter(unit: Unit, key: int, draft: _Draft) -> None:
    """Write the case's row, and what its process said of it meanwhile."""
    _insert(unit, draft.row)
    for values in draft.told:
        conventions.carry_out(unit, key, values)
        assessment.carry_out(unit, key, values)
    _note_repeat(unit, key, draft.kind, {}, draft.row["data"])


def _insert(unit: Unit, row: dict[str, Any]) -> None:
    created = unit.conn.execute(_INSERT, row).scalar()
    if created is None:
        raise AlreadyOpened(
            f"{row['source']} 的 {row['source_ref']} 已经建过案件。",
            f"{row['source_ref']} of {row['source']} has become a case before.",
        )


def _changes(
    unit: Unit, kind: CaseKind, old: Mapping[str, Any], variables: Json, status: str | None
) -> dict[str, Any]:
    """The columns that differ from ``old``."""
    new: dict[str, Any] = {"data": expressions.data(kind, variables)}
    if status is not None:
        new["status"] = status
    with suppress(ExpressionFailed):
        new["counted"] = expressions.counted(kind, variables)
    with suppress(ExpressionFailed, Invalid):
        new |= _drawn(unit, kind, [old["number"], old["source_ref"] or ""], variables, old)
    return {key: value for key, value in new.items() if value != old[key]}


def _drawn(
    unit: Unit, kind: CaseKind, numbers: list[str], variables: Json,
    old: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The columns that the kind's expressions give; a customer that is the one in ``old`` is not
    looked for again. ``numbers`` are found by the search, too."""
    title = expressions.title(kind, variables)
    due = expressions.due(kind, variables, unit.engine.zone)
    said = expressions.customer(kind, variables)
    parts = [*numbers, title, *((said.ref, said.name) if said else ())]
    search = expressions.search_text(kind, parts, variables)
    found: dict[str, Any] = {"title": title, "due_at": due, "search": search}
    if said is not None and old is not None and said != expressions.customer(kind, old["data"]):
        found["customer_key"] = customers.upsert(unit, said.ref, said.name, said.level)
    return found


def _meet(
    unit: Unit, kind: CaseKind, variables: dict[str, Json], received: datetime, counted: bool,
    checked: bool,
) -> dict[str, Any]:
    """The columns about the customer; the variable ``customer`` is added, and the level where
    the case does not say one: that of his record, else the kind's default."""
    said = expressions.customer(kind, variables)
    if said is None:
        variables["customer"] = None
        _fill_level(kind, variables, None)
        return {"customer_key": None, "marks": []}
    record = None if checked else customers.glance(unit.conn, said.ref, received)
    name = "" if record and record.name else said.name
    level = None if record and record.level else said.level
    met = customers.meet(unit, said.ref, name, level, received)
    _fill_level(kind, variables, met.level)
    about = marking.facts(unit, kind, said.ref, said.name, met, received, counted)
    variables["customer"] = about
    return {"customer_key": met.key, "marks": about["marks"]}


def _fill_level(kind: CaseKind, variables: dict[str, Json], known: str | None) -> None:
    level, field = known or kind.default_level, kind.level_field
    if field is not None and level is not None and not variables.get(field):
        variables[field] = level


def _note_repeat(
    unit: Unit, case_id: int, kind: CaseKind, old: Mapping[str, Json], new: Mapping[str, Json]
) -> None:
    """Link the case to the one it repeats, when its number is said."""
    number = new.get(kind.repeats.field) if kind.repeats else None
    if number and kind.repeats and number != old.get(kind.repeats.field):
        conventions.repeats(unit, case_id, number)


_ROW = select(
    table.c.kind, table.c.number, table.c.status, table.c.title, table.c.data, table.c.search,
    table.c.due_at, table.c.customer_key, table.c.source_ref, table.c.counted,
    select(func.max(deployments.c.number)).scalar_subquery().label("deployed"),
).where(table.c.key == bindparam("key"))

_INSERT = (
    insert(table)
    .on_conflict_do_nothing(index_elements=["source", "source_ref"])
    .returning(table.c.key)
)


def _local(unit: Unit, moment: datetime) -> str:
    return moment.astimezone(unit.engine.zone).isoformat(timespec="seconds")


def reserve(unit: Unit, kind_id: str, count: int) -> list[int]:
    """Take the next ``count`` places in the sequence of a kind's numbers, for cases that are
    opened later in whatever order."""
    return [_next(unit, kind_id) for _ in range(count)]


def _next(unit: Unit, kind_id: str) -> int:
    """The next number of the kind's sequence. A number once given out is not given again, so a
    case that was not opened after all leaves a gap."""
    name = f"case_number_{kind_id}"
    found = unit.conn.execute(_NEXT, {"name": f'"{name}"'}).scalar()
    if found is None:
        unit.conn.execute(_ONE_AT_A_TIME, {"name": name})
        # The kind's id is letters, digits, _ and - only (engine.cases.kinds).
        unit.conn.execute(text(f'CREATE SEQUENCE IF NOT EXISTS "{name}"'))
        found = unit.conn.execute(_NEXT, {"name": f'"{name}"'}).scalar()
    if found is None:
        raise NotFound(f"没有编号序列 {name}。", f"The sequence {name} is missing.")
    return int(found)


_NEXT = text("SELECT nextval(to_regclass(:name))")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext(:name))")
