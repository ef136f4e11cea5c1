"""Standard loops, multi-instance by number, ad-hoc sub-processes, links, listeners."""

from __future__ import annotations

import pytest

from engine.bpmn import changes as c
from engine.errors import Conflict, Invalid
from tests.unit.bpmn.drawing import (
    ad_hoc,
    again,
    boundary,
    catch,
    definitions,
    el,
    end,
    event,
    event_sub,
    ext,
    flow,
    flows,
    io,
    link,
    listener,
    many,
    process,
    script,
    service,
    signal,
    start,
    throw,
    timer,
    times,
    user,
    z,
)
from tests.unit.bpmn.harness import Bench, bench

COMMON = el("error", "e", name="refused", errorCode="NO") + el("signal", "sig", name="alarm")


def one_step(*content: str, path: str = "start a end") -> bytes:
    return definitions(COMMON, process(start(), *content, end(), flows(path)))


# -- loops


def test_a_loop_goes_on_while_its_condition_is_true() -> None:
    one = bench(one_step(user("a", inside=again("=answer = null")))).start({"answer": None})
    for counter in (1, 2):
        assert one.variables("a")["loopCounter"] == counter
        one.complete("a")
    one.complete("a", {"answer": 42})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"answer": 42}


@pytest.mark.parametrize(("most", "rounds"), [("3", 3), ("=n", 2)])
def test_a_loop_stops_at_its_maximum(most: str, rounds: int) -> None:
    one = bench(one_step(user("a", inside=again("=true", loopMaximum=most)))).start({"n": 2})
    for _ in range(rounds):
        assert one.ended() is None
        one.complete("a")
    assert one.ended() is not None


def test_a_loop_that_tests_before_may_not_begin() -> None:
    content = one_step(user("a", inside=again("=more", testBefore="true")))
    assert bench(content).start({"more": False}).ended() is not None
    one = bench(content).start({"more": True})
    one.complete("a", {"more": False})
    assert one.ended() is not None


def test_a_loop_without_a_wait_is_held() -> None:
    one = bench(one_step(el("task", "a", again("=spin")))).start({"spin": True})
    (incident,) = one.incidents()
    assert incident.kind == "STEP_LIMIT"
    one.set({"spin": False})
    one.retry()
    assert one.ended() is not None


