"""The other processes on PostgreSQL: each scenario in lockstep with the runner, with its clock."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine

from engine import Engine, deployment, tasks
from engine.model import File, Json, Person
from engine.resources import kind_of
from engine.scenarios import Coverage, TestCase
from engine.scenarios.clock import instant
from engine.scenarios.theatre import Theatre
from engine.tables import user_tasks
from tests.scenarios.complaint import PROJECT
from tests.scenarios.test_on_database import OnDatabase, in_lockstep
from tests.scenarios.test_other_processes import PROCESSES, library, named, scenarios

PLAYED = [
    (folder, case) for folder, case in scenarios()
    if not any(step.type.startswith("MOCK_") for step in case.instructions)
]


class Elsewhere(OnDatabase):
    """Whoever completes a task is in its groups."""

    def complete(self, element_id: str, values: Json) -> None:
        task = self._first(user_tasks, element_id)
        person = Person(task.assignee or "test", "测试", groups=frozenset(task.candidate_groups))
        with self.engine.unit(person.login) as unit:
            if task.assignee is None:
                tasks.claim(unit, task.key, person)
            tasks.complete(unit, task.key, values, person)


def deploy(engine: Engine, folder: Path) -> None:
    paths = [
        *PROCESSES.glob("*.calendar.json"), *PROCESSES.glob("complaint/*.catalogue.json"),
        *folder.iterdir(), *(PROJECT / "forms").glob("*.form"),
    ]
    files = [File(path.name, path.read_bytes()) for path in paths if kind_of(path.name)]
    with engine.unit("system") as unit:
        deployment.deploy(unit, files)


@pytest.mark.parametrize(("folder", "case"), PLAYED, ids=named)
def test_both_do_the_same(engine: Engine, folder: Path, case: TestCase) -> None:
    with time_machine.travel(instant(case.instructions[0].data["time"]), tick=False) as traveller:
        deploy(engine, folder)
        theatre = Theatre(library(folder), Coverage())
        there = Elsewhere(engine, traveller)
        in_lockstep(case, theatre, there)
