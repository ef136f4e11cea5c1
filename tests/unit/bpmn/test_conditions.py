"""Conditional events: read when a variable changes, fired when they become true."""

from __future__ import annotations

import pytest

from tests.unit.bpmn.drawing import (
    boundary,
    catch,
    condition,
    definitions,
    el,
    end,
    event_sub,
    flows,
    io,
    process,
    script,
    start,
    user,
    z,
)
from tests.unit.bpmn.harness import Bench, bench


def file(*content: str) -> bytes:
    return definitions(process(*content))


def watching(text: str, *, interrupting: bool = True, watched: str = "") -> Bench:
    """A task with a conditional boundary event that leads to another."""
    return bench(
        file(
            start(), user("a"),
            boundary("b", "a", condition(text, watched), interrupting=interrupting),
            user("n"), end(), flows("start a end", "b n"),
        )
    )  # fmt: skip


def test_a_condition_that_is_true_lets_the_token_pass() -> None:
    content = file(start(), catch("c", condition("=x > 1")), end(), flows("start c end"))
    assert bench(content).start({"x": 2}).ended() is not None
    one = bench(content).start({"x": 1})
    one.set({"y": 5})
    assert one.active() == ["c"]
    one.set({"x": 2})
    assert one.ended() is not None


@pytest.mark.parametrize("value", [None, 0, "true", [], {"x": True}])
def test_what_is_not_true_does_not_fire(value: object) -> None:
    one = watching("=x").start({"x": value})
    assert one.active() == ["a"]
    one.set({"x": True})
    assert one.active() == ["n"]


def test_it_fires_each_time_it_becomes_true_not_while_it_stays_true() -> None:
    one = watching("=x > 1", interrupting=False).start({"x": 2})
    assert one.active() == ["a", "n"]
    one.set({"x": 3})
    assert one.active() == ["a", "n"]
    one.set({"x": 0})
    one.set({"x": 4})
    assert one.active() == ["a", "n", "n"]
    one.complete("a", {"x": 0})
    assert one.active() == ["n", "n"]


def test_a_moment_within_one_step_counts() -> None:
    content = file(
        start(), el("parallelGateway", "g"), user("a"),
        boundary("b", "a", condition("=x = 1"), interrupting=False), user("n"), user("go"),
        script("one", "x", "=1"), script("two", "x", "=2"), end(), end("e2"),
        flows("start g a end", "b n", "g go one two e2"),
    )  # fmt: skip
    one = bench(content).start({"x": 0})
    one.complete("go")
    assert one.active() == ["a", "n"]
    assert one.variables() == {"x": 2}


def test_completing_the_activity_is_no_reason_to_interrupt_it() -> None:
    one = watching("=x").start()
    one.complete("a", {"x": True})
    ended = one.ended()
    assert ended is not None
    assert "n" not in one.entered()


def test_it_reads_the_variables_of_its_activity() -> None:
    content = file(
        start(), user("a", io({"x": "=false"})), boundary("b", "a", condition("=x")), user("n"),
        end(), flows("start a end", "b n"),
    )  # fmt: skip
    one = bench(content).start({"x": True})
    assert one.active() == ["a"]
    token = one.wait("a")
    one.set({"x": True}, token)
    assert one.active() == ["n"]


def test_the_filter_says_which_changes_count() -> None:
    one = watching("=x + y > 5", watched=z("conditionalFilter", variableNames="x")).start(
        {"x": 1, "y": 1}
    )
    one.set({"y": 9})
    assert one.active() == ["a"]
    one.set({"x": 2})
    assert one.active() == ["n"]


def test_the_filter_says_which_events_count() -> None:
    watched = z("conditionalFilter", variableNames="x", variableEvents="update")
    one = watching("=x > 0", watched=watched).start()
    one.set({"x": 1})
    assert one.active() == ["a"]
    one.set({"x": 2})
    assert one.active() == ["n"]


def test_the_first_condition_decides_at_a_gateway() -> None:
    content = file(
        start(), el("eventBasedGateway", "g"), catch("c", condition("=x")),
        catch("d", condition("=x or y")), user("one"), user("two"),
        flows("start g c one", "g d two"),
    )  # fmt: skip
    both = bench(content).start()
    both.set({"x": True})
    assert both.active() == ["one"]
    later = bench(content).start()
    later.set({"y": True})
    assert later.active() == ["two"]


def test_a_condition_starts_an_event_sub_process_again_and_again() -> None:
    content = file(
        start(), user("a"), end(), flows("start a end"),
        event_sub("x", condition("=level > 3"), user("u"), end("xe"), flows("x-start u xe"),
                  interrupting=False),
    )  # fmt: skip
    one = bench(content).start({"level": 1})
    for level in (4, 2, 5):
        one.set({"level": level})
    assert one.active() == ["a", "u", "u", "x", "x"]
