"""Reads ``*.test.json``: Camunda Process Test's JSON test cases, schema 8.9.

Source: https://camunda.com/json-schema/cpt-test-cases/8.9/schema.json. Properties, selectors and
values are checked as the schema says, so a typing mistake never makes a test pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from engine.errors import Invalid
from engine.model import Json

_SELECTORS: dict[str, frozenset[str]] = {
    "processDefinitionSelector": frozenset({"processDefinitionId"}),
    "processInstanceSelector": frozenset({"processDefinitionId"}),
    "decisionSelector": frozenset({"decisionDefinitionId", "decisionDefinitionName"}),
    "decisionDefinitionSelector": frozenset({"decisionDefinitionId"}),
    "elementSelector": frozenset({"elementId", "elementName"}),
    "jobSelector": frozenset({"jobType", "elementId", "processDefinitionId"}),
    "userTaskSelector": frozenset({"elementId", "taskName", "processDefinitionId"}),
    "incidentSelector": frozenset({"elementId", "processDefinitionId"}),
    "messageSelector": frozenset({"messageName", "correlationKey"}),
}

_KINDS: dict[str, type | tuple[type, ...]] = {
    "variables": dict, "variableNames": list, "useExampleData": bool, "errorCode": str,
    "errorMessage": str, "name": str, "correlationKey": str, "timeToLive": int, "messageId": str,
    "duration": str, "time": str, "jobType": str, "decisionDefinitionId": str,
    "processDefinitionId": str, "state": str, "hasActiveIncidents": bool, "amount": int,
    "elementSelectors": list, "matchedRules": list, "notMatchedRules": list,
    "noMatchedRules": bool, "assignee": str, "candidateGroups": list, "priority": int,
    "elementId": str, "dueDate": str, "followUpDate": str, "startInstructions": list,
}

_NODE_STATES = ("IS_ACTIVE", "IS_COMPLETED", "IS_TERMINATED")
_STATES: dict[str, tuple[str, ...]] = {
    "ASSERT_PROCESS_INSTANCE": ("IS_ACTIVE", "IS_COMPLETED", "IS_CREATED", "IS_TERMINATED"),
    "ASSERT_ELEMENT_INSTANCE": _NODE_STATES,
    "ASSERT_ELEMENT_INSTANCES": (
        *_NODE_STATES, "IS_NOT_ACTIVE", "IS_NOT_ACTIVATED", "IS_ACTIVE_EXACTLY",
        "IS_COMPLETED_IN_ORDER",
    ),
    "ASSERT_USER_TASK": ("IS_CREATED", "IS_COMPLETED", "IS_CANCELED", "IS_FAILED"),
    "ASSERT_PROCESS_INSTANCE_MESSAGE_SUBSCRIPTION": (
        "IS_WAITING", "IS_NOT_WAITING", "IS_CORRELATED",
    ),
}

_SHAPES: dict[str, tuple[str, str]] = {
    "CREATE_PROCESS_INSTANCE": ("processDefinitionSelector", "variables startInstructions"),
    "COMPLETE_USER_TASK": ("userTaskSelector", "variables useExampleData"),
    "COMPLETE_JOB": ("jobSelector", "variables useExampleData"),
    "THROW_BPMN_ERROR_FROM_JOB": ("jobSelector errorCode", "errorMessage variables"),
    "PUBLISH_MESSAGE": ("name", "correlationKey variables timeToLive messageId"),
    "CORRELATE_MESSAGE": ("name", "correlationKey variables"),
    "INCREASE_TIME": ("duration", ""),
    "SET_TIME": ("time", ""),
    "EVALUATE_DECISION": ("decisionDefinitionSelector", "variables"),
    "RESOLVE_INCIDENT": ("incidentSelector", ""),
    "UPDATE_VARIABLES": ("processInstanceSelector variables", "elementSelector"),
    "MOCK_CHILD_PROCESS": ("processDefinitionId", "variables"),
    "MOCK_DMN_DECISION": ("decisionDefinitionId", "variables"),
    "MOCK_JOB_WORKER_COMPLETE_JOB": ("jobType", "variables useExampleData"),
    "MOCK_JOB_WORKER_THROW_BPMN_ERROR": ("jobType errorCode", "errorMessage variables"),
    "ASSERT_PROCESS_INSTANCE": ("processInstanceSelector", "state hasActiveIncidents"),
    "ASSERT_ELEMENT_INSTANCE": ("processInstanceSelector elementSelector state", "amount"),
    "ASSERT_ELEMENT_INSTANCES": ("processInstanceSelector elementSelectors state", ""),
    "ASSERT_USER_TASK": (
        "userTaskSelector",
        "state assignee candidateGroups priority elementId name dueDate followUpDate",
    ),
    "ASSERT_VARIABLES": ("processInstanceSelector", "elementSelector variableNames variables"),
    "ASSERT_DECISION": (
        "decisionSelector", "output matchedRules notMatchedRules noMatchedRules",
    ),
    "ASSERT_PROCESS_INSTANCE_MESSAGE_SUBSCRIPTION": (
        "processInstanceSelector messageSelector state", "",
    ),
}

_NOT_HERE = {
    "ASSERT_VARIABLE": "由语言模型评判变量，本系统不提供；请用 ASSERT_VARIABLES 写明期望值。",
    "BROADCAST_SIGNAL": "信号事件尚不能部署；请用消息。",
    "COMPLETE_JOB_AD_HOC_SUB_PROCESS": "特别子流程尚不能部署。",
    "COMPLETE_JOB_USER_TASK_LISTENER": "用户任务监听器不支持；请直接完成用户任务。",
    "EVALUATE_CONDITIONAL_START_EVENT": "条件开始事件不支持；请用 CREATE_PROCESS_INSTANCE。",
}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step. ``number`` counts from 1; ``data`` holds the properties besides ``type``."""

    number: int
    type: str
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test case of a file."""

    __test__ = False  # not a test class of pytest

    file: str
    name: str
    description: str
    instructions: tuple[Instruction, ...]


def read(content: bytes, filename: str) -> tuple[TestCase, ...]:
    """The test cases of a file. Raises Invalid, naming test case, step and property."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, RecursionError) as error:
        raise _wrong(filename, "不是 UTF-8 的 JSON 文件。", "is not JSON in UTF-8.") from error
    except json.JSONDecodeError as error:
        where = f"第 {error.lineno} 行第 {error.colno} 列"
        raise _wrong(
            filename, f"{where}不是正确的 JSON（{error.msg}）。",
            f"line {error.lineno}, column {error.colno} is not JSON ({error.msg}).",
        ) from error
    cases = data.get("testCases") if isinstance(data, dict) else None
    if not isinstance(cases, list):
        raise _wrong(filename, "缺少 testCases 列表。", "has no list testCases.")
    return tuple(_case(case, filename, index) for index, case in enumerate(cases, 1))


