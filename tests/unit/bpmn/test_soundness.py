"""Joins that can wait for ever are found before anybody waits."""

from __future__ import annotations

import pytest

from engine.bpmn import Known, lint, parse
from tests.unit.bpmn.drawing import (
    ad_hoc,
    boundary,
    definitions,
    el,
    end,
    event,
    flow,
    flows,
    process,
    signal,
    start,
    timer,
    user,
    z,
)
from tests.unit.bpmn.random_process import random_process

WHO = z("assignmentDefinition", candidateGroups="网络部")


def split_and_join(split: str, join: str, *more: str) -> bytes:
    conditions = ("", "") if split == "parallelGateway" else ("=x", "")
    default = {} if split == "parallelGateway" else {"default": "g-b"}
    return definitions(
        process(
            start(), el(split, "g", **default), user("a", WHO), user("b", WHO), el(join, "j"),
            end(), flows("start g", "a j end", "b j"), flow("g", "a", conditions[0]),
            flow("g", "b"), *more,
        )
    )  # fmt: skip


def deadlocks(content: bytes) -> list[str | None]:
    findings = lint(parse(content, "x.bpmn"), Known())
    return [one.element_id for one in findings if one.rule == "join-deadlock"]


def test_a_join_that_waits_for_ever_is_found_with_the_way_there() -> None:
    content = split_and_join("exclusiveGateway", "parallelGateway")
    assert deadlocks(content) == ["j"]
    findings = lint(parse(content, "x.bpmn"), Known())
    (finding,) = [one for one in findings if one.rule == "join-deadlock"]
    assert finding.severity == "error"
    assert "不会到达" in finding.zh


@pytest.mark.parametrize(
    ("split", "join"),
    [
        ("parallelGateway", "parallelGateway"),
        ("inclusiveGateway", "inclusiveGateway"),
        ("parallelGateway", "inclusiveGateway"),
        ("exclusiveGateway", "exclusiveGateway"),
        ("exclusiveGateway", "inclusiveGateway"),
        ("parallelGateway", "exclusiveGateway"),
    ],
)
def test_sound_splits_and_joins_are_left_alone(split: str, join: str) -> None:
    assert deadlocks(split_and_join(split, join)) == []


def test_an_inclusive_split_before_a_parallel_join_can_wait_for_ever() -> None:
    assert deadlocks(split_and_join("inclusiveGateway", "parallelGateway")) == ["j"]


def test_a_boundary_event_that_leaves_a_fork_starves_its_join() -> None:
    late = boundary("late", "a", timer("duration", "PT1H")) + end("e2")
    content = split_and_join("parallelGateway", "parallelGateway", late, flows("late e2"))
    assert deadlocks(content) == ["j"]
    kept = late.replace('cancelActivity="true"', 'cancelActivity="false"')
    content = split_and_join("parallelGateway", "parallelGateway", kept, flows("late e2"))
    assert deadlocks(content) == []


def test_a_terminate_end_ends_the_waiting_too() -> None:
    stop = boundary("late", "a", timer("duration", "PT1H")) + end("e2", event("terminate"))
    content = split_and_join("parallelGateway", "parallelGateway", stop, flows("late e2"))
    assert deadlocks(content) == []


def test_forks_in_loops_and_sub_processes_are_played_through() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), el("exclusiveGateway", "x", default="x-q"),
        user("p", WHO), user("q", WHO), el("parallelGateway", "bad"), end("e2"),
        flows("s2 x q bad e2", "p bad"), flow("x", "p", "=y"),
    )  # fmt: skip
    content = definitions(
        process(
            start(), el("exclusiveGateway", "again"), el("parallelGateway", "g"), user("a", WHO),
            inner, el("parallelGateway", "j"), el("exclusiveGateway", "ask", default="ask-end"),
            end(), flows("start again g a j ask end", "g sub j"), flow("ask", "again", "=more"),
        )
    )  # fmt: skip
    assert deadlocks(content) == ["bad"]


def test_a_fork_that_multiplies_in_a_loop_does_not_hang_lint() -> None:
    content = definitions(
        process(
            start(), el("exclusiveGateway", "again"), el("parallelGateway", "g"), user("a", WHO),
            end(), flows("start again g a end", "g again"),
        )
    )  # fmt: skip
    assert deadlocks(content) == []


def rules(content: bytes) -> set[str]:
    return {one.rule for one in lint(parse(content, "x"), Known())}


def test_what_begins_in_an_ad_hoc_sub_process_is_played_by_itself() -> None:
    """Two chosen elements run in instances of their own: they never meet at a join."""
    apart = ad_hoc(
        "sub", user("a", WHO), user("b", WHO), el("parallelGateway", "j"), user("c", WHO),
        flows("a j c", "b j"), activeElementsCollection='=["a", "b"]',
    )  # fmt: skip
    together = ad_hoc(
        "sub", el("parallelGateway", "g"), user("a", WHO), user("b", WHO),
        el("parallelGateway", "j"), user("c", WHO), flows("g a j c", "g b j"),
        activeElementsCollection='=["g"]',
    )  # fmt: skip
    twice = ad_hoc(
        "sub", el("parallelGateway", "g"), user("a", WHO), user("b", WHO), user("c", WHO),
        flows("g a c", "g b c"), activeElementsCollection='=["g"]',
    )  # fmt: skip
    around = {
        name: definitions(process(start(), one, end(), flows("start sub end")))
        for name, one in (("apart", apart), ("together", together), ("twice", twice))
    }
    assert deadlocks(around["apart"]) == ["j"]
    assert deadlocks(around["together"]) == []
    assert "fake-join" in rules(around["twice"])
    assert "fake-join" not in rules(around["together"])


def test_what_is_too_large_to_be_played_through_is_told() -> None:
    def many_gates(count: int) -> bytes:
        gates = [el("exclusiveGateway", f"x{n}", default=f"x{n}-a{n}") for n in range(count)]
        tasks = [user(f"{one}{n}", WHO) for n in range(count) for one in "ab"]
        ways = flows(*(f"f x{n} a{n} j" for n in range(count)), *(f"b{n} j" for n in range(count)))
        others = "".join(flow(f"x{n}", f"b{n}", "=y") for n in range(count))
        return definitions(
            process(
                start(), el("parallelGateway", "f"), *gates, *tasks, el("inclusiveGateway", "j"),
                end(), flows("start f", "j end"), ways, others,
            )
        )  # fmt: skip

    assert "too-large-to-play" not in rules(many_gates(8))
    assert "too-large-to-play" in rules(many_gates(15))


def test_events_beside_a_loop_do_not_make_it_too_large() -> None:
    """Whatever they start piles up in the game, but disturbs no join."""
    content = definitions(
        el("signal", "sig", name="alarm"),
        process(
            start(), el("exclusiveGateway", "again"), user("a", WHO),
            boundary("b", "a", signal("sig"), interrupting=False), user("note", WHO), end("e2"),
            el("exclusiveGateway", "ask", default="ask-end"), end(),
            flows("start again a ask end", "b note e2"), flow("ask", "again", "=more"),
        ),
    )  # fmt: skip
    assert "too-large-to-play" not in rules(content)


def test_well_nested_processes_raise_no_false_alarm() -> None:
    for seed in range(60):
        assert deadlocks(random_process(seed)) == [], seed