def test_a_boundary_event_ends_a_loop() -> None:
    content = one_step(
        user("a", inside=again("=true")), boundary("b", "a", timer("duration", "PT1H")), user("n"),
        flow("b", "n"),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    one.fire("b")
    assert one.active() == ["n"]


@pytest.mark.parametrize("count", ["=-1", "=20000", '="two"', "=null"])
def test_a_number_of_rounds_that_makes_no_sense_is_an_incident(count: str) -> None:
    one = bench(one_step(user("a", inside=times(count)))).start()
    assert [x.kind for x in one.incidents()] == ["EXTRACT_VALUE_ERROR"]


def test_too_many_rounds_are_held_before_the_first() -> None:
    huge = bench(one_step(user("a", inside=many("=for i in 1..10001 return i")))).start()
    assert [x.kind for x in huge.incidents()] == ["EXTRACT_VALUE_ERROR"]
    assert huge.waits() == []
    inner = el("subProcess", "a", start("s2"), el("task", "t", many("=1..1000")), end("e2"),
               flows("s2 t e2"), many("=for i in 1..1000 return i"))  # fmt: skip
    nested = bench(one_step(inner).replace(b'"=1..1000"', b'"=for i in 1..1000 return i"')).start()
    assert {x.kind for x in nested.incidents()} == {"STEP_LIMIT"}


def nested(count: int, *, in_turn: bool) -> bytes:
    """A sub-process ``count`` times, in which a script runs ``count`` times."""
    items = f"=for i in 1..{count} return i"
    inner = script("t", "n", "=loopCounter").replace("</bpmn:scriptTask>", many(
        items, outputCollection="inner", outputElement="=n"
    ) + "</bpmn:scriptTask>")  # fmt: skip
    return one_step(
        el("subProcess", "a", start("s2"), inner, end("e2"), flows("s2 t e2"),
           many(items, sequential=in_turn, outputCollection="all", outputElement="=count(inner)"))
    )  # fmt: skip


@pytest.mark.parametrize("in_turn", [True, False])
def test_rounds_within_rounds_are_held_and_go_on(in_turn: bool) -> None:
    """150 × 150 rounds are more than one operation begins; retrying begins the rest."""
    one = bench(nested(150, in_turn=in_turn)).start()
    assert {x.kind for x in one.incidents()} == {"STEP_LIMIT"}
    for incident in one.incidents():
        token = incident.token
        one.act(lambda run, token=token: run.retry(token))  # type: ignore[misc]
    ended = one.ended()
    assert ended is not None
    assert ended.variables["all"] == [150] * 150


def test_very_many_rounds_within_rounds_are_held_at_once() -> None:
    one = bench(nested(300, in_turn=True)).start()
    (incident,) = one.incidents()
    assert (incident.element_id, incident.kind) == ("t", "STEP_LIMIT")
    assert "20000" in incident.zh
    assert len(one.active()) < 10


# -- ad-hoc sub-processes


def chosen(text: str, **more: str) -> bytes:
    return one_step(
        ad_hoc("a", user("x"), user("y"), user("z"), flows("y z"), activeElementsCollection=text,
               **more)
    )  # fmt: skip


def test_the_chosen_elements_run_with_what_follows_them() -> None:
    one = bench(chosen('=["x", "y"]')).start()
    assert one.active() == ["a", "x", "y"]
    one.complete("y")
    assert one.active() == ["a", "x", "z"]
    one.complete("x")
    one.complete("z")
    assert one.ended() is not None


@pytest.mark.parametrize("gateway", ["parallelGateway", "inclusiveGateway"])
def test_a_gateway_can_be_chosen(gateway: str) -> None:
    content = one_step(
        ad_hoc("a", el(gateway, "g"), user("x"), flows("g x"), activeElementsCollection='=["g"]')
    )
    one = bench(content).start()
    assert one.active() == ["a", "x"]
    one.complete("x")
    assert one.ended() is not None


@pytest.mark.parametrize("text", ["=[]", "=null", ""])
def test_nothing_chosen_waits_until_somebody_chooses(text: str) -> None:
    one = bench(chosen(text)).start()
    assert one.active() == ["a"]
    one.choose("a", "x")
    assert one.active() == ["a", "x"]
    one.choose("a", "y")
    one.complete("x")
    assert one.active() == ["a", "y"]
    one.complete("y")
    one.complete("z")
    assert one.ended() is not None


def test_choosing_may_cancel_what_runs() -> None:
    one = bench(chosen('=["x"]')).start()
    one.choose("a", "y", cancel_remaining=True)
    assert one.active() == ["a", "y"]


def test_what_is_chosen_from_outside_has_its_turn_and_its_variables() -> None:
    one = bench(in_turn('=["x"]')).start()
    token = one.token("a")
    one.act(lambda run: run.choose(token, [("y", {"n": 2})]))
    assert one.active() == ["a", "x"]
    one.complete("x")
    assert one.variables("y")["n"] == 2


def test_who_may_not_choose_from_outside_is_told() -> None:
    one = bench(chosen('=["x"]')).start()
    for wrong in ((), ("nobody",), ("z",)):
        with pytest.raises(Invalid):
            one.choose("a", *wrong)
    with pytest.raises(Conflict):
        one.choose("x", "y")
    with pytest.raises(Conflict):
        worker().choose("a", "x")
    assert one.active() == ["a", "x"]


@pytest.mark.parametrize("text", ['=["nobody"]', '=["z"]', "=5"])
def test_what_cannot_be_chosen_is_an_incident(text: str) -> None:
    one = bench(chosen(text)).start()
    (incident,) = one.incidents()
    assert (incident.element_id, incident.kind) == ("a", "EXTRACT_VALUE_ERROR")


@pytest.mark.parametrize("cancel", [True, False])
def test_the_completion_condition_ends_it(cancel: bool) -> None:
    content = chosen('=["x", "y"]', condition_="=enough")
    if not cancel:
        content = content.replace(b'id="a">', b'id="a" cancelRemainingInstances="false">')
    one = bench(content).start({"enough": False})
    one.complete("y")
    one.complete("z", {"enough": True})
    if not cancel:
        assert one.active() == ["a", "x"]
        one.complete("x")
    assert one.ended() is not None


def test_outputs_are_collected_in_the_order_of_completion() -> None:
    content = one_step(
        ad_hoc("a", user("x", io(outputs={"r": "=r"})), user("y", io(outputs={"r": "=r"})),
               activeElementsCollection='=["x", "y"]', outputCollection="all", outputElement="=r")
    )  # fmt: skip
    one = bench(content).start()
    one.complete("y", {"r": 2})
    one.complete("x", {"r": 1})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"all": [2, 1]}