def _case(raw: Any, filename: str, index: int) -> TestCase:
    place = f"{filename} 用例 {index}"
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        raise _wrong(place, "缺少 name。", "has no name.")
    steps = raw.get("instructions")
    if not isinstance(steps, list):
        raise _wrong(place, "缺少 instructions 列表。", "has no list instructions.")
    instructions = tuple(
        _instruction(step, f"{place}“{raw['name']}”第 {number} 步", number)
        for number, step in enumerate(steps, 1)
    )
    return TestCase(filename, raw["name"], str(raw.get("description") or ""), instructions)


def _instruction(raw: Any, place: str, number: int) -> Instruction:
    kind = raw.get("type") if isinstance(raw, dict) else None
    if kind in _NOT_HERE:
        raise _wrong(place, f"{kind}：{_NOT_HERE[kind]}", f"{kind} is not supported.")
    if kind not in _SHAPES:
        near = _near(kind, _SHAPES)
        raise _wrong(place, f"没有指令 {kind!r}{near}。", f"no instruction {kind!r}{near}.")
    needed, optional = (text.split() for text in _SHAPES[kind])
    data = {key: value for key, value in raw.items() if key != "type"}
    for key in needed:
        if key not in data:
            raise _wrong(place, f"{kind} 缺少 {key}。", f"{kind} needs {key}.")
    for key, value in data.items():
        if key not in needed and key not in optional:
            near = _near(key, [*needed, *optional])
            raise _wrong(place, f"{kind} 没有属性 {key}{near}。", f"{kind} has no {key}{near}.")
        _value(key, value, f"{place} {kind}.{key}")
    _state(kind, data, place)
    return Instruction(number, kind, data)


def _state(kind: str, data: Mapping[str, Json], place: str) -> None:
    state, known = data.get("state"), _STATES.get(kind, ())
    if state is not None and state not in known:
        choices = "、".join(known)
        raise _wrong(
            place, f"state 不能是 {state!r}；可用：{choices}。",
            f"state cannot be {state!r}; known: {', '.join(known)}.",
        )


def _value(key: str, value: Json, place: str) -> None:
    if key in _SELECTORS:
        _selector(key, value, place)
        return
    wanted = _KINDS.get(key)
    if wanted is not None and (
        not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))
    ):
        raise _wrong(place, f"值的类型不对：{value!r}。", f"is of a wrong type: {value!r}.")
    if key == "elementSelectors":
        for item in value:
            _selector("elementSelector", item, place)


def _selector(key: str, value: Json, place: str) -> None:
    known = _SELECTORS[key]
    if not isinstance(value, dict) or not value or not set(value) <= known:
        choices = "、".join(sorted(known))
        raise _wrong(
            place, f"选择器要用 {choices}，得到的是 {value!r}。",
            f"a selector takes {', '.join(sorted(known))}; got {value!r}.",
        )
    if key == "messageSelector" and "messageName" not in value:
        raise _wrong(place, "缺少 messageName。", "needs messageName.")


def _near(word: Any, known: Iterable[str]) -> str:
    found = get_close_matches(str(word), list(known), 1)
    return f"（{found[0]}?）" if found else ""


def _wrong(place: str, zh: str, en: str) -> Invalid:
    return Invalid(f"{place}：{zh}", f"{place}: {en}")
