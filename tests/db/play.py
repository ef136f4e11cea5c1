"""Playing with an engine in tests: deploy, start, complete, look."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Table, select

from engine import Engine, deployment, run, tasks
from engine.deployment import Deployment
from engine.model import File, Json, Person
from engine.run import Started
from engine.tables import history, instances, user_tasks
from tests.unit.bpmn.drawing import definitions, end, flows, process, start, user, z

LI = Person("li", "李四")
WANG = Person("wang", "王五", groups=frozenset({"intake"}))
ZHAO = Person("zhao", "赵六", groups=frozenset({"intake"}))
BOSS = Person("boss", "主管", roles=frozenset({"supervisor"}))


def mine(login: str = "li") -> str:
    """The assignment of a user task."""
    return z("assignmentDefinition", assignee=login)


def of_group(group: str = "intake") -> str:
    """Candidates of a user task."""
    return z("assignmentDefinition", candidateGroups=group)


def steps(*names: str, id_: str = "p") -> bytes:
    """A process of user tasks in a row, all of them li's."""
    chain = " ".join(["start", *names, "end"])
    return definitions(
        process(
            start(), *(user(name, mine(), name=f"步骤{name}") for name in names), end(),
            flows(chain), id_=id_,
        )
    )  # fmt: skip


class Play:
    """What the tests do, in transactions of their own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def deploy(self, files: dict[str, bytes]) -> Deployment:
        with self.engine.unit("system") as unit:
            return deployment.deploy(unit, [File(name, it) for name, it in files.items()])

    def start(self, process_id: str = "p", variables: Json = None, **more: Any) -> Started:
        with self.engine.unit("li") as unit:
            return run.start(unit, process_id, variables or {}, **more)

    def complete(self, key: int, variables: Json = None, person: Person = LI) -> None:
        with self.engine.unit(person.login) as unit:
            tasks.complete(unit, key, variables or {}, person)

    def open(self, case_id: int) -> dict[str, int]:
        """Keys of the open user tasks of a case by element id."""
        rows = self.rows(user_tasks, case_id=case_id, state="created")
        return {row.element_id: row.key for row in rows}

    def do(self, case_id: int, element_id: str, variables: Json = None) -> None:
        """Complete the open task of an element as its assignee li."""
        self.complete(self.open(case_id)[element_id], variables)

    def rows(self, table: Table, **equal: Any) -> list[Row[Any]]:
        query = select(table).where(*(table.c[name] == value for name, value in equal.items()))
        with self.engine.read() as conn:
            return list(conn.execute(query.order_by(*table.primary_key.columns)))

    def row(self, table: Table, **equal: Any) -> Row[Any]:
        (found,) = self.rows(table, **equal)
        return found

    def status(self, instance_key: int) -> str:
        return str(self.row(instances, key=instance_key).status)

    def kinds(self, case_id: int) -> list[str]:
        """The kinds of the history's entries, in order."""
        return [row.kind for row in self.rows(history, case_id=case_id)]

    def variables(self, instance_key: int) -> dict[str, Json]:
        with self.engine.read() as conn:
            return run.variables(conn, instance_key)
