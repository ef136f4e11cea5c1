"""What a worker does each second, besides its jobs. Idle, it costs one statement."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from engine import jobs, messages, timers
from engine.store import partitions
from engine.store.unit import Store


def tick(engine: Store) -> int:
    """Fire due timers, offer kept messages, revive jobs whose worker died, forget old messages,
    make the history's next partitions. Returns how many things were done.

    Safe to call from any number of workers at once."""
    now = engine.now()
    _partitions(engine, now)
    with engine.read() as conn:
        values = {"now": now, "local": sorted(engine.local_job_types)}
        found = conn.execute(_DUE, values).one()
    done = 0
    if found.timers:
        done += timers.fire_due(engine)
    if found.messages:
        done += messages.deliver_buffered(engine)
    if found.leases:
        done += jobs.revive(engine)
    if found.expired:
        messages.expire(engine)
    return done


def _partitions(engine: Store, now: datetime) -> None:
    month = f"{now:%Y-%m}"
    if engine.prepared_month == month:
        return
    with engine.unit("system") as unit:
        partitions.prepare(unit.conn, now)
    engine.prepared_month = month


# The earliest of each is read off its index. Asked whether any is due (EXISTS), a prepared plan,
# which knows no moment, takes some row to be due and looks through all that wait.
_DUE = text(
    """
    SELECT (SELECT min(due_at) FROM timers) <= :now AS timers,
        (SELECT min(offered_at) FROM messages WHERE NOT taken) IS NOT NULL AS messages,
        (SELECT min(expires_at) FROM messages) <= :now AS expired,
        EXISTS (SELECT FROM jobs WHERE state = 'activated' AND deadline <= :now
            AND type = ANY (:local)) AS leases
    """
)
