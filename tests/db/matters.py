"""Cases that belong together, for the tests: an errand whose diagram marks its customer, merges
itself and binds others, with the table of marks."""

from __future__ import annotations

import json
from typing import Any

from engine import Engine, deployment
from engine.model import File
from tests.db import errand

_ROW = "<rule id='{id}'><inputEntry id='{id}i'><text>{test}</text></inputEntry>{entries}</rule>"
_ENTRY = "<outputEntry id='{id}{n}'><text>{text}</text></outputEntry>"


def _table(id_: str, expression: str, outputs: list[str], rows: list[list[str]], hit: str) -> str:
    columns = "".join(f"<output id='{id_}o{n}' name='{name}'/>" for n, name in enumerate(outputs))
    rules = "".join(
        _ROW.format(id=f"{id_}r{r}", test=test, entries="".join(
            _ENTRY.format(id=f"{id_}r{r}o", n=n, text=text) for n, text in enumerate(texts)
        ))
        for r, (test, *texts) in enumerate(rows)
    )
    return (
        f"<decision id='{id_}' name='{id_}'><decisionTable hitPolicy='{hit}' id='{id_}t'>"
        f"<input id='{id_}i'><inputExpression id='{id_}e'><text>{expression}</text>"
        f"</inputExpression></input>{columns}{rules}</decisionTable></decision>"
    )


MARKS = (
    "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' id='attention'"
    " name='attention' namespace='t'>"
    + "<decision id='by-count' name='by-count'><literalExpression id='bc'><text>"
    + "flatten([if customer.month &gt;= 3 then \"A\" else null,"
    + " if customer.half_year &gt;= 10 then \"B2\" else null])[item != null]"
    + "</text></literalExpression></decision>"
    + _table("of-mark", "mark", ["label", "automatic", "months"], [
        ['"A"', '"敏感客户"', "true", "null"], ['"B2"', '"多次投诉"', "true", "null"],
        ['"B1"', '"非常客户"', "false", "null"], ['"C1"', '"回复不满意"', "false", "12"],
    ], "FIRST")
    + "</definitions>"
)

_PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">
  <process id="errand" name="差事" isExecutable="true">
    <startEvent id="start"><extensionElements><zeebe:properties>
          <zeebe:property name="clock.start" value="答复"/>
          <zeebe:property name="clock.limit" value="={span: &quot;PT4H&quot;,
            clock: &quot;自然时间&quot;, due_at: now() + duration(&quot;PT4H&quot;)}"/>
        </zeebe:properties></extensionElements><outgoing>a</outgoing></startEvent>
    <sequenceFlow id="a" sourceRef="start" targetRef="look"/>
    <userTask id="look" name="查看">
      <extensionElements><zeebe:userTask/>
        <zeebe:assignmentDefinition candidateGroups="intake"/>
        <zeebe:properties><zeebe:property name="case.status" value="查看中"/>
          <zeebe:property name="case.link" value="part"/>
          <zeebe:property name="case.link.from" value="=parts"/></zeebe:properties>
      </extensionElements>
      <incoming>a</incoming><outgoing>b</outgoing>
    </userTask>
    <sequenceFlow id="b" sourceRef="look" targetRef="same"/>
    <exclusiveGateway id="same" default="no">
      <incoming>b</incoming><outgoing>yes</outgoing><outgoing>no</outgoing></exclusiveGateway>
    <sequenceFlow id="yes" sourceRef="same" targetRef="merged">
      <conditionExpression>=original != null</conditionExpression></sequenceFlow>
    <sequenceFlow id="no" sourceRef="same" targetRef="answer"/>
    <endEvent id="merged"><extensionElements><zeebe:properties>
        <zeebe:property name="case.merge" value="=original"/>
        <zeebe:property name="case.merge.undo" value="look"/></zeebe:properties>
      </extensionElements><incoming>yes</incoming></endEvent>
    <userTask id="answer" name="答复">
      <extensionElements><zeebe:userTask/>
        <zeebe:assignmentDefinition candidateGroups="intake"/>
        <zeebe:properties><zeebe:property name="case.status" value="答复中"/>
          <zeebe:property name="customer.mark"
            value="=if happy = false then &quot;C1&quot; else mark"/>
          <zeebe:property name="customer.mark.why" value="答复时不满意"/></zeebe:properties>
      </extensionElements>
      <incoming>no</incoming><outgoing>c</outgoing>
    </userTask>
    <boundaryEvent id="late" attachedToRef="answer" cancelActivity="false"><outgoing>d</outgoing>
      <timerEventDefinition id="lt"><timeDuration>PT2H</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <sequenceFlow id="d" sourceRef="late" targetRef="warned"/>
    <endEvent id="warned"><incoming>d</incoming></endEvent>
    <boundaryEvent id="urged" attachedToRef="answer" cancelActivity="false">
      <outgoing>e</outgoing>
      <messageEventDefinition id="um" messageRef="urge"/></boundaryEvent>
    <sequenceFlow id="e" sourceRef="urged" targetRef="told"/>
    <endEvent id="told"><incoming>e</incoming></endEvent>
    <sequenceFlow id="c" sourceRef="answer" targetRef="end"/>
    <endEvent id="end"><incoming>c</incoming></endEvent>
  </process>
  <message id="urge" name="urge"><extensionElements>
    <zeebe:subscription correlationKey="=case.number"/></extensionElements></message>
</definitions>
"""

KIND: dict[str, Any] = errand.KIND | {
    "counted": "=category != \"ask\"",
    "marks": {"all": ["A", "B1", "B2", "C1"], "automatic": "by-count", "mark": "of-mark"},
    "fields": [
        *errand.KIND["fields"], {"key": "repeat_of", "label": "原件"},
        {"key": "reply", "label": "答复"},
    ],
    "repeats": {"field": "repeat_of", "same": ["category"], "statuses": ["答复中"]},
    "statuses": [*errand.KIND["statuses"], "已并单"],
    "ended": errand.KIND["ended"] | {"merged": "已并单"},
    "public": {"statuses": {"查看中": "正在了解情况"}, "fields": ["reply"]},
}


def deploy(engine: Engine, **change: Any) -> None:
    """Deploy process, kind and table, with changes to the kind's file."""
    kind = json.dumps(KIND | change, ensure_ascii=False).encode()
    files = [
        File("errand.bpmn", _PROCESS.encode()), File("errand.case.json", kind),
        File("attention.dmn", MARKS.encode()),
    ]
    with engine.unit("admin") as unit:
        deployment.deploy(unit, files)
