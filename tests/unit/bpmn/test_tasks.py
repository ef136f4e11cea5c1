"""User, job, script, business rule, receive and pass-through tasks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.bpmn import changes as c
from engine.model import Binding
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    ext,
    flows,
    io,
    message_definition,
    process,
    script,
    service,
    start,
    timer,
    user,
    z,
)
from tests.unit.bpmn.harness import Clock, bench


def around(task: str, *definitions_: str) -> bytes:
    return definitions(*definitions_, process(start(), task, end(), flows("start a end")))


def test_user_task_attributes_are_evaluated() -> None:
    task = user(
        "a",
        z(
            "assignmentDefinition",
            assignee="=owner",
            candidateGroups='=["网络部", unit]',
            candidateUsers="li, wang ,",
        ),
        z("taskSchedule", dueDate='=now() + duration("PT1H")', followUpDate="2026-03-05T09:00:00Z"),
        z("priorityDefinition", priority="=40 + 35"),
        z("formDefinition", formId="handle", bindingType="versionTag", versionTag="v2"),
        name="处理",
    )
    one = bench(around(task)).start({"owner": "zhang", "unit": "客服部"})
    (opened,) = one.of(c.TaskOpened)
    assert opened.name == "处理"
    assert opened.assignee == "zhang"
    assert opened.candidate_groups == ("网络部", "客服部")
    assert opened.candidate_users == ("li", "wang")
    assert opened.follow_up_at == datetime(2026, 3, 5, 9, tzinfo=UTC)
    assert opened.due_at is not None
    assert opened.priority == 75
    assert (opened.form_id, opened.form_binding) == ("handle", Binding("versionTag", "v2"))


def test_empty_user_task_attributes_mean_none() -> None:
    task = user(
        "a",
        z("assignmentDefinition", assignee="=nobody", candidateGroups="=none"),
        z("taskSchedule", dueDate="=nothing", followUpDate='=""'),
    )
    (opened,) = bench(around(task)).start().of(c.TaskOpened)
    assert (opened.assignee, opened.candidate_groups) == (None, ())
    assert (opened.due_at, opened.follow_up_at, opened.form_id) == (None, None, None)


@pytest.mark.parametrize(
    ("extension", "word"),
    [
        (z("assignmentDefinition", assignee="=[1]"), "办理人"),
        (z("assignmentDefinition", candidateGroups="=5"), "候选组"),
        (z("taskSchedule", dueDate="=5"), "到期时间"),
        (z("taskSchedule", dueDate='="tomorrow"'), "到期时间"),
        (z("priorityDefinition", priority='="high"'), "优先级"),
    ],
)
def test_a_wrong_user_task_attribute_is_an_incident(extension: str, word: str) -> None:
    one = bench(around(user("a", extension))).start()
    (incident,) = one.incidents()
    assert incident.kind == "EXTRACT_VALUE_ERROR"
    assert f"“a”的{word}" in incident.zh
    assert one.waits() == []


def test_a_task_that_fails_to_open_leaves_no_timer_behind() -> None:
    content = definitions(
        process(
            start(),
            user("a", z("assignmentDefinition", assignee="=who.name.length()")),
            boundary("late", "a", timer("duration", "PT1H")),
            end(),
            flows("start a end", "late end"),
        ).replace("=who.name.length()", "=[who]")
    )
    one = bench(content).start()
    assert one.waits() == []
    assert len(one.incidents()) == 1


def test_service_task_opens_a_job_with_headers_and_retries() -> None:
    task = service(
        "a",
        '="mail." + kind',
        z("taskHeaders", z("header", key="to", value="客户"), z("header", key="x", value="1")),
    ).replace('type="=&quot;', 'retries="=1 + 1" type="=&quot;')
    task = task.replace("type='=\"mail.\" + kind'", 'retries="=1 + 1" type=\'="mail." + kind\'')
    one = bench(around(task)).start({"kind": "send"})
    (job,) = one.of(c.JobOpened)
    assert (job.type, job.retries) == ("mail.send", 2)
    assert job.headers == {"to": "客户", "x": "1"}


@pytest.mark.parametrize("tag", ["sendTask", "scriptTask", "businessRuleTask", "serviceTask"])
def test_each_task_with_a_task_definition_is_a_job(tag: str) -> None:
    task = el(tag, "a", ext(z("taskDefinition", type="work")))
    one = bench(around(task)).start()
    assert [job.type for job in one.of(c.JobOpened)] == ["work"]
    assert one.complete("a", {"x": 1}).variables() == {"x": 1}


@pytest.mark.parametrize("tag", ["task", "manualTask"])
def test_tasks_without_work_pass(tag: str) -> None:
    one = bench(around(el(tag, "a"))).start()
    assert one.ended() is not None
    assert one.entered() == ["start", "a", "end"]


def test_script_task_sets_its_result() -> None:
    one = bench(around(script("a", "total", "=sum(for i in items return i.n)")))
    one.start({"items": [{"n": 1}, {"n": 2.5}]})
    ended = one.ended()
    assert ended is not None
    assert ended.variables["total"] == 3.5


def test_script_result_with_output_mapping_stays_inside() -> None:
    one = bench(around(script("a", "tmp", "=[1, 2]", io(outputs={"n": "=count(tmp)"})))).start()
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"n": 2}


RULE = el(
    "businessRuleTask",
    "a",
    ext(z("calledDecision", decisionId="routing", resultVariable="unit", bindingType="deployment")),
)


def test_business_rule_task_asks_for_the_decision_and_records_why() -> None:
    world = Clock({"routing": lambda variables: {"unit": variables["kind"]}})
    one = bench(around(RULE), world).start({"kind": "网络"})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"kind": "网络", "unit": {"unit": "网络"}}
    (decided,) = one.of(c.Decided)
    assert decided.decision_id == "routing"
    assert decided.record["output"] == {"unit": "网络"}


def test_a_failing_decision_is_an_incident_that_can_be_retried() -> None:
    world = Clock()
    one = bench(around(RULE), world).start()
    (incident,) = one.incidents()
    assert (incident.kind, incident.zh) == ("CALLED_DECISION_ERROR", "没有决策 routing。")
    world.decisions["routing"] = lambda variables: "x"
    one.retry()
    assert one.ended() is not None


def test_receive_task_waits_for_its_message() -> None:
    task = el("receiveTask", "a", messageRef="m")
    one = bench(around(task, message_definition("m", "回执"))).start({"key": "k"})
    (subscribed,) = one.of(c.Subscribed)
    assert (subscribed.message, subscribed.correlation_key) == ("回执", "k")
    one.receive("a", {"ok": True})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"key": "k", "ok": True}


def test_send_task_with_a_message_publishes_it() -> None:
    task = el("sendTask", "a", messageRef="m")
    one = bench(around(task, message_definition("m", "通知"))).start({"key": "k"})
    assert [x.correlation_key for x in one.of(c.Published)] == ["k"]
    assert one.ended() is not None