def in_turn(text: str, **more: str) -> bytes:
    return chosen(text, **more).replace(b'id="a">', b'id="a" ordering="Sequential">')


def test_what_is_chosen_in_turn_runs_one_after_the_other() -> None:
    one = bench(in_turn('=["y", "x"]')).start()
    assert one.active() == ["a", "y"]
    one.complete("y")
    assert one.active() == ["a", "z"]
    one.complete("z")
    assert one.active() == ["a", "x"]
    one.complete("x")
    assert one.ended() is not None


@pytest.mark.parametrize("cancel", [True, False])
def test_nobody_has_his_turn_once_the_condition_is_true(cancel: bool) -> None:
    content = in_turn('=["x", "y"]', condition_="=enough")
    if not cancel:
        content = content.replace(b'id="a" ', b'id="a" cancelRemainingInstances="false" ')
    one = bench(content).start({"enough": False})
    one.complete("x", {"enough": True})
    assert one.ended() is not None
    assert one.entered().count("y") == 0


def test_a_worker_chooses_who_comes_next_in_turn() -> None:
    drawn = one_step(ad_hoc("a", user("x"), user("y"), rest=z("taskDefinition", type="agent")))
    one = bench(drawn.replace(b'id="a">', b'id="a" ordering="Sequential">')).start()
    token = one.wait("a")
    one.act(lambda run: run.activate(token, [("x", {}), ("y", {"n": 1})], {}))
    assert one.active() == ["a", "x"]
    one.complete("x")
    assert one.variables("y")["n"] == 1
    one.activate("a", "x")
    assert one.active() == ["a", "y"]
    one.complete("y")
    assert one.active() == ["a", "x"]
    one.activate("a", fulfilled=True)
    one.complete("x")
    assert one.ended() is not None


def test_an_interrupted_sub_process_forgets_whose_turn_it_is() -> None:
    content = definitions(
        el("signal", "sig", name="alarm"),
        process(
            start(), ad_hoc("a", user("x"), user("y"), activeElementsCollection='=["x", "y"]'),
            boundary("b", "a", signal("sig")), user("late"), end(), end("e2"),
            flows("start a end", "b late e2"),
        ),
    ).replace(b'id="a">', b'id="a" ordering="Sequential">')  # fmt: skip
    one = bench(content).start()
    one.receive("b")
    assert one.active() == ["late"]
    one.complete("late")
    assert one.ended() is not None


def worker() -> Bench:
    return bench(
        one_step(ad_hoc("a", user("x"), user("y"), rest=z("taskDefinition", type="agent")))
    ).start()


