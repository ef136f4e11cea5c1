"""The history of a case as people tell it: who, when, what, and why a decision came out so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine import privacy
from engine.cases import CaseKind
from engine.history import Entry
from web.pages.display import of_field, shown

_MARKS = {"timer.fired": "late", "task.completed": "done"}
_FILLED = frozenset({"done", "instance", "message", "case"})
"""Lines after which changed variables are what somebody filled in."""
_ORDINARY = frozenset({"instance.started", "instance.completed"})
_STATUS = "\0status"
"""Where the teller remembers the status: no variable has this name."""
_NAMELESS = frozenset({"system", "timer", "message", "worker"})
_BY_ITSELF = frozenset({"task.created", "status.changed", "decision.evaluated", "timer.fired"})
"""What the process does by itself, whoever's step set it going."""
_LONGEST = 160
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?([+-]\d\d:\d\d|Z)?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story. ``details`` belong to it; ``reasons`` explain it to who asks."""

    at: datetime
    who: str
    text: str
    mark: str
    details: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells entries with the names of groups and people and the labels of the case's fields;
    personal data stays masked."""

    groups: Mapping[str, str]
    people: Mapping[str, str]
    kind: CaseKind | None
    zone: ZoneInfo

    def tell(self, case_id: int, entries: Sequence[Entry], limit: int = 1000) -> list[Line]:
        """The lines for ``entries`` of the case (the latest first), the latest first. What
        somebody filled in stands under what he did; a status is said when it changes."""
        lines: list[Line] = []
        known: dict[str, Any] = {}
        instance = 0
        for entry in reversed(entries):
            if entry.kind == "variables.changed":
                details = tuple(self._changes(entry.data.get("values", {}), known))
                own = entry.instance_key == instance and lines and lines[-1].mark in _FILLED
                if details and own:
                    lines[-1] = replace(lines[-1], details=lines[-1].details + details)
            elif self._is_told(case_id, entry, known):
                lines.append(self._line(entry))
                instance = entry.instance_key
        return lines[::-1][:limit]

    def _is_told(self, case_id: int, entry: Entry, known: dict[str, Any]) -> bool:
        """Whether the entry is a line: a status only when it changes, a called process only
        when it went wrong."""
        if entry.kind == "status.changed":
            before, known[_STATUS] = known.get(_STATUS), entry.data.get("status")
            return bool(before != known[_STATUS])
        called = entry.instance_key != case_id
        return entry.main and not (called and entry.kind in _ORDINARY)

    def _line(self, entry: Entry) -> Line:
        text = entry.text
        details: tuple[str, ...] = ()
        reasons: tuple[str, ...] = ()
        if entry.kind == "task.created":
            text = self._created(entry)
        elif entry.kind == "instance.started":
            text = f"“{entry.element_name}”开始"
        elif entry.kind == "task.assigned":
            text = f"把“{entry.element_name}”转派给 {self._person(entry.data.get('assignee'))}"
        elif entry.kind == "message.received" and entry.element_id:
            text = entry.element_name
        elif entry.kind == "data.revealed":
            text = f"查看了{self._field_label(str(entry.data.get('field', '')))}"
            details = (f"原因：{entry.data.get('reason', '')}",)
        elif entry.kind == "decision.evaluated":
            record = entry.data.get("record", {})
            text, reasons = self._decided(record), tuple(_because(record))
        nameless = entry.actor.partition(":")[0] in _NAMELESS or entry.kind in _BY_ITSELF
        who = "" if nameless else entry.actor_name
        mark = _MARKS.get(entry.kind, entry.kind.partition(".")[0])
        return Line(entry.at, who, privacy.prose(text), mark, details, reasons)

    def _created(self, entry: Entry) -> str:
        if entry.data.get("assignee"):
            return f"“{entry.element_name}”交给 {self._person(entry.data['assignee'])}"
        names = "、".join(self.groups.get(one, one) for one in entry.data.get("groups", ()))
        return f"“{entry.element_name}”" + (f"等待 {names} 领取" if names else "开始")

    def _changes(self, values: Mapping[str, Any], known: dict[str, Any]) -> list[str]:
        """What changed of the fields of the case, masked as on its page; ``known`` is what was
        said before (a called process gets copies of everything)."""
        if self.kind is None:
            return []
        found = []
        for field in self.kind.fields:
            value = values.get(field.key)
            if value not in (None, "", []) and known.get(field.key) != value:
                known[field.key] = value
                mask = field.mask or ("text" if isinstance(value, str) else None)
                text = of_field(privacy.masked(value, mask), field, self.zone, self.people)
                found.append(f"{field.label}：{_cut(text)}")
        return found

    def _person(self, login: Any) -> str:
        return self.people.get(str(login), str(login))

    def _decided(self, record: Mapping[str, Any]) -> str:
        """The decision in one line: its result where that is one value, and the rules it hit."""
        title = record.get("name") or record.get("decision")
        output = record.get("output")
        single = output is not None and not isinstance(output, (dict, list))
        result = f"为 {self._result(output)}" if single else ""
        notes = [_rule(rule) for one in _all(record) for rule in one.get("rules", ())]
        return f"“{title}”判定{result}" + (f"（{'；'.join(notes)}）" if notes else "")

    def _result(self, output: Any) -> str:
        """A group by its name, a moment as people read it, a code by its label in the case."""
        if not isinstance(output, str):
            return shown(output)
        at = _moment(output)
        if at is not None:
            return f"{at.astimezone(self.zone) if at.tzinfo else at:%Y-%m-%d %H:%M}"
        fields = self.kind.fields if self.kind else ()
        labels = (one.options[output] for one in fields if output in one.options)
        return self.groups.get(output) or next(labels, output)

    def _field_label(self, key: str) -> str:
        fixed = {"customer.ref": "客户号码", "customer.name": "客户姓名"}
        field = self.kind.field(key) if self.kind else None
        return f"“{fixed.get(key) or (field.label if field else key)}”"


def _moment(text: str) -> datetime | None:
    """A moment as JSON has it; None for any other text."""
    try:
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        return None


def _rule(rule: Mapping[str, Any]) -> str:
    note = str(rule.get("annotation") or "").strip()
    return note or f"第 {rule.get('index')} 条规则"


def _numbered(rule: Mapping[str, Any]) -> str:
    note = f"（{rule['annotation']}）" if rule.get("annotation") else ""
    return f"第 {rule.get('index')} 条{note}"


def _all(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for required in record.get("required", ()):
        yield from _all(required)
    yield record


def _because(record: Mapping[str, Any]) -> list[str]:
    """Why a decision came out so: each table with its result, the rules hit, what it read."""
    lines = []
    for one in _all(record):
        title = one.get("name") or one.get("decision")
        rules = "、".join(map(_numbered, one.get("rules", ())))
        inputs = "，".join(
            f"{name} = {shown(value)}" for name, value in one.get("inputs", {}).items()
            if value is not None and not isinstance(value, dict)
        )
        because = f"，因为 {inputs}" if inputs else ""
        hit = f"：命中{rules}" if rules else ""
        text = f"{title}{hit}，结果 {shown(one.get('output'))}{because}"
        lines.append(_cut(privacy.prose(text), 400))
    return lines


def _cut(text: str, most: int = _LONGEST) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
