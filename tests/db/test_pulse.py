"""What changed is told to each process: by topic, with the commit, after a break too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy import text

from engine import Engine, cases, deployment, groups, people, run, tasks
from engine.model import File
from engine.store.pulse import Pulse

FILES = Path(__file__).parents[1] / "web" / "files"
_PATIENCE_S = 20.0


def _until(true: Callable[[], bool]) -> bool:
    """Whether it comes true at last; looks again and again without hurrying the machine."""
    wait = threading.Event()
    for _ in range(int(_PATIENCE_S / 0.02)):
        if true():
            return True
        wait.wait(0.02)
    return False


def _listening(pulse: Pulse) -> str:
    assert _until(lambda: pulse.token(["case"]) is not None)
    return pulse.token(["case"]) or ""


def _desk(engine: Engine) -> None:
    with engine.unit("system") as unit:
        groups.set_names(unit, {"intake": "受理组", "network": "网络部"})
        people.add(unit, "li", "李四", groups=["intake"])
        people.add(unit, "zhao", "赵六", groups=["network"])
        files = [File(path.name, path.read_bytes()) for path in sorted(FILES.iterdir())]
        deployment.deploy(unit, files)


def _open(engine: Engine) -> int:
    with engine.unit("li") as unit:
        said = {"customer_ref": "13800138000", "customer_name": "张三", "topic": "网络"}
        return cases.open_(unit, "desk", said).case_id


def test_who_waits_for_something_hears_of_it_and_nobody_else(engine: Engine) -> None:
    _desk(engine)
    pulse = engine.pulse
    _listening(pulse)
    before = {one: pulse.token([one]) for one in ("case", "g:intake", "g:network", "u:li")}
    case_id = _open(engine)
    assert _until(lambda: pulse.token(["case"]) != before["case"])
    assert pulse.token(["g:intake", "u:nobody"]) != before["g:intake"]
    assert pulse.token(["g:network"]) == before["g:network"]
    assert pulse.token(["u:li"]) == before["u:li"]
    with engine.unit("li") as unit:
        key = unit.conn.execute(
            text("SELECT key FROM user_tasks WHERE case_id = :c"), {"c": case_id}).scalar_one()
        tasks.claim(unit, key, people.get(unit.conn, "li"))
    assert _until(lambda: pulse.token(["u:li"]) != before["u:li"])


def test_nothing_is_told_of_what_was_rolled_back_or_only_typed(engine: Engine) -> None:
    _desk(engine)
    case_id = _open(engine)
    _listening(engine.pulse)
    with engine.unit("li") as unit:
        key = unit.conn.execute(text("SELECT key FROM user_tasks")).scalar_one()
        tasks.claim(unit, key, people.get(unit.conn, "li"))
    assert _until(lambda: engine.pulse.token(["u:li"]) != engine.pulse.token(["u:nobody"]))
    quiet = engine.pulse.token(["case"])
    with engine.unit("li") as unit:
        tasks.save_draft(unit, key, {"note": "半句"}, people.get(unit.conn, "li"))
    with engine.pool.connect() as conn:
        conn.execute(text("UPDATE cases SET status = '别的' WHERE key = :c"), {"c": case_id})
        conn.rollback()
    people_before = engine.pulse.token(["people"])
    with engine.unit("root") as unit:
        people.set_active(unit, "zhao", False)
    assert _until(lambda: engine.pulse.token(["people"]) != people_before)
    assert engine.pulse.token(["case"]) == quiet
    with engine.unit("root") as unit:
        run.cancel(unit, case_id, "撤销")
    assert _until(lambda: engine.pulse.token(["case"]) != quiet)


def test_after_a_break_everything_counts_as_changed(engine: Engine, database: str) -> None:
    before = _listening(engine.pulse)
    with psycopg.connect(database, autocommit=True) as other:
        ended = other.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        ).fetchone()
        assert ended == (1,)
    assert _until(lambda: engine.pulse.token(["case"]) not in (None, before))