def test_a_worker_chooses_again_after_each_inner_instance() -> None:
    one = worker()
    (job,) = one.of(c.JobOpened)
    listed = job.variables["adHocSubProcessElements"]
    assert [entry["elementId"] for entry in listed] == ["x", "y"]
    token = one.wait("a")
    one.act(lambda run: run.activate(token, [("x", {"n": 1}), ("y", {})], {"seen": True}))
    assert one.variables("x")["n"] == 1
    assert "n" not in one.variables("y")
    assert one.variables()["seen"] is True
    one.complete("x")
    assert one.waits() == ["a", "y"]
    one.activate("a", fulfilled=True)
    assert one.active() == ["a", "y"]
    one.complete("y")
    assert one.ended() is not None


def test_a_worker_is_told_what_an_element_wants_to_know() -> None:
    source = '=fromAi(toolCall.city, "the city", "string", {enum: ["上海", "北京"]})'
    second = '={n: 1 + fromAi(value: count, type: "number")}'
    drawn = ad_hoc("a", user("x", io({"city": source, "more": second})), user("y"),
                   rest=z("taskDefinition", type="agent"))  # fmt: skip
    (job,) = bench(one_step(drawn)).start().of(c.JobOpened)
    told = {one["elementId"]: one["parameters"] for one in job.variables["adHocSubProcessElements"]}
    nothing = {"description": None, "schema": None, "options": None}
    assert told == {
        "x": [
            {"name": "city", "description": "the city", "type": "string",
             "schema": {"enum": ["上海", "北京"]}, "options": None},
            {"name": "count", "type": "number", **nothing},
        ],
        "y": [],
    }  # fmt: skip


def test_a_worker_may_cancel_what_still_runs() -> None:
    one = worker()
    one.activate("a", "x", "y")
    one.complete("x")
    one.activate("a", fulfilled=True, cancel_remaining=True)
    assert one.ended() is not None


def test_a_worker_cannot_choose_what_is_not_there() -> None:
    one = worker()
    before = one.state
    with pytest.raises(Invalid):
        one.activate("a", "end")
    assert one.state == before


def test_an_ad_hoc_sub_process_can_be_interrupted_and_repeated() -> None:
    content = one_step(
        ad_hoc("a", user("x"), many('=["p", "q"]', inputElement="who"),
               activeElementsCollection='=["x"]'),
        boundary("b", "a", signal("sig")), user("n"), flow("b", "n"),
    )  # fmt: skip
    one = bench(content).start()
    assert one.active() == ["a", "a", "a", "x", "x"]
    one.complete("x")
    assert one.waits() == ["b", "x"]
    one.receive("b")
    assert one.active() == ["n"]


def test_a_link_cannot_be_chosen() -> None:
    content = one_step(
        ad_hoc("a", user("x"), throw("t", link("on")), catch("k", link("on")), user("y"),
               flows("x t", "k y"), rest=z("taskDefinition", type="agent"))
    )  # fmt: skip
    one = bench(content).start()
    (job,) = one.of(c.JobOpened)
    assert [entry["elementId"] for entry in job.variables["adHocSubProcessElements"]] == ["x"]
    one.activate("a", "x")
    one.complete("x")
    assert one.waits() == ["y"]


def test_a_worker_that_is_asked_again_finds_what_was_collected() -> None:
    content = one_step(
        ad_hoc("a", user("x", io(outputs={"r": "=r"})), rest=z("taskDefinition", type="agent"),
               outputCollection="all", outputElement="=r")
    )  # fmt: skip
    one = bench(content).start()
    one.activate("a", "x")
    one.complete("x", {"r": 1})
    one.throw("a", "ELSE")
    one.retry()
    assert one.variables("a")["all"] == [1]
    one.activate("a", fulfilled=True)
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"all": [1]}


def test_a_worker_asked_anew_leaves_no_incident_behind() -> None:
    one = worker()
    one.activate("a", "x", "y")
    one.complete("x")
    one.throw("a", "ELSE")
    assert len(one.incidents()) == 1
    one.complete("y")
    assert one.incidents() == []
    one.activate("a", fulfilled=True)
    assert one.ended() is not None


