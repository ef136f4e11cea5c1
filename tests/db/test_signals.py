"""Signals: everybody who waits hears them, at once or with the next tick; nobody later."""

from __future__ import annotations

import pytest

from engine import Engine, housekeeping, messages
from engine.errors import Invalid
from engine.tables import history, instances, subscriptions, user_tasks
from engine.tables import messages as messages_table
from tests.db.play import Play, mine
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    flows,
    process,
    start,
    user,
)

ALARM = el("signal", "s", name="network.down")


def listening(*, interrupting: bool = True) -> bytes:
    """A task that a signal interrupts, or adds another to."""
    return definitions(
        ALARM,
        process(
            start(), user("work", mine()),
            boundary("heard", "work", event("signal", "s"), interrupting=interrupting),
            user("explain", mine()), end(), el("endEvent", "end2"),
            flows("start work end", "heard explain end2"),
        ),
    )  # fmt: skip


def sounding() -> bytes:
    return definitions(
        ALARM,
        process(
            start(), user("go", mine()),
            el("intermediateThrowEvent", "sound", event("signal", "s")), user("done", mine()),
            end(), flows("start go sound done end"), id_="sounder",
        ),
    )  # fmt: skip


def broadcast(play: Play, name: str = "network.down") -> int:
    with play.engine.unit("rest") as unit:
        return messages.broadcast(unit, name, {"area": "杭州"})


def test_everybody_who_waits_hears_a_signal(play: Play) -> None:
    play.deploy({"p.bpmn": listening()})
    one, two = (play.start().case_id for _ in range(2))
    assert broadcast(play) == 2
    assert list(play.open(one)) == list(play.open(two)) == ["explain"]
    assert play.variables(one) == {"area": "杭州"}
    late = play.start().case_id
    assert list(play.open(late)) == ["work"]
    assert broadcast(play, "something.else") == 0
    assert play.rows(messages_table) == []


def test_a_signal_heard_again_and_again(play: Play) -> None:
    play.deploy({"p.bpmn": listening(interrupting=False)})
    case_id = play.start().case_id
    assert [broadcast(play) for _ in range(3)] == [1, 1, 1]
    assert len(play.rows(user_tasks, case_id=case_id, element_id="explain")) == 3
    play.do(case_id, "work")
    assert play.rows(subscriptions) == []


def test_a_process_signals_the_other_cases_with_the_next_tick(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": listening(), "sounder.bpmn": sounding()})
    cases = [play.start().case_id for _ in range(3)]
    sounder = play.start("sounder").case_id
    play.do(sounder, "go")
    assert [list(play.open(one)) for one in cases] == [["work"]] * 3
    assert housekeeping.tick(engine) == 1
    assert [list(play.open(one)) for one in cases] == [["explain"]] * 3
    assert housekeeping.tick(engine) == 0
    said = [row.kind for row in play.rows(history) if row.kind.startswith("signal.")]
    assert sorted(said) == ["signal.received"] * 3 + ["signal.thrown"]


def test_who_waits_only_after_a_signal_was_thrown_does_not_hear_it(
    engine: Engine, play: Play
) -> None:
    play.deploy({"p.bpmn": listening(), "sounder.bpmn": sounding()})
    early = play.start().case_id
    play.do(play.start("sounder").case_id, "go")
    late = play.start().case_id
    assert housekeeping.tick(engine) == 1
    assert list(play.open(early)) == ["explain"]
    assert list(play.open(late)) == ["work"]


def test_a_signal_reaches_its_own_case_in_the_same_step(engine: Engine, play: Play) -> None:
    both = definitions(
        ALARM,
        process(
            start(), el("parallelGateway", "fork"), user("go", mine()), user("work", mine()),
            boundary("heard", "work", event("signal", "s")), user("explain", mine()),
            el("intermediateThrowEvent", "sound", event("signal", "s")),
            end(), el("endEvent", "end2"), el("endEvent", "end3"),
            flows("start fork go sound end", "fork work end2", "heard explain end3"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": both})
    case_id = play.start().case_id
    play.do(case_id, "go")
    assert list(play.open(case_id)) == ["explain"]
    assert housekeeping.tick(engine) == 0


def test_a_signal_is_not_for_what_the_same_step_opens_afterwards(play: Play) -> None:
    content = definitions(
        ALARM,
        process(
            start(), el("intermediateThrowEvent", "sound", event("signal", "s")),
            el("intermediateCatchEvent", "heard", event("signal", "s")), user("a", mine()),
            end(), flows("start sound heard a end"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": content})
    case_id = play.start().case_id
    assert play.open(case_id) == {}
    assert broadcast(play) == 1
    assert list(play.open(case_id)) == ["a"]


def test_a_signal_starts_processes(play: Play) -> None:
    started = definitions(
        ALARM,
        process(
            el("startEvent", "start", event("signal", "s")), user("a", mine()), end(),
            flows("start a end"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": started})
    assert broadcast(play) == 1
    assert play.variables(play.row(instances).key) == {"area": "杭州"}


def test_a_signal_needs_a_name(play: Play) -> None:
    with pytest.raises(Invalid):
        broadcast(play, "")
