"""What is open and what has happened while a test case plays: instances, tasks, jobs, timers,
subscriptions, incidents, decisions. Plain records; ``engine.scenarios.theatre`` moves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from engine.bpmn import Program
from engine.bpmn.changes import JobOpened, Subscribed, TaskOpened
from engine.bpmn.timing import Due
from engine.model import Json

State = Literal["active", "completed", "terminated"]
WaitState = Literal["open", "completed", "cancelled"]


@dataclass(slots=True)
class Visit:
    """One element instance. ``ended`` numbers the endings in an instance from 1; 0 while
    active."""

    token: str
    element_id: str
    name: str
    state: State = "active"
    ended: int = 0


@dataclass(slots=True)
class Instance:
    """One process instance. ``caller`` is (calling instance, token of the call activity);
    ``scopes`` hold the variables by token, "" the process's own. One that is ``mocked`` stands
    for a child process and covers nothing."""

    number: int
    program: Program
    caller: tuple[Instance, str] | None = None
    mocked: bool = False
    state: State = "active"
    saved: bytes = b""
    visits: list[Visit] = field(default_factory=list)
    scopes: dict[str, dict[str, Json]] = field(default_factory=lambda: {"": {}})
    endings: int = 0
    start_key: tuple[str, str] | None = None
    """Process and correlation key, of one that a message started: one runs at a time."""
    by_token: dict[str, Visit] = field(default_factory=dict)

    @property
    def process_id(self) -> str:
        return self.program.process.id

    def enter(self, token: str, element_id: str) -> None:
        visit = Visit(token, element_id, self.element_name(element_id))
        self.visits.append(visit)
        self.by_token[token] = visit

    def leave(self, token: str, state: State) -> None:
        """End the visit of a token, if it is still active."""
        visit = self.by_token.get(token)
        if visit is not None and visit.state == "active":
            self.endings += 1
            visit.state, visit.ended = state, self.endings

    def element_name(self, element_id: str) -> str:
        element = self.program.process.elements.get(element_id)
        return element.name if element else ""

    def property(self, element_id: str, name: str) -> str | None:
        element = self.program.process.elements.get(element_id)
        return element.properties.get(name) if element else None


@dataclass(slots=True)
class Task:
    instance: Instance
    opened: TaskOpened
    state: WaitState = "open"


@dataclass(slots=True)
class Job:
    instance: Instance
    opened: JobOpened
    state: WaitState = "open"


@dataclass(slots=True)
class Timer:
    instance: Instance
    token: str
    due_at: datetime


@dataclass(slots=True)
class StartTimer:
    """The timer of a start event of a process."""

    process_id: str
    start_id: str
    due: Due

    @property
    def due_at(self) -> datetime:
        return self.due.at


@dataclass(slots=True)
class Subscription:
    instance: Instance
    opened: Subscribed
    state: WaitState = "open"
    correlated: int = 0


@dataclass(slots=True)
class Incident:
    instance: Instance
    token: str
    element_id: str
    kind: str
    zh: str


@dataclass(slots=True)
class Call:
    """A call activity that waits for ``child`` (None when it was answered at once)."""

    instance: Instance
    token: str
    child: Instance | None = None


@dataclass(slots=True)
class Message:
    """A published message that still may find a subscription until ``until``."""

    name: str
    key: str
    variables: Mapping[str, Json]
    until: datetime
    reached: set[str] = field(default_factory=set)
    """The processes that have had it, each once."""
    held: list[tuple[str, str]] = field(default_factory=list)
    """What it starts (process id, start event) when the running instance has ended."""


@dataclass(slots=True)
class Stage:
    instances: list[Instance] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    start_timers: list[StartTimer] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    message_ids: set[tuple[str, str, str]] = field(default_factory=set)
    decisions: list[dict[str, Json]] = field(default_factory=list)
    """Records of engine.dmn, the latest last, required decisions before what needs them."""

    def running(self, start_key: tuple[str, str]) -> Instance | None:
        """The running instance that a message of this process and key started."""
        return next(
            (one for one in self.instances if one.start_key == start_key and one.state == "active"),
            None,
        )

    def hearing(self, signal: str) -> list[Subscription]:
        """Who waits for the signal now."""
        return [
            one for one in self.subscriptions
            if one.state == "open" and (one.opened.kind, one.opened.message) == ("signal", signal)
        ]
