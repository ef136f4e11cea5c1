"""Exclusive, parallel, inclusive and event-based gateways."""

from __future__ import annotations

import pytest

from engine.bpmn import changes as c
from tests.unit.bpmn.drawing import (
    definitions,
    el,
    end,
    flow,
    flows,
    message,
    message_definition,
    process,
    start,
    timer,
    user,
)
from tests.unit.bpmn.harness import Bench, bench, later


def choice(default: str = "g-c") -> bytes:
    attributes = {"default": default} if default else {}
    return definitions(
        process(
            start(),
            el("exclusiveGateway", "g", **attributes),
            user("a"),
            user("b"),
            user("c"),
            flows("start g"),
            flow("g", "a", "=amount > 100"),
            flow("g", "b", '=kind = "网络"'),
            flow("g", "c", "" if default else "=amount < 0"),
        )
    )


@pytest.mark.parametrize(
    ("variables", "taken"),
    [
        ({"amount": 101, "kind": "网络"}, "a"),
        ({"amount": 100, "kind": "网络"}, "b"),
        ({"amount": 100, "kind": "资费"}, "c"),
    ],
)
def test_exclusive_takes_the_first_true_flow(variables: dict[str, object], taken: str) -> None:
    one = bench(choice()).start(variables)
    assert one.active() == [taken]
    assert one.flows() == ["start-g", f"g-{taken}"]


def test_exclusive_without_a_way_is_an_incident_that_a_corrected_variable_resolves() -> None:
    one = bench(choice(default="")).start({"amount": 5, "kind": "x"})
    (incident,) = one.incidents()
    assert (incident.element_id, incident.kind) == ("g", "CONDITION_ERROR")
    assert "默认流向" in incident.zh
    assert one.active() == ["g"]
    one.set({"amount": 500})
    one.retry()
    assert one.active() == ["a"]
    assert one.incidents() == []


def test_a_condition_that_is_not_boolean_is_an_incident_that_says_why() -> None:
    one = bench(choice()).start({"kind": "x"})
    (incident,) = one.incidents()
    assert incident.kind == "EXTRACT_VALUE_ERROR"
    assert "=amount > 100" in incident.zh
    assert "null" in incident.zh
    assert "amount" in incident.en
    one.retry()
    assert len(one.incidents()) == 1
    one.set({"amount": 1})
    one.retry()
    assert one.active() == ["c"]


FORK = process(
    start(),
    el("parallelGateway", "split"),
    user("a"),
    user("b"),
    user("c"),
    el("parallelGateway", "join"),
    user("last"),
    end(),
    flows("start split a join last end", "split b join", "split c join"),
)


def test_parallel_join_waits_for_every_branch_in_any_order() -> None:
    one = bench(definitions(FORK)).start()
    assert one.active() == ["a", "b", "c"]
    one.complete("b", {"b": 1})
    one.complete("c", {"c": 1})
    assert one.active() == ["a", "join", "join"]
    one.complete("a", {"a": 1})
    assert one.active() == ["last"]
    assert one.entered().count("join") == 1
    one.complete("last")
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"a": 1, "b": 1, "c": 1}


def test_a_branch_does_not_overwrite_what_another_branch_changed() -> None:
    one = bench(definitions(FORK)).start({"x": "old", "gone": 1})
    one.complete("a", {"x": "new"})
    one.complete("b")
    one.complete("c")
    assert one.variables() == {"x": "new", "gone": 1}


LOOP = definitions(
    process(
        start(),
        el("exclusiveGateway", "again"),
        el("parallelGateway", "split"),
        user("a"),
        user("b"),
        el("parallelGateway", "join"),
        el("exclusiveGateway", "ask", default="ask-end"),
        end(),
        flows("start again split a join ask", "split b join", "ask end"),
        flow("ask", "again", "=more"),
    )
)


def test_parallel_join_in_a_loop_waits_in_every_round() -> None:
    one = bench(LOOP).start({"more": True})
    for turn in range(5):
        first, second = ("a", "b") if turn % 2 else ("b", "a")
        one.complete(first)
        assert one.active() == sorted([second, "join"])
        one.complete(second, {"more": turn < 4})
    assert one.ended() is not None
    assert one.entered().count("join") == 5


def test_excess_tokens_on_one_flow_wait_for_the_next_round() -> None:
    content = definitions(
        process(
            start(),
            el("parallelGateway", "split"),
            user("a"),
            user("b"),
            user("c"),
            el("exclusiveGateway", "merge"),
            el("parallelGateway", "join"),
            user("last"),
            end(),
            flows("start split a merge join last end", "split b merge", "split c join"),
        )
    )
    one = bench(content).start()
    one.complete("a")
    one.complete("b")
    assert one.active() == ["c", "join", "join"]
    one.complete("c")
    assert one.active() == ["join", "last"]


INCLUSIVE = definitions(
    process(
        start(),
        el("inclusiveGateway", "split", default="split-c"),
        user("a"),
        user("b"),
        user("c"),
        el("inclusiveGateway", "join"),
        user("last"),
        end(),
        flows("start split", "a join", "b join", "c join", "join last end"),
        flow("split", "a", "=wantA"),
        flow("split", "b", "=wantB"),
        flow("split", "c"),
    )
)


