"""Diagrams as plain values: what the generator makes, the model plays and the writer draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "process", "start", "end", "terminate", "error", "escalate", "escalation end", "cancel",
    "compensate", "compensation end", "link throw", "link catch", "publish", "broadcast",
    "user", "job", "receive", "call", "script", "manual",
    "sub", "event sub", "transaction", "ad hoc",
    "xor", "and", "or", "events", "message", "signal", "timer", "condition", "boundary",
]  # fmt: skip
Trigger = Literal[
    "timer", "cycle", "message", "signal", "condition", "error", "escalation", "cancel",
    "compensation",
]  # fmt: skip

WAITING: dict[str, str] = {
    "user": "task", "job": "job", "call": "call", "receive": "message", "message": "message",
    "signal": "signal", "timer": "timer", "condition": "condition",
}  # fmt: skip
"""Kinds of elements that wait for something outside → what they wait for."""
SUBS = ("process", "sub", "event sub", "transaction")
ACTIVITIES = (*SUBS[1:], "ad hoc", "user", "job", "receive", "call", "script", "manual")
LOOKED_UP = ("error", "escalation", "cancel", "compensation")
"""Triggers that are not armed, but looked up when they are thrown."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``NAME < limit``."""

    name: str
    limit: int


@dataclass(frozen=True, slots=True)
class Expression:
    """``name``, ``name + number``, or the number alone where there is no name."""

    name: str = ""
    number: int = 0


Mapping = tuple[str, Expression]
"""A variable and what it becomes."""


@dataclass(frozen=True, slots=True)
class Collects:
    """An output collection and its output element."""

    into: str
    element: Expression


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
    condition: Condition | None = None
    """Of a conditional event."""
    link: str = ""
    # -- repeated
    rounds: int | None = None
    """Of a multi-instance: its collection is 0, 1, 2 …"""
    sequential: bool = False
    enough: int = 0
    """After how many rounds a multi-instance is complete; 0: after all."""
    again: Condition | None = None
    """Of a standard loop: it goes on while this is true."""
    test_before: bool = False
    most: int = 0
    """The most rounds of a standard loop."""
    # -- variables
    inputs: list[Mapping] = field(default_factory=list)
    outputs: list[Mapping] = field(default_factory=list)
    collects: Collects | None = None
    """Of a multi-instance."""
    gathers: Collects | None = None
    """Of an ad-hoc sub-process."""
    script: Mapping = ("made", Expression("", 2))
    all_parent: bool = True
    all_child: bool = True
    """What a call activity gives to its child, and takes back."""
    # -- ad-hoc sub-processes
    chosen: list[str] = field(default_factory=list)
    """The active elements of an ad-hoc sub-process; none: its job chooses."""
    suffices: int = 0
    """How many results complete an ad-hoc sub-process; 0: all of its inner instances do."""
    in_order: bool = False
    """Whether an ad-hoc sub-process runs one inner instance at a time."""
    cancel_rest: bool = True
    """Whether what still runs inside is cancelled then."""
    # -- compensation
    undo: str = ""
    """Its compensation handler."""
    handles: bool = False
    """Whether it is a compensation handler."""
    undoes: str = ""
    """The activity that a compensation event undoes; "": all of its scope."""
    # -- listeners
    listeners: list[str] = field(default_factory=list)
    """Their events, in order."""

    @property
    def repeats(self) -> bool:
        return self.rounds is not None or self.again is not None


@dataclass(slots=True)
class Flow:
    id: str
    source: str
    target: str
    condition: Condition | None = None


@dataclass(slots=True)
class Diagram:
    """The process itself is an element, too, but not among them."""

    process: Element = field(default_factory=lambda: Element("p", "process", "outside"))
    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)

    def inside(self, parent: str) -> list[Element]:
        return [one for one in self.elements.values() if one.parent == parent]

    def boundaries(self, host: str) -> list[Element]:
        return [one for one in self.elements.values() if one.host == host]

    def event_starts(self, parent: str) -> list[Element]:
        """The start events of the event sub-processes of a scope."""
        return [self.start(one.id) for one in self.inside(parent) if one.kind == "event sub"]

    def start(self, parent: str) -> Element:
        """The start event of the process or of a sub-process."""
        return next(one for one in self.inside(parent) if one.kind == "start")

    def choices(self, ad_hoc: str) -> list[str]:
        """What an ad-hoc sub-process can begin with."""
        return [
            one.id
            for one in self.inside(ad_hoc)
            if not one.incoming and not one.handles and one.kind not in ("boundary", "link catch")
        ]

    def catch(self, throw: Element) -> Element:
        """Where a link goes on."""
        same = (one for one in self.inside(throw.parent) if one.link == throw.link)
        return next(one for one in same if one.kind == "link catch")