def test_what_is_chosen_was_entered_in_its_ad_hoc_sub_process() -> None:
    one = bench(chosen('=["x"]')).start()
    entered = {change.element_id: change for change in one.of(c.ElementEntered)}
    assert entered["x"].scope == entered["a"].token


# -- links


def test_a_link_goes_on_at_its_catch_from_every_throw() -> None:
    content = definitions(
        process(
            start(), el("exclusiveGateway", "g", default="g-t1"), throw("t1", link("on")),
            throw("t2", link("on")), catch("k", link("on")), user("a"), end(),
            flows("start g t1", "k a end"), flow("g", "t2", "=x"),
        )
    )  # fmt: skip
    for x in (True, False):
        one = bench(content).start({"x": x})
        assert one.entered()[-2:] == ["k", "a"]
        one.complete("a")
        assert one.ended() is not None


def test_an_inclusive_join_waits_for_a_token_that_comes_by_a_link() -> None:
    content = definitions(
        process(
            start(), el("inclusiveGateway", "g"), user("a"), user("b"), throw("t", link("on")),
            catch("k", link("on")), el("inclusiveGateway", "j"), user("z"), end(),
            flows("start g"), flow("g", "a", "=true"), flow("g", "b", "=true"),
            flows("a t", "k j", "b j z end"),
        )
    )  # fmt: skip
    one = bench(content).start()
    one.complete("b")
    assert one.active() == ["a", "j"]
    one.complete("a")
    assert one.active() == ["z"]


# -- listeners

BOTH = z(
    "executionListeners",
    z("executionListener", eventType="start", type="before"),
    z("executionListener", eventType="start", type="=second"),
    z("executionListener", eventType="end", type="after"),
)


def test_listeners_go_before_and_after_the_work_in_order() -> None:
    one = bench(one_step(user("a", BOTH))).start({"second": "too"})
    assert [(x.type, x.listener) for x in one.of(c.JobOpened)] == [("before", "start")]
    one.hear("a", {"mine": 1})
    one.hear("a")
    assert [type(x).__name__ for x in one.open().values()] == ["TaskOpened"]
    assert one.variables("a")["mine"] == 1
    one.complete("a", {"result": 2})
    assert one.variables()["result"] == 2
    one.hear("a", {"told": 3})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"second": "too", "result": 2, "told": 3}


def test_a_listener_that_cannot_be_asked_is_an_incident_and_the_others_run_once() -> None:
    one = bench(one_step(user("a", BOTH))).start()
    one.hear("a", {"second": None})
    (incident,) = one.incidents()
    assert incident.kind == "EXTRACT_VALUE_ERROR"
    assert one.waits() == []
    one.set({"second": "too"}, incident.token)
    one.retry()
    assert [x.type for x in one.of(c.JobOpened)] == ["before", "too"]
    one.hear("a")
    assert [type(x).__name__ for x in one.open().values()] == ["TaskOpened"]


def test_an_end_listener_that_cannot_be_asked_is_not_left_out() -> None:
    one = bench(one_step(user("a", listener("execution", "end", "=kind")))).start()
    one.complete("a")
    assert [x.kind for x in one.incidents()] == ["EXTRACT_VALUE_ERROR"]
    one.set({"kind": "late"})
    one.retry()
    one.hear("a")
    assert one.ended() is not None


@pytest.mark.parametrize(
    "made",
    [
        lambda x: el("exclusiveGateway", "a", x),
        lambda x: el("parallelGateway", "a", x),
        lambda x: el("subProcess", "a", x, start("s2"), end("e2"), flows("s2 e2")),
        lambda x: el("intermediateThrowEvent", "a", x),
        lambda x: el("task", "a", x),
    ],
)
def test_every_element_can_be_listened_to(made: object) -> None:
    assert callable(made)
    both = ext(
        z("executionListeners", z("executionListener", eventType="start", type="b"),
          z("executionListener", eventType="end", type="c"))
    )  # fmt: skip
    one = bench(one_step(made(both))).start()
    one.hear("a")
    one.hear("a")
    assert one.ended() is not None


