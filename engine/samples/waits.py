"""What waits in a case, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Waits:
    """Rows as JSON: ``tasks`` (key, form, element, assignee, groups, created, due), ``timers``
    (key, due), ``jobs`` (key, type), ``messages`` (key, name, properties)."""

    active: bool
    tasks: Sequence[Mapping[str, Any]]
    timers: Sequence[Mapping[str, Any]]
    jobs: Sequence[Mapping[str, Any]]
    messages: Sequence[Mapping[str, Any]]


def look(conn: Connection, case_id: int) -> Waits:
    """What the case waits for now."""
    row = conn.execute(_LOOK, {"case": case_id}).one()
    return Waits(
        row.active is True, row.tasks or (), row.timers or (), row.jobs or (), row.messages or (),
    )


def moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


_LOOK = text(
    """
    SELECT (SELECT status = 'active' FROM instances WHERE key = :case) AS active,
        (SELECT json_agg(json_build_object('key', key, 'form', form_key, 'element', element_id,
            'assignee', assignee, 'groups', candidate_groups, 'created', created_at,
            'due', due_at) ORDER BY key)
            FROM user_tasks WHERE case_id = :case AND state = 'created') AS tasks,
        (SELECT json_agg(json_build_object('key', t.key, 'due', t.due_at) ORDER BY t.key)
            FROM instances i JOIN timers t ON t.instance_key = i.key
            WHERE i.case_id = :case AND i.status = 'active') AS timers,
        (SELECT json_agg(json_build_object('key', key, 'type', type, 'headers', headers)
            ORDER BY key)
            FROM jobs WHERE case_id = :case AND state = 'created') AS jobs,
        (SELECT json_agg(json_build_object('key', key, 'name', name, 'properties', properties)
            ORDER BY key)
            FROM subscriptions WHERE case_id = :case AND kind = 'message') AS messages
    """
)
