"""What `bihuan bench` measures is there to be measured; what it counts is tested, not timed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest

import forms
from engine import housekeeping
from engine.wiring import Engine
from tests.bench import engine_speed, http_speed
from tests.bench.place import Place, furnish


@pytest.fixture
def bench(database: str, tmp_path: Path) -> Iterator[Place]:
    engine = Engine(database, checks={".form": forms.findings})
    furnish(engine)
    with psycopg.connect(database, autocommit=True) as asking:
        yield Place(tmp_path, engine, psutil.Process(), asking)
    engine.close()


def test_completing_a_task_is_a_few_statements_and_one_commit(bench: Place) -> None:
    direct, through = engine_speed.per_task(bench), http_speed.per_task(bench)

    assert len(direct.sql) <= 12
    assert len(through.sql) <= 12
    assert direct.commits == through.commits == 1


def test_a_round_in_a_loop_leaves_no_trace_in_the_state(bench: Place) -> None:
    key = engine_speed.instance(bench.engine, "bench-loop")
    sizes = []
    for _ in range(30):
        engine_speed.complete(bench.engine, engine_speed.open_task(bench, key))
        row = bench.asking.execute("SELECT state FROM instances WHERE key = %s", (key,)).fetchone()
        assert row is not None
        sizes.append(len(row[0]))

    assert sizes[29] - sizes[9] <= 2  # a counter may get a digit


def test_a_tick_looks_at_nothing_that_waits(bench: Place) -> None:
    engine_speed.fill(bench.engine)
    housekeeping.tick(bench.engine)
    with engine_speed.watched(bench.engine) as seen:
        assert housekeeping.tick(bench.engine) == 0

    (statement,) = seen.sql
    asked = re.sub(
        r"%\((now|local)\)s", lambda name: {"now": "$1", "local": "$2"}[name[1]], statement
    )
    plan = bench.asking.execute(f"EXPLAIN (GENERIC_PLAN) {asked}".encode()).fetchall()
    assert not [row for row in plan if "Seq Scan on timers" in row[0]], plan


def test_the_pages_can_be_measured(bench: Place) -> None:
    with (
        http_speed.serving(bench) as (_server, port),
        closing(http_speed.Browser(port)) as browser,
    ):
        browser.sign_in()
        http_speed.five_requests(browser)
        http_speed.as_a_clerk(browser)

    rows = bench.asking.execute("SELECT status, count(*) FROM instances GROUP BY status")
    assert rows.fetchall() == [("completed", 2)]
