"""A small kind of case for the tests: two user tasks, one after the other."""

from __future__ import annotations

import json
from typing import Any

from engine import Engine, deployment
from engine.model import File

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">
  <process id="errand" name="差事" isExecutable="true">
    <startEvent id="start"><outgoing>a</outgoing></startEvent>
    <sequenceFlow id="a" sourceRef="start" targetRef="look"/>
    <userTask id="look" name="查看">
      <extensionElements><zeebe:userTask/>
        <zeebe:assignmentDefinition candidateGroups="intake"/>
        <zeebe:properties><zeebe:property name="case.status" value="查看中"/></zeebe:properties>
      </extensionElements>
      <incoming>a</incoming><outgoing>b</outgoing>
    </userTask>
    <sequenceFlow id="b" sourceRef="look" targetRef="answer"/>
    <userTask id="answer" name="答复">
      <extensionElements><zeebe:userTask/>
        <zeebe:assignmentDefinition candidateGroups="intake"/>
        <zeebe:properties><zeebe:property name="case.status" value="答复中"/></zeebe:properties>
      </extensionElements>
      <incoming>b</incoming><outgoing>c</outgoing>
    </userTask>
    <sequenceFlow id="c" sourceRef="answer" targetRef="end"/>
    <endEvent id="end"><incoming>c</incoming></endEvent>
  </process>
</definitions>
"""

KIND: dict[str, Any] = {
    "id": "errand",
    "name": "差事",
    "process": "errand",
    "number": "CS{date}-{seq:04}",
    "title": "=topic",
    "due": '=workingDue(case.received_at, "PT2H")',
    "customer": {"ref": "phone", "name": "name", "level": "level"},
    "fields": [
        {"key": "topic", "label": "事由", "list": True, "search": True},
        {"key": "phone", "label": "号码", "list": True, "search": True, "mask": "phone"},
        {"key": "name", "label": "姓名", "mask": "name"},
        {"key": "text", "label": "内容", "type": "longtext", "search": True, "mask": "text"},
        {
            "key": "category",
            "label": "类别",
            "type": "select",
            "list": True,
            "search": True,
            "options": {"net": "网络", "bill": "账单"},
        },
        {"key": "amount", "label": "金额", "type": "number"},
    ],
    "statuses": ["新建", "查看中", "答复中", "已办结", "已撤销"],
    "duplicates": ["category"],
    "ended": {"completed": "已办结", "terminated": "已撤销"},
}


def deploy(engine: Engine, **change: Any) -> None:
    """Deploy the process and its kind, with changes to the kind's file."""
    kind = json.dumps(KIND | change, ensure_ascii=False).encode()
    with engine.unit("admin") as unit:
        deployment.deploy(
            unit, [File("errand.bpmn", PROCESS.encode()), File("errand.case.json", kind)]
        )
