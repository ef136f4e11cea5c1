"""What one step did to an instance: ordered, plain values that the store turns into rows.

A *token* is the id (uuid hex) of one element instance: a user task that waits, a boundary
event that listens, a call activity whose child runs. Every wait opens under its token and
is closed by exactly one ``WaitEnded`` of the same token.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from engine.bpmn.attributes import LATEST
from engine.model import Binding, Json


@dataclass(frozen=True, slots=True)
class ElementEntered:
    token: str
    element_id: str
    scope: str
    """Token of the enclosing sub-process, or ``""`` for the process itself."""


@dataclass(frozen=True, slots=True)
class ElementLeft:
    token: str
    element_id: str
    how: Literal["completed", "cancelled"]


@dataclass(frozen=True, slots=True)
class FlowTaken:
    flow_id: str


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """A user task waits (``zeebe:assignmentDefinition``, ``taskSchedule``, ``priorityDefinition``,
    ``formDefinition``), its FEEL attributes evaluated."""

    token: str
    element_id: str
    name: str
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int = 50
    form_id: str | None = None
    form_binding: Binding = LATEST
    listened: bool = False
    """Whether it has task listeners: then who assigns or updates it asks the run."""


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What task listeners hear of at the user task of this token: ``asked`` of them, ``done``
    when all have agreed, ``denied`` by one. ``event`` is "assigning", "updating", "completing"
    or "canceling", ``action`` what was asked for (assign, claim, unassign, update …)."""

    token: str
    element_id: str
    event: str
    how: Literal["asked", "done", "denied"]
    action: str
    values: dict[str, Any] = field(default_factory=dict)
    """What has changed, by the names of ``TaskOpened``."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JobOpened:
    """A job for a worker (service, send, script-by-job … with ``zeebe:taskDefinition``)."""

    token: str
    element_id: str
    type: str
    retries: int
    headers: dict[str, str]
    variables: dict[str, Json]
    """All variables visible at the element, locals first."""
    listener: str | None = None
    """The event of the execution listener ("start", "end") or task listener ("creating",
    "assigning", "updating", "completing", "canceling") that this job is; None: the job of the
    element itself."""
    host: str = ""
    """The token of the element that a listener's job listens at."""


@dataclass(frozen=True, slots=True)
class TimerSet:
    token: str
    element_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Waits for a message or signal of the name ``message``. ``properties`` are the element's
    ``zeebe:properties``: the web draws a button for a subscription with ``action.label`` (see
    docs/architecture.md)."""

    token: str
    element_id: str
    message: str
    correlation_key: str
    interrupting: bool
    properties: dict[str, str] = field(default_factory=dict)
    kind: Literal["message", "signal"] = "message"
    """A signal has the correlation key ``""``."""


@dataclass(frozen=True, slots=True)
class Called:
    """A call activity waits for a child instance that the caller of the step must start."""

    token: str
    element_id: str
    process_id: str
    binding: Binding
    variables: dict[str, Json]


@dataclass(frozen=True, slots=True)
class WaitEnded:
    """The task, job, timer, subscription or call of this token waits no more."""

    token: str
    how: Literal["completed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Published:
    """A message throw or end event published a message."""

    token: str
    element_id: str
    message: str
    correlation_key: str
    variables: dict[str, Json]
    time_to_live_s: int


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A signal throw or end event: it is for everybody who waits for the name now."""

    token: str
    element_id: str
    signal: str
    variables: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Decided:
    """A business rule task was evaluated; ``record`` explains it (inputs, rules, outputs)."""

    token: str
    element_id: str
    decision_id: str
    record: dict[str, Json]


@dataclass(frozen=True, slots=True)
class ClockStarted:
    """A clock of the case begins or gets a new limit (extension properties ``clock.…``)."""

    token: str
    element_id: str
    name: str
    of: str
    """Whose clock it is, where several of one name run; "" is nobody's in particular."""
    limit: dict[str, Json]
    """``span``, ``clock``, ``due_at``, ``warn_before`` as the table of limits gives them."""
    due: str
    since: str | None
    variable: str | None
    """The variable that holds ``due`` in the process."""
    agreed: dict[str, Json] | None
    seen: dict[str, Json]
    """All variables visible at the element."""
    reason: str = ""
    """Why a clock that runs gets another limit."""


@dataclass(frozen=True, slots=True)
class ClocksMarked:
    """Clocks of the case stop, are cancelled, pause or go on; ``*`` among the names: all."""

    token: str
    element_id: str
    act: str
    names: tuple[str, ...]
    of: str
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """What extension properties of an element that is done say about the case and its customer
    (``customer.mark``, ``case.link``, ``case.merge`` …): values by property."""

    token: str
    element_id: str
    values: dict[str, Json]


@dataclass(frozen=True, slots=True)
class TaskMoved:
    """The due time of a user task that waits has changed."""

    token: str
    element_id: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandedDown:
    """What the processes that this one has called, and that still run, are to have as well, by
    ``Run.heed``: due times that were decided anew (extension property ``clock.moves``), and what
    ``Run.hand_down`` was given."""

    values: dict[str, Json]


@dataclass(frozen=True, slots=True)
class VariablesChanged:
    scope: str
    """Token of the scope, ``""`` for the process."""
    values: dict[str, Json]


@dataclass(frozen=True, slots=True)
class IncidentRaised:
    """The element could not go on; it waits until the incident is resolved and then retries."""

    token: str
    element_id: str
    kind: str
    """Zeebe's error types: IO_MAPPING_ERROR, EXTRACT_VALUE_ERROR, CONDITION_ERROR,
    CALLED_DECISION_ERROR, CALLED_ELEMENT_ERROR, FORM_NOT_FOUND, UNHANDLED_ERROR_EVENT,
    JOB_NO_RETRIES, TASK_LISTENER_NO_RETRIES …"""
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class IncidentCleared:
    token: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The instance is over. ``error``/``escalation`` codes go to the calling call activity."""

    how: Literal["completed", "terminated", "error"]
    variables: dict[str, Json]
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Escalated:
    """An escalation that nothing caught inside; the calling call activity may catch it."""

    code: str | None
    variables: dict[str, Json]


Change = (
    ElementEntered
    | ElementLeft
    | FlowTaken
    | TaskOpened
    | TaskChange
    | JobOpened
    | TimerSet
    | Subscribed
    | Called
    | WaitEnded
    | Published
    | Broadcast
    | Decided
    | ClockStarted
    | ClocksMarked
    | Told
    | TaskMoved
    | HandedDown
    | VariablesChanged
    | IncidentRaised
    | IncidentCleared
    | Ended
    | Escalated
)
