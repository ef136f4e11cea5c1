"""What a BPMN file says, as frozen values: the product of ``parse``, the input of everything else.

Texts that begin with ``=`` are FEEL, all others are static strings (Zeebe's rule); they are kept
here as written and compiled by ``compile_process``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.bpmn.attributes import (
    AdHoc,
    EventDefinition,
    JobDefinition,
    Listener,
    Loop,
    Mapping,
    Reference,
    Repeat,
    Script,
    TimerKind,
    UserTaskDefinition,
)

SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
_OTHER_END = {
    "intermediateThrowEvent": "intermediateCatchEvent",
    "intermediateCatchEvent": "intermediateThrowEvent",
}


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node. ``type`` is its BPMN tag; ``parent`` the id of the sub-process around it,
    None directly in the process. ``form``, ``task_type`` and ``called`` are the ids it refers
    to where they are static, else None."""

    id: str
    type: str
    name: str
    parent: str | None
    properties: dict[str, str] = field(default_factory=dict)
    documentation: str = ""
    form: str | None = None
    task_type: str | None = None
    called: str | None = None
    line: int | None = None
    event: EventDefinition | None = None
    attached_to: str | None = None
    interrupting: bool = True
    default: str | None = None
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    """Ids of sequence flows, in the order of the file."""
    inputs: tuple[Mapping, ...] = ()
    outputs: tuple[Mapping, ...] = ()
    loop: Loop | None = None
    job: JobDefinition | None = None
    user: UserTaskDefinition | None = None
    reference: Reference | None = None
    script: Script | None = None
    event_sub_process: bool = False
    repeat: Repeat | None = None
    ad_hoc: AdHoc | None = None
    listeners: tuple[Listener, ...] = ()
    compensates: bool = False
    """Whether it is a compensation handler (``isForCompensation``)."""
    handler: str | None = None
    """The compensation handler that a compensation boundary event is associated with."""
    unknown: tuple[tuple[str, int | None], ...] = ()
    """Parts with a meaning that we do not carry out: (tag, line); lint refuses them."""


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    name: str
    source: str
    target: str
    condition: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """A start event of the process itself. ``timer`` is (kind, text) as in EventDefinition;
    ``message`` and ``signal`` are names."""

    id: str
    kind: str
    message: str | None = None
    timer: tuple[TimerKind, str] | None = None
    signal: str | None = None
    condition: str | None = None
    timer_condition: str | None = None
    """FEEL that rules out times of a cycle: the property ``timer.condition``."""


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    id: str
    name: str
    version_tag: str | None
    executable: bool
    starts: tuple[Start, ...]
    elements: dict[str, Element]
    flows: dict[str, Flow]
    line: int | None = None
    unknown: tuple[tuple[str, int | None], ...] = ()
    listeners: tuple[Listener, ...] = ()
    """Its own execution listeners."""

    @property
    def itself(self) -> Element:
        """The process as an element, for what is said of it and of elements alike."""
        return Element(
            self.id, "process", self.name, None, line=self.line, listeners=self.listeners
        )

    def children(self, parent: str | None) -> Iterator[Element]:
        """The flow nodes directly inside a sub-process (None: the process)."""
        return (element for element in self.elements.values() if element.parent == parent)

    def boundaries(self, host: str) -> Iterator[Element]:
        """The boundary events attached to an activity."""
        return (element for element in self.elements.values() if element.attached_to == host)

    def scopes(self) -> list[str | None]:
        """The process (None) and every sub-process in it that has elements of its own."""
        return [None, *(e.id for e in self.elements.values() if e.type in SUB_PROCESSES)]

    @property
    def callable(self) -> bool:
        """Whether a call activity can start it: it has a plain start event."""
        return any(start.kind == "none" for start in self.starts)

    def event_start(self, sub_process: str) -> Element | None:
        """The start event of an event sub-process."""
        return next((e for e in self.children(sub_process) if e.type == "startEvent"), None)

    def links(self, element: Element) -> tuple[Element, ...]:
        """The link events of the same scope and name at the other end of a link event."""
        event = element.event
        if event is None or event.kind != "link":
            return ()
        other = _OTHER_END.get(element.type)
        return tuple(
            e
            for e in self.children(element.parent)
            if e.type == other and e.event and (e.event.kind, e.event.name) == ("link", event.name)
        )


def may_be_chosen(element: Element) -> bool:
    """Whether an ad-hoc sub-process around the element may begin with it."""
    return not (
        element.incoming
        or element.attached_to
        or element.compensates
        or element.event_sub_process
        or element.type in ("startEvent", "boundaryEvent")
        or (element.event and element.event.kind == "link" and element.type.endswith("CatchEvent"))
    )


@dataclass(frozen=True, slots=True)
class Definition:
    """A message, signal, error or escalation of the file; ``used``: something refers to it."""

    id: str
    kind: str
    name: str
    used: bool
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a shape is drawn; shapes of one ``plane`` are drawn on one page."""

    x: float
    y: float
    width: float
    height: float
    plane: int = 0

    def overlaps(self, other: Bounds) -> bool:
        """Whether they share more than an edge."""
        beside = self.x + self.width <= other.x or other.x + other.width <= self.x
        above = self.y + self.height <= other.y or other.y + other.height <= self.y
        return self.plane == other.plane and not (beside or above)

    def holds(self, other: Bounds) -> bool:
        """Whether the other one lies within, or on another page."""
        wide = self.x <= other.x and other.x + other.width <= self.x + self.width
        high = self.y <= other.y and other.y + other.height <= self.y + self.height
        return self.plane != other.plane or (wide and high)


@dataclass(frozen=True, slots=True)
class Diagram:
    """One file. ``shapes`` are the ids that have a drawing (shape or edge); ``repeated`` are
    ids used more than once with the lines of the later uses."""

    filename: str
    processes: tuple[ProcessInfo, ...]
    shapes: frozenset[str] = frozenset()
    repeated: tuple[tuple[str, int | None], ...] = ()
    dialect: str = "zeebe"
    """"zeebe", or "camunda" for a file drawn for Camunda 7."""
    defined: frozenset[str] = frozenset()
    """Ids of what stands beside the processes: messages, signals, errors, escalations."""
    definitions: tuple[Definition, ...] = ()
    bounds: dict[str, Bounds] = field(default_factory=dict)
    """By id, where each shape is drawn."""

    def process(self, process_id: str) -> ProcessInfo | None:
        return next((p for p in self.processes if p.id == process_id), None)
