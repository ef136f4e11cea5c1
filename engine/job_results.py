"""What a worker may answer besides variables: the choice of an ad-hoc sub-process, the verdict
of a listener."""

from __future__ import annotations

from collections.abc import Callable
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
    """Of a completing listener: the user task is not completed and waits on."""

    reason: str = ""


JobResult = Choice | Denial


def answering(token: str, variables: Json, result: Choice | None) -> Callable[[Run], None]:
    """What completing a job with this answer does to its instance. Raises Invalid for variables
    that are no JSON."""
    values = plain.variables(variables)
    if isinstance(result, Choice):
        elements = [(element, plain.variables(own)) for element, own in result.elements]
        fulfilled, cancel = result.fulfilled, result.cancel_remaining
        return lambda run: run.activate(token, elements, values, fulfilled, cancel)
    return lambda run: run.complete(token, values)
