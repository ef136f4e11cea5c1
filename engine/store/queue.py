"""Jobs into Procrastinate's queue, by its own SQL function on our connection.

So a job is queued if and only if the step that opened it commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

QUEUE = "jobs"
TASK = "run_job"


def defer(conn: Connection, job_keys: Sequence[int], at: datetime | None) -> None:
    """Queue the task TASK(job_key=…) for each key, not before ``at`` (None: at once)."""
    if job_keys:
        conn.execute(_DEFER, {"queue": QUEUE, "task": TASK, "keys": list(job_keys), "at": at})


def served(conn: Connection) -> bool:
    """Whether a worker was at the queue within the last half minute."""
    return bool(conn.execute(_SERVED).scalar())


_SERVED = text(
    """
    SELECT EXISTS (SELECT FROM procrastinate_workers
        WHERE last_heartbeat > now() - interval '30 seconds')
    """
)
_DEFER = text(
    """
    SELECT procrastinate_defer_jobs_v1(array_agg(ROW(
        CAST(:queue AS varchar), CAST(:task AS varchar), 0, NULL, NULL,
        jsonb_build_object('job_key', key), CAST(:at AS timestamptz)
    )::procrastinate_job_to_defer_v1)) FROM unnest(CAST(:keys AS bigint[])) AS key
    """
)
