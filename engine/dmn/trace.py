"""What happens during one evaluation: limits, problems, and the record for history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.feel import FeelError, to_json
from engine.feel.limits import DEFAULT, Limits, Meter
from engine.feel.text import short_text
from engine.feel.values import Value

MAX_SHOWN = 2000
"""Characters of one value that a record keeps."""
_SHOWN = Limits(steps=2_000)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that made a value null: ``kind`` is a stable slug; ``fatal`` ones mean that the
    decision has no valid result."""

    kind: str
    zh: str
    en: str
    element_id: str = ""
    fatal: bool = True


class Trace(Meter):
    """The meter of a decision's evaluation."""

    __slots__ = ("problems", "record")

    def __init__(self, limits: Limits = DEFAULT) -> None:
        super().__init__(limits)
        self.problems: list[Problem] = []
        self.record: dict[str, Any] = {}

    def problem(self, problem: Problem) -> None:
        if len(self.problems) < 50:
            self.problems.append(problem)

    def inputs(self, values: dict[str, Value]) -> None:
        """Note what the current decision was given."""
        if self.record:
            self.record["inputs"].update({name: shown(value) for name, value in values.items()})

    def rules(self, matched: list[dict[str, Any]]) -> None:
        """Note which rules of the current decision's table matched."""
        if self.record:
            self.record["rules"].extend(matched)


def new_record(identity: str, name: str) -> dict[str, Any]:
    """An empty record of a decision."""
    return {
        "decision": identity,
        "name": name,
        "inputs": {},
        "rules": [],
        "output": None,
        "required": [],
    }


def shown(value: Value) -> Any:
    """The value as plain JSON for a record; what JSON cannot hold, or is too large, as text."""
    try:
        if type(value) is list or type(value) is dict:
            Meter(_SHOWN).weigh(value)
        plain = to_json(value)
    except FeelError:
        return short_text(value, MAX_SHOWN)
    if isinstance(plain, str) and len(plain) > MAX_SHOWN:
        return plain[:MAX_SHOWN] + "…"
    return plain
