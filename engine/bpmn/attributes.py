"""What one element of a diagram says about itself, as written: timers, messages, mappings,
jobs, references. Texts that begin with ``=`` are FEEL, all others are static strings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from engine.model import Binding

TimerKind = Literal["date", "duration", "cycle"]
LATEST = Binding()
TASK_EVENTS = ("creating", "assigning", "updating", "completing", "canceling")
"""What task listeners hear of, in Zeebe's order."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """One ``zeebe:input`` or ``zeebe:output``: ``target`` may be a path (``customer.name``)."""

    source: str
    target: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """``zeebe:conditionalFilter``: the changes after which a condition is read again; empty:
    all. ``events`` are "create" and "update"."""

    names: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """``kind`` is the definition's tag without ``EventDefinition`` ("timer", "message",
    "error" …), "none" for a plain event and "multiple" for several definitions. ``code`` is an
    error's or escalation's code; None catches every code. ``name`` is the name of the message,
    signal or link. ``activity`` is what a compensation throw event undoes; None: its scope;
    ``waits``: whether it goes on only when that is done."""

    kind: str = "none"
    timer: tuple[TimerKind, str] | None = None
    name: str | None = None
    correlation_key: str | None = None
    code: str | None = None
    reference: str | None = None
    """Id of the message, error … that the definition names, whether it exists or not."""
    line: int | None = None
    condition: str | None = None
    watched: Watched | None = None
    activity: str | None = None
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Repeat:
    """``standardLoopCharacteristics``: again while ``condition`` (FEEL) is true, at most
    ``maximum`` times; asked before the first round, too, with ``test_before``."""

    condition: str | None
    maximum: str | None = None
    test_before: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True)
class AdHoc:
    """``zeebe:adHoc`` and the completion condition of an ad-hoc sub-process. ``active`` is the
    collection of the elements to begin with."""

    active: str | None = None
    completion_condition: str | None = None
    cancel_remaining: bool = True
    output_collection: str | None = None
    output_element: str | None = None
    sequential: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """``zeebe:executionListener`` ("start", "end") or ``zeebe:taskListener`` ("creating",
    "completing" …)."""

    event: str
    job: JobDefinition
    line: int | None = None
    of_task: bool = False
    """Whether it is a task listener."""


@dataclass(frozen=True, slots=True)
class Loop:
    """``multiInstanceLoopCharacteristics`` with ``zeebe:loopCharacteristics``. ``cardinality``
    is BPMN's number of instances, used where there is no collection."""

    sequential: bool
    input_collection: str | None
    input_element: str | None = None
    output_collection: str | None = None
    output_element: str | None = None
    completion_condition: str | None = None
    line: int | None = None
    cardinality: str | None = None


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """``zeebe:taskDefinition`` and ``zeebe:taskHeaders``."""

    type: str
    retries: str = "3"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserTaskDefinition:
    """The ``zeebe:`` attributes of a user task, as written."""

    assignee: str | None = None
    candidate_users: str | None = None
    candidate_groups: str | None = None
    due: str | None = None
    follow_up: str | None = None
    priority: str | None = None
    form_id: str | None = None
    form_binding: Binding = LATEST


@dataclass(frozen=True, slots=True)
class Reference:
    """A called process or decision: ``target`` may be FEEL. ``result`` is a decision's result
    variable; ``all_parent``/``all_child`` are a call activity's propagation switches."""

    target: str
    binding: Binding = LATEST
    result: str | None = None
    all_parent: bool = True
    all_child: bool = True


@dataclass(frozen=True, slots=True)
class Script:
    expression: str
    result: str
