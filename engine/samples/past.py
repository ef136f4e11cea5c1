"""What a year that was broken off has left, and what happens in it by the calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from engine import definitions, starts
from engine.bpmn.diagram import Start
from engine.bpmn.timing import Due
from engine.feel import Function
from engine.store.unit import Unit
from engine.tables import cases, history, instances
from engine.tables import definitions as definition_table

_SOURCE = "year-{cases}-{seed}-{until:%Y%m%d%H%M}"
_NAME = re.compile(r"year-(\d+)-(\d+)-(\d{12})")


@dataclass(frozen=True, slots=True)
class Left:
    """An open case: its arrival's number and when something happened to it last."""

    n: int
    case_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Occasion:
    """A process that its timer starts at a moment."""

    at: datetime
    process_id: str
    start_id: str


def source(cases_: int, seed: int, until: datetime) -> str:
    """The name of a year; ``until`` is local, to the minute."""
    return _SOURCE.format(cases=cases_, seed=seed, until=until)


def earlier(conn: Connection, cases_: int, seed: int) -> str | None:
    """The latest year of so many cases with this seed that has been begun here."""
    query = select(func.max(cases.c.source)).where(
        cases.c.source.like(_SOURCE.split("{until", 1)[0].format(cases=cases_, seed=seed) + "%")
    )
    return conn.execute(query).scalar()


def end_of(source_: str, like: datetime) -> datetime:
    """The end of the year with this name, in the zone of ``like``."""
    found = _NAME.fullmatch(source_)
    if found is None:
        raise ValueError(source_)
    return datetime.strptime(found[3], "%Y%m%d%H%M").replace(tzinfo=like.tzinfo)


def alone(conn: Connection) -> bool:
    """Whether nobody else plays a year here; true keeps others out while ``conn`` is open."""
    key = func.hashtext("bihuan sample year")
    return conn.execute(select(func.pg_try_advisory_lock(key))).scalar() is True


def opened(conn: Connection, source_: str) -> frozenset[int]:
    """The arrivals that have become cases."""
    query = select(cases.c.source_ref).where(cases.c.source == source_)
    return frozenset(int(ref) for ref in conn.scalars(query))


def left(conn: Connection, source_: str) -> list[Left]:
    """The open cases, by their arrival."""
    last = (
        select(func.max(history.c.at)).where(history.c.case_id == cases.c.key).scalar_subquery()
    )
    query = select(cases.c.source_ref, cases.c.key, last).where(
        cases.c.source == source_, cases.c.closed_at.is_(None)
    )
    found = [Left(int(n), key, at) for n, key, at in conn.execute(query)]
    return sorted(found, key=lambda one: one.n)


def begun(conn: Connection, actor: str) -> list[tuple[str, int, datetime]]:
    """Instances that ``actor`` has begun from no plan and that still run: a name (a case's
    number, else ``occasion_name``), the key and when something happened last."""
    last = (
        select(func.max(history.c.at)).where(history.c.case_id == instances.c.key)
        .scalar_subquery()
    )
    query = select(
        instances.c.key, last.label("at"), cases.c.number, definition_table.c.id,
        instances.c.started_at,
    ).join(
        definition_table, definition_table.c.key == instances.c.definition_key
    ).outerjoin(cases, cases.c.key == instances.c.key).where(
        instances.c.status == "active", instances.c.parent_key.is_(None),
        instances.c.started_by == actor, cases.c.source.is_(None),
    )
    return [
        (row.number or occasion_name(row.id, row.started_at), row.key, row.at)
        for row in conn.execute(query.order_by(instances.c.key))
    ]


def occasion_name(process_id: str, at: datetime) -> str:
    """What a process that its timer starts is called among all that is played."""
    return f"{process_id} {at.astimezone(UTC):%Y-%m-%dT%H:%M}"


def occasions(
    unit: Unit, timed: Mapping[str, timedelta], since: datetime, until: datetime, actor: str
) -> Iterator[Occasion]:
    """The times at which the processes named in ``timed`` start by their timers, each from that
    long before ``until`` on; without those at which they have been started already."""
    conn = unit.conn
    number = definitions.number(conn)
    functions = dict(definitions.functions_at(conn, number)[1])
    for id_, before in timed.items():
        definition = definitions.resolve(conn, number, "process", id_)
        if definition is None:
            continue
        process = definitions.process(conn, number, definition)
        done = _started(conn, id_, actor)
        for start in process.info.starts:
            moments = _moments(start, max(since, until - before), until, functions)
            yield from (Occasion(at, id_, start.id) for at in moments if at not in done)


def _moments(
    start: Start, since: datetime, until: datetime, functions: dict[str, Function]
) -> Iterator[datetime]:
    """When a start event's timer is due; never, where it has none."""
    due: Due | None = starts.plan(start, since, functions) if start.timer else None
    while due is not None and due.at < until:
        yield due.at
        due = starts.plan_next(start, due, due.at, functions)


def _started(conn: Connection, process_id: str, actor: str) -> frozenset[datetime]:
    kinds = select(definition_table.c.key).where(
        definition_table.c.kind == "process", definition_table.c.id == process_id
    )
    query = select(instances.c.started_at).where(
        instances.c.parent_key.is_(None), instances.c.started_by == actor,
        instances.c.definition_key.in_(kinds),
    )
    return frozenset(conn.scalars(query))
