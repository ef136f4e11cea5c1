"""Jobs: work that adapters here or workers outside do, at least once.

A worker leases a job for a while; a lease that runs out frees it again. The job's key is the
idempotency key of its effect: it stays the same over retries and incidents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, text, update

from engine import plain
from engine.bpmn.attributes import TASK_EVENTS
from engine.bpmn.changes import IncidentRaised
from engine.errors import Conflict, Invalid, NotFound
from engine.job_results import Denial, JobResult, answering
from engine.model import Json
from engine.step import Step
from engine.store import queue
from engine.store.unit import Store, Unit
from engine.tables import jobs


NO_RETRIES = ("JOB_NO_RETRIES", "EXECUTION_LISTENER_NO_RETRIES", "TASK_LISTENER_NO_RETRIES")
"""The kinds of incidents of jobs that failed on every attempt: of elements, of listeners."""


@dataclass(frozen=True, slots=True)
class Job:
    """A leased job. ``retries`` counts the attempts left, this one included."""

    key: int
    type: str
    case_id: int
    instance_key: int
    element_id: str
    headers: dict[str, str]
    variables: dict[str, Json]
    retries: int
    deadline: datetime


def activate(unit: Unit, type_: str, worker: str, limit: int, timeout_s: float) -> list[Job]:
    """Lease up to ``limit`` jobs of a type for ``timeout_s`` seconds, the oldest first."""
    if limit < 1 or timeout_s <= 0:
        raise Invalid("数量与时限都必须大于零。", "Number and timeout must be above zero.")
    values = _lease(unit, worker, timeout_s) | {"type": type_, "limit": limit}
    return [Job(*row) for row in unit.conn.execute(_ACTIVATE, values)]


def lease(unit: Unit, key: int, worker: str, timeout_s: float) -> Job | None:
    """Lease this job; None if it is over, out of retries, or leased by somebody else."""
    values = _lease(unit, worker, timeout_s) | {"key": key}
    row = unit.conn.execute(_LEASE, values).one_or_none()
    return Job(*row) if row else None


def complete(unit: Unit, key: int, variables: Json, result: JobResult | None = None) -> None:
    """The job is done; ``variables`` and, for ad-hoc sub-processes and listeners, ``result``
    are what came of it. Raises NotFound, Conflict if it is over or cannot have such a result,
    Invalid."""
    step, job = _locked(unit, key)
    act = answering(job.token, variables, result)
    if isinstance(result, Denial):
        _note(step, job, "job.denied", reason=result.reason)
    else:
        _note(step, job, "job.completed")
    step.perform(job.instance_key, act)
    step.finish()


def fail(unit: Unit, key: int, retries: int, message: str, backoff_s: float = 0) -> None:
    """An attempt failed. With ``retries`` left it is tried again after ``backoff_s`` seconds;
    without, it becomes an incident. Raises NotFound, Conflict if the job is over."""
    if retries < 0 or backoff_s < 0:
        raise Invalid("重试次数与间隔不能小于零。", "Retries and backoff cannot be negative.")
    step, job = _locked(unit, key)
    retry_at = unit.now + timedelta(seconds=backoff_s) if retries else None
    _update(
        unit, key, state="failed", retries=retries, error=message, retry_at=retry_at,
        worker=None, deadline=None,
    )  # fmt: skip
    _note(step, job, "job.failed", message=message, retries=retries)
    if retries == 0:
        _incident(step, job, message)
    elif job.type in unit.engine.local_job_types:
        queue.defer(unit.conn, [key], retry_at)
    step.finish()


def throw_error(unit: Unit, key: int, code: str, message: str | None, variables: Json) -> None:
    """The job ends with a BPMN error, for an error boundary event to catch; where none does,
    with an incident. Raises NotFound, Conflict if the job is over."""
    values = plain.variables(variables)
    if not code:
        raise Invalid("请给出错误代码。", "Give an error code.")
    step, job = _locked(unit, key)
    _note(step, job, "job.error", code=code, message=message)
    step.perform(job.instance_key, lambda run: run.throw_error(job.token, code, message, values))
    step.finish()


def restore(unit: Unit, key: int) -> None:
    """Give a job back the retries it was created with, and have it tried at once. For
    ``incidents.resolve``, which holds the case."""
    values = {"key": key, "now": unit.now, "local": sorted(unit.engine.local_job_types)}
    local = unit.conn.execute(_RESTORE, values).scalar()
    if local:
        queue.defer(unit.conn, [key], None)


def revive(engine: Store) -> int:
    """Queue local jobs again whose lease ran out: their worker is gone. Returns how many."""
    with engine.unit("system") as unit:
        values = {"now": unit.now, "local": sorted(engine.local_job_types)}
        keys = list(unit.conn.execute(_REVIVE, values).scalars())
        queue.defer(unit.conn, keys, None)
    return len(keys)


def requeue(engine: Store) -> int:
    """Queue open local jobs that are in no queue: their type had no adapter here when they
    opened. For the start of a worker. Returns how many."""
    with engine.unit("system") as unit:
        values = {"task": queue.TASK, "local": sorted(engine.local_job_types)}
        keys = list(unit.conn.execute(_NOT_QUEUED, values).scalars())
        queue.defer(unit.conn, keys, None)
    return len(keys)


def _locked(unit: Unit, key: int) -> tuple[Step, Row[Any]]:
    found = Step.locked_with(unit, _COLUMNS, key)
    if found is None:
        raise NotFound(f"没有编号为 {key} 的作业。", f"There is no job {key}.", job=key)
    step, job = found
    if job.state in ("completed", "cancelled"):
        raise Conflict(
            f"作业 {key} 已经{'完成' if job.state == 'completed' else '取消'}。",
            f"Job {key} is {job.state} already.",
            job=key,
        )
    if job.retries == 0:
        raise Conflict(
            f"作业 {key} 已用完重试次数，请先处理它的异常。",
            f"Job {key} has no retries left; resolve its incident first.",
            job=key,
        )
    return step, job


def _incident(step: Step, job: Row[Any], message: str) -> None:
    incident = IncidentRaised(
        job.token,
        job.element_id,
        _no_retries(job.listener),
        f"作业“{job.type}”多次尝试都失败了：{message}",
        f"Job “{job.type}” failed on every attempt: {message}",
    )
    key = step.waits.raise_incident(job.instance_key, incident, job_key=job.key)
    _note(step, job, "incident.raised", incident=key, error=incident.kind, zh=incident.zh)


def _no_retries(listener: str | None) -> str:
    of_element, of_execution, of_task = NO_RETRIES
    if listener is None:
        return of_element
    return of_task if listener in TASK_EVENTS else of_execution


def _note(step: Step, job: Row[Any], kind: str, **data: Json) -> None:
    step.chain.add(
        kind,
        {"job": job.key, "type": job.type} | data,
        instance_key=job.instance_key,
        element_id=job.element_id,
        token=job.token,
    )


def _update(unit: Unit, key: int, **values: Any) -> None:
    unit.conn.execute(_UPDATE.values(values), {"key_": key})


def _lease(unit: Unit, worker: str, timeout_s: float) -> dict[str, Any]:
    deadline = unit.now + timedelta(seconds=timeout_s)
    return {"now": unit.now, "worker": worker, "deadline": deadline}


_COLUMNS = [
    jobs.c[name]
    for name in (
        "key", "instance_key", "token", "element_id", "type", "state", "retries", "listener",
    )
]  # fmt: skip
_UPDATE = update(jobs).where(jobs.c.key == bindparam("key_"))
_RETURNING = (
    "RETURNING key, type, case_id, instance_key, element_id, headers, variables, retries, deadline"
)
_SET = "UPDATE jobs SET state = 'activated', worker = :worker, deadline = :deadline"
_LEASE = text(
    f"""
    {_SET} WHERE key = :key AND retries > 0 AND (
        state IN ('created', 'failed') OR state = 'activated' AND deadline <= :now
    ) {_RETURNING}
    """
)
_ACTIVATE = text(
    f"""
    {_SET} WHERE key IN (
        SELECT key FROM jobs WHERE type = :type AND retries > 0 AND (
            state = 'created' OR state = 'failed' AND retry_at <= :now
            OR state = 'activated' AND deadline <= :now
        ) ORDER BY key LIMIT :limit FOR UPDATE SKIP LOCKED
    ) {_RETURNING}
    """
)
_RESTORE = text(
    """
    UPDATE jobs SET retries = retries_given, state = 'created', retry_at = NULL, worker = NULL,
        deadline = NULL
    WHERE key = :key AND state = 'failed' RETURNING type = ANY (:local)
    """
)
_REVIVE = text(
    """
    UPDATE jobs SET state = 'created', worker = NULL, deadline = NULL
    WHERE key IN (
        SELECT key FROM jobs WHERE state = 'activated' AND deadline <= :now
            AND type = ANY (:local) FOR UPDATE SKIP LOCKED
    ) RETURNING key
    """
)
_NOT_QUEUED = text(
    """
    SELECT key FROM jobs WHERE type = ANY (:local) AND retries > 0
        AND state IN ('created', 'failed') AND NOT EXISTS (
            SELECT FROM procrastinate_jobs WHERE task_name = :task
                AND status IN ('todo', 'doing') AND CAST(args ->> 'job_key' AS bigint) = key
        ) ORDER BY key
    """
)
