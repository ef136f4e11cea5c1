"""What a test case file may say: Camunda Process Test's JSON test cases, schema 8.9.

Source: https://camunda.com/json-schema/cpt-test-cases/8.9/schema.json, and of 8.10 what
ASSERT_VARIABLE may ask besides. ``problems`` checks an instruction against it, so that a typing
mistake never makes a test pass."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from engine.model import Json


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of a value: a name in both languages, and what restricts it."""

    zh: str
    en: str
    types: tuple[type, ...]
    least: float | None = None
    most: float | None = None
    items: Kind | None = None
    shape: Shape | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """The properties of an object. ``any_of``: at least one of these must be there."""

    required: Mapping[str, Kind] = field(default_factory=dict)
    optional: Mapping[str, Kind] = field(default_factory=dict)
    any_of: tuple[str, ...] = ()

    @property
    def known(self) -> dict[str, Kind]:
        return {**self.required, **self.optional}


@dataclass(frozen=True, slots=True)
class Problem:
    """``path`` leads from the instruction to the property: ``.jobSelector.elementId``."""

    path: str
    zh: str
    en: str


TEXT = Kind("文本", "text", (str,))
FLAG = Kind("true 或 false", "true or false", (bool,))
COUNT = Kind("整数", "an integer", (int,))
VALUES = Kind("对象", "an object", (dict,))
ANYTHING = Kind("任何值", "anything", (object,))


def _one_of(*choices: str) -> Kind:
    return Kind(f"{'、'.join(choices)} 之一", f"one of {', '.join(choices)}", (str,),
                choices=choices)


def _list(items: Kind) -> Kind:
    return Kind("列表", "a list", (list,), items=items)


def _object(shape: Shape) -> Kind:
    return Kind("对象", "an object", (dict,), shape=shape)


def _selector(*names: str) -> Kind:
    return _object(Shape(optional=dict.fromkeys(names, TEXT), any_of=names))


_DEFINITION = {"processDefinitionSelector": _selector("processDefinitionId")}
_INSTANCE = {"processInstanceSelector": _selector("processDefinitionId")}
_ELEMENT = _selector("elementId", "elementName")
_JOB = {"jobSelector": _selector("jobType", "elementId", "processDefinitionId")}
_TASK = {"userTaskSelector": _selector("elementId", "taskName", "processDefinitionId")}
_VARIABLES = {"variables": VALUES}
_EXAMPLE = {"variables": VALUES, "useExampleData": FLAG}
_ERROR = {"errorMessage": TEXT, "variables": VALUES}
_NODE_STATES = ("IS_ACTIVE", "IS_COMPLETED", "IS_TERMINATED")
_START = Shape({"elementId": TEXT})
_RUNTIME = Shape({"type": _one_of("TERMINATE_PROCESS_INSTANCE"), "afterElementId": TEXT})
_ACTIVATE = Shape({"elementId": TEXT}, _VARIABLES)
_MESSAGE = Shape({"messageName": TEXT}, {"correlationKey": TEXT})
_CORRECTIONS = Shape(optional={
    "assignee": TEXT, "dueDate": TEXT, "followUpDate": TEXT, "candidateUsers": _list(TEXT),
    "candidateGroups": _list(TEXT), "priority": COUNT,
})
_SHARE = Kind("0 到 1 的数", "a number from 0 to 1", (int, float), 0, 1)
_JUDGE = Shape(
    {"expectation": TEXT},
    {"threshold": _SHARE, "customPrompt": TEXT, "attachDocuments": FLAG},
)
_SIMILAR = Shape({"expectedValue": TEXT}, {"threshold": _SHARE})

