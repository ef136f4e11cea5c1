"""The runner: each instruction on small diagrams, readable failures, refused files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import Conflict, Invalid
from engine.scenarios import Coverage, load, read
from tests.scenarios.steps import (
    complete,
    DONE,
    NINE,
    Step,
    create,
    element,
    elements,
    is_,
    of,
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
    flows,
    io,
    many,
    message,
    message_definition,
    process,
    script,
    service,
    start,
    timer,
    user,
    z,
)

def _properties(**values: str) -> str:
    return z("properties", *(
        z("property", name=f"camundaModeler:{name}", value=value) for name, value in values.items()
    ))


JOB = definitions(
    process(
        start(),
        service("send", "mail.send", _properties(exampleOutputJson='{"sent": true}')),
        boundary("refused", "send", event("error", "e"), io(outputs={"why": "=why"})),
        user("repair", z("assignmentDefinition", candidateGroups="b,a"),
             z("priorityDefinition", priority="=70"),
             z("taskSchedule", dueDate="=now() + duration(\"PT1H\")"), name="修复"),
        end(), end("repaired"),
        flows("start send end", "refused repair repaired"),
    ),
    el("error", "e", name="e", errorCode="REFUSED"),
)
CALL = definitions(
    process(
        start(), el("callActivity", "call", ext(z("calledElement", processId="child"))),
        boundary("raised", "call", event("escalation", "x"),
                 io(outputs={"heard": "=heard"}), interrupting=False),
        boundary("broken", "call", event("error", "e")),
        end(), end("noted"), end("failed"),
        flows("start call end", "raised noted", "broken failed"),
    ),
    process(
        start(), service("work"),
        el("intermediateThrowEvent", "shout", ext(io({"heard": "=true"})),
           event("escalation", "x")),
        end(), flows("start work shout end"), id_="child",
    ),
    el("escalation", "x", name="x", escalationCode="LATE"),
    el("error", "e", name="e", errorCode="BAD"),
)
WAIT = definitions(
    process(
        start(), user("sleep"),
        boundary("remind", "sleep", timer("cycle", "R2/PT10M"), interrupting=False),
        boundary("ask", "sleep", message("m"), interrupting=False),
        script("count", "asked", "=(if asked = null then 0 else asked) + 1"),
        boundary("late", "sleep", timer("duration", "PT1H")),
        end(), end("reminded"), end("counted"), end("over"),
        flows("start sleep end", "remind reminded", "ask count counted", "late over"),
    ),
    message_definition("m", "Ask"),
)
WRONG = definitions(
    process(start(), script("divide", "half", "=assert(amount, amount != null) / 2"), end(),
            flows("start divide end")),
)
BEGUN = definitions(
    process(el("startEvent", "came", message("m")), user("read"), end(), flows("came read end")),
    message_definition("m", "Letter"),
)


JOB_SELECTOR = {"jobSelector": {"jobType": "mail.send"}}


def test_a_job_is_completed_with_variables_or_example_data(tmp_path: Path) -> None:
    complete = {"type": "COMPLETE_JOB", **JOB_SELECTOR}
    given = run(tmp_path, JOB, create(), {**complete, "variables": {"id": 7}}, DONE,
                variables(id=7))
    example = run(tmp_path, JOB, create(), {**complete, "useExampleData": True}, DONE,
                  variables(sent=True))
    assert given.passed, given.zh
    assert example.passed, example.zh


def test_a_job_throws_an_error_and_the_user_task_is_as_drawn(tmp_path: Path) -> None:
    thrown = {"type": "THROW_BPMN_ERROR_FROM_JOB", **JOB_SELECTOR, "errorCode": "REFUSED",
              "variables": {"why": "full"}}
    outcome = run(
        tmp_path, JOB, NINE, create(), thrown,
        element("send", "IS_TERMINATED"), element("refused", "IS_COMPLETED"),
        user_task(state="IS_CREATED", name="修复", elementId="repair", priority=70,
                  candidateGroups=["a"], dueDate="2026-03-02T02:00:00Z"),
        variables(why="full"),
        {"type": "COMPLETE_USER_TASK", "userTaskSelector": {"taskName": "修复"}},
        user_task(state="IS_COMPLETED"), DONE,
    )
    assert outcome.passed, outcome.zh


def test_mocked_workers_do_the_jobs_themselves(tmp_path: Path) -> None:
    mock = {"type": "MOCK_JOB_WORKER_COMPLETE_JOB", "jobType": "mail.send"}
    done = run(tmp_path, JOB, {**mock, "variables": {"id": 1}}, create(), DONE, variables(id=1))
    example = run(tmp_path, JOB, {**mock, "useExampleData": True}, create(), variables(sent=True))
    failing = run(
        tmp_path, JOB, create(),
        {"type": "MOCK_JOB_WORKER_THROW_BPMN_ERROR", "jobType": "mail.send",
         "errorCode": "REFUSED"},
        user_task(state="IS_CREATED", elementId="repair"),
    )
    assert done.passed, done.zh
    assert example.passed, example.zh
    assert failing.passed, failing.zh


def test_a_called_process_runs_escalates_and_answers(tmp_path: Path) -> None:
    outcome = run(
        tmp_path, CALL, create(), element("call", "IS_ACTIVE"),
        {"type": "COMPLETE_JOB", "jobSelector": {"processDefinitionId": "child"},
         "variables": {"found": 3}},
        is_("IS_COMPLETED", "child"), DONE, variables(heard=True, found=3),
        elements("IS_COMPLETED_IN_ORDER", "start", "raised", "call", "end"),
    )
    assert outcome.passed, outcome.zh


def test_an_error_of_a_called_process_is_caught_by_its_caller(tmp_path: Path) -> None:
    outcome = run(
        tmp_path, CALL, create(),
        {"type": "THROW_BPMN_ERROR_FROM_JOB", "jobSelector": {"elementId": "work"},
         "errorCode": "BAD"},
        is_("IS_TERMINATED", "child"), DONE, element("failed", "IS_COMPLETED"),
    )
    assert outcome.passed, outcome.zh


def test_a_mocked_child_answers_at_once(tmp_path: Path) -> None:
    outcome = run(
        tmp_path, CALL,
        {"type": "MOCK_CHILD_PROCESS", "processDefinitionId": "child", "variables": {"a": 1}},
        create(), DONE, variables(a=1),
    )
    assert outcome.passed, outcome.zh


def test_time_passes_each_timer_at_its_own_time(tmp_path: Path) -> None:
    outcome = run(
        tmp_path, WAIT, NINE, create(key="k"),
        {"type": "INCREASE_TIME", "duration": "PT9M59S"}, elements("IS_NOT_ACTIVATED", "remind"),
        {"type": "INCREASE_TIME", "duration": "PT1S"}, element("remind", "IS_COMPLETED"),
        elements("IS_ACTIVE_EXACTLY", "sleep"),
        {"type": "INCREASE_TIME", "duration": "P1M"}, element("remind", "IS_COMPLETED", amount=2),
        DONE, element("sleep", "IS_TERMINATED"), user_task(state="IS_CANCELED"),
    )
    assert outcome.passed, outcome.zh


def test_messages_reach_their_key_wait_for_later_and_are_unique_by_id(tmp_path: Path) -> None:
    publish = {"type": "PUBLISH_MESSAGE", "name": "Ask", "correlationKey": "k"}
    state = {"type": "ASSERT_PROCESS_INSTANCE_MESSAGE_SUBSCRIPTION", **of(),
             "messageSelector": {"messageName": "Ask"}}
    outcome = run(
        tmp_path, WAIT, NINE, {**publish, "timeToLive": 60000, "messageId": "1"},
        create(key="k"), variables(asked=1),
        {**publish, "correlationKey": "other"}, publish, variables(asked=2),
        {"type": "CORRELATE_MESSAGE", "name": "Ask", "correlationKey": "k"}, variables(asked=3),
        {**state, "state": "IS_WAITING"}, {**state, "state": "IS_CORRELATED"},
        {"type": "INCREASE_TIME", "duration": "PT2M"}, create(key="k"),
        elements("IS_NOT_ACTIVATED", "ask"),
    )
    assert outcome.passed, outcome.zh
    twice = run(tmp_path, WAIT, {**publish, "messageId": "1"}, {**publish, "messageId": "1"})
    assert "已经用过" in twice.zh


def test_a_message_reaches_one_instance_of_a_process(tmp_path: Path) -> None:
    """Camunda 8, Message cardinality: one of the instances that wait, and other processes."""
    asking = definitions(
        message_definition("m", "Ask", "=key"),
        process(
            start(),
            el("callActivity", "call",
               ext(z("calledElement", processId="child")) + many("=[1, 2]")),
            end(), flows("start call end"),
        ),
        process(start(), el("intermediateCatchEvent", "ask", message("m")), end(),
                flows("start ask end"), id_="child"),
        process(start(), el("intermediateCatchEvent", "too", message("m")), end(),
                flows("start too end"), id_="other"),
    )  # fmt: skip
    publish = {"type": "PUBLISH_MESSAGE", "name": "Ask", "correlationKey": "k"}
    outcome = run(
        tmp_path, asking, create(key="k"), create("other", key="k"),
        publish, is_("IS_COMPLETED", "other"), is_("IS_ACTIVE"),
        publish, is_("IS_COMPLETED"),
        {**publish, "timeToLive": 60000}, create("other", key="k"), create(key="k"),
        is_("IS_ACTIVE"), publish, is_("IS_COMPLETED"),
    )
    assert outcome.passed, outcome.zh


def test_a_message_starts_a_process(tmp_path: Path) -> None:
    outcome = run(
        tmp_path, BEGUN,
        {"type": "CORRELATE_MESSAGE", "name": "Letter", "variables": {"text": "hi"}},
        variables(text="hi"), element("read", "IS_ACTIVE"),
    )
    assert outcome.passed, outcome.zh


def test_messages_of_a_key_start_one_instance_after_the_other(tmp_path: Path) -> None:
    letter = {"type": "PUBLISH_MESSAGE", "name": "Letter", "correlationKey": "k",
              "timeToLive": 3_600_000}
    correlate = {"type": "CORRELATE_MESSAGE", "name": "Letter"}
    outcome = run(
        tmp_path, BEGUN,
        {**letter, "variables": {"n": 1}}, {**letter, "variables": {"n": 2}}, variables(n=1),
        complete("read"), variables(n=2), element("read", "IS_ACTIVE"),
        complete("read"), is_("IS_COMPLETED"),
        {**correlate, "correlationKey": "k"}, {**correlate, "correlationKey": "other"},
    )
    assert outcome.passed, outcome.zh
    held = run(tmp_path, BEGUN, letter, {**correlate, "correlationKey": "k"})
    assert "没有实例在等消息 Letter" in held.zh


def test_an_incident_is_asserted_and_resolved_after_correction(tmp_path: Path) -> None:
    outcome = run(
        tmp_path, WRONG, create(), is_("IS_ACTIVE", hasActiveIncidents=True),
        {"type": "UPDATE_VARIABLES", **of(), "variables": {"amount": 8}},
        {"type": "RESOLVE_INCIDENT", "incidentSelector": {"elementId": "divide"}},
        is_("IS_COMPLETED", hasActiveIncidents=False), variables(half=4),
    )
    assert outcome.passed, outcome.zh


def test_coverage_counts_what_was_passed(tmp_path: Path) -> None:
    coverage = Coverage()
    run(tmp_path, JOB, create(), {"type": "COMPLETE_JOB", **JOB_SELECTOR}, coverage=coverage)
    (figure,) = coverage.of(load([tmp_path]).diagrams)
    assert (figure.elements, figure.flows) == (6, 4)
    assert figure.missed_elements == ("refused", "repair", "repaired")
    assert figure.missed_flows == ("refused-repair", "repair-repaired")
    assert figure.percent == 50


@pytest.mark.parametrize(
    ("diagram", "step", "said"),
    [
        (JOB, {"type": "COMPLETE_USER_TASK", "userTaskSelector": {"elementId": "x"}},
         ["没有等待中的用户任务", "作业 send"]),
        (JOB, DONE, ["期望 IS_COMPLETED", "实际 IS_ACTIVE", "作业 send"]),
        (JOB, variables(a=1), ["a", "期望 1", "没有这个变量"]),
        (JOB, element("end", "IS_COMPLETED"), ["节点 end", "从未到达"]),
        (JOB, elements("IS_ACTIVE_EXACTLY", "start"), ["节点 start", "completed"]),
        (JOB, elements("IS_COMPLETED_IN_ORDER", "start", "start"), ["IS_COMPLETED_IN_ORDER"]),
        (JOB, user_task(state="IS_CREATED"), ["从未有过用户任务"]),
        (WAIT, user_task(candidateGroups=["a"]), ["candidateGroups", '["a"]', "[]"]),
        (WAIT, user_task(state="IS_COMPLETED", priority=1), ["state", "IS_CREATED", "priority"]),
        (JOB, is_("IS_ACTIVE", "other"), ["other 还没有实例", "已启动：p"]),
        (WRONG, is_("IS_ACTIVE", hasActiveIncidents=False), ["有未处理的异常", "divide"]),
        (JOB, {"type": "ASSERT_DECISION", "decisionSelector": {"decisionDefinitionId": "d"}},
         ["从未执行"]),
        (JOB, {"type": "EVALUATE_DECISION",
               "decisionDefinitionSelector": {"decisionDefinitionId": "d"}}, ["没有决策 d"]),
        (JOB, {"type": "CORRELATE_MESSAGE", "name": "Nobody"}, ["没有实例在等消息 Nobody"]),
        (JOB, {"type": "SET_TIME", "time": "tomorrow"}, ["tomorrow"]),
        (JOB, create("nowhere"), ["没有流程 nowhere", "这里有：p"]),
    ],
)
def test_a_failure_says_what_was_expected_and_what_is_so(
    tmp_path: Path, diagram: bytes, step: Step, said: list[str]
) -> None:
    outcome = run(tmp_path, diagram, create(key="k"), step)
    assert not outcome.passed
    assert outcome.step is not None
    assert outcome.step.number == 2
    for words in said:
        assert words in outcome.zh


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "第 1 行"),
        (b"\xff\xfe", "UTF-8"),
        (b"[]", "testCases"),
        (b'{"testCases": [{"instructions": []}]}', "testCases[0].name：缺少 name"),
        (b'{"testCases": [{"name": "a"}]}', "缺少 instructions"),
        ({"type": "COMPLETE_USERTASK"}, "COMPLETE_USER_TASK?"),
        ({"type": "BROADCAST_SIGNAL"}, "缺少 signalName"),
        ({}, "缺少 type"),
        ({**DONE, "processInstanceSelector": {}}, "至少要写一个：processDefinitionId"),
        ({"type": "ASSERT_VARIABLE", **of(), "variableName": "a"}, "satisfiesJudge"),
        ({**elements("IS_ACTIVE"), "elementSelectors": [{}]}, "elementSelectors[0]：“n”第 1 步"),
        ({**element("a", "IS_ACTIVE"), "amount": 0}, "应为不小于 1 的整数，得到 0"),
        ({**create(), "runtimeInstructions": [{"type": "STOP", "afterElementId": "a"}]},
         "runtimeInstructions[0].type"),
        ({"type": "SET_TIME"}, "SET_TIME：缺少 time"),
        ({"type": "SET_TIME", "time": 5},
         "testCases[0].instructions[0].time：“n”第 1 步 SET_TIME：应为文本，得到 5"),
        ({"type": "SET_TIME", "time": "x", "tim": "y"}, "没有属性 tim（time?）"),
        ({**DONE, "state": "DONE"}, "IS_COMPLETED"),
        ({**DONE, "processInstanceSelector": {"id": "p"}}, "processDefinitionId"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(content: bytes | Step, said: str) -> None:
    if isinstance(content, dict):
        content = json.dumps(
            {"testCases": [{"name": "n", "instructions": [content]}]}
        ).encode()
    with pytest.raises(Invalid) as caught:
        read(content, "x.test.json")
    assert said in caught.value.zh
    assert "x.test.json" in caught.value.zh


def test_two_files_with_one_process_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bpmn").write_bytes(JOB)
    (tmp_path / "b.bpmn").write_bytes(JOB)
    with pytest.raises(Conflict) as caught:
        load([tmp_path])
    assert "b.bpmn" in caught.value.zh
