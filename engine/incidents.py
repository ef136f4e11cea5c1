"""Incidents: what could not go on. Resolving one tries again exactly what failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from engine import jobs, timers
from engine.errors import Conflict, NotFound
from engine.step import Step
from engine.store.unit import Unit
from engine.tables import cases
from engine.tables import definitions as definitions_table
from engine.tables import incidents as table
from engine.tables import instances


@dataclass(frozen=True, slots=True)
class Incident:
    """An open incident. ``zh``/``en`` say what is wrong; ``case_number`` is empty where the
    instance belongs to no case."""

    key: int
    case_id: int
    case_number: str
    instance_key: int
    process_id: str
    element_id: str
    job_key: int | None
    kind: str
    zh: str
    en: str
    raised_at: datetime


def list_open(
    conn: Connection, case_id: int | None = None, *, after: int = 0, limit: int = 100
) -> list[Incident]:
    """Open incidents by key, of one case or of all; ``after`` is the last key of a page."""
    query = _query().where(table.c.state == "open", table.c.key > after)
    if case_id is not None:
        query = query.where(table.c.case_id == case_id)
    return [Incident(*row) for row in conn.execute(query.order_by(table.c.key).limit(limit))]


def resolve(unit: Unit, key: int) -> None:
    """Try again. What is still wrong raises a new incident at the same element; a job gets its
    retries back and keeps its key. Raises NotFound, Conflict if it is resolved already."""
    found = Step.locked_with(unit, list(table.columns), key)
    if found is None:
        raise NotFound(f"没有编号为 {key} 的异常。", f"There is no incident {key}.", incident=key)
    step, incident = found
    if incident.state != "open":
        raise Conflict("这个异常已经处理过了。", "This incident is resolved already.", incident=key)
    if incident.kind in jobs.NO_RETRIES:
        jobs.restore(unit, incident.job_key)
        _resolved(unit, step, incident)
    elif incident.kind == "TIMER_FAILED":
        _resolved(unit, step, incident)
        timers.set_again(unit, step, incident.data["timer"])
    else:
        step.perform(incident.instance_key, lambda run: run.retry(incident.token))
    step.finish()


def _resolved(unit: Unit, step: Step, incident: Row[Any]) -> None:
    unit.conn.execute(
        update(table)
        .where(table.c.key == incident.key)
        .values(state="resolved", resolved_at=unit.now, resolved_by=unit.actor)
    )
    step.chain.add(
        "incident.resolved",
        {"incident": incident.key},
        instance_key=incident.instance_key,
        element_id=incident.element_id,
        token=incident.token,
    )


def _query() -> Select[Any]:
    return (
        select(
            table.c.key, table.c.case_id, func.coalesce(cases.c.number, ""), table.c.instance_key,
            definitions_table.c.id, table.c.element_id, table.c.job_key, table.c.kind,
            table.c.zh, table.c.en, table.c.raised_at,
        )
        .join(instances, instances.c.key == table.c.instance_key)
        .join(definitions_table, definitions_table.c.key == instances.c.definition_key)
        .outerjoin(cases, cases.c.key == table.c.case_id)
    )  # fmt: skip
