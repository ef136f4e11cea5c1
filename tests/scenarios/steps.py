"""Instructions of test cases, and playing them, for the tests of the runner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.scenarios import Coverage, Outcome, load, play, read

Step = dict[str, Any]


def run(folder: Path, diagram: bytes, *steps: Step, coverage: Coverage | None = None) -> Outcome:
    """Play one test case on one diagram."""
    (folder / "p.bpmn").write_bytes(diagram)
    text = json.dumps({"testCases": [{"name": "case", "instructions": list(steps)}]})
    (case,) = read(text.encode(), "x.test.json")
    return play(case, load([folder]), coverage or Coverage())


def passes(folder: Path, diagram: bytes, *steps: Step, coverage: Coverage | None = None) -> None:
    outcome = run(folder, diagram, *steps, coverage=coverage)
    assert outcome.passed, f"{outcome.step and outcome.step.number}: {outcome.zh}"


def fails(folder: Path, diagram: bytes, *steps: Step) -> str:
    """Why the last step, and no other, fails."""
    outcome = run(folder, diagram, *steps)
    assert outcome.step is not None, "passed"
    assert outcome.step.number == len(steps), f"{outcome.step.number}: {outcome.zh}"
    return outcome.zh


def create(process_id: str = "p", **variables: Any) -> Step:
    return {"type": "CREATE_PROCESS_INSTANCE", "variables": variables,
            "processDefinitionSelector": {"processDefinitionId": process_id}}


def of(process_id: str = "p") -> Step:
    return {"processInstanceSelector": {"processDefinitionId": process_id}}


def is_(state: str, process_id: str = "p", **more: Any) -> Step:
    return {"type": "ASSERT_PROCESS_INSTANCE", **of(process_id), "state": state, **more}


def variables(**values: Any) -> Step:
    return {"type": "ASSERT_VARIABLES", **of(), "variables": values}


def element(element_id: str, state: str, **more: Any) -> Step:
    return {"type": "ASSERT_ELEMENT_INSTANCE", **of(),
            "elementSelector": {"elementId": element_id}, "state": state, **more}


def elements(state: str, *ids: str) -> Step:
    return {"type": "ASSERT_ELEMENT_INSTANCES", **of(), "state": state,
            "elementSelectors": [{"elementId": one} for one in ids]}


def user_task(**expected: Any) -> Step:
    selector = {"userTaskSelector": {"processDefinitionId": "p"}}
    return {"type": "ASSERT_USER_TASK", **selector, **expected}


def complete(element_id: str, **values: Any) -> Step:
    return {"type": "COMPLETE_USER_TASK", "userTaskSelector": {"elementId": element_id},
            "variables": values}


def later(duration: str) -> Step:
    return {"type": "INCREASE_TIME", "duration": duration}


NINE = {"type": "SET_TIME", "time": "2026-03-02T09:00:00+08:00"}
DONE = is_("IS_COMPLETED")
