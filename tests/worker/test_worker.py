"""Jobs through their adapters: done, tried again, refused, lost with a worker, cancelled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, text

import adapters
from engine import deployment, housekeeping, incidents, jobs, run
from engine.model import File
from engine.tables import incidents as incidents_table
from engine.tables import instances, user_tasks
from engine.tables import jobs as jobs_table
from engine.wiring import Engine
from tests.mailbox import Place
from web.worker import LEASE_S, Runner

LETTER = Path(__file__).parent / "files" / "letter.bpmn"


@dataclass(frozen=True)
class Office:
    """An engine that has letters to send, and the server they go to."""

    engine: Engine
    runner: Runner
    place: Place

    def begin(self, process: str = "letter", **variables: Any) -> int:
        """Start a process; returns the instance's key."""
        wanted = {"address": "zhangsan@example.com", "matter": "您的投诉", **variables}
        with self.engine.unit("test") as unit:
            return run.start(unit, process, wanted).instance_key

    def job(self) -> Any:
        """The only job there is."""
        with self.engine.read() as conn:
            return conn.execute(select(jobs_table)).one()

    def status(self, instance_key: int) -> str:
        with self.engine.read() as conn:
            table = instances.c
            return str(conn.execute(select(table.status).where(table.key == instance_key)).scalar())

    def incident(self) -> Any:
        """The open incident; None where there is none."""
        with self.engine.read() as conn:
            found = select(incidents_table).where(incidents_table.c.state == "open")
            return conn.execute(found).one_or_none()

    def queued(self) -> list[Any]:
        """What waits in the queue: (job key, not before)."""
        with self.engine.read() as conn:
            rows = conn.execute(
                text("SELECT args->>'job_key', scheduled_at FROM procrastinate_jobs ORDER BY id")
            )
            return [(int(key), at) for key, at in rows]


@pytest.fixture
def office(database: str, place: Place) -> Iterator[Office]:
    engine = Engine(database, local_job_types=frozenset(adapters.registry))
    with engine.unit("test") as unit:
        deployment.deploy(unit, [File(LETTER.name, LETTER.read_bytes())])
    runner = Runner(engine, adapters.Settings(smtp=place.smtp), adapters.registry, "worker-1")
    yield Office(engine, runner, place)
    engine.close()


def test_a_job_is_queued_done_and_its_result_goes_on(office: Office) -> None:
    key = office.begin()
    job = office.job()
    assert office.queued() == [(job.key, None)]

    office.runner.run(job.key)

    (mail,) = office.place.mailbox.mails
    assert mail["Subject"] == "关于 您的投诉"
    assert office.status(key) == "completed"
    with office.engine.read() as conn:
        assert run.variables(conn, key)["reached"] == ["zhangsan@example.com"]


def test_a_passing_fault_is_tried_again_later(office: Office) -> None:
    key = office.begin()
    office.place.mailbox.data_reply = "451 greylisted, come back"

    office.runner.run(office.job().key)

    job = office.job()
    assert (job.state, job.retries) == ("failed", 2)
    assert "451 greylisted" in job.error
    wait = job.retry_at - job.created_at
    assert timedelta(seconds=29) < wait < timedelta(seconds=40)
    assert office.queued()[-1] == (job.key, job.retry_at)
    assert office.incident() is None

    office.place.mailbox.data_reply = "250 taken"
    office.runner.run(job.key)
    assert office.status(key) == "completed"
    assert len(office.place.mailbox.mails) == 1


def test_after_the_last_try_an_administrator_sees_it_and_can_retry(office: Office) -> None:
    key = office.begin()
    office.place.mailbox.data_reply = "451 not now"
    for _ in range(3):
        office.runner.run(office.job().key)

    incident = office.incident()
    assert "451 not now" in incident.zh
    assert office.status(key) == "active"

    office.place.mailbox.data_reply = "250 taken"
    with office.engine.unit("admin") as unit:
        incidents.resolve(unit, incident.key)
    office.runner.run(office.job().key)
    assert office.incident() is None
    assert office.status(key) == "completed"


