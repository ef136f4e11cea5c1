"""Diagrams as plain values: what the generator makes, the model plays and the writer draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "start", "end", "terminate", "error", "escalate", "escalation end",
    "user", "job", "receive", "call", "script", "manual", "sub", "event sub",
    "xor", "and", "or", "events", "message", "signal", "timer", "boundary",
]  # fmt: skip
Trigger = Literal["timer", "cycle", "message", "signal", "error", "escalation"]

WAITING: dict[str, str] = {
    "user": "task", "job": "job", "call": "call", "receive": "message", "message": "message",
    "signal": "signal", "timer": "timer",
}  # fmt: skip
"""Kinds of elements that wait for something outside → what they wait for."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``v_TASK < limit``: true or false by the last result of a task."""

    task: str
    limit: int


@dataclass(slots=True)
class Element:
    id: str
    kind: Kind
    parent: str
    """The sub-process it stands in, "" for the process."""
    incoming: list[str] = field(default_factory=list)
    outgoing: list[str] = field(default_factory=list)
    default: str = ""
    host: str = ""
    trigger: Trigger | None = None
    """Of a boundary event, or of the start event of an event sub-process."""
    interrupting: bool = True
    code: str = ""
    """Of an error or escalation; "" at a boundary event catches every code."""
    times: int = 1
    """How often a timer fires at most; 0: without end."""
    rounds: int | None = None
    """Of a multi-instance."""
    sequential: bool = False
    enough: int = 0
    """After how many rounds a multi-instance is complete; 0: after all."""


@dataclass(slots=True)
class Flow:
    id: str
    source: str
    target: str
    condition: Condition | None = None


@dataclass(slots=True)
class Diagram:
    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)

    def boundaries(self, host: str) -> list[Element]:
        return [one for one in self.elements.values() if one.host == host]

    def event_starts(self, parent: str) -> list[Element]:
        """The start events of the event sub-processes of a scope."""
        made = self.elements.values()
        inside = (one for one in made if one.parent == parent and one.kind == "event sub")
        return [self.start(one.id) for one in inside]

    def start(self, parent: str) -> Element:
        """The start event of the process or of a sub-process."""
        inside = (one for one in self.elements.values() if one.parent == parent)
        return next(one for one in inside if one.kind == "start")