INSTRUCTIONS: Mapping[str, Shape] = {
    "ASSERT_DECISION": Shape(
        {"decisionSelector": _selector("decisionDefinitionId", "decisionDefinitionName")},
        {"output": ANYTHING, "matchedRules": _list(COUNT), "notMatchedRules": _list(COUNT),
         "noMatchedRules": FLAG},
    ),
    "ASSERT_ELEMENT_INSTANCE": Shape(
        {**_INSTANCE, "elementSelector": _ELEMENT, "state": _one_of(*_NODE_STATES)},
        {"amount": Kind("不小于 1 的整数", "an integer of 1 or more", (int,), 1)},
    ),
    "ASSERT_ELEMENT_INSTANCES": Shape({
        **_INSTANCE, "elementSelectors": _list(_ELEMENT),
        "state": _one_of(*_NODE_STATES, "IS_NOT_ACTIVE", "IS_NOT_ACTIVATED",
                         "IS_ACTIVE_EXACTLY", "IS_COMPLETED_IN_ORDER"),
    }),
    "ASSERT_PROCESS_INSTANCE": Shape(_INSTANCE, {
        "state": _one_of("IS_ACTIVE", "IS_COMPLETED", "IS_CREATED", "IS_TERMINATED"),
        "hasActiveIncidents": FLAG,
    }),
    "ASSERT_PROCESS_INSTANCE_MESSAGE_SUBSCRIPTION": Shape({
        **_INSTANCE, "messageSelector": _object(_MESSAGE),
        "state": _one_of("IS_WAITING", "IS_NOT_WAITING", "IS_CORRELATED"),
    }),
    "ASSERT_USER_TASK": Shape(_TASK, {
        "state": _one_of("IS_CREATED", "IS_COMPLETED", "IS_CANCELED", "IS_FAILED"),
        "assignee": TEXT, "candidateGroups": _list(TEXT), "priority": COUNT, "elementId": TEXT,
        "name": TEXT, "dueDate": TEXT, "followUpDate": TEXT,
    }),
    "ASSERT_VARIABLE": Shape(
        {**_INSTANCE, "variableName": TEXT},
        {"elementSelector": _ELEMENT, "satisfiesJudge": _object(_JUDGE),
         "satisfiesExpression": TEXT, "similarTo": _object(_SIMILAR)},
        ("satisfiesJudge", "satisfiesExpression", "similarTo"),
    ),
    "ASSERT_VARIABLES": Shape(_INSTANCE, {
        "elementSelector": _ELEMENT, "variableNames": _list(TEXT), **_VARIABLES,
    }),
    "BROADCAST_SIGNAL": Shape({"signalName": TEXT}, _VARIABLES),
    "COMPLETE_JOB": Shape(_JOB, _EXAMPLE),
    "COMPLETE_JOB_AD_HOC_SUB_PROCESS": Shape(_JOB, {
        **_VARIABLES, "activateElements": _list(_object(_ACTIVATE)),
        "cancelRemainingInstances": FLAG, "completionConditionFulfilled": FLAG,
    }),
    "COMPLETE_JOB_USER_TASK_LISTENER": Shape(_JOB, {
        "denied": FLAG, "deniedReason": TEXT, "corrections": _object(_CORRECTIONS),
    }),
    "COMPLETE_USER_TASK": Shape(_TASK, _EXAMPLE),
    "CORRELATE_MESSAGE": Shape({"name": TEXT}, {"correlationKey": TEXT, **_VARIABLES}),
    "CREATE_PROCESS_INSTANCE": Shape(_DEFINITION, {
        **_VARIABLES, "startInstructions": _list(_object(_START)),
        "runtimeInstructions": _list(_object(_RUNTIME)),
    }),
    "EVALUATE_CONDITIONAL_START_EVENT": Shape(_VARIABLES),
    "EVALUATE_DECISION": Shape(
        {"decisionDefinitionSelector": _selector("decisionDefinitionId")}, _VARIABLES
    ),
    "INCREASE_TIME": Shape({"duration": TEXT}),
    "MOCK_CHILD_PROCESS": Shape({"processDefinitionId": TEXT}, _VARIABLES),
    "MOCK_DMN_DECISION": Shape({"decisionDefinitionId": TEXT}, _VARIABLES),
    "MOCK_JOB_WORKER_COMPLETE_JOB": Shape({"jobType": TEXT}, _EXAMPLE),
    "MOCK_JOB_WORKER_THROW_BPMN_ERROR": Shape({"jobType": TEXT, "errorCode": TEXT}, _ERROR),
    "PUBLISH_MESSAGE": Shape({"name": TEXT}, {
        "correlationKey": TEXT, **_VARIABLES, "timeToLive": COUNT, "messageId": TEXT,
    }),
    "RESOLVE_INCIDENT": Shape({"incidentSelector": _selector("elementId", "processDefinitionId")}),
    "SET_TIME": Shape({"time": TEXT}),
    "THROW_BPMN_ERROR_FROM_JOB": Shape({**_JOB, "errorCode": TEXT}, _ERROR),
    "UPDATE_VARIABLES": Shape({**_INSTANCE, **_VARIABLES}, {"elementSelector": _ELEMENT}),
}
"""Every instruction of the schema, without its ``type``."""


