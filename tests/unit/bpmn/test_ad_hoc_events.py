"""Event sub-processes inside ad-hoc sub-processes: they belong to the whole, not to one inner
instance (Camunda 8, Ad-hoc sub-processes, Event sub-processes)."""

from __future__ import annotations

import pytest

from tests.unit.bpmn.drawing import (
    ad_hoc,
    boundary,
    definitions,
    el,
    end,
    event,
    event_sub,
    flows,
    io,
    many,
    message,
    message_definition,
    process,
    signal,
    start,
    throw,
    timer,
    user,
    z,
)
from tests.unit.bpmn.harness import Bench, bench

COMMON = (
    message_definition("m", "note", "=key")
    + el("error", "e", name="refused", errorCode="NO")
    + el("escalation", "s", name="late", escalationCode="LATE")
    + el("signal", "sig", name="alarm")
)
BOTH = '=["x", "y"]'
JOB = z("taskDefinition", type="agent")


def inside(definition: str, *, interrupting: bool = True, more: str = "") -> str:
    return event_sub(
        "n", definition, user("n-do", more), end("n-end"), flows("n-start n-do n-end"),
        interrupting=interrupting,
    )  # fmt: skip


def drawn(event_: str, *content: str, condition: str = "", rest: str = "", **said: str) -> bytes:
    sub = ad_hoc(
        "a", *(content or (user("x"), user("y"))), event_, condition_=condition, rest=rest, **said
    )
    return definitions(
        COMMON,
        process(
            start(), sub, user("after"), end(), boundary("b", "a", event("error", "e")),
            end("e2"), flows("start a after end", "b e2"),
        ),
    )  # fmt: skip


def begun(event_: str, *content: str, condition: str = "", **said: str) -> Bench:
    said = {"activeElementsCollection": BOTH, **said}
    return bench(drawn(event_, *content, condition=condition, **said)).start({"key": "k"})


def test_one_that_does_not_interrupt_runs_beside_what_was_chosen() -> None:
    one = begun(inside(message("m"), interrupting=False))
    one.receive("n-start", {"told": 1})
    assert one.active() == ["a", "n", "n-do", "x", "y"]
    one.receive("n-start")
    assert one.active().count("n-do") == 2
    one.complete("x")
    one.complete("y")
    assert one.active() == ["a", "n", "n", "n-do", "n-do"]
    one.complete("n-do")
    assert one.active() == ["a", "n", "n-do"]
    one.complete("n-do")
    assert one.active() == ["after"]
    assert one.waits() == ["after"]


def test_an_interrupting_one_ends_all_that_was_chosen_and_then_the_whole() -> None:
    one = begun(inside(timer("duration", "PT1H")))
    one.fire("n-start")
    assert one.active() == ["a", "n", "n-do"]
    one.complete("n-do")
    assert one.active() == ["after"]


def test_it_hears_no_more_when_the_whole_is_over() -> None:
    one = begun(inside(signal("sig")))
    assert "n-start" in one.waits()
    one.complete("x")
    one.complete("y")
    assert one.waits() == ["after"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_it_catches_escalations_of_every_inner_instance(interrupting: bool) -> None:
    one = begun(
        inside(event("escalation", "s"), interrupting=interrupting),
        user("x"), throw("t", event("escalation", "s")), user("z"), user("y"), flows("x t z"),
    )  # fmt: skip
    one.complete("x")
    rest = [] if interrupting else ["y", "z"]
    assert one.active() == ["a", "n", "n-do", *rest]


def test_it_catches_errors_of_jobs_before_the_boundary_does() -> None:
    one = begun(
        inside(event("error", "e")),
        el("serviceTask", "x", f"<bpmn:extensionElements>{JOB}</bpmn:extensionElements>"),
        user("y"),
    )
    one.throw("x", "NO")
    assert one.active() == ["a", "n", "n-do"]
    one.complete("n-do")
    assert one.active() == ["after"]


def test_its_end_counts_like_that_of_an_inner_instance() -> None:
    one = begun(
        inside(message("m"), interrupting=False, more=io({}, {"r": "=r"})),
        condition="=count(all) = 2", outputCollection="all", outputElement="=r",
    )
    one.receive("n-start")
    one.complete("n-do", {"r": "told"})
    assert one.active() == ["a", "x", "y"]
    one.complete("x")
    assert one.active() == ["after"]
    assert one.variables()["all"][0] == "told"


def test_the_worker_is_asked_again_after_it() -> None:
    one = bench(drawn(inside(message("m"), interrupting=False), rest=JOB)).start({"key": "k"})
    assert one.waits() == ["a", "n-start"]
    one.receive("n-start")
    one.activate("a", "x")
    assert one.active() == ["a", "n", "n-do", "x"]
    assert "a" not in one.waits()
    one.complete("n-do")
    assert one.waits() == ["a", "n-start", "x"]
    one.activate("a", fulfilled=True)
    one.complete("x")
    assert one.waits() == ["after"]


def test_an_interrupting_one_does_not_ask_the_worker() -> None:
    one = bench(drawn(inside(message("m")), rest=JOB)).start({"key": "k"})
    one.receive("n-start")
    assert one.waits() == ["n-do"]
    one.complete("n-do")
    assert one.waits() == ["after"]


def test_it_waits_with_nothing_chosen() -> None:
    one = bench(drawn(inside(message("m"), interrupting=False))).start({"key": "k"})
    assert one.waits() == ["n-start"]
    one.receive("n-start")
    one.complete("n-do")
    assert one.waits() == ["after"]


def test_what_is_chosen_from_outside_instead_leaves_it_listening() -> None:
    one = begun(inside(message("m"), interrupting=False))
    one.choose("a", "x", cancel_remaining=True)
    assert one.waits() == ["n-start", "x"]


def test_a_round_of_a_repeated_one_has_its_own() -> None:
    one = begun(
        inside(signal("sig")), user("x"), many('=["p", "q"]'), activeElementsCollection='=["x"]'
    )
    assert one.active() == ["a", "a", "a", "x", "x"]
    assert one.waits().count("n-start") == 2


def test_what_interrupts_the_whole_takes_it_along() -> None:
    sub = ad_hoc("a", user("x"), inside(message("m"), interrupting=False),
                 activeElementsCollection='=["x"]')  # fmt: skip
    content = definitions(
        COMMON,
        process(
            start(), sub, end(), boundary("b", "a", signal("sig")), user("late"), end("e2"),
            flows("start a end", "b late e2"),
        ),
    )  # fmt: skip
    one = bench(content).start({"key": "k"})
    one.receive("n-start")
    one.receive("b")
    assert one.waits() == ["late"]
