"""What instances wait for, as rows: user tasks, jobs, timers, subscriptions, incidents.

The changes of one step are collected and written with one statement a table. A wait that
opens and ends within the step leaves no trace, except tasks and jobs, which are records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Table, func, select, update

from engine.bpmn.changes import IncidentRaised, JobOpened, Subscribed, TaskChange, TaskOpened
from engine.model import Json
from engine.store import queue
from engine.store.rows import Batch, as_json
from engine.store.unit import Unit
from engine.tables import incidents, jobs, subscriptions, timers, user_tasks

How = Literal["completed", "cancelled"]
_Wait = tuple[int, str]
"""Instance key and token."""


class Waits:
    """The waits of one case's instances that this transaction opens and ends."""

    def __init__(self, unit: Unit, case_id: int) -> None:
        self._unit = unit
        self._case_id = case_id
        self._open: dict[Table, dict[_Wait, dict[str, Any]]] = {
            user_tasks: {},
            jobs: {},
            timers: {},
            subscriptions: {},
            incidents: {},
        }
        self._done: list[tuple[Table, dict[str, Any]]] = []
        self._ended: dict[_Wait, How] = {}
        self._moved: dict[_Wait, datetime | None] = {}
        self.ended: set[_Wait] = set()
        """Every wait that ended in this transaction."""
        self.asked: set[_Wait] = set()
        """The tasks whose listeners hear of something since this transaction."""

    def open_task(
        self, instance_key: int, definition_key: int, change: TaskOpened, form_key: int | None
    ) -> int:
        """A user task; returns its key."""
        now = self._unit.now
        return self._add(
            user_tasks,
            (instance_key, change.token),
            definition_key=definition_key,
            element_id=change.element_id,
            name=change.name,
            state="created",
            assignee=change.assignee,
            candidate_users=change.candidate_users,
            candidate_groups=change.candidate_groups,
            candidates=_candidates(change.candidate_users, change.candidate_groups),
            priority=change.priority,
            due_at=change.due_at,
            follow_up_at=change.follow_up_at,
            form_key=form_key,
            listened=change.listened,
            created_at=now,
            assigned_at=now if change.assignee else None,
        )

    def move_task(self, instance_key: int, token: str, due_at: datetime | None) -> None:
        """The due time of an open task is another."""
        wait = (instance_key, token)
        opened = self._open[user_tasks].get(wait)
        if opened is not None:
            opened["due_at"] = due_at
        elif wait not in self._ended:
            self._moved[wait] = due_at

    def change_task(self, instance_key: int, change: TaskChange) -> dict[str, Any]:
        """Write down what listeners hear of at a task, or have agreed to or denied. Returns
        ``key``, ``name`` and ``move``: what they heard of until now, if anything."""
        wait = (instance_key, change.token)
        self.asked = self.asked | {wait} if change.how == "asked" else self.asked - {wait}
        opened = self._open[user_tasks].get((instance_key, change.token))
        if opened is not None:
            before = opened.get("moving")
            opened |= self._told(change, before)
            return {"key": opened["key"], "name": opened["name"], "move": before}
        found = self._unit.conn.execute(
            select(user_tasks.c.key, user_tasks.c.name, user_tasks.c.moving.label("move"))
            .where(user_tasks.c.instance_key == instance_key, user_tasks.c.token == change.token)
            .order_by(user_tasks.c.key.desc())
            .limit(1)
        ).one_or_none()
        if found is None:
            return {"key": None, "name": "", "move": None}
        values = self._told(change, found.move)
        self._unit.conn.execute(
            update(user_tasks).where(user_tasks.c.key == found.key).values(values)
        )
        return dict(found._mapping)

    def _told(self, change: TaskChange, before: dict[str, Any] | None) -> dict[str, Any]:
        now = self._unit.now
        move = {"event": change.event, "action": change.action}
        if change.how == "asked":
            return {"moving": {**move, "by": self._unit.actor, "at": now.isoformat()}}
        values: dict[str, Any] = {"moving": None, "denied": None, **change.values}
        if change.how == "denied":
            asked = before or {**move, "by": None}
            values["denied"] = {**asked, "reason": change.reason, "at": now.isoformat()}
            values["ended_by"] = None
        if "assignee" in values:
            values["assigned_at"] = now if values["assignee"] else None
        if "candidate_users" in values and "candidate_groups" in values:
            values["candidates"] = _candidates(
                values["candidate_users"], values["candidate_groups"]
            )
        return values

    def task_key(self, instance_key: int, token: str) -> int | None:
        """The key of the newest task of a token."""
        opened = self._open[user_tasks].get((instance_key, token))
        if opened is not None:
            return int(opened["key"])
        return self._unit.conn.execute(
            select(func.max(user_tasks.c.key)).where(
                user_tasks.c.instance_key == instance_key, user_tasks.c.token == token
            )
        ).scalar()

    def open_job(self, instance_key: int, change: JobOpened) -> int:
        """A job; returns its key."""
        return self._add(
            jobs,
            (instance_key, change.token),
            element_id=change.element_id,
            type=change.type,
            listener=change.listener,
            state="created",
            retries=change.retries,
            retries_given=max(change.retries, 1),
            headers=change.headers,
            variables=change.variables,
            created_at=self._unit.now,
        )

    def set_timer(self, instance_key: int, token: str, element_id: str, due_at: datetime) -> int:
        """A timer; returns its key."""
        wait = (instance_key, token)
        return self._add(timers, wait, element_id=element_id, due_at=due_at)

    def subscribe(self, instance_key: int, change: Subscribed) -> int:
        """A subscription; returns its key."""
        return self._add(
            subscriptions,
            (instance_key, change.token),
            element_id=change.element_id,
            kind=change.kind,
            name=change.message,
            correlation_key=change.correlation_key,
            interrupting=change.interrupting,
            properties=change.properties,
            created_at=self._unit.now,
        )

    def raise_incident(
        self,
        instance_key: int,
        change: IncidentRaised,
        *,
        job_key: int | None = None,
        data: Json = None,
    ) -> int:
        """An incident; ``data`` is what resolving it needs. Returns its key."""
        return self._add(
            incidents,
            (instance_key, change.token),
            element_id=change.element_id,
            job_key=job_key,
            kind=change.kind,
            zh=change.zh,
            en=change.en,
            data=data or {},
            state="open",
            raised_at=self._unit.now,
        )

    def end(self, instance_key: int, token: str, how: How) -> None:
        """Whatever waits under the token waits no more; its incidents are resolved."""
        wait = (instance_key, token)
        self.ended.add(wait)
        found = False
        self._moved.pop(wait, None)
        for table, rows in self._open.items():
            row = rows.pop(wait, None)
            if row is None:
                continue
            found = True
            if table in (user_tasks, jobs):
                row |= {"state": how, "ended_at": self._unit.now}
                self._done.append((table, row))
        if not found:
            self._ended[wait] = how

    def clear_incident(self, instance_key: int, token: str) -> None:
        """The incident of the token is resolved; its wait, if any, goes on."""
        wait = (instance_key, token)
        if self._open[incidents].pop(wait, None) is None:
            self._ended.setdefault(wait, "completed")

    def subscribed(self, kind: str, name: str, correlation_key: str) -> list[tuple[int, str, str]]:
        """The subscriptions opened here, not yet written, that such a message or signal would
        find: instance, token, element."""
        return [
            (*wait, row["element_id"])
            for wait, row in self._open[subscriptions].items()
            if (row["kind"], row["name"], row["correlation_key"]) == (kind, name, correlation_key)
        ]

    def any_cancelled(self) -> bool:
        """Whether a wait ended by being cancelled and is not written yet."""
        return "cancelled" in self._ended.values()

    def close(self) -> list[int]:
        """Write the ends now; return the keys of running children whose call was cancelled."""
        children: list[int] = []
        for values in self._ends():
            result = self._unit.conn.exec_driver_sql(_CLOSE_NOW, values)
            children += result.scalars()
        return children

    def write(self, batch: Batch) -> None:
        """Have the batch write what ended and what opened."""
        reopened = any(wait in rows for rows in self._open.values() for wait in self._ended)
        if reopened or len({key for key, _ in self._ended}) > 1:
            self.close()
        for values in self._ends():
            for statement in _CLOSE:
                batch.add(statement, values)
        if self._moved:
            moved = [
                {"instance_key": wait[0], "token": wait[1], "due_at": due}
                for wait, due in self._moved.items()
            ]
            batch.add(_MOVE, {"rows_moved": as_json(moved)})
            self._moved.clear()
        rows: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        for table, opened in self._open.items():
            rows[table] += opened.values()
            opened.clear()
        for table, row in self._done:
            rows[table].append(row)
        self._done.clear()
        for table, table_rows in rows.items():
            batch.insert(table, table_rows)
        queue.defer(self._unit.conn, _keys(rows[jobs], self._unit.engine.local_job_types), None)

    def _ends(self) -> list[dict[str, Any]]:
        """The parameters of ``_CLOSE`` for each instance with ends to be written."""
        ended, self._ended = self._ended, {}
        by_instance: dict[int, dict[str, How]] = defaultdict(dict)
        for (instance_key, token), how in ended.items():
            by_instance[instance_key][token] = how
        return [
            {
                "instance": instance_key,
                "tokens": list(hows),
                "cancelled": [token for token, how in hows.items() if how == "cancelled"],
                "now": self._unit.now,
                "actor": self._unit.actor,
            }
            for instance_key, hows in by_instance.items()
        ]

    def _add(self, table: Table, wait: _Wait, **values: Any) -> int:
        key = self._unit.key()
        row = values | {"key": key, "case_id": self._case_id}
        row |= {"instance_key": wait[0], "token": wait[1]}
        self._open[table][wait] = row
        return key


