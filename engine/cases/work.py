"""What is going on in a case: its open tasks, its processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select

from engine import definitions
from engine.tables import history, instances, people, user_tasks


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that waits; ``groups`` are the candidate groups' ids."""

    key: int
    name: str
    assignee: str | None
    assignee_name: str | None
    candidates: tuple[str, ...]
    due_at: datetime | None
    created_at: datetime

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(one[2:] for one in self.candidates if one.startswith("g:"))


@dataclass(frozen=True, slots=True)
class ProcessOfCase:
    """A process instance of the case; a called one names the element that called it."""

    key: int
    name: str
    definition_key: int
    status: str
    parent_key: int | None
    called_at: str | None
    started_at: datetime
    ended_at: datetime | None


def open_tasks(conn: Connection, case_id: int) -> list[OpenTask]:
    """The case's open tasks, the most pressing first."""
    table = user_tasks
    query = (
        select(
            table.c.key, table.c.name, table.c.assignee, people.c.name, table.c.candidates,
            table.c.due_at, table.c.created_at,
        )
        .outerjoin(people, people.c.login == table.c.assignee)
        .where(table.c.case_id == case_id, table.c.state == "created")
        .order_by(table.c.due_at.nulls_last(), table.c.key)
    )
    return [OpenTask(*row[:4], tuple(row[4]), *row[5:]) for row in conn.execute(query)]


def latest_doer(conn: Connection, case_id: int) -> list[str]:
    """The login of who did a task of the case last, if the account is still active."""
    query = (
        select(people.c.login)
        .join(user_tasks, user_tasks.c.ended_by == people.c.login)
        .where(user_tasks.c.case_id == case_id, user_tasks.c.state == "completed",
               people.c.active)
        .order_by(user_tasks.c.ended_at.desc(), user_tasks.c.key.desc()).limit(1)
    )
    return list(conn.scalars(query))


def processes(conn: Connection, case_id: int) -> list[ProcessOfCase]:
    """All process instances of the case, in the order they started."""
    table = instances
    called = and_(
        history.c.case_id == case_id, history.c.instance_key == table.c.parent_key,
        history.c.token == table.c.parent_token, history.c.kind == "element.entered",
    )
    query = (
        select(
            table.c.key, table.c.definition_key, table.c.status, table.c.parent_key,
            history.c.element_id, table.c.started_at, table.c.ended_at,
        )
        .outerjoin(history, called)
        .where(table.c.case_id == case_id)
        .order_by(table.c.key)
    )
    return [
        ProcessOfCase(
            row.key, _name(conn, row.definition_key), row.definition_key, row.status,
            row.parent_key, row.element_id, row.started_at, row.ended_at,
        )
        for row in conn.execute(query).all()
    ]


def _name(conn: Connection, definition_key: int) -> str:
    definition = definitions.by_key(conn, definition_key)
    return definition.name or definition.id
