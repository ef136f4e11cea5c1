"""Opening a case, and keeping its row in step with the process that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from engine import customers, plain, run
from engine.cases import expressions
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
) -> run.Started:
    """Open a case: number, customer and title from the kind's file, and its process started with
    ``data`` and ``case = {key, number, kind, received_at}``. The limits of the process count
    from ``received_at`` (now, if not given; it cannot lie in the future).

    NotFound for the kind, AlreadyOpened for a ``source_ref`` its source gave before, Invalid
    or ExpressionFailed where the data will not do.
    """
    kind = kind_of(unit.conn, kind_id)
    variables = plain.variables(dict(data))
    received = aware(received_at) if received_at else unit.now
    if received > unit.now:
        raise Invalid("受理时间不能在将来。", "A case cannot have been received in the future.")
    number = kind.number_of(_next(unit, kind), received, unit.engine.zone)
    said = expressions.customer(kind, variables)
    key = unit.key()
    identity = {
        "key": str(key), "number": number, "kind": kind.id, "received_at": _local(unit, received),
    }
    context = {**variables, "case": identity}
    title = expressions.title(kind, context)
    row = {
        "key": key, "kind": kind.id, "number": number, "status": kind.statuses[0],
        "customer_key": customers.upsert(unit, said.ref, said.name, said.level) if said else None,
        "title": title, "data": expressions.data(kind, variables),
        "search": _search(kind, number, title, said, variables),
        "source": source, "source_ref": source_ref, "sample": sample,
        "due_at": expressions.due(kind, context, unit.engine.zone),
        "received_at": received, "opened_at": unit.now,
    }
    created = unit.conn.execute(
        insert(table)
        .values(row)
        .on_conflict_do_nothing(index_elements=["source", "source_ref"])
        .returning(table.c.key)
    ).scalar()
    if created is None:
        raise AlreadyOpened(
            f"{source} 的 {source_ref} 已经建过案件。",
            f"{source_ref} of {source} has become a case before.",
        )
    return run.start(unit, kind.process, context, opening=run.Opening(key, kind.id))


def project(unit: Unit, case_id: int, variables: Json, status: str | None) -> None:
    """Bring the case's row to what the process's variables say now; writes only what changed.
    An expression that fails leaves its column as it is: it must not stop the work."""
    row = unit.conn.execute(_ROW.where(table.c.key == case_id)).first()
    if row is None:
        return
    kind = kind_of(unit.conn, row.kind, row.deployed)
    new: dict[str, Any] = {"data": expressions.data(kind, variables)}
    if status is not None:
        new["status"] = status
    try:
        new["title"] = expressions.title(kind, variables)
        new["due_at"] = expressions.due(kind, variables, unit.engine.zone)
        said = expressions.customer(kind, variables)
        if said is not None and said != expressions.customer(kind, row.data):
            new["customer_key"] = customers.upsert(unit, said.ref, said.name, said.level)
        new["search"] = _search(kind, row.number, new["title"], said, variables)
    except (ExpressionFailed, Invalid):
        pass
    changed = {key: value for key, value in new.items() if value != getattr(row, key)}
    if changed:
        unit.conn.execute(update(table).where(table.c.key == case_id).values(changed))


def ended(unit: Unit, case_id: int, how: str) -> None:
    """The process is over: the case is closed, with the status its kind names for ``how``."""
    row = unit.conn.execute(_ROW.where(table.c.key == case_id)).first()
    if row is None:
        return
    status = kind_of(unit.conn, row.kind, row.deployed).ended.get(how, row.status)
    unit.conn.execute(
        update(table).where(table.c.key == case_id).values(closed_at=unit.now, status=status)
    )


_ROW = select(
    table.c.kind, table.c.number, table.c.status, table.c.title, table.c.data, table.c.search,
    table.c.due_at, table.c.customer_key,
    select(func.max(deployments.c.number)).scalar_subquery().label("deployed"),
)


def _search(
    kind: CaseKind, number: str, title: str, said: expressions.CustomerSaid | None,
    variables: Mapping[str, Json],
) -> str:
    parts = [number, title, *((said.ref, said.name) if said else ())]
    return expressions.search_text(kind, parts, variables)


def _local(unit: Unit, moment: datetime) -> str:
    return moment.astimezone(unit.engine.zone).isoformat(timespec="seconds")


def _next(unit: Unit, kind: CaseKind) -> int:
    """The next number of the kind's sequence. A number once given out is not given again, so a
    case that was not opened after all leaves a gap."""
    name = f"case_number_{kind.id}"
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
