"""Conditions, events, loops, timers and the file around them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine import bpmn
from engine.bpmn.timing import due
from engine.convert import Converted
from tests.unit.bpmn.harness import bench
from tests.unit.convert.foreign import (
    around,
    converted,
    diagram,
    element,
    ext,
    finding,
    line,
    parsed,
    rules,
    task,
)


def conditional(text: str, attributes: str = "") -> bytes:
    flow = (
        f'<sequenceFlow id="f" name="big" sourceRef="g" targetRef="e">'
        f'<conditionExpression xsi:type="tFormalExpression"{attributes}>{text}'
        "</conditionExpression></sequenceFlow>"
    )
    return diagram(
        '<startEvent id="s"/><exclusiveGateway id="g" default="g_d"/><endEvent id="e"/>'
        f'<endEvent id="d"/>{line("s", "g", "d")}{flow}'
    )


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("${amount &gt; 100}", "=amount > 100"),
        ("<![CDATA[${a && !b}]]>", "=a and not(b)"),
        ("  #{approved}\n ", "=approved"),
        ("<!-- why -->${approved}", "=approved"),
        ("true", "=true"),
    ],
)
def test_conditions(text: str, ours: str) -> None:
    result = converted(conditional(text))
    assert parsed(result).processes[0].flows["f"].condition == ours
    assert not result.open


def test_a_condition_in_groovy_that_only_compares() -> None:
    result = converted(conditional("kind == 'vip' &amp;&amp; level &gt; 3", ' language="groovy"'))
    assert parsed(result).processes[0].flows["f"].condition == '=kind = "vip" and level > 3'
    assert rules(result) == {"script-condition": "warning"}


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("${service.check(order)}", ""),
        ("def x = 1; x == 1", ' language="groovy"'),
        ("amount > 100".replace(">", "&gt;"), ""),
        ("${unfinished", ""),
    ],
)
def test_a_condition_that_cannot_be_converted_is_refused_later(text: str, attributes: str) -> None:
    result = converted(conditional(text, attributes))
    errors = [one for one in result.findings if one.severity == "error"]
    assert [(one.element_id, one.element_name) for one in errors] == [("f", "big")]
    condition = parsed(result).processes[0].flows["f"].condition
    assert condition is not None
    assert condition.startswith("=")


def test_a_converted_process_runs() -> None:
    """What our engine does with a whole file: gateway, loop over a list, script, user task."""
    body = (
        '<startEvent id="s"/>'
        '<serviceTask id="double" x:expression="${amount * 2}" x:resultVariable="total"/>'
        '<exclusiveGateway id="g" default="g_small"/>'
        '<userTask id="big" x:candidateGroups="${team},boss" x:priority="70">'
        '<multiInstanceLoopCharacteristics isSequential="true" x:collection="${items}" '
        'x:elementVariable="item"><completionCondition>${nrOfCompletedInstances == 2}'
        "</completionCondition></multiInstanceLoopCharacteristics></userTask>"
        '<task id="small"/><endEvent id="e"/><endEvent id="f"/>'
        '<sequenceFlow id="g_big" sourceRef="g" targetRef="big"><conditionExpression>'
        "${total &gt;= 100 &amp;&amp; items.size() > 1}</conditionExpression></sequenceFlow>"
        + line("s", "double", "g", "small", "f") + line("big", "e")
    )
    result = converted(diagram(body))
    assert not result.open
    run = bench(result.files[0].content)
    run.start({"amount": 60, "items": ["a", "b", "c"], "team": "night"})
    assert run.waits() == ["big"]
    assert run.variables("big")["item"] == "a"
    run.complete("big")
    assert run.variables("big")["item"] == "b"
    run.complete("big")
    assert run.ended() is not None
    assert "g_big" in run.flows()
    assert run.variables()["total"] == 120


@pytest.mark.parametrize(
    ("loop", "collection"),
    [
        ("<loopCardinality>3</loopCardinality>", "=for i in 1..3 return i"),
        ("<loopCardinality>0</loopCardinality>", "=[]"),
        ("<loopCardinality>${n}</loopCardinality>",
         "=if n > 0 then (for i in 1..(n) return i) else []"),
        ("<loopDataInputRef>list</loopDataInputRef><inputDataItem name='x'/>", "=list"),
    ],
)  # fmt: skip
def test_multi_instances(loop: str, collection: str) -> None:
    a, result = task(
        f'<userTask id="a" x:assignee="li"><multiInstanceLoopCharacteristics>{loop}'
        "</multiInstanceLoopCharacteristics></userTask>"
    )
    assert a.loop is not None
    assert a.loop.input_collection == collection
    assert a.unknown == ()
    assert not result.open


def test_flowable_aggregation_is_an_output_collection() -> None:
    a, _ = task(
        '<userTask id="a" x:assignee="li"><multiInstanceLoopCharacteristics x:collection="people">'
        + ext(
            '<x:variableAggregation target="reviews"><x:variable source="ok" target="approved"/>'
            "</x:variableAggregation>"
        )
        + "</multiInstanceLoopCharacteristics></userTask>",
        vendor="flowable",
    )
    assert a.loop is not None
    assert (a.loop.output_collection, a.loop.output_element) == ("reviews", '={"approved": ok}')


def timer(body: str, event: str = "intermediateCatchEvent") -> bytes:
    return diagram(
        f'<startEvent id="s"/><{event} id="t" name="later"><timerEventDefinition>{body}'
        f'</timerEventDefinition></{event}><endEvent id="e"/>{line("s", "t", "e")}'
    )


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("<timeDuration>PT5M</timeDuration>", "duration", "PT5M"),
        ("<timeDuration>${wait}</timeDuration>", "duration", "=wait"),
        ("<timeDuration>PT${n}H</timeDuration>", "duration",
         '=string join(["PT", string(n), "H"])'),
        ("<timeDate>${due}</timeDate>", "date", "=due"),
        ("<timeCycle>R3/PT10M</timeCycle>", "duration", "PT10M"),
        ("<timeCycle>R/2026-03-01T08:00:00/P1D</timeCycle>", "date", "2026-03-01T08:00:00"),
    ],
)  # fmt: skip
def test_timers(body: str, kind: str, text: str) -> None:
    result = converted(timer(body))
    event = element(result, "t").event
    assert event is not None
    assert event.timer == (kind, text)
    assert not result.open


@pytest.mark.parametrize(
    "cycle",
    [
        "<timeCycle x:endDate='${end}'>R3/PT8H</timeCycle>",
        "<timeDuration x:businessCalendarName='work'>PT8H</timeDuration>",
    ],
)
def test_a_timer_with_a_calendar_or_an_end_runs_only_after_a_decision(cycle: str) -> None:
    result = converted(timer(cycle))
    event = element(result, "t").event
    assert event is not None
    assert event.timer is not None
    assert event.timer[1].startswith("=${")
    assert {one.severity for one in result.findings} >= {"error"}


def cycle(cron: str) -> Converted:
    return converted(
        diagram(
            '<startEvent id="t"><timerEventDefinition><timeCycle>'
            f"{cron}</timeCycle></timerEventDefinition></startEvent>"
            f'<endEvent id="e"/>{line("t", "e")}'
        )
    )


@pytest.mark.parametrize(
    ("cron", "ours"),
    [
        ("0 0/5 * * * ?", "0 0/5 * * * ?"),
        ("0 0/5 8-18 ? * MON-FRI", "0 0/5 8-18 ? * MON-FRI"),
        ("0 0 18 ? * 2-6", "0 0 18 ? * MON-FRI"),
        ("0 0 18 ? * 1,7 *", "0 0 18 ? * SUN,SAT"),
        ("0 0 18 ? * 6L", "0 0 18 ? * FRIL"),
        ("0 0 18 ? * 2#1", "0 0 18 ? * MON#1"),
        ("0 0 18 ? * L", "0 0 18 ? * SAT"),
        ("0 0 18 ? * */2", "0 0 18 ? * */2"),
        ("0 0 18 LW * ?", "0 0 18 LW * ?"),
    ],
)
def test_cron(cron: str, ours: str) -> None:
    result = cycle(cron)
    event = element(result, "t").event
    assert event is not None
    assert event.timer == ("cycle", ours)
    assert rules(result).get("cron") == ("info" if ours != cron else None)
    assert due("cycle", ours, datetime(2026, 3, 2, tzinfo=UTC)).at


@pytest.mark.parametrize(
    ("cron", "example"),
    [
        ("0 30 8 * * ? 2030", "0 30 8 * * *"),
        ("30 8 * * 1", "0 30 8 * * *"),
        ("0 0 22-4 * * ?", "0 0 8 * * MON-FRI"),
        ("0 0 9 ? * 7-2", "0 0 9 * * *"),
        ("0 0 9 ? * 2/2", "0 0 9 * * *"),
    ],
)
def test_a_cron_that_cannot_be_converted_comes_with_what_to_write(cron: str, example: str) -> None:
    result = cycle(cron)
    assert rules(result)["cron"] == "error"
    assert example in finding(result, "cron").remedy_zh
    event = element(result, "t").event
    assert event is not None
    assert event.timer == ("cycle", cron)


def test_who_waits_for_a_message_needs_a_key() -> None:
    result = converted(
        diagram(
            '<startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>'
            '<intermediateCatchEvent id="c" name="paid"><messageEventDefinition messageRef="m"/>'
            '</intermediateCatchEvent><endEvent id="e"><messageEventDefinition messageRef="m" '
            f'x:type="external" x:topic="tell"/></endEvent>{line("s", "c", "e")}',
            outside='<message id="m" name="Paid ${order}"/>',
        )
    )
    assert [one.element_id for one in result.findings if one.rule == "correlation-key"] == ["c"]
    caught = element(result, "c").event
    assert caught is not None
    assert caught.name == '=string join(["Paid ", string(order)])'
    assert element(result, "e").task_type == "tell"


def test_a_code_as_error_reference_gets_an_error() -> None:
    result = converted(
        diagram(
            '<startEvent id="s"/><endEvent id="e"><errorEventDefinition errorRef="E-1"/>'
            f'</endEvent>{line("s", "e")}',
            vendor="activiti",
        )
    )
    event = element(result, "e").event
    assert event is not None
    assert event.code == "E-1"


def test_variables_of_errors_are_reported() -> None:
    result = converted(
        diagram(
            around('<userTask id="a" x:assignee="li"/>')
            + '<boundaryEvent id="b" attachedToRef="a"><errorEventDefinition errorRef="x" '
            'x:errorMessageVariable="why"/></boundaryEvent>',
            outside='<error id="x" errorCode="${code}"/>',
        )
    )
    assert "why" in finding(result, "error-variable").zh
    event = element(result, "b").event
    assert event is not None
    assert event.code == "=code"


def test_process_attributes() -> None:
    result = converted(
        diagram(
            around('<task id="a"/>'), x_versionTag="1.2", x_historyTimeToLive="P30D",
            x_candidateStarterGroups="sales",
        )
    )  # fmt: skip
    process = parsed(result).processes[0]
    assert process.version_tag == "1.2"
    assert process.executable
    assert rules(result)["starters"] == "warning"
    assert rules(result)["dropped"] == "info"


def test_the_initiator_is_a_decision_only_where_it_is_used() -> None:
    used = diagram('<startEvent id="s" x:initiator="who"/><userTask id="a" x:assignee="${who}"/>')
    unused = diagram('<startEvent id="s" x:initiator="who"/><userTask id="a" x:assignee="li"/>')
    assert rules(converted(used))["initiator"] == "error"
    assert rules(converted(unused))["initiator"] == "info"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('<userTask id="a" x:assignee="li" x:skipExpression="${fast}"/>', "skip-expression"),
        ('<serviceTask id="a" x:class="c.A" x:triggerable="true"/>', "triggerable"),
        ('<serviceTask id="a" x:class="c.A"><extensionElements><x:mapException>c.X'
         "</x:mapException></extensionElements></serviceTask>", "extension-dropped"),
        ('<intermediateThrowEvent id="a"><terminateEventDefinition x:terminateAll="true"/>'
         "</intermediateThrowEvent>", "extension-dropped"),
        ('<callActivity id="a" calledElement="c" x:variableMappingClass="c.M"/>',
         "variable-mapping"),
    ],
)  # fmt: skip
def test_behaviour_that_is_lost_keeps_the_element_from_running(body: str, rule: str) -> None:
    a, result = task(body, vendor="flowable")
    assert rules(result)[rule] == "error"
    assert "undecided" in [one.target for one in a.inputs]
    refused = bpmn.lint(parsed(result), bpmn.Known())
    assert "a" in [one.element_id for one in refused if one.rule == "feel"]


def test_the_drawing_and_comments_stay() -> None:
    content = diagram(around('<task id="a"/>')).replace(
        b"</definitions>",
        b'<!-- drawn by hand --><di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"'
        b' id="d"><di:BPMNPlane id="p1" bpmnElement="p"><di:BPMNShape id="s1" bpmnElement="a"/>'
        b"</di:BPMNPlane></di:BPMNDiagram></definitions>",
    )
    result = converted(content)
    assert b"<!-- drawn by hand -->" in result.files[0].content
    assert parsed(result).shapes == {"a"}


def test_our_own_files_stay_as_they_are() -> None:
    content = (
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        b'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"><process id="p"/></definitions>'
    )
    result = converted(content)
    assert result.files[0].content == content
    assert rules(result) == {"already-ours": "info"}


def test_the_result_says_which_dialect_it_is_and_no_foreign_name_is_left() -> None:
    result = converted(diagram(around('<userTask id="a" x:assignee="li"/>')))
    assert parsed(result).dialect == "zeebe"
    assert b"schema/1.0/bpmn" not in result.files[0].content
    assert b'modeler:executionPlatform="Camunda Cloud"' in result.files[0].content
    again = converted(result.files[0].content)
    assert again.files[0].content == result.files[0].content
