"""What the instructions do to signals, listeners, ad-hoc sub-processes and starts of all kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.scenarios import Coverage, load
from tests.scenarios.steps import (
    DONE,
    NINE,
    Step,
    complete,
    create,
    element,
    elements,
    fails,
    is_,
    later,
    of,
    passes,
    run,
    user_task,
    variables,
)
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    ext,
    flow,
    flows,
    io,
    process,
    service,
    start,
    timer,
    user,
    z,
)

SIGNAL = el("signal", "s", name="alarm")
SIGNALS = definitions(
    process(
        start(), user("wait"),
        boundary("alarmed", "wait", event("signal", "s")), end(), end("fled"),
        flows("start wait end", "alarmed fled"),
    ),
    process(
        el("startEvent", "rung", event("signal", "s")), user("extinguish"), end("out"),
        flows("rung extinguish out"), id_="brigade",
    ),
    process(
        start("begin"), el("endEvent", "ring", event("signal", "s")), flows("begin ring"),
        id_="button",
    ),
    SIGNAL,
)
AD_HOC = definitions(
    process(
        start(),
        el("adHocSubProcess", "agent", ext(z("taskDefinition", type="agent")),
           user("ask"), service("look", "search")),
        end(), flows("start agent end"),
    ),
)
LISTENERS = definitions(
    process(
        start(),
        user("approve", z("taskListeners", z("taskListener", eventType="completing",
                                             type="check"))),
        el("serviceTask", "work", ext(
            z("taskDefinition", type="work"),
            z("executionListeners", z("executionListener", eventType="start", type="prepare")),
        )),
        end(), flows("start approve work end"),
    ),
)
CONDITION = "<bpmn:conditionalEventDefinition><bpmn:condition>=stock &lt; 3</bpmn:condition>" \
    "</bpmn:conditionalEventDefinition>"
CONDITIONAL = definitions(
    process(el("startEvent", "low", CONDITION), user("order"), end(), flows("low order end")),
)
CYCLE = definitions(
    process(el("startEvent", "daily", timer("cycle", "R/PT24H")), end(), flows("daily end")),
    process(el("startEvent", "once", timer("date", "2026-03-03T12:00:00+08:00")), end("e2"),
            flows("once e2"), id_="q"),
)
NESTED = definitions(
    process(
        start(), user("one"),
        el("subProcess", "part", ext(io({"local": "=1"})), start("inner"), user("two"),
           user("three"), end("inner-end"), flows("inner two three inner-end")),
        boundary("late", "part", timer("duration", "PT1H")),
        el("parallelGateway", "join"), user("four"), end(), end("over"),
        flows("start one part join four end", "late over"),
    ),
)
CALLING = definitions(
    process(
        start(), el("callActivity", "call", ext(z("calledElement", processId="child"))),
        end(), flows("start call end"),
    ),
)


def job(type_: str, **more: Any) -> Step:
    return {"type": "COMPLETE_JOB", "jobSelector": {"jobType": type_}, **more}


def agent(**more: Any) -> Step:
    return {"type": "COMPLETE_JOB_AD_HOC_SUB_PROCESS", "jobSelector": {"jobType": "agent"}, **more}


def listener(**more: Any) -> Step:
    return {"type": "COMPLETE_JOB_USER_TASK_LISTENER", "jobSelector": {"jobType": "check"}, **more}


def test_a_signal_reaches_all_that_wait_and_starts_processes(tmp_path: Path) -> None:
    signal = {"type": "BROADCAST_SIGNAL", "signalName": "alarm", "variables": {"floor": 3}}
    passes(
        tmp_path, SIGNALS, create(), create(), signal,
        DONE, elements("IS_COMPLETED", "alarmed", "fled"), variables(floor=3),
        is_("IS_ACTIVE", "brigade"), {**variables(floor=3), **of("brigade")},
    )


def test_a_signal_thrown_in_a_process_reaches_the_others(tmp_path: Path) -> None:
    passes(tmp_path, SIGNALS, create(), create("button"), DONE, is_("IS_ACTIVE", "brigade"))


def test_a_signal_is_not_heard_by_who_waits_later(tmp_path: Path) -> None:
    diagram = definitions(
        process(start(), el("intermediateThrowEvent", "ring", event("signal", "s")),
                el("intermediateCatchEvent", "hear", event("signal", "s")), end(),
                flows("start ring hear end")),
        SIGNAL,
    )
    passes(tmp_path, diagram, create(), elements("IS_ACTIVE_EXACTLY", "hear"),
           {"type": "BROADCAST_SIGNAL", "signalName": "alarm"}, DONE)


def test_a_signal_of_another_name_reaches_nobody(tmp_path: Path) -> None:
    other = {"type": "BROADCAST_SIGNAL", "signalName": "other"}
    said = fails(tmp_path, SIGNALS, create(), other, DONE)
    assert "用户任务 wait" in said
    assert "信号 alarm" in said


def test_an_agent_chooses_what_an_ad_hoc_sub_process_does(tmp_path: Path) -> None:
    chosen = [{"elementId": "ask", "variables": {"question": "why"}}, {"elementId": "look"}]
    passes(
        tmp_path, AD_HOC, create(), agent(activateElements=chosen, variables={"round": 1}),
        variables(round=1), elements("IS_ACTIVE", "agent", "ask", "look"),
        complete("ask"), job("search"),
        agent(completionConditionFulfilled=True), DONE,
    )


def test_an_agent_is_done_and_cancels_the_rest(tmp_path: Path) -> None:
    passes(
        tmp_path, AD_HOC, create(),
        agent(activateElements=[{"elementId": "ask"}, {"elementId": "look"}]),
        job("search"), agent(completionConditionFulfilled=True, cancelRemainingInstances=True),
        DONE, element("ask", "IS_TERMINATED"), user_task(state="IS_CANCELED"),
    )


def test_an_agent_cannot_choose_what_is_not_there(tmp_path: Path) -> None:
    said = fails(tmp_path, AD_HOC, create(), agent(activateElements=[{"elementId": "fly"}]))
    assert "fly" in said
    assert "ask" in said


def test_a_task_listener_denies_and_then_agrees(tmp_path: Path) -> None:
    passes(
        tmp_path, LISTENERS, create(), complete("approve", ok=True),
        user_task(state="IS_CREATED"), listener(denied=True, deniedReason="missing"),
        element("approve", "IS_ACTIVE"), complete("approve", ok=False), listener(),
        element("approve", "IS_COMPLETED"), variables(ok=False),
        job("prepare"), job("work"), DONE,
    )


def test_a_job_of_another_kind_is_no_task_listener(tmp_path: Path) -> None:
    steps = [create(), complete("approve"), listener()]
    wrong = {**listener(), "jobSelector": {"jobType": "prepare"}}
    assert "不是用户任务监听器" in fails(tmp_path, LISTENERS, *steps, wrong)


CORRECTED = definitions(
    process(
        start(),
        user("approve", z("assignmentDefinition", assignee="li", candidateGroups="night"),
             z("taskListeners", z("taskListener", eventType="assigning", type="check"),
               z("taskListener", eventType="updating", type="check"))),
        end(), flows("start approve end"),
    ),
)


def test_a_listener_corrects_the_task(tmp_path: Path) -> None:
    corrections = {
        "assignee": "zee", "dueDate": "2026-03-04T12:00:00+08:00", "candidateGroups": ["day"],
        "priority": 90,
    }
    passes(
        tmp_path, CORRECTED, create(), listener(corrections=corrections),
        user_task(assignee="zee", priority=90, candidateGroups=["day"],
                  dueDate="2026-03-04T12:00:00+08:00"),
    )


def test_corrections_of_a_move_that_is_denied_do_not_count(tmp_path: Path) -> None:
    update = {**variables(note="late"), "type": "UPDATE_VARIABLES",
              "elementSelector": {"elementId": "approve"}}
    passes(
        tmp_path, CORRECTED, create(), listener(denied=True, deniedReason="absent"),
        update, listener(denied=True), complete("approve"), DONE,
    )


def test_a_wrong_correction_says_what_is_wrong(tmp_path: Path) -> None:
    said = fails(tmp_path, CORRECTED, create(), listener(corrections={"dueDate": "soon"}))
    assert "dueDate" in said


def test_a_condition_starts_a_process_where_it_is_true(tmp_path: Path) -> None:
    def evaluate(**values: Any) -> Step:
        return {"type": "EVALUATE_CONDITIONAL_START_EVENT", "variables": values}

    passes(tmp_path, CONDITIONAL, evaluate(stock=1), is_("IS_ACTIVE"), variables(stock=1))
    assert "还没有实例" in fails(tmp_path, CONDITIONAL, evaluate(stock=5), is_("IS_ACTIVE"))
    assert "还没有实例" in fails(tmp_path, CONDITIONAL, evaluate(), is_("IS_ACTIVE"))


def test_timers_start_processes_on_the_way(tmp_path: Path) -> None:
    coverage = Coverage()
    passes(
        tmp_path, CYCLE, NINE, later("P2D"), DONE, is_("IS_COMPLETED", "q"), coverage=coverage,
    )
    assert {one.percent for one in coverage.of(load([tmp_path]).diagrams)} == {100}
    assert "还没有实例" in fails(tmp_path, CYCLE, NINE, later("PT23H"), DONE)


def test_a_timer_that_fires_too_often_is_stopped(tmp_path: Path) -> None:
    often = definitions(
        process(el("startEvent", "tick", timer("cycle", "R/PT1S")), end(), flows("tick end")),
    )
    assert "定时间隔太短" in fails(tmp_path, often, later("P1D"))


def test_an_instance_starts_in_the_middle(tmp_path: Path) -> None:
    def at(*ids: str) -> Step:
        return {**create(a=1), "startInstructions": [{"elementId": one} for one in ids]}

    passes(
        tmp_path, NESTED, NINE, at("three"), elements("IS_ACTIVE_EXACTLY", "part", "three"),
        elements("IS_NOT_ACTIVATED", "start", "one", "inner", "two"), variables(a=1),
        {**variables(local=1), "elementSelector": {"elementId": "part"}},
        complete("three"), elements("IS_ACTIVE_EXACTLY", "four"), complete("four"), DONE,
    )
    passes(tmp_path, NESTED, NINE, at("two", "three"), element("part", "IS_ACTIVE"), later("PT1H"),
           DONE, element("over", "IS_COMPLETED"))
    passes(tmp_path, NESTED, at("one", "four"), complete("four"), complete("one"),
           elements("IS_ACTIVE_EXACTLY", "part", "two"))
    passes(tmp_path, NESTED, at("join"), element("four", "IS_ACTIVE"))
    passes(tmp_path, NESTED, at("start"), element("one", "IS_ACTIVE"))


@pytest.mark.parametrize(("place", "said"), [("inner", "开始事件"), ("late", "边界事件"),
                                             ("nowhere", "没有节点 nowhere")])
def test_an_instance_does_not_start_just_anywhere(tmp_path: Path, place: str, said: str) -> None:
    step = {**create(), "startInstructions": [{"elementId": place}]}
    assert said in fails(tmp_path, NESTED, step)


def test_an_instance_is_terminated_after_an_element(tmp_path: Path) -> None:
    stop = {"type": "TERMINATE_PROCESS_INSTANCE", "afterElementId": "two"}
    passes(
        tmp_path, NESTED, {**create(), "runtimeInstructions": [stop]}, complete("one"),
        is_("IS_ACTIVE"), complete("two"), is_("IS_TERMINATED"), element("two", "IS_COMPLETED"),
        element("part", "IS_TERMINATED"), elements("IS_NOT_ACTIVATED", "three"),
    )


def test_an_instance_is_terminated_after_an_element_that_is_cancelled(tmp_path: Path) -> None:
    stop = {"type": "TERMINATE_PROCESS_INSTANCE", "afterElementId": "part"}
    passes(
        tmp_path, NESTED, NINE, {**create(), "runtimeInstructions": [stop]}, complete("one"),
        later("PT1H"), is_("IS_TERMINATED"), elements("IS_TERMINATED", "part", "two"),
        elements("IS_NOT_ACTIVATED", "over"),
    )


def test_a_mocked_child_is_an_instance_of_its_own(tmp_path: Path) -> None:
    mock = {"type": "MOCK_CHILD_PROCESS", "processDefinitionId": "child", "variables": {"a": 1}}
    coverage = Coverage()
    passes(tmp_path, CALLING, mock, create(), DONE, is_("IS_COMPLETED", "child"), variables(a=1),
           create("child"), is_("IS_COMPLETED", "child"), coverage=coverage)
    assert [key[1] for key in coverage.elements] == ["p"]


def test_a_condition_on_a_variable_holds_or_fails(tmp_path: Path) -> None:
    def assert_(expression: str) -> Step:
        return {"type": "ASSERT_VARIABLE", **of(), "variableName": "order",
                "satisfiesExpression": expression}

    order = {"status": "approved", "items": [1, 2]}
    passes(tmp_path, NESTED, create(order=order),
           assert_('order.status = "approved" and count(order.items) = 2'))
    said = fails(tmp_path, NESTED, create(order=order), assert_("count(order.items) = 3"))
    assert "结果是 false" in said
    assert "approved" in said
    assert "不能计算" in fails(tmp_path, NESTED, create(order=order), assert_("order +"))


def test_what_a_language_model_would_judge_is_undecided(tmp_path: Path) -> None:
    judged = {"type": "ASSERT_VARIABLE", **of(), "variableName": "reply",
              "satisfiesJudge": {"expectation": "polite"}}
    outcome = run(tmp_path, NESTED, create(reply="hello"), judged, is_("IS_ACTIVE"))
    assert not outcome.passed
    assert not outcome.failed
    assert "polite" in outcome.undecided[0].zh
    assert "缺少变量" in fails(tmp_path, NESTED, create(), judged)


def test_values_are_compared_as_json(tmp_path: Path) -> None:
    given = create(flag=True, order={"items": [{"price": 3}, {"price": 4}], "note": None})
    passes(tmp_path, NESTED, given, variables(flag=True), variables(
        order={"items": [{"price": 3.0}, {"price": 4}], "note": None}
    ))
    assert "flag：期望 1，实际 true" in fails(tmp_path, NESTED, given, variables(flag=1))
    assert "none：期望 null，没有这个变量" in fails(tmp_path, NESTED, given, variables(none=None))
    said = fails(tmp_path, NESTED, given, variables(
        order={"items": [{"price": 3}, {"price": 5}]}
    ))
    assert "order.items[1].price：期望 5，实际 4" in said
    assert "order.note：期望没有，实际 null" in said


def test_a_cancelled_flow_is_no_way_out(tmp_path: Path) -> None:
    diagram = definitions(
        process(start(), el("exclusiveGateway", "which"), user("a"), user("b"),
                flow("start", "which"), flow("which", "a", "=x = 1"), flow("which", "b", "=x = 2"))
    )
    passes(tmp_path, diagram, create(x=3), is_("IS_ACTIVE", hasActiveIncidents=True),
           {"type": "UPDATE_VARIABLES", **of(), "variables": {"x": 2}},
           {"type": "RESOLVE_INCIDENT", "incidentSelector": {"elementId": "which"}},
           elements("IS_ACTIVE_EXACTLY", "b"))