def problems(raw: Any) -> Iterator[Problem]:
    """What is wrong with an instruction; nothing when it is as the schema says."""
    if not isinstance(raw, dict):
        yield _wrong_kind("", VALUES, raw)
        return
    kind = raw.get("type")
    shape = INSTRUCTIONS.get(kind) if isinstance(kind, str) else None
    if shape is None:
        near, known = _near(kind, INSTRUCTIONS), "、".join(INSTRUCTIONS)
        what = "缺少 type" if "type" not in raw else f"没有指令 {kind!r}{near}"
        yield Problem(".type", f"{what}；可用的指令：{known}。",
                      f"no instruction {kind!r}{near}; known: {', '.join(INSTRUCTIONS)}.")
        return
    yield from _object_problems(
        "", shape, {key: value for key, value in raw.items() if key != "type"}
    )


def _object_problems(path: str, shape: Shape, value: Mapping[str, Json]) -> Iterator[Problem]:
    known = shape.known
    names = "、".join(known)
    for key in shape.required:
        if key not in value:
            yield Problem(path, f"缺少 {key}。", f"{key} is missing.")
    if shape.any_of and not any(key in value for key in shape.any_of):
        yield Problem(path, f"至少要写一个：{'、'.join(shape.any_of)}。",
                      f"needs one of {', '.join(shape.any_of)}.")
    for key, item in value.items():
        kind = known.get(key)
        if kind is None:
            near = _near(key, known)
            yield Problem(f"{path}.{key}", f"没有属性 {key}{near}；可用：{names}。",
                          f"no property {key}{near}; known: {', '.join(known)}.")
        else:
            yield from _value_problems(f"{path}.{key}", kind, item)


def _value_problems(path: str, kind: Kind, value: Json) -> Iterator[Problem]:
    if not _fits(kind, value):
        yield _wrong_kind(path, kind, value)
        return
    if kind.shape is not None:
        yield from _object_problems(path, kind.shape, value)
    if kind.items is not None:
        for index, item in enumerate(value):
            yield from _value_problems(f"{path}[{index}]", kind.items, item)


def _fits(kind: Kind, value: Json) -> bool:
    if isinstance(value, bool) and bool not in kind.types and object not in kind.types:
        return False
    if kind.types == (int,) and isinstance(value, float) and value.is_integer():
        return True
    if not isinstance(value, kind.types) or (kind.choices and value not in kind.choices):
        return False
    return kind.least is None or kind.least <= float(str(value)) <= (kind.most or math.inf)


def _wrong_kind(path: str, kind: Kind, value: Json) -> Problem:
    shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}…"
    return Problem(path, f"应为{kind.zh}，得到 {shown}。", f"must be {kind.en}; got {shown}.")


def _near(word: Any, known: Iterable[str]) -> str:
    found = get_close_matches(str(word), list(known), 1)
    return f"（{found[0]}?）" if found else ""