@pytest.mark.parametrize(
    ("a", "b", "taken"),
    [
        (True, True, ["a", "b"]),
        (True, False, ["a"]),
        (False, True, ["b"]),
        (False, False, ["c"]),
    ],
)
def test_inclusive_takes_all_true_flows_and_joins_just_those(
    a: bool, b: bool, taken: list[str]
) -> None:
    one = bench(INCLUSIVE).start({"wantA": a, "wantB": b})
    assert one.active() == taken
    for element in taken[:-1]:
        one.complete(element)
        assert "last" not in one.active()
    one.complete(taken[-1])
    assert one.active() == ["last"]
    assert one.entered().count("join") == 1


def test_inclusive_join_waits_for_a_token_that_may_still_come_by_a_longer_path() -> None:
    content = definitions(
        process(
            start(),
            el("parallelGateway", "split"),
            user("a"),
            user("b"),
            el("exclusiveGateway", "maybe", default="maybe-end2"),
            user("far"),
            el("inclusiveGateway", "join"),
            user("last"),
            end(),
            end("end2"),
            flows("start split a join last end", "split b maybe end2", "far join"),
            flow("maybe", "far", "=go"),
        )
    )
    one = bench(content).start({"go": True})
    one.complete("a")
    assert one.active() == ["b", "join"]
    one.complete("b")
    assert one.active() == ["far", "join"]
    one.complete("far")
    assert one.active() == ["last"]
    other = bench(content).start({"go": False})
    other.complete("a")
    other.complete("b")
    assert other.active() == ["last"]


def test_inclusive_split_and_join_in_a_loop() -> None:
    content = definitions(
        process(
            start(),
            el("exclusiveGateway", "again"),
            el("inclusiveGateway", "split", default="split-b"),
            user("a"),
            user("b"),
            el("inclusiveGateway", "join"),
            el("exclusiveGateway", "ask", default="ask-end"),
            end(),
            flows("start again split", "a join", "b join", "join ask end"),
            flow("split", "a", "=true"),
            flow("split", "b", "=both"),
            flow("ask", "again", "=more"),
        ).replace(' default="split-b"', "")
    )
    one = bench(content).start({"both": True, "more": True})
    one.complete("a")
    assert one.active() == ["b", "join"]
    one.complete("b", {"both": False})
    assert one.active() == ["a"]
    one.complete("a", {"more": False})
    assert one.ended() is not None


EVENTS = definitions(
    message_definition("m", "回复"),
    process(
        start(),
        el("eventBasedGateway", "wait"),
        el("intermediateCatchEvent", "soon", timer("duration", "PT1H")),
        el("intermediateCatchEvent", "later", timer("duration", "PT5H")),
        el("intermediateCatchEvent", "answer", message("m")),
        user("a"),
        user("b"),
        user("c"),
        flows("start wait soon a", "wait later b", "wait answer c"),
    ),
)


def waiting() -> Bench:
    return bench(EVENTS).start({"key": "TS1"})


def test_event_based_gateway_has_a_due_time_for_each_timer() -> None:
    one = waiting()
    assert one.waits() == ["answer", "later", "soon"]
    assert one.active() == ["wait"]
    assert {key: value.due_at for key, value in one.timers().items()} == {
        "soon": later(hours=1),
        "later": later(hours=5),
    }


@pytest.mark.parametrize(("timer_", "path"), [("soon", "a"), ("later", "b")])
def test_event_based_gateway_takes_the_timer_that_fires(timer_: str, path: str) -> None:
    one = waiting().fire(timer_)
    assert one.active() == [path]
    assert one.waits() == [path]
    assert one.entered() == ["start", "wait", timer_, path]
    assert one.flows() == ["start-wait", f"wait-{timer_}", f"{timer_}-{path}"]


def test_event_based_gateway_takes_the_message_with_its_variables() -> None:
    one = waiting().receive("answer", {"text": "好"})
    assert one.active() == ["c"]
    assert one.variables() == {"key": "TS1", "text": "好"}
    (subscribed,) = one.of(c.Subscribed)
    assert (subscribed.message, subscribed.correlation_key) == ("回复", "TS1")


def test_flows_out_of_a_task_honour_their_conditions() -> None:
    content = definitions(
        process(
            start(),
            el(
                "userTask",
                "a",
                "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>",
                default="a-d",
            ),
            user("b"),
            user("c"),
            user("d"),
            flows("start a"),
            flow("a", "b", "=x > 1"),
            flow("a", "c", "=x > 2"),
            flow("a", "d"),
        )
    )
    assert bench(content).start().complete("a", {"x": 3}).active() == ["b", "c"]
    assert bench(content).start().complete("a", {"x": 2}).active() == ["b"]
    assert bench(content).start().complete("a", {"x": 1}).active() == ["d"]


def test_several_plain_flows_out_of_a_task_are_all_taken() -> None:
    content = definitions(
        process(start(), user("a"), user("b"), user("c"), flows("start a b", "a c"))
    )
    assert bench(content).start().complete("a").active() == ["b", "c"]
