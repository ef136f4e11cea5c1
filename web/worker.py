"""The worker: runs jobs through the adapters and makes time pass for the engine.

Jobs come from the queue in PostgreSQL (deferred in the same transaction as the step that made
them); any number of workers share it. What is lost with a worker that dies is done again once
its lease has run out, with the same job key.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import re
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Status

import adapters
from engine import attachments, duties, housekeeping, jobs, texts
from engine.cases import linking
from engine.errors import Conflict, NotFound
from engine.jobs import Job
from engine.store.unit import Unit
from engine.wiring import Engine
from web.mailroom import Mailroom

log = logging.getLogger("bihuan.worker")

QUEUE = "jobs"
_TEXT = "sms.send"
LEASE_S = 600.0
"""How long a worker may take over one job; adapters have shorter time-outs of their own."""
TICK_S = 1.0
STOP_GRACE_S = 60.0
FORGET_STALLED_S = 60.0
BACKOFF_S = {2: 10.0, 1: 60.0}
"""Seconds to wait by the retries that are left, where the diagram says nothing."""
LONGEST_BACKOFF = timedelta(days=1)

_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs single jobs on behalf of ``worker``, each in two short transactions around the
    outside effect: the lease before it, the outcome after it."""

    engine: Engine
    settings: adapters.Settings
    adapters: Mapping[str, adapters.Adapter]
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")

    def run(self, job_key: int) -> None:
        """Run the job unless it is done, cancelled or another worker's."""
        with self.engine.unit(self._actor) as unit:
            job = jobs.lease(unit, job_key, self.worker, LEASE_S)
        if job is None:
            return
        outcome: _Outcome = _Unsettled(job)
        try:
            outcome = self._duty(job) if job.type in duties.DUTIES else self._effect(job)
        finally:
            # Also when the adapter itself is broken: its error goes on to the log, and the job
            # becomes a failed one that an administrator sees.
            self._settle(job, outcome)

    def _duty(self, job: Job) -> _Outcome:
        """Done and completed in one transaction; what is refused is thrown in another."""
        try:
            with self.engine.unit(self._actor) as unit:
                duties.perform(unit, job)
        except duties.Refused as refused:
            return _Thrown(job, refused.error_code, refused.zh)
        except (Conflict, NotFound) as error:
            log.info("作业 %s 的结果没有写入：%s", job.key, error.zh)
        return _Done(job)

    @property
    def _actor(self) -> str:
        return f"worker:{self.worker}"

    def _effect(self, job: Job) -> _Outcome:
        adapter = self.adapters.get(job.type)
        if adapter is None:
            return _Failed(job, 0, f"没有作业类型 {job.type} 的适配器，请检查安装后重试。")
        request = adapters.Request(
            job_key=job.key, headers=job.headers, variables=job.variables, settings=self.settings
        )
        try:
            return _Completed(job, adapter.run(request))
        except adapters.AdapterError as error:
            return _judged(job, error)

    def _settle(self, job: Job, outcome: _Outcome) -> None:
        try:
            with self.engine.unit(self._actor) as unit:
                outcome.settle(unit)
        except (Conflict, NotFound) as error:
            # Cancelled meanwhile, or leased to another worker: the outcome is no longer ours.
            log.info("作业 %s 的结果没有写入：%s", job.key, error.zh)


@dataclass(frozen=True, slots=True)
class _Done:
    """Nothing is left to do."""

    job: Job

    def settle(self, unit: Unit) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Completed:
    job: Job
    variables: dict[str, object]

    def settle(self, unit: Unit) -> None:
        jobs.complete(unit, self.job.key, self.variables)
        if self.job.type == _TEXT:
            self._note_text(unit)

    def _note_text(self, unit: Unit) -> None:
        """Keep which case the text is about: an answer or a report comes with the gateway's id."""
        result = self.variables.get(self.job.headers.get("resultVariable") or "sms")
        about = self.job.variables.get("about")
        case_id = (linking.find(unit.conn, about) if about else None) or self.job.case_id
        if isinstance(result, dict) and result.get("id"):
            texts.sent(unit, str(result["id"]), case_id, self.job.variables.get("to"))


