"""What a user task says of itself while listeners hear of it: plain JSON under Camunda's names,
as workers see it and correct it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from engine.bpmn.timing import TimingError, moment
from engine.errors import Invalid
from engine.model import Json

Attributes = dict[str, Any]
"""assignee, dueDate, followUpDate: text or None; candidateUsers, candidateGroups: lists of text;
priority: 0 to 100."""

EMPTY: Attributes = {
    "assignee": None, "candidateUsers": [], "candidateGroups": [], "dueDate": None,
    "followUpDate": None, "priority": 50,
}  # fmt: skip
COLUMNS = {
    "assignee": "assignee", "candidateUsers": "candidate_users",
    "candidateGroups": "candidate_groups", "dueDate": "due_at", "followUpDate": "follow_up_at",
    "priority": "priority",
}  # fmt: skip
"""The names that ``TaskOpened`` and the store have for them."""
_DATES = frozenset({"dueDate", "followUpDate"})
_LISTS = frozenset({"candidateUsers", "candidateGroups"})
_HEADER = "io.camunda.zeebe:"


def corrected(attributes: Attributes, corrections: Mapping[str, Json]) -> Attributes:
    """The attributes with corrections: null keeps, "" and [] clear (Camunda's rule). Raises
    Invalid that names the correction which is wrong."""
    made = dict(attributes)
    for name, value in corrections.items():
        if name not in EMPTY:
            names = "、".join(EMPTY)
            raise Invalid(
                f"任务没有可以更正的“{name}”；可用：{names}。",
                f"A task has no “{name}” to correct; there are {', '.join(EMPTY)}.",
                correction=name,
            )
        if value is not None:
            made[name] = _value(name, value)
    return made


def headers(attributes: Attributes, before: Attributes, action: str) -> dict[str, str]:
    """The reserved headers of a task listener's job; what is not set has none."""
    texts: dict[str, Any] = {name: value for name, value in attributes.items() if value}
    texts["priority"] = attributes["priority"]
    texts["action"] = action
    texts["changedAttributes"] = [
        name for name in sorted(EMPTY) if attributes[name] != before[name]
    ]
    return {
        _HEADER + name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in texts.items()
        if value != ""
    }


def changed(before: Attributes, after: Attributes) -> dict[str, Any]:
    """What differs, by the names and with the values of ``TaskOpened``. The two lists of
    candidates come together."""
    made = values(after)
    names = {COLUMNS[name] for name in EMPTY if before[name] != after[name]}
    if names & {"candidate_users", "candidate_groups"}:
        names |= {"candidate_users", "candidate_groups"}
    return {name: made[name] for name in sorted(names)}


def values(attributes: Attributes) -> dict[str, Any]:
    """All of them, by the names and with the values of ``TaskOpened``."""
    return {
        "assignee": attributes["assignee"],
        "candidate_users": tuple(attributes["candidateUsers"]),
        "candidate_groups": tuple(attributes["candidateGroups"]),
        "due_at": _moment(attributes["dueDate"]),
        "follow_up_at": _moment(attributes["followUpDate"]),
        "priority": attributes["priority"],
    }


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def _value(name: str, value: Json) -> Any:
    if name in _LISTS:
        if isinstance(value, list) and all(isinstance(one, str) and one for one in value):
            return list(value)
        raise _wrong(name, "文本列表", "a list of texts", value)
    if name == "priority":
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100:
            return value
        raise _wrong(name, "0 到 100 的整数", "an integer from 0 to 100", value)
    if not isinstance(value, str):
        raise _wrong(name, "文本", "a text", value)
    if name in _DATES and value:
        try:
            return moment(value).isoformat()
        except TimingError:
            raise _wrong(name, "日期时间", "a date and time", value) from None
    return value or None


def _wrong(name: str, zh: str, en: str, value: Json) -> Invalid:
    return Invalid(
        f"任务的“{name}”应当是{zh}，实际是 {value!r}。",
        f"“{name}” of a task must be {en}; it is {value!r}.",
        correction=name,
    )
