"""User tasks: who may what, and who was faster."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import insert

from engine import Engine, tasks
from engine.errors import BihuanError, Conflict, Forbidden, Invalid, NotFound
from engine.model import Person
from engine.store.unit import Unit
from engine.tables import history, people, user_tasks
from tests.db.play import BOSS, LI, WANG, ZHAO, Play, of_group, steps
from tests.unit.bpmn.drawing import definitions, end, flows, process, start, user

STRANGER = Person("stranger", "路人")


@pytest.fixture
def key(engine: Engine, play: Play) -> int:
    """A task for the group intake, and people who have names."""
    with engine.unit("system") as unit:
        for person in (LI, WANG, ZHAO, BOSS):
            unit.conn.execute(
                insert(people).values(
                    login=person.login, name=person.name, created_at=datetime.now(UTC)
                )
            )
    task = user("a", of_group(), name="受理登记")
    play.deploy({"p.bpmn": definitions(process(start(), task, end(), flows("start a end")))})
    return play.open(play.start().case_id)["a"]


def act(engine: Engine, person: Person, what: Callable[[Unit], object]) -> None:
    with engine.unit(person.login) as unit:
        what(unit)


def claim(engine: Engine, key: int, person: Person) -> None:
    act(engine, person, lambda unit: tasks.claim(unit, key, person))


def test_a_candidate_claims_and_completes(engine: Engine, play: Play, key: int) -> None:
    claim(engine, key, WANG)
    assert play.row(user_tasks, key=key).assignee == "wang"
    claim(engine, key, WANG)
    play.complete(key, {"ok": True}, WANG)
    done = play.row(user_tasks, key=key)
    assert (done.state, done.ended_by) == ("completed", "wang")
    said = [row.kind for row in play.rows(history) if row.kind.startswith("task.")]
    assert said == ["task.created", "task.claimed", "task.completed"]


def test_who_has_it_is_named(engine: Engine, key: int) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 2, 32, tzinfo=UTC), tick=False):
        claim(engine, key, WANG)
        with pytest.raises(Conflict) as refused:
            claim(engine, key, ZHAO)
    assert refused.value.zh == "任务“受理登记”已由 王五 于 10:32 领取。"


def test_a_stranger_cannot_claim(engine: Engine, play: Play, key: int) -> None:
    with pytest.raises(Forbidden):
        claim(engine, key, STRANGER)
    assert play.row(user_tasks, key=key).assignee is None


def test_a_task_is_completed_by_its_assignee_only(engine: Engine, play: Play, key: int) -> None:
    with pytest.raises(Conflict, match="claim"):
        play.complete(key, {}, WANG)
    claim(engine, key, WANG)
    with pytest.raises(Forbidden, match="王五"):
        play.complete(key, {}, ZHAO)
    with pytest.raises(Forbidden):
        play.complete(key, {}, BOSS)
    assert play.row(user_tasks, key=key).state == "created"


def test_completed_twice_is_a_conflict_that_names_who_did_it(
    engine: Engine, play: Play, key: int
) -> None:
    claim(engine, key, WANG)
    play.complete(key, {}, WANG)
    with pytest.raises(Conflict) as refused:
        play.complete(key, {}, WANG)
    assert "已由 王五 于" in refused.value.zh
    assert "办结" in refused.value.zh


def test_an_unknown_task(play: Play) -> None:
    with pytest.raises(NotFound):
        play.complete(4711)


def test_release_gives_it_back(engine: Engine, play: Play, key: int) -> None:
    claim(engine, key, WANG)
    with pytest.raises(Forbidden):
        act(engine, ZHAO, lambda unit: tasks.release(unit, key, ZHAO))
    act(engine, WANG, lambda unit: tasks.release(unit, key, WANG))
    claim(engine, key, ZHAO)
    act(engine, BOSS, lambda unit: tasks.release(unit, key, BOSS))
    assert play.row(user_tasks, key=key).assignee is None


def test_only_supervisors_assign(engine: Engine, play: Play, key: int) -> None:
    with pytest.raises(Forbidden):
        act(engine, WANG, lambda unit: tasks.assign(unit, key, "zhao", WANG))
    with pytest.raises(NotFound, match="nobody"):
        act(engine, BOSS, lambda unit: tasks.assign(unit, key, "nobody", BOSS))
    claim(engine, key, WANG)
    act(engine, BOSS, lambda unit: tasks.assign(unit, key, "zhao", BOSS))
    assert play.row(user_tasks, key=key).assignee == "zhao"
    entry = play.rows(history, kind="task.assigned")[0]
    assert (entry.actor, entry.data["before"], entry.data["assignee"]) == ("boss", "wang", "zhao")


def test_a_draft_is_kept_for_the_assignee(engine: Engine, play: Play, key: int) -> None:
    with pytest.raises(Conflict):
        act(engine, WANG, lambda unit: tasks.save_draft(unit, key, {"x": 1}, WANG))
    claim(engine, key, WANG)
    act(engine, WANG, lambda unit: tasks.save_draft(unit, key, {"x": "半"}, WANG))
    with pytest.raises(Forbidden):
        act(engine, ZHAO, lambda unit: tasks.save_draft(unit, key, {"x": 2}, ZHAO))
    with pytest.raises(Invalid):
        act(engine, WANG, lambda unit: tasks.save_draft(unit, key, {"x": "\x00"}, WANG))
    assert play.row(user_tasks, key=key).draft == {"x": "半"}


def test_opening_stamps_the_start_once(engine: Engine, play: Play, key: int) -> None:
    act(engine, WANG, lambda unit: tasks.open_(unit, key, WANG))
    assert play.row(user_tasks, key=key).started_at is None
    claim(engine, key, WANG)
    act(engine, WANG, lambda unit: tasks.open_(unit, key, WANG))
    first = play.row(user_tasks, key=key).started_at
    assert first is not None
    act(engine, WANG, lambda unit: tasks.open_(unit, key, WANG))
    play.complete(key, {}, WANG)
    assert play.row(user_tasks, key=key).started_at == first


def test_two_writers_on_one_task_one_wins(engine: Engine, play: Play, key: int) -> None:
    claim(engine, key, WANG)
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def complete() -> None:
        together.wait()
        try:
            play.complete(key, {"by": threading.current_thread().name}, WANG)
            outcomes.append("won")
        except BihuanError as error:
            outcomes.append(error.code)

    run_all(complete, complete)
    assert sorted(outcomes) == ["conflict", "won"]
    assert len(play.rows(history, kind="task.completed")) == 1


def test_two_claim_at_once_one_gets_it(engine: Engine, play: Play, key: int) -> None:
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def claim_as(person: Person) -> Callable[[], None]:
        def attempt() -> None:
            together.wait()
            try:
                claim(engine, key, person)
                outcomes.append(person.login)
            except Conflict as error:
                outcomes.append(error.zh)

        return attempt

    run_all(claim_as(WANG), claim_as(ZHAO))
    (winner,) = [one for one in outcomes if one in ("wang", "zhao")]
    assert play.row(user_tasks, key=key).assignee == winner
    assert any("领取" in one for one in outcomes)


def test_steps_of_one_case_at_once_never_deadlock(engine: Engine, play: Play) -> None:
    """A task's completion locks root and task in one statement; others lock the root first."""
    play.deploy({"p.bpmn": steps("a", "b", "c", "d", "e", "f")})
    case_id = play.start().case_id
    outcomes: list[str] = []

    def walk() -> None:
        for name in "abcdef":
            for key in [row.key for row in play.rows(user_tasks, element_id=name)]:
                try:
                    play.complete(key)
                    outcomes.append("won")
                except Conflict as error:
                    outcomes.append(type(error).__name__)

    run_all(walk, walk, walk, walk)
    assert outcomes.count("won") >= 1
    assert "Crowded" not in outcomes
    for name in play.open(case_id):
        play.do(case_id, name)


def run_all(*acts: Callable[[], None]) -> None:
    threads = [threading.Thread(target=one) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