def _candidates(users: Iterable[str], groups: Iterable[str]) -> list[str]:
    """Both in one list, for one index; "*" where nobody is named."""
    return [*(f"u:{user}" for user in users), *(f"g:{group}" for group in groups)] or ["*"]


def _keys(rows: Iterable[dict[str, Any]], types: frozenset[str]) -> list[int]:
    return [
        row["key"]
        for row in rows
        if row["type"] in types and row["state"] == "created" and row["retries"] > 0
    ]


_HERE = "instance_key = %(instance)s AND token = ANY (%(tokens)s::text[])"
_HOW = "state = CASE WHEN token = ANY (%(cancelled)s::text[]) THEN 'cancelled' ELSE 'completed' END"
_CLOSE = (
    f"UPDATE user_tasks SET ended_at = %(now)s, {_HOW},"
    " ended_by = CASE WHEN token = ANY (%(cancelled)s::text[]) THEN NULL"
    " ELSE coalesce(ended_by, %(actor)s::text) END,"
    " started_at = CASE WHEN token = ANY (%(cancelled)s::text[]) THEN started_at"
    " ELSE coalesce(started_at, %(now)s) END"
    f" WHERE {_HERE} AND state = 'created'",
    f"UPDATE jobs SET ended_at = %(now)s, {_HOW}"
    f" WHERE {_HERE} AND state IN ('created', 'activated', 'failed')",
    f"DELETE FROM timers WHERE {_HERE}",
    f"DELETE FROM subscriptions WHERE {_HERE}",
    "UPDATE incidents SET state = 'resolved', resolved_at = %(now)s,"
    f" resolved_by = %(actor)s::text WHERE {_HERE} AND state = 'open'",
)
_MOVE = (
    "UPDATE user_tasks AS t SET due_at = r.due_at"
    " FROM json_populate_recordset(NULL::user_tasks, %(rows_moved)s::json) AS r"
    " WHERE t.instance_key = r.instance_key AND t.token = r.token AND t.state = 'created'"
)
_CLOSE_NOW = (
    "WITH "
    + ", ".join(f"part_{n} AS ({statement})" for n, statement in enumerate(_CLOSE))
    + " SELECT key FROM instances WHERE parent_key = %(instance)s"
    " AND parent_token = ANY (%(cancelled)s::text[]) AND status = 'active'"
)