def test_without_a_mail_server_nothing_is_lost(office: Office) -> None:
    key = office.begin()
    unset = replace(office.runner, settings=adapters.Settings())

    unset.run(office.job().key)

    incident = office.incident()
    assert "SMTP_HOST" in incident.zh
    with office.engine.unit("admin") as unit:
        incidents.resolve(unit, incident.key)
    office.runner.run(office.job().key)
    assert office.status(key) == "completed"


def test_a_refusal_for_good_takes_the_way_that_is_drawn(office: Office) -> None:
    key = office.begin()
    office.place.mailbox.refusals["zhangsan@example.com"] = "550 no such user"

    office.runner.run(office.job().key)

    with office.engine.read() as conn:
        task = conn.execute(select(user_tasks)).one()
    assert task.name == "改打电话"
    assert office.incident() is None
    assert office.status(key) == "active"


def test_wrong_data_that_no_path_catches_is_an_incident(office: Office) -> None:
    office.begin(address="nobody")

    office.runner.run(office.job().key)

    assert "“nobody”不是邮件地址" in office.incident().zh


def test_a_worker_that_dies_after_the_effect_sends_the_same_mail_again(office: Office) -> None:
    key = office.begin()
    job_key = office.job().key
    with office.engine.unit("worker") as unit:
        leased = jobs.lease(unit, job_key, "worker-0", LEASE_S)
    assert leased is not None
    request = adapters.Request(leased.key, leased.headers, leased.variables, office.runner.settings)
    adapters.registry["mail.send"].run(request)  # and here the power goes

    office.runner.run(job_key)
    assert len(office.place.mailbox.mails) == 1, "its lease still holds"

    with time_machine.travel(leased.deadline + timedelta(seconds=1), tick=False):
        housekeeping.tick(office.engine)
        assert office.queued()[-1][0] == job_key
        office.runner.run(job_key)

    first, second = office.place.mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert office.status(key) == "completed"
    office.runner.run(job_key)
    assert len(office.place.mailbox.mails) == 2, "a job that is done is not done again"


def test_a_cancelled_case_sends_nothing(office: Office) -> None:
    key = office.begin()
    job_key = office.job().key
    with office.engine.unit("admin") as unit:
        run.cancel(unit, key, "客户撤诉")

    office.runner.run(job_key)

    assert office.place.mailbox.mails == []


class Broken:
    """An adapter with a fault of its own."""

    def run(self, request: adapters.Request) -> dict[str, Any]:
        raise KeyError("customer")


def test_a_broken_adapter_is_seen_not_repeated(office: Office) -> None:
    office.begin()
    broken = replace(office.runner, adapters={"mail.send": Broken()})

    with pytest.raises(KeyError):
        broken.run(office.job().key)

    assert "KeyError" in office.incident().zh


def test_a_type_that_is_gone_is_said(office: Office) -> None:
    office.begin()

    replace(office.runner, adapters={}).run(office.job().key)

    assert "mail.send" in office.incident().zh


def test_the_process_runs_timers_and_jobs_until_told_to_stop(
    office: Office, tmp_path: Path
) -> None:
    key = office.begin("later")
    smtp = office.place.smtp
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")},
        "BIHUAN_DATA": str(tmp_path),
        "DATABASE_URL": office.engine.url,
        "SMTP_HOST": smtp.host,
        "SMTP_PORT": str(smtp.port),
        "SMTP_SECURITY": "none",
        "SMTP_FROM": smtp.sender,
    }
    worker = subprocess.Popen([sys.executable, "-m", "web", "worker"], env=environ)
    try:
        assert office.place.mailbox.news.wait(60), "no mail within a minute"
    finally:
        worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert office.status(key) == "completed"
    assert office.queued() == []
