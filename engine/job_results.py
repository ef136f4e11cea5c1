"""What a worker may answer besides variables: the choice of an ad-hoc sub-process, the verdict
of a listener."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine import plain
from engine.bpmn import Run
from engine.model import Json


@dataclass(frozen=True, slots=True)
class Choice:
    """Of an ad-hoc sub-process: the inner elements to begin, each with variables of its own;
    ``fulfilled`` ends it, when what runs is done or, with ``cancel_remaining``, at once."""

    elements: tuple[tuple[str, Json], ...] = ()
    fulfilled: bool = False
    cancel_remaining: bool = False


@dataclass(frozen=True, slots=True)
class Denial:
    """Of a task listener: what it hears of (assigning, updating, completing) does not happen;
    ``reason`` is shown to who asked for it."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Corrections:
    """Of a task listener: assignee, dueDate, followUpDate, candidateUsers, candidateGroups,
    priority of its user task as they shall be; null keeps, "" and [] clear."""

    values: Mapping[str, Json]


JobResult = Choice | Denial | Corrections


def answering(token: str, variables: Json, result: JobResult | None) -> Callable[[Run], None]:
    """What completing a job with this answer does to its instance. Raises Invalid for variables
    that are no JSON."""
    values = plain.variables(variables)
    if isinstance(result, Choice):
        elements = [(element, plain.variables(own)) for element, own in result.elements]
        fulfilled, cancel = result.fulfilled, result.cancel_remaining
        return lambda run: run.activate(token, elements, values, fulfilled, cancel)
    if isinstance(result, Denial):
        reason = result.reason.strip()
        return lambda run: run.deny(token, reason)
    if isinstance(result, Corrections):
        corrections = result.values
        return lambda run: run.correct(token, corrections, values)
    return lambda run: run.complete(token, values)
