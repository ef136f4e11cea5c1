"""The history of a case as people tell it: who, when, what, and why a decision came out so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine import privacy
from engine.cases import CaseKind
from engine.history import Entry
from web.pages.display import of_field, shown

_MARKS = {
    "task": "task", "incident": "incident", "timer": "late", "data": "seen", "status": "status",
}
_NAMELESS = frozenset({"system", "timer", "message", "worker"})
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story; ``mark`` chooses its look, ``details`` are smaller lines."""

    at: datetime
    who: str
    text: str
    details: tuple[str, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells entries with the names of groups and people and the labels of the case's fields;
    personal data stays masked."""

    groups: Mapping[str, str]
    people: Mapping[str, str]
    kind: CaseKind | None
    zone: ZoneInfo

    def tell(self, entries: Iterable[Entry], limit: int = 1000) -> list[Line]:
        """The lines for ``entries`` (the latest first), what belongs together in one."""
        lines: list[Line] = []
        for entry in entries:
            if len(lines) >= limit:
                break
            if entry.main or entry.kind == "variables.changed":
                line = self._line(entry)
                if line is not None:
                    lines.append(line)
        return lines

    def _line(self, entry: Entry) -> Line | None:
        text, details = entry.text, self._details(entry)
        if entry.kind == "variables.changed":
            if not details:
                return None
            text = "填写了"
        elif entry.kind == "task.created":
            text = self._created(entry)
        elif entry.kind == "task.assigned":
            name = self._person(entry.data.get("assignee"))
            text = f"把“{entry.element_name}”转派给 {name}"
        elif entry.kind == "message.received" and entry.element_name:
            text = f"{entry.element_name}"
        elif entry.kind == "data.revealed":
            text = f"查看了{self._field_label(str(entry.data.get('field', '')))}"
        who = "" if entry.actor in _NAMELESS else entry.actor_name
        mark = _MARKS.get(entry.kind.partition(".")[0], "other")
        return Line(entry.at, who, privacy.prose(text), details, mark)

    def _created(self, entry: Entry) -> str:
        if entry.data.get("assignee"):
            return f"“{entry.element_name}”交给 {self._person(entry.data['assignee'])}"
        names = "、".join(self.groups.get(one, one) for one in entry.data.get("groups", ()))
        return f"“{entry.element_name}”" + (f"等待{names}领取" if names else "开始等待")

    def _details(self, entry: Entry) -> tuple[str, ...]:
        if entry.kind == "decision.evaluated":
            return tuple(_because(entry.data.get("record", {})))
        if entry.kind == "data.revealed":
            return (f"原因：{entry.data.get('reason', '')}",)
        if entry.kind == "variables.changed" and not entry.data.get("scope"):
            return tuple(self._changes(entry.data.get("values", {})))
        return ()

    def _changes(self, values: Mapping[str, Any]) -> list[str]:
        """What changed in the fields of the case, masked as on its page."""
        if self.kind is None:
            return []
        return [
            f"{field.label}：{_cut(of_field(_masked(values[field.key], field.mask), field, self.zone))}"
            for field in self.kind.fields if values.get(field.key) not in (None, "", [])
        ]

    def _person(self, login: Any) -> str:
        return self.people.get(str(login), str(login))

    def _field_label(self, key: str) -> str:
        fixed = {"customer.ref": "客户号码", "customer.name": "客户姓名"}
        field = self.kind.field(key) if self.kind else None
        return f"“{fixed.get(key) or (field.label if field else key)}”"


def _masked(value: Any, mask: str | None) -> Any:
    return privacy.masked(value, mask) if mask else privacy.masked(value, "text") \
        if isinstance(value, str) else value


def _because(record: Mapping[str, Any]) -> list[str]:
    """Why a decision came out so: result, rules hit with their annotation, what they read."""
    lines = []
    output = record.get("output")
    if output is not None:
        lines.append(f"结果：{_cut(privacy.prose(shown(output)))}")
    for rule in record.get("rules", ()):
        note = f"：{rule['annotation']}" if rule.get("annotation") else ""
        lines.append(f"依据第 {rule.get('index')} 条规则{note}")
    inputs = {k: v for k, v in record.get("inputs", {}).items() if v is not None}
    if inputs:
        read = "，".join(f"{name} = {shown(value)}" for name, value in inputs.items())
        lines.append(f"条件：{_cut(privacy.prose(read))}")
    for required in record.get("required", ()):
        lines += [f"{required.get('name') or required.get('decision')}：{line}"
                  for line in _because(required)]
    return lines


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
