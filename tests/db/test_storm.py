"""Many people, timers, messages and jobs at the same cases at once: nothing is lost, nothing is
left behind, and the history is whole."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest

from engine import Engine, history, housekeeping, jobs, messages, run, tasks
from engine.errors import Conflict
from engine.tables import history as history_table
from engine.tables import incidents, instances, subscriptions, timers, user_tasks
from engine.tables import jobs as jobs_table
from tests.db.play import LI, Play, mine
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    ext,
    flow,
    flows,
    message,
    message_definition,
    process,
    service,
    start,
    timer,
    user,
    z,
)

CASES = 8


def busy() -> bytes:
    """Two branches: handled with a limit that escalates, urged at will, sent back by a loop;
    and a called process with a job. Then one last task."""
    return definitions(
        message_definition("u", "case.urge", "=phone"),
        process(
            start(), el("parallelGateway", "fork"), user("handle", mine()),
            boundary("late", "handle", timer("cycle", "R2/PT1S"), interrupting=False),
            boundary("urged", "handle", message("u"), interrupting=False),
            user("warned", mine()), user("urging", mine()),
            el("exclusiveGateway", "good"), el("parallelGateway", "join"),
            el("callActivity", "call", ext(z("calledElement", processId="helper"))),
            user("last", mine()), end(), el("endEvent", "end2"), el("endEvent", "end3"),
            flows("start fork handle good", "fork call join last end", "late warned end2",
                  "urged urging end3"),
            flow("good", "join", "=rounds >= 2"), flow("good", "handle", "=rounds < 2"),
        ),
    )  # fmt: skip


def helper() -> bytes:
    return definitions(
        process(
            start(), user("look", mine()), service("send", "mail.send"), end(),
            flows("start look send end"), id_="helper",
        )
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_a_storm_over_a_few_cases(engine: Engine, play: Play, seed: int) -> None:
    play.deploy({"p.bpmn": busy(), "helper.bpmn": helper()})
    cases = [play.start(variables={"phone": str(n % 3), "rounds": 0}).case_id for n in range(CASES)]
    problems: list[str] = []
    workers = [
        threading.Thread(target=lambda n=n: _work(play, random.Random(seed * 10 + n), problems))
        for n in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert problems == []
    _finish(play)
    for case_id in cases:
        assert {row.status for row in play.rows(instances, case_id=case_id)} <= {
            "completed",
            "terminated",
        }
        with engine.read() as conn:
            assert history.verify(conn, case_id)
    assert play.rows(timers) == play.rows(subscriptions) == []
    for table, state in ((user_tasks, "created"), (jobs_table, "created"), (incidents, "open")):
        assert play.rows(table, state=state) == []
    done = play.rows(history_table, kind="task.completed")
    assert len(done) == len(play.rows(user_tasks, state="completed"))


def _work(play: Play, luck: random.Random, problems: list[str]) -> None:
    """Thirty things at random; being second is no problem."""
    acts: list[Callable[[], None]] = [
        lambda: _complete(play, luck),
        lambda: _complete(play, luck),
        lambda: _urge(play, luck),
        lambda: _send(play),
        lambda: _cancel(play, luck),
        lambda: _tick(play),
    ]
    for _ in range(30):
        try:
            luck.choice(acts)()
        except Conflict as error:
            if type(error) is not Conflict:
                problems.append(repr(error))


def _complete(play: Play, luck: random.Random) -> None:
    rows = play.rows(user_tasks, state="created")
    if rows:
        task = luck.choice(rows)
        with play.engine.unit("li") as unit:
            tasks.complete(unit, task.key, {"rounds": luck.randrange(4)}, LI)


def _urge(play: Play, luck: random.Random) -> None:
    with play.engine.unit("rest") as unit:
        messages.publish(unit, "case.urge", str(luck.randrange(3)), {})


def _send(play: Play) -> None:
    with play.engine.unit("worker") as unit:
        found = jobs.activate(unit, "mail.send", "w", 2, 60)
    for job in found:
        with play.engine.unit("worker") as unit:
            jobs.complete(unit, job.key, {})


def _cancel(play: Play, luck: random.Random) -> None:
    roots = [row for row in play.rows(instances, status="active") if row.parent_key is None]
    if roots and luck.random() < 0.1:
        with play.engine.unit("boss") as unit:
            run.cancel(unit, luck.choice(roots).key, "撤诉")


def _tick(play: Play) -> None:
    housekeeping.tick(play.engine)


def _finish(play: Play) -> None:
    """Complete whatever is left, until nothing is."""
    for _ in range(200):
        open_tasks = play.rows(user_tasks, state="created")
        # Leased ones, too: their worker was busy with a conflict.
        open_jobs = [row for row in play.rows(jobs_table) if row.state in ("created", "activated")]
        if not open_tasks and not open_jobs:
            return
        for job in open_jobs:
            with play.engine.unit("worker") as unit:
                jobs.complete(unit, job.key, {})
        for task in open_tasks:
            if play.row(user_tasks, key=task.key).state == "created":
                play.complete(task.key, {"rounds": 2})
    raise AssertionError("it never ends")
