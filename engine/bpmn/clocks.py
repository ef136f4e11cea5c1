"""The clocks that a diagram starts, stops, pauses and resumes by extension properties
(docs/clocks.md). Here their texts are read and evaluated; what a clock is, engine.clocks knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.bpmn.changes import ClockStarted, ClocksMarked, HandedDown
from engine.bpmn.expressions import Text
from engine.bpmn.moving import follow
from engine.bpmn.timing import TimingError, duration, moment
from engine.bpmn.workflow import token_of
from engine.model import BASES, Json

if TYPE_CHECKING:
    from engine.bpmn.diagram import Element

MARKS = ("stop", "cancel", "pause", "resume")
TEXTS = {
    "start": ("时钟名称", "name of the clock"),
    "limit": ("时限", "limit"),
    "from": ("起点", "start"),
    "of": ("归属", "subject"),
    "agreed": ("约定", "agreement"),
    "reason": ("原因", "reason"),
    "stop": ("停止的时钟", "clocks to stop"),
    "cancel": ("取消的时钟", "clocks to cancel"),
    "pause": ("暂停的时钟", "clocks to pause"),
    "resume": ("恢复的时钟", "clocks to resume"),
}
"""The properties ``clock.…`` that hold a text which may be FEEL, as messages call them."""
FEEL = frozenset({"limit", "from", "agreed"})
"""Those of them that cannot be static."""
NAMES = frozenset({*TEXTS, "due", "moves", "consent"})
"""All that is known; ``due`` holds the name of a variable, ``moves`` names of variables;
``consent`` is ``no`` where the limit is not the customer's to move."""

Compile = Callable[[str, str, str], Text]


@dataclass(frozen=True, slots=True)
class Clocks:
    """What one element does to the case's clocks. ``texts`` by property, compiled."""

    texts: Mapping[str, Text]
    variable: str | None
    moves: tuple[str, ...] = ()
    """Variables with due times that the element has decided anew."""

    def move(self, task: Any) -> None:
        """Have what reads those due times follow, here and in called processes. Raises
        Trouble."""
        top = task.workflow.top_workflow
        for name in self.moves:
            follow(top, name)
        if self.moves:
            outer = top.scopes.view(top.outer(task))
            top.emit(HandedDown({name: outer.get(name) for name in self.moves}))

    def changes(self, task: Any) -> list[ClockStarted | ClocksMarked]:
        """What is to be done now that the element's results are there. Raises Trouble."""
        top = task.workflow.top_workflow
        view = top.view(task)
        found: list[ClockStarted | ClocksMarked] = []
        of = self._string("of", view)
        reason = self._string("reason", view)
        for act in MARKS:
            if act in self.texts and (names := self.texts[act].strings(view)):
                found.append(
                    ClocksMarked(token_of(task), task.task_spec.bpmn_id, act, names, of, reason)
                )
        name = self._string("start", view)
        if name:
            outer = top.scopes.view(top.outer(task))
            found.append(replace(self._started(task, name, of, view, outer), reason=reason))
        return found

    def _started(
        self, task: Any, name: str, of: str, view: Mapping[str, Json], outer: Mapping[str, Json]
    ) -> ClockStarted:
        text = self.texts.get("limit")
        limit = text.evaluate(view) if text else view.get("limit")
        if not isinstance(limit, dict):
            raise self._wrong("limit", "一个 {span, clock, due_at} 的 context",
                              "a context {span, clock, due_at}", limit, view)
        due = limit.get("due_at")
        if self.variable is not None:
            due = outer.get(self.variable, view.get(self.variable, due))
        since = self.texts["from"].evaluate(view) if "from" in self.texts else None
        agreed = self.texts["agreed"].evaluate(view) if "agreed" in self.texts else None
        if not _is_moment(due):
            raise self._wrong("limit", "有到期时间 due_at（日期时间）的时限",
                              "a limit with due_at, a date and time", due, view)
        if since is not None and not _is_moment(since):
            raise self._wrong("from", "日期时间", "a date and time", since, view)
        if limit.get("span") is not None and not _is_limit(limit):
            raise self._wrong("limit", f"带时长 span、clock 为{'、'.join(BASES)}之一的时限",
                              f"a limit with a duration and a clock of {', '.join(BASES)}",
                              limit, view)
        if agreed is not None and not isinstance(agreed, dict):
            raise self._wrong("agreed", "null 或 {by, how, at}", "null or {by, how, at}",
                              agreed, view)
        return ClockStarted(
            token_of(task), task.task_spec.bpmn_id, name, of, dict(limit), str(due), since,
            self.variable, agreed, dict(view),
        )

    def _string(self, key: str, view: Mapping[str, Json]) -> str:
        return (self.texts[key].string(view) if key in self.texts else None) or ""

    def _wrong(self, key: str, zh: str, en: str, value: Json, view: Mapping[str, Json]) -> Any:
        text = self.texts.get(key) or self.texts["start"]
        return text.expected(zh, en, value, view)


def clocks_of(element: Element, compile_: Compile) -> Clocks | None:
    """What the element's properties say of clocks; None: nothing. ``compile_`` makes a text
    with its name in messages (zh, en)."""
    said = {
        key.removeprefix("clock."): value.strip()
        for key, value in element.properties.items() if key.startswith("clock.")
    }
    if not said:
        return None
    texts = {
        key: compile_(said[key], *names) for key, names in TEXTS.items() if said.get(key)
    }
    return Clocks(texts, said.get("due") or None, names_of(said.get("moves", "")))


def names_of(text: str) -> tuple[str, ...]:
    """The variables that ``clock.moves`` names, separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _is_limit(limit: Mapping[str, Json]) -> bool:
    try:
        length = duration(limit["span"] if isinstance(limit["span"], str) else "")
    except TimingError:
        return False
    return not length.months and limit.get("clock") in BASES


def _is_moment(value: Json) -> bool:
    try:
        moment(value if isinstance(value, str) else "")
    except TimingError:
        return False
    return True
