"""What a running instance asks of the world around it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from engine.model import Binding, Json


class World(Protocol):
    """Implemented by the use cases and by the scenario runner. Subclass it explicitly to
    inherit the default of ``catches_error``."""

    def now(self) -> datetime:
        """The present moment, with offset."""
        ...

    def decide(
        self, decision_id: str, binding: Binding, variables: dict[str, Json]
    ) -> tuple[Json, dict[str, Json]]:
        """Evaluate a decision: its value and the record that explains it (engine.dmn).
        Any BihuanError it raises becomes an incident at the business rule task."""
        ...

    def catches_error(self, code: str) -> bool:
        """Whether an error of this code, thrown out of the instance, would be caught by a
        boundary event of the instances that called it (``Program.catches_error``). The error
        then ends this instance; otherwise it becomes an incident where it was thrown."""
        return False
