"""The store: schema and migrations agree, units commit once or not at all, keys are unique."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy
import time_machine
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import InvalidRequestError

from engine import Engine
from engine.audit_tables import audit
from engine.channel_tables import attachments
from engine.errors import Invalid
from engine.store import migrate, partitions
from engine.store.connection import address, connect
from engine.store.search import contains
from engine.store.unit import Crowded
from engine.tables import cases, groups


def test_migrations_bring_the_schema_of_the_tables(engine: Engine) -> None:
    known = attachments.metadata.tables.keys()
    assert {"cases", "articles", "received", "attachments", audit.name} <= known
    with engine.pool.connect() as conn:
        assert migrate.differences(conn) == []
        assert migrate.current(conn) == migrate.latest()


def test_a_difference_would_be_seen(engine: Engine) -> None:
    with engine.pool.connect() as conn:
        conn.execute(text("ALTER TABLE cases DROP COLUMN title"))
        found = migrate.differences(conn)
    assert [(what[0], what[2], what[3].name) for what in found] == [
        ("add_column", "cases", "title")
    ]


def test_migrating_twice_changes_nothing(database: str) -> None:
    assert migrate.migrate(database) == migrate.migrate(database) == migrate.latest()


def test_a_unit_commits_at_its_end(engine: Engine) -> None:
    with engine.unit("li") as unit:
        unit.conn.execute(insert(groups).values(id="intake", name="受理"))
    with engine.read() as conn:
        assert conn.execute(select(groups.c.name)).scalars().all() == ["受理"]


def test_an_error_rolls_the_whole_unit_back(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_after_writing(engine)
    with engine.read() as conn:
        assert conn.execute(select(groups)).all() == []


def test_who_waits_too_long_for_another_is_told(engine: Engine) -> None:
    with engine.unit("li") as unit:
        unit.conn.execute(insert(groups).values(id="intake", name="受理"))
    with engine.unit("li") as unit:
        unit.conn.execute(update(groups).values(name="复核"))
        with pytest.raises(Crowded) as crowded:
            _change_impatiently(engine)
    assert "其他人正在处理" in crowded.value.zh


def _change_impatiently(engine: Engine) -> None:
    with engine.unit("wang") as unit:
        unit.conn.execute(text("SET LOCAL lock_timeout = '20ms'"))
        unit.conn.execute(update(groups).values(name="派单"))


def _fail_after_writing(engine: Engine) -> None:
    with engine.unit("li") as unit:
        unit.conn.execute(insert(groups).values(id="intake", name="受理"))
        raise ZeroDivisionError


def test_a_reader_cannot_write(engine: Engine) -> None:
    written = text("WITH new AS (INSERT INTO groups VALUES ('a', 'b')) SELECT 1")
    with engine.read() as conn, pytest.raises(InvalidRequestError, match="cannot write"):
        conn.execute(insert(groups).values(id="intake", name="受理"))
    with engine.read() as conn, pytest.raises(InvalidRequestError, match="cannot write"):
        conn.execute(written)
    with engine.read() as conn:
        assert conn.execute(select(groups)).all() == []


def test_keys_are_unique_among_threads_and_processes(database: str) -> None:
    engines = [Engine(database), Engine(database)]
    taken: list[int] = []

    def take(engine: Engine) -> None:
        with engine.unit("li") as unit:
            taken.extend([unit.key() for _ in range(1500)])

    threads = [threading.Thread(target=take, args=(engine,)) for engine in engines * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.close()
    assert len(taken) == len(set(taken)) == 6000


def test_an_address_of_another_database_is_refused() -> None:
    with pytest.raises(Invalid, match="postgresql://"):
        connect("mysql://root@localhost/x")


@pytest.mark.parametrize(
    ("piece", "found"),
    [
        ("网络", True),
        ("障", True),
        ("络故", True),
        ("BROADBAND", True),
        ("band 断", True),
        ("网障", False),
        ("%", False),
        ("_", False),
        ("100%", False),
        ("B", True),
        ("0", True),
        ("z", False),
    ],
)
def test_search_finds_any_piece_of_text(engine: Engine, piece: str, found: bool) -> None:
    now = datetime.now(UTC)
    with engine.unit("li") as unit:
        unit.conn.execute(
            insert(cases).values(
                key=1,
                kind="complaint",
                number="TS1",
                status="受理",
                search="网络故障 Broadband 断网 100",
                received_at=now,
                opened_at=now,
            )
        )
    with engine.read() as conn:
        rows = conn.execute(select(cases.c.key).where(contains(cases.c.search, piece))).all()
    assert bool(rows) == found


def test_search_goes_by_the_index(engine: Engine) -> None:
    with engine.pool.connect() as conn:
        conn.execute(text("SET enable_seqscan = off"))
        query = select(cases.c.key).where(contains(cases.c.search, "网络"))
        compiled = query.compile(conn, compile_kwargs={"literal_binds": True})
        plan = conn.execute(text(f"EXPLAIN {compiled}".replace(":", "\\:"))).scalars().all()
    assert any("ix_cases_search" in line for line in plan)
    # One letter has no bigrams: no row's text is cut into its own, which takes milliseconds.
    assert "bigrams" not in str(contains(cases.c.search, "8"))
    assert "bigrams" in str(contains(cases.c.search, "网"))


def test_partitions_are_made_ahead(engine: Engine) -> None:
    with engine.unit("system") as unit:
        later = datetime(2031, 11, 5, tzinfo=UTC)
        assert partitions.prepare(unit.conn, later) == [
            "history_2031_11",
            "history_2031_12",
            "history_2032_01",
            "history_2032_02",
        ]
        assert partitions.prepare(unit.conn, later) == []


def test_a_unit_has_one_moment(engine: Engine) -> None:
    moment = datetime(2026, 3, 1, 4, tzinfo=UTC)
    with time_machine.travel(moment, tick=False), engine.unit("li") as unit:
        assert unit.now == moment


def test_a_connection_the_server_closed_is_replaced(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.connection._IDLE_BEFORE_PING_S", 0.0)
    with engine.read() as conn:
        pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
    other = sqlalchemy.create_engine(address(engine.url))
    with other.begin() as conn:
        conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    other.dispose()
    with engine.read() as conn:
        assert conn.execute(text("SELECT 1")).scalar_one() == 1
