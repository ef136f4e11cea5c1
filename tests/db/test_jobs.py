"""Jobs: leases, retries, incidents, and effects that happen at least once under one key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from engine import Engine, incidents, jobs, run
from engine.errors import Conflict, Invalid, NotFound
from engine.jobs import Job
from engine.tables import history
from engine.tables import incidents as incidents_table
from engine.tables import jobs as jobs_table
from tests.db.play import Play, mine
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    flows,
    process,
    service,
    start,
    user,
    z,
)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def mailing(inside: str = "") -> bytes:
    task = service("mail", "mail.send", z("taskHeaders", z("header", key="to", value="a@b")))
    return definitions(
        process(start(), task, inside, user("after", mine()), end(), flows("start mail after end"))
    )


@pytest.fixture
def local(database: str) -> Iterator[Play]:
    """An installation whose own workers send mail."""
    engine = Engine(database, local_job_types=frozenset({"mail.send"}))
    yield Play(engine)
    engine.close()


def lease(play: Play, timeout_s: float = 60) -> Job | None:
    key = play.row(jobs_table).key
    with play.engine.unit("worker") as unit:
        return jobs.lease(unit, key, "w1", timeout_s)


def fail(play: Play, key: int, retries: int, backoff_s: float = 0) -> None:
    with play.engine.unit("worker") as unit:
        jobs.fail(unit, key, retries, "451 稍后再试", backoff_s)


def complete(play: Play, key: int) -> None:
    with play.engine.unit("worker") as unit:
        jobs.complete(unit, key, {"sent": True})


def queued(play: Play) -> list[tuple[int, datetime | None]]:
    with play.engine.read() as conn:
        rows = conn.execute(
            text("SELECT args, scheduled_at FROM procrastinate_jobs ORDER BY id")
        ).all()
    return [(row.args["job_key"], row.scheduled_at) for row in rows]


def test_an_outside_worker_activates_and_completes(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": mailing()})
    case_id = play.start(variables={"x": 1}).case_id
    with engine.unit("worker") as unit:
        (job,) = jobs.activate(unit, "mail.send", "w1", 10, 60)
        assert jobs.activate(unit, "mail.send", "w2", 10, 60) == []
    assert job.headers == {"to": "a@b"}
    assert job.variables == {"x": 1}
    assert job.retries == 3
    complete(play, job.key)
    assert list(play.open(case_id)) == ["after"]
    assert play.variables(case_id) == {"x": 1, "sent": True}
    with pytest.raises(Conflict):
        complete(play, job.key)
    with pytest.raises(NotFound):
        complete(play, 4711)
    with pytest.raises(Invalid), engine.unit("worker") as unit:
        jobs.activate(unit, "mail.send", "w1", 0, 60)
    assert queued(play) == []


def test_a_local_job_is_queued_in_the_same_transaction(local: Play) -> None:
    local.deploy({"p.bpmn": mailing()})
    with pytest.raises(ZeroDivisionError):
        _start_and_fail(local)
    assert queued(local) == []
    local.start()
    assert queued(local) == [(local.row(jobs_table).key, None)]


def _start_and_fail(play: Play) -> None:
    with play.engine.unit("li") as unit:
        run.start(unit, "p", {})
        raise ZeroDivisionError


def test_a_lease_runs_out(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": mailing()})
    with time_machine.travel(NOON, tick=False) as now:
        play.start()
        first = lease(play, 60)
        assert first is not None
        assert lease(play) is None
        now.shift(timedelta(seconds=61))
        again = lease(play)
    assert again is not None
    assert again.key == first.key


def test_a_crash_between_effect_and_mark_repeats_the_effect_under_the_same_key(
    local: Play,
) -> None:
    local.deploy({"p.bpmn": mailing()})
    effects: list[int] = []
    with time_machine.travel(NOON, tick=False) as now:
        case_id = local.start().case_id
        job = lease(local)
        assert job is not None
        effects.append(job.key)  # the mail is out, and the worker dies
        assert jobs.revive(local.engine) == 0
        now.shift(timedelta(seconds=61))
        assert jobs.revive(local.engine) == 1
        assert jobs.revive(local.engine) == 0
        assert queued(local) == [(job.key, None), (job.key, None)]
        again = lease(local)
        assert again is not None
        effects.append(again.key)
        complete(local, again.key)
    assert effects[0] == effects[1]
    assert list(local.open(case_id)) == ["after"]


def test_retries_with_backoff_then_an_incident_that_restores_them(local: Play) -> None:
    local.deploy({"p.bpmn": mailing()})
    with time_machine.travel(NOON, tick=False):
        case_id = local.start().case_id
        key = local.row(jobs_table).key
        lease(local)
        fail(local, key, 2, backoff_s=30)
        assert queued(local)[-1] == (key, NOON + timedelta(seconds=30))
        lease(local)
        fail(local, key, 0)
        assert lease(local) is None
    with pytest.raises(Conflict, match="retries"):
        complete(local, key)
    with local.engine.read() as conn:
        (incident,) = incidents.list_open(conn, case_id)
    assert (incident.kind, incident.job_key) == ("JOB_NO_RETRIES", key)
    assert "451 稍后再试" in incident.zh
    with local.engine.unit("boss") as unit:
        incidents.resolve(unit, incident.key)
    with pytest.raises(Conflict), local.engine.unit("boss") as unit:
        incidents.resolve(unit, incident.key)
    assert queued(local)[-1] == (key, None)
    job = lease(local)
    assert job is not None
    assert (job.key, job.retries) == (key, 3)
    complete(local, key)
    assert list(local.open(case_id)) == ["after"]
    said = [row.kind for row in local.rows(history, case_id=case_id)]
    assert said.count("job.failed") == 2
    assert said.count("incident.resolved") == 1


def test_an_outside_worker_waits_for_the_backoff(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": mailing()})
    with time_machine.travel(NOON, tick=False) as now:
        play.start()
        key = play.row(jobs_table).key
        fail(play, key, 2, backoff_s=30)
        with engine.unit("worker") as unit:
            assert jobs.activate(unit, "mail.send", "w1", 10, 60) == []
        now.shift(timedelta(seconds=31))
        with engine.unit("worker") as unit:
            assert [job.key for job in jobs.activate(unit, "mail.send", "w1", 10, 60)] == [key]


def test_a_bpmn_error_goes_to_its_boundary_event(engine: Engine, play: Play) -> None:
    caught = definitions(
        el("error", "e", name="退信", errorCode="BOUNCED"),
        process(
            start(), service("mail", "mail.send"), end(), el("endEvent", "end2"),
            boundary("caught", "mail", event("error", "e")), user("call", mine()),
            flows("start mail end", "caught call end2"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": caught})
    case_id = play.start().case_id
    key = play.row(jobs_table).key
    with engine.unit("worker") as unit:
        jobs.throw_error(unit, key, "BOUNCED", "无此用户", {})
    assert list(play.open(case_id)) == ["call"]


def test_an_error_nobody_catches_becomes_an_incident_and_a_new_job(
    engine: Engine, play: Play
) -> None:
    play.deploy({"p.bpmn": mailing()})
    case_id = play.start().case_id
    key = play.row(jobs_table).key
    with engine.unit("worker") as unit:
        jobs.throw_error(unit, key, "BOUNCED", None, {})
    incident = play.row(incidents_table, state="open")
    assert incident.kind == "UNHANDLED_ERROR_EVENT"
    with engine.unit("boss") as unit:
        incidents.resolve(unit, incident.key)
    fresh = play.row(jobs_table, state="created")
    complete(play, fresh.key)
    assert list(play.open(case_id)) == ["after"]
    assert play.rows(incidents_table, state="open") == []


def test_jobs_whose_type_got_an_adapter_later_are_queued(
    engine: Engine, play: Play, local: Play
) -> None:
    play.deploy({"p.bpmn": mailing()})
    play.start()
    key = play.row(jobs_table).key
    assert jobs.requeue(local.engine) == 1
    assert jobs.requeue(local.engine) == 0
    assert queued(local) == [(key, None)]


def test_a_cancelled_case_cancels_its_jobs(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": mailing()})
    case_id = play.start().case_id
    with engine.unit("boss") as unit:
        run.cancel(unit, case_id, "撤诉")
    assert play.row(jobs_table).state == "cancelled"
    assert lease(play) is None
