"""Message start events: one running instance for each process and correlation key (Zeebe's
rule). A message without a correlation key starts one each time.

A message that finds its instance still running waits in ``messages`` under the start key,
while it lives, and starts the next one when that has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from engine import definitions
from engine.buffer import Thrown
from engine.run import start_definition
from engine.starts import running
from engine.store.unit import Unit


@dataclass(slots=True)
class Begun:
    """How many instances got a message, the processes that it has reached (of a signal none),
    and the start keys it is held back from, whose instance still runs."""

    count: int = 0
    held: list[str] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)


def begin(
    unit: Unit, starts: Iterable[Any], thrown: Thrown, begun: Begun, only: str | None = None
) -> None:
    """Start what the subscriptions of start events say (``definition_key``, ``element_id``), and
    note it in ``begun``. A process that the message has reached is not started.
    ``only`` is the one start key to be started."""
    number = definitions.number(unit.conn)
    found = [(definitions.by_key(unit.conn, row.definition_key), row) for row in starts]
    # In one order: two publishers of messages for several processes never wait for each other.
    for definition, row in sorted(found, key=lambda one: (one[0].id, one[1].element_id)):
        key = start_key(definition.id, thrown)
        if only not in (None, key) or definition.id in begun.reached:
            continue
        if key is not None and running(unit.conn, key) is not None:
            begun.held += [] if key in begun.held else [key]
            continue
        start_definition(
            unit, number, definition, thrown.variables, start_id=row.element_id, start_key=key
        )
        begun.count += 1
        if thrown.kind == "message":
            begun.reached.add(definition.id)


def start_key(process_id: str, thrown: Thrown) -> str | None:
    """The key under which only one instance runs at a time; None: any number may. (A process
    id has no colon.)"""
    if thrown.kind != "message" or not thrown.correlation_key:
        return None
    return f"{process_id}:{thrown.correlation_key}"


def startable(conn: Connection, now: datetime, limit: int) -> list[int]:
    """The held messages whose instance has ended: the oldest of each start key."""
    return list(conn.execute(_STARTABLE, {"now": now, "limit": limit}).scalars())


_STARTABLE = text(
    """
    SELECT DISTINCT ON (m.start_key) m.key FROM messages m
    WHERE m.start_key IS NOT NULL AND NOT m.taken AND m.expires_at > :now AND NOT EXISTS (
        SELECT FROM instances i WHERE i.start_key = m.start_key AND i.status = 'active'
    )
    ORDER BY m.start_key, m.published_at, m.key LIMIT :limit
    """
)
