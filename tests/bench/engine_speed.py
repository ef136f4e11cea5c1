"""The engine alone: what an instance, a task, a round in a loop and an idle tick cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psutil
from sqlalchemy import event, select, text

from engine import cases, housekeeping, run, tasks
from engine.tables import instances
from engine.wiring import Engine
from tests.bench.cpu import Families, medians
from tests.bench.place import CLERK, ENTRY, Place

WAITING = 20_000
_OPEN = "SELECT key FROM user_tasks WHERE instance_key = %s AND state = 'created'"


@dataclass(slots=True)
class Statements:
    """What an engine's pool sent while it was watched."""

    sql: list[str] = field(default_factory=list)
    commits: int = 0


@contextmanager
def watched(engine: Engine) -> Iterator[Statements]:
    """Count the statements and commits of this engine."""
    seen = Statements()

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.sql.append(statement)

    def note_commit(conn: Any) -> None:
        seen.commits += 1

    event.listen(engine.pool, "before_cursor_execute", note)
    event.listen(engine.pool, "commit", note_commit)
    try:
        yield seen
    finally:
        event.remove(engine.pool, "before_cursor_execute", note)
        event.remove(engine.pool, "commit", note_commit)


def instance(engine: Engine, process: str = "bench-three") -> int:
    """Start a process as the bench's clerk; returns the instance's key."""
    with engine.unit(CLERK.login) as unit:
        return run.start(unit, process, dict(ENTRY)).instance_key


def open_task(place: Place, instance_key: int) -> int:
    """The key of the instance's open task, asked past the engine: it is not what we measure."""
    row = place.asking.execute(_OPEN, (instance_key,)).fetchone()
    assert row is not None
    return int(row[0])


def complete(engine: Engine, key: int) -> None:
    """Complete a task in a transaction of its own."""
    with engine.unit(CLERK.login) as unit:
        tasks.complete(unit, key, dict(ENTRY), CLERK)


def bare(place: Place) -> None:
    """Start the process and complete its three tasks."""
    _three(place, instance(place.engine))


def with_case(place: Place) -> None:
    """The same as a case: number, customer, list columns, search text."""
    with place.engine.unit(CLERK.login) as unit:
        key = cases.open_(unit, "bench", dict(ENTRY)).instance_key
    _three(place, key)


def _three(place: Place, instance_key: int) -> None:
    for _ in range(3):
        complete(place.engine, open_task(place, instance_key))


def per_instance(place: Place) -> dict[str, dict[str, float]]:
    """CPU of an instance, ``bare`` and as a ``case``: ``engine`` (this process), ``postgres``
    and ``all``."""
    families = Families({"engine": psutil.Process(), "postgres": place.postgres})
    for _ in range(20):
        with_case(place)
    return {
        "bare": medians(families, 7, 40, lambda: bare(place)),
        "case": medians(families, 7, 40, lambda: with_case(place)),
    }


def per_task(place: Place) -> Statements:
    """What completing the second of three tasks sends."""
    key = instance(place.engine)
    complete(place.engine, open_task(place, key))
    second = open_task(place, key)
    with watched(place.engine) as seen:
        complete(place.engine, second)
    return seen


def state_bytes(place: Place) -> int:
    """The size of the state of an instance that waits at its second task."""
    key = instance(place.engine)
    complete(place.engine, open_task(place, key))
    with place.engine.read() as conn:
        state = conn.execute(select(instances.c.state).where(instances.c.key == key)).scalar()
    assert state is not None
    return len(state)


def loop_ratio(place: Place) -> float:
    """CPU of a round of a task in a loop, around round 1,000 over around round 10, in this
    process and PostgreSQL together. Both are measured in turns, so that whatever else the
    machine does meets both."""
    families = Families({"engine": psutil.Process(), "postgres": place.postgres})
    old = instance(place.engine, "bench-loop")
    _rounds(place, old, 900)
    early = late = 0.0
    for _ in range(20):
        young = instance(place.engine, "bench-loop")
        _rounds(place, young, 5)
        early += _cost(families, partial(_rounds, place, young, 10))
        late += _cost(families, partial(_rounds, place, old, 10))
    return round(late / early, 3)


def _rounds(place: Place, key: int, many: int) -> None:
    for _ in range(many):
        complete(place.engine, open_task(place, key))


def _cost(families: Families, act: Callable[[], None]) -> float:
    before = sum(families.seconds().values())
    act()
    return sum(families.seconds().values()) - before


def idle_tick(place: Place) -> dict[str, float]:
    """CPU of a tick in milliseconds with no waiting instance (``empty``) and with 20,000 that
    have a far timer (``full``)."""
    families = Families({"engine": psutil.Process(), "postgres": place.postgres})

    def tick() -> None:
        housekeeping.tick(place.engine)

    for _ in range(50):
        tick()
    empty = medians(families, 7, 200, tick)["all"]
    fill(place.engine)
    for _ in range(50):
        tick()
    full = medians(families, 7, 200, tick)["all"]
    return {"empty": empty, "full": full}


def fill(engine: Engine) -> None:
    """Make the waiting instances: one is started, its rows are copied under other keys."""
    key = instance(engine, "bench-wait")
    with engine.unit("bench") as unit:
        for table in ("instances", "timers", "user_tasks"):
            _copy(unit.conn, table, key)
    with engine.pool.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        # What the server would do by itself in the minutes after such a load.
        conn.execute(text("VACUUM ANALYZE"))
        conn.execute(text("CHECKPOINT"))


def _copy(conn: Any, table: str, instance_key: int) -> None:
    columns = [
        name
        for (name,) in conn.execute(
            text("SELECT column_name FROM information_schema.columns WHERE table_name = :name"),
            {"name": table},
        )
    ]
    moved = {"key", "case_id", "root_key", "instance_key"}
    values = ", ".join(f"{one} + n" if one in moved else one for one in columns)
    own = "key" if table == "instances" else "instance_key"
    conn.execute(
        text(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}, "
            f"generate_series(10000000, 9999999 + :many) AS n WHERE {own} = :key"
        ),
        {"many": WAITING, "key": instance_key},
    )
