"""What a running instance asks of the world: the time, decisions, and who catches its errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine import bpmn, definitions
from engine.feel import to_json
from engine.model import Binding, Json

if TYPE_CHECKING:
    from engine.definitions import Process
    from engine.step import Step


@dataclass(frozen=True, slots=True)
class Parent:
    """The call activity that an instance was called by."""

    key: int
    token: str


class StepWorld(bpmn.World):
    """The world of one instance within one step."""

    def __init__(self, step: Step, process: Process, parent: Parent | None) -> None:
        self._step = step
        self._process = process
        self._parent = parent

    def now(self) -> datetime:
        """The step's moment, in the zone of the installation."""
        unit = self._step.unit
        return unit.now.astimezone(unit.engine.zone)

    def decide(
        self, decision_id: str, binding: Binding, variables: dict[str, Json]
    ) -> tuple[Json, dict[str, Json]]:
        """Evaluate the bound version; NotFound if there is none. The record names the version."""
        conn, number = self._step.unit.conn, self._step.number
        bound = self._process.definition
        definition = definitions.resolve(conn, number, "decision", decision_id, binding, bound)
        if definition is None:
            raise definitions.missing("decision", decision_id)
        _, functions = definitions.functions_at(conn, number)
        model = definitions.decision_model(conn, definition)
        evaluation = model.evaluate(decision_id, variables, functions)
        version = {"version": definition.version, "definition": definition.key}
        return to_json(evaluation.value), evaluation.record | version

    def catches_error(self, code: str) -> bool:
        """Whether a caller, or a caller's caller, has a boundary event for the error."""
        if self._parent is None:
            return False
        caller = self._step.member(self._parent.key)
        element_id = dict(caller.run.active()).get(self._parent.token)
        if element_id is not None and caller.process.program.catches_error(element_id, code):
            return True
        return StepWorld(self._step, caller.process, caller.parent).catches_error(code)


class Looking(bpmn.World):
    """The world of a run that is only looked at, never moved."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    def decide(
        self, decision_id: str, binding: Binding, variables: dict[str, Json]
    ) -> tuple[Json, dict[str, Json]]:
        """Nothing is decided by looking."""
        raise AssertionError("a run that is only looked at does not move")