@dataclass(frozen=True, slots=True)
class _Thrown:
    job: Job
    error_code: str
    message: str

    def settle(self, unit: Unit) -> None:
        jobs.throw_error(unit, self.job.key, self.error_code, self.message, {})


@dataclass(frozen=True, slots=True)
class _Failed:
    job: Job
    retries: int
    message: str

    def settle(self, unit: Unit) -> None:
        jobs.fail(unit, self.job.key, self.retries, self.message, backoff(self.job, self.retries))


@dataclass(frozen=True, slots=True)
class _Unsettled:
    """The adapter raised what it must not: a fault of its own."""

    job: Job

    def settle(self, unit: Unit) -> None:
        fault = sys.exception()
        what = f"{type(fault).__name__}：{fault}"
        message = f"适配器 {self.job.type} 内部出错（{what}），详见工作进程日志。"
        jobs.fail(unit, self.job.key, 0, message, 0.0)


_Outcome = _Done | _Completed | _Thrown | _Failed | _Unsettled


def _judged(job: Job, error: adapters.AdapterError) -> _Outcome:
    if not error.permanent:
        return _Failed(job, max(0, job.retries - 1), error.zh)
    if error.error_code:
        return _Thrown(job, error.error_code, error.zh)
    return _Failed(job, 0, error.zh)


def backoff(job: Job, retries: int) -> float:
    """Seconds until the next try: the task header ``retryBackoff`` (an ISO 8601 duration, a day
    at most), else longer with each retry used; up to a fifth more, so that jobs that failed
    together do not come back together."""
    wanted = _DURATION.fullmatch(str(job.headers.get("retryBackoff", "")).strip())
    if wanted and any(wanted.groups()):
        parts = {unit: float(number) for unit, number in wanted.groupdict("0").items()}
        seconds = min(timedelta(**parts), LONGEST_BACKOFF).total_seconds()
    else:
        seconds = BACKOFF_S.get(retries, BACKOFF_S[max(BACKOFF_S)])
    return seconds * random.uniform(1.0, 1.2)


def serve(runner: Runner, concurrency: int) -> None:
    """Work until SIGINT or SIGTERM, then finish what is running (a minute at most)."""
    jobs.requeue(runner.engine)
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        housekeeping.tick,
        "interval",
        (runner.engine,),
        seconds=TICK_S,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.add_job(
        attachments.forget_stale, "interval", (runner.engine,), hours=1, coalesce=True,
        max_instances=1, misfire_grace_time=None,
    )
    if runner.settings.imap.host:
        room = Mailroom(runner.engine, runner.settings)
        scheduler.add_job(
            room.collect, "interval", seconds=runner.settings.imap.every_s, coalesce=True,
            max_instances=1, misfire_grace_time=None,
        )
    # A tick that takes longer than a second is followed by the next one: no news.
    logging.getLogger("apscheduler.scheduler").addFilter(
        lambda record: "maximum number of running instances" not in record.getMessage()
    )
    scheduler.start()
    try:
        asyncio.run(_work(runner, concurrency))
    finally:
        scheduler.shutdown(wait=True)


async def _work(runner: Runner, concurrency: int) -> None:
    app = _queue(runner)
    async with app.open_async():
        upkeep = asyncio.create_task(_forget_stalled(app))
        types = "、".join([*runner.adapters, *duties.DUTIES])
        log.info("工作进程已就绪：%s，作业类型 %s", runner.worker, types)
        try:
            await app.run_worker_async(
                queues=[QUEUE],
                name=runner.worker,
                concurrency=concurrency,
                delete_jobs="always",
                shutdown_graceful_timeout=STOP_GRACE_S,
            )
        finally:
            upkeep.cancel()
            with suppress(asyncio.CancelledError):
                await upkeep


def _queue(runner: Runner) -> App:
    app = App(connector=PsycopgConnector(conninfo=runner.engine.url, min_size=1))

    @app.task(name="run_job", queue=QUEUE)
    def run_job(job_key: int) -> None:
        runner.run(job_key)

    return app


async def _forget_stalled(app: App) -> None:
    """Strike queue entries of workers that died: the lease of the job itself brings it back."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(queue=QUEUE):
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        await asyncio.sleep(FORGET_STALLED_S)
