"""Plays one test case: its instructions in order, until the first that fails."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import BihuanError
from engine.scenarios.actions import ACTIONS
from engine.scenarios.assertions import ASSERTIONS
from engine.scenarios.coverage import Coverage
from engine.scenarios.library import Library
from engine.scenarios.reading import Instruction, TestCase
from engine.scenarios.theatre import Theatre


@dataclass(frozen=True, slots=True)
class Outcome:
    """``step`` is the instruction that failed, ``zh``/``en`` why; None and "" when passed."""

    case: TestCase
    step: Instruction | None = None
    zh: str = ""
    en: str = ""

    @property
    def passed(self) -> bool:
        return self.step is None


def play(case: TestCase, library: Library, coverage: Coverage) -> Outcome:
    """Never raises for what the test case or the process does wrong. The clock of the library
    stands where the case before left it unless the case begins with SET_TIME."""
    theatre = Theatre(library, coverage)
    for step in case.instructions:
        do = ACTIONS.get(step.type) or ASSERTIONS[step.type]
        try:
            do(theatre, step.data)
        except BihuanError as error:
            return Outcome(case, step, error.zh, error.en)
    return Outcome(case)
