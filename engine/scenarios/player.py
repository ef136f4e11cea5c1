"""Plays one test case: its instructions in order, until the first that fails."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import BihuanError
from engine.scenarios.actions import ACTIONS
from engine.scenarios.assertions import ASSERTIONS
from engine.scenarios.coverage import Coverage
from engine.scenarios.failure import Undecided
from engine.scenarios.library import Library
from engine.scenarios.reading import Instruction, TestCase
from engine.scenarios.theatre import Theatre


@dataclass(frozen=True, slots=True)
class Note:
    """An assertion that could not be judged, and why."""

    step: Instruction
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """``step`` is the instruction that failed, ``zh``/``en`` why; None and "" when none did.
    ``undecided`` are the assertions that could not be judged here."""

    case: TestCase
    step: Instruction | None = None
    zh: str = ""
    en: str = ""
    undecided: tuple[Note, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything was asserted and held."""
        return self.step is None and not self.undecided

    @property
    def failed(self) -> bool:
        return self.step is not None


def play(case: TestCase, library: Library, coverage: Coverage) -> Outcome:
    """Never raises for what the test case or the process does wrong. The clock begins at the
    real present unless the case begins with SET_TIME."""
    library.clock.reset()
    theatre = Theatre(library, coverage)
    undecided: list[Note] = []
    for step in case.instructions:
        do = ACTIONS.get(step.type) or ASSERTIONS[step.type]
        try:
            do(theatre, step.data)
        except Undecided as error:
            undecided.append(Note(step, error.zh, error.en))
        except BihuanError as error:
            return Outcome(case, step, error.zh, error.en, tuple(undecided))
    return Outcome(case, undecided=tuple(undecided))