def test_what_was_slower_is_withdrawn_before_a_gateways_listener() -> None:
    gateway = el("eventBasedGateway", "g", ext(listener("execution", "end")))
    content = definitions(
        COMMON,
        process(start(), gateway, catch("s", signal("sig")), catch("t", timer("duration", "PT1H")),
                user("n"), end(), flows("start g s n end", "g t end")),
    )  # fmt: skip
    one = bench(content).start()
    one.receive("s")
    assert one.waits() == ["g"]
    one.hear("g")
    assert one.active() == ["n"]


def test_a_cancelled_element_takes_its_listener_with_it() -> None:
    inner = el("subProcess", "s", start("s2"), user("a", BOTH), end("e2"), flows("s2 a e2"))
    content = one_step(inner, boundary("b", "s", signal("sig")), user("n"), flow("b", "n"),
                       path="start s end")  # fmt: skip
    one = bench(content).start()
    assert one.waits() == ["a", "b"]
    one.receive("b")
    assert one.waits() == ["n"]


def test_an_error_of_a_listener_is_caught_at_its_element_or_beside_it() -> None:
    inner = el(
        "subProcess", "s", start("s2"), service("a", "t", listener("execution", "end")),
        end("e2"), flows("s2 a e2"),
        event_sub("x", event("error", "e"), user("u"), end("xe"), flows("x-start u xe")),
    )  # fmt: skip
    one = bench(one_step(inner, path="start s end")).start()
    one.complete("a")
    one.throw("a", "NO")
    assert one.active() == ["s", "u", "x"]


def test_an_uncaught_error_of_a_listener_is_an_incident_and_retry_asks_again() -> None:
    one = bench(one_step(user("a", listener("execution", "start")))).start()
    one.throw("a", "ELSE")
    assert [x.kind for x in one.incidents()] == ["UNHANDLED_ERROR_EVENT"]
    one.retry()
    one.hear("a")
    one.complete("a")
    assert one.ended() is not None


TASK = z(
    "taskListeners",
    z("taskListener", eventType="creating", type="prepare"),
    z("taskListener", eventType="completing", type="check"),
    z("taskListener", eventType="completing", type="check2"),
)


def test_task_listeners_prepare_check_and_deny() -> None:
    one = bench(one_step(user("a", TASK))).start()
    assert one.of(c.TaskOpened) == []
    one.hear("a", {"hint": "call first"})
    (opened,) = one.of(c.TaskOpened)
    assert one.variables("a")["hint"] == "call first"
    one.act(lambda run: run.complete(opened.token, {"x": 1}))
    with pytest.raises(Conflict):
        one.act(lambda run: run.complete(opened.token, {"x": 2}))
    one.hear("a")
    one.act(lambda run: run.deny(one.listener("a")))
    assert one.waits() == ["a"]
    one.act(lambda run: run.complete(opened.token, {"x": 3}))
    one.hear("a")
    one.hear("a", {"checked": True})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"x": 3, "checked": True}


def test_only_a_completing_listener_can_deny() -> None:
    one = bench(one_step(user("a", TASK))).start()
    with pytest.raises(Conflict):
        one.act(lambda run: run.deny(one.listener("a")))


def test_a_task_whose_second_listener_failed_can_still_be_denied() -> None:
    two = z(
        "taskListeners",
        z("taskListener", eventType="completing", type="check"),
        z("taskListener", eventType="completing", type="=kind"),
    )
    one = bench(one_step(user("a", two))).start()
    one.complete("a")
    one.hear("a")
    assert [x.kind for x in one.incidents()] == ["EXTRACT_VALUE_ERROR"]
    one.set({"kind": "check2"})
    one.retry()
    one.act(lambda run: run.deny(one.listener("a")))
    assert one.waits() == ["a"]
    one.complete("a")
    one.hear("a")
    one.hear("a")
    assert one.ended() is not None
