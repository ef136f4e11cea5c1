"""A year of sample life: believable, without a fault, and the same again by the same seed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

import processes
from engine import Engine, calendar, cases, history, samples
from engine.errors import Invalid
from engine.samples import past
from engine.samples import plan as planning
from engine.samples.player import ACTOR
from engine.tables import cases as table
from tests.database import empty
from web.commands import sample, shipped, year
from web.commands.year import Year

ZONE = ZoneInfo("Asia/Shanghai")
UNTIL = datetime(2026, 11, 20, 15, 30, tzinfo=ZONE)
CONTENT = (Path(processes.__file__).parent / "samples" / year.BEHAVIOUR).read_bytes()
BEHAVIOUR = samples.read(CONTENT, year.BEHAVIOUR)


@pytest.fixture
def demo(database: str) -> Iterator[Engine]:
    with closing(Engine(database)) as engine:
        _set_up(engine)
        yield engine


def _set_up(engine: Engine) -> None:
    shipped.deploy(engine)
    sample.people(engine)


def _year(engine: Engine, count: int, seed: int = 1, content: bytes = CONTENT) -> Year:
    name = past.source(count, seed, UNTIL)
    return Year(engine.url, ZONE.key, content, count, seed, UNTIL, name)


def _play(engine: Engine, count: int, seed: int = 1, workers: int = 1) -> samples.Shown:
    """In this process: each part of the customers by a player of its own, one after another."""
    shown = samples.Shown()
    for index in range(workers):
        stage, plan = year.stage(_year(engine, count, seed))
        with closing(stage.engine):
            player = samples.Player(stage, year.part(stage, plan, index, workers))
            player.play(plan.until, {one.n: one.n + 1 for one in plan.arrivals})
            player.finish(plan.until)
            shown.cases += player.shown.cases
            shown.problems += player.shown.problems
    return shown


def _state(engine: Engine) -> list[tuple[Any, ...]]:
    """All that does not depend on keys."""
    query = text(
        """
        SELECT c.number, c.kind, c.status, c.title, c.received_at, c.opened_at, c.closed_at,
            c.marks, c.data, (SELECT count(*) FROM history h WHERE h.case_id = c.key),
            (SELECT array_agg(t.element_id || coalesce(t.assignee, '') || t.state
                || coalesce(t.ended_at, t.created_at) ORDER BY t.created_at, t.element_id)
                FROM user_tasks t WHERE t.case_id = c.key)
        FROM cases c ORDER BY c.number
        """
    )
    with engine.read() as conn:
        return [tuple(row) for row in conn.execute(query)]


def test_a_year_runs_without_a_fault(demo: Engine) -> None:
    shown = _play(demo, 60)
    assert shown.problems == []
    assert shown.cases == 60
    with demo.read() as conn:
        assert conn.execute(text("SELECT zh FROM incidents")).all() == []
        rows = conn.execute(table.select().order_by(table.c.received_at)).all()
        assert all(history.verify(conn, row.key) for row in rows)
    assert all(row.sample for row in rows)
    assert {row.kind for row in rows} >= {"complaint", "inquiry", "service-request"}
    complaints = [row for row in rows if row.kind == "complaint"]
    solved = sum(row.data.get("intake_result") == "solved" for row in complaints)
    assert 0.6 <= solved / len(complaints) <= 0.95
    closed = sum(row.closed_at is not None for row in rows)
    assert closed >= 50
    assert len({row.data.get("region") for row in rows}) >= 8
    # Everybody's number is of a block that was never given out.
    blocks = tuple(BEHAVIOUR.customers["prefixes"])
    assert all(row.data["customer_ref"].startswith(blocks) for row in complaints)
    # Nothing lies beyond the end, and each step after the one before.
    with demo.read() as conn:
        last = conn.execute(text("SELECT max(h.at) FROM history h JOIN cases ON key = case_id"))
        assert last.scalar_one() <= UNTIL
        disordered = conn.execute(text(
            "SELECT count(*) FROM history a JOIN history b ON b.case_id = a.case_id"
            " AND b.seq = a.seq + 1 WHERE b.at < a.at"
        )).scalar()
    assert disordered == 0


def test_a_year_is_believable(demo: Engine) -> None:
    """What somebody who knows the trade would count first, on few cases: wide bounds."""
    assert _play(demo, 300).problems == []
    with demo.read() as conn:
        rows = conn.execute(table.select().where(table.c.kind == "complaint")).all()
        late = _number(conn, """
            SELECT count(DISTINCT c.case_id) FROM v_cases c JOIN v_clocks k USING (case_id)
            WHERE c.kind = 'complaint' AND NOT k.on_time AND k.name IN ('派单', '处理', '回复')
                AND c.closed_at IS NOT NULL
        """)
        open_ = conn.execute(text(
            "SELECT kind, status, due_at FROM cases WHERE closed_at IS NULL"
        )).all()
        at_shift = _number(conn, """
            SELECT count(*) FROM user_tasks WHERE state = 'completed'
                AND to_char(ended_at AT TIME ZONE :zone, 'HH24:MI:SS')
                    IN ('08:00:00', '08:30:00')
        """)
        unusual = _number(conn, """
            SELECT count(*) FROM user_tasks t JOIN cases c ON c.key = t.case_id
            WHERE t.state = 'completed' AND t.element_id IN ('archive', 'assess', 'call_back')
                AND extract(hour FROM t.ended_at AT TIME ZONE :zone) NOT BETWEEN 8 AND 20
        """)
    solved = [row for row in rows if row.data.get("intake_result") == "solved"]
    dispatched = [row for row in rows if row.data.get("intake_result") == "dispatch"]
    assert 0.7 <= len(solved) / len(rows) <= 0.88
    assert 0 < late / len(dispatched) <= 0.25
    assert 0 < sum(row.data.get("escalated") is True for row in rows) / len(rows) <= 0.05
    assert 0.01 <= sum(bool(row.data.get("repeat_of")) for row in rows) / len(rows) <= 0.12
    satisfied = Counter(row.data.get("satisfaction") for row in rows)
    assert satisfied["satisfied"] > 4 * satisfied["neutral"] > 4 * satisfied["dissatisfied"] > 0
    # A board with something in it, and few of it beyond what is due.
    assert len(open_) >= 10
    assert len({status for _kind, status, _due in open_}) >= 5
    assert sum(due is not None and due < UNTIL for _kind, _status, due in open_) < len(open_) / 2
    # Nobody does things on the stroke of the hour, nor by night what can wait.
    assert (at_shift, unusual) == (0, 0)
    # The words of a case agree with its fields, and hardly two say the same.
    said = Counter(row.data["description"] for row in rows)
    assert len(said) >= 0.9 * len(rows)
    assert all(row.data["place"] in row.data["description"] for row in rows
               if row.data["category"] == "network" and "在" + str(row.data["place"])[:2]
               in row.data["description"])
    assert not any("{" in words or "，，" in words for words in said)
    numbers = sorted(int(row.data["customer_ref"][-4:]) for row in rows)
    following = sum(after - before == 1 for before, after in pairwise(numbers))
    assert following < len(numbers) / 4


def _number(conn: Connection, query: str) -> int:
    given = {"zone": ZONE.key} if ":zone" in query else {}
    return int(conn.execute(text(query), given).scalar_one())


def test_the_same_seed_gives_the_same_year_whoever_plays_it(demo: Engine) -> None:
    _play(demo, 14, seed=3)
    alone = _state(demo)
    empty(demo.url)
    with closing(Engine(demo.url)) as fresh:
        _set_up(fresh)
        _play(fresh, 14, seed=3, workers=2)
        assert _state(fresh) == alone
    assert len(alone) == 14


def test_a_crew_plays_all_parts_and_goes_on_where_it_was_broken_off(demo: Engine) -> None:
    data = json.loads(CONTENT)
    data["timed"] = {"weekly-report": "P8D"}
    asked = _year(demo, 10, content=json.dumps(data).encode())
    crew = year.Crew(asked, 2)
    try:
        for at in crew.play():
            if at > UNTIL - timedelta(days=150):
                break
    finally:
        crew.close()
    with demo.read() as conn:
        begun = past.opened(conn, asked.source)
        assert past.earlier(conn, 10, 1) == asked.source
    assert 0 < len(begun) < 10
    crew = year.Crew(asked, 1)
    try:
        for _ in crew.play():
            pass
    finally:
        crew.close()
    assert crew.shown.problems == []
    with demo.read() as conn:
        assert past.opened(conn, asked.source) >= frozenset(range(10))
        assert conn.execute(text("SELECT zh FROM incidents")).all() == []
        reports = conn.execute(text(
            "SELECT count(*) FROM notices WHERE series = '客户感知周报'"
        )).scalar()
        matters = cases.search(conn, kind="matter", state="all").rows
        starts = conn.execute(
            text("SELECT count(*) FROM instances WHERE started_by = :by AND parent_key IS NULL"),
            {"by": ACTOR},
        ).scalar()
        unread = conn.execute(text(
            "SELECT count(*) FROM notice_people p JOIN notices n ON n.key = p.notice_key"
            " WHERE p.read_at IS NULL AND p.replaced_by IS NULL AND n.sent_at < :before"
        ), {"before": UNTIL - timedelta(days=2)}).scalar()
        assert conn.execute(text("SELECT count(*) FROM cases WHERE NOT sample")).scalar() == 0
    assert unread == 0
    assert reports == 1
    assert len(matters) == 2
    assert starts == 1


def test_the_plan_has_days_nights_and_a_spring_peak() -> None:
    plan = planning.draw(BEHAVIOUR, calendar.plain(), 1, 20_000, UNTIL)
    assert len(plan.arrivals) == 20_000
    assert [one.n for one in plan.arrivals] == list(range(20_000))
    moments = [one.at for one in plan.arrivals]
    assert moments == sorted(moments)
    assert plan.since <= moments[0]
    assert moments[-1] < UNTIL
    hours = Counter(at.hour for at in moments)
    assert hours[10] > 2 * hours[20] > 8 * hours[3] > 0
    days = Counter(at.date() for at in moments)
    spring = days[datetime(2026, 3, 16).date()]
    assert spring > 1.4 * days[datetime(2026, 4, 20).date()]
    kinds = Counter(one.kind for one in plan.arrivals)
    assert set(kinds) >= {"complaint", "opinion", "suggestion", "service-request", "appointment"}
    assert 0.6 < kinds["complaint"] / 20_000 < 0.85
    spots = Counter(one.hot_spot for one in plan.arrivals if one.hot_spot)
    assert set(spots) == {"outage", "billing-mistake", "storm"}
    customers = Counter(one.customer for one in plan.arrivals)
    assert max(customers.values()) >= 5
    assert sum(count > 1 for count in customers.values()) > 1_000


def test_the_plan_is_the_seeds() -> None:
    one, same, other = (
        planning.draw(BEHAVIOUR, calendar.plain(), seed, 500, UNTIL) for seed in (7, 7, 8)
    )
    assert one == same
    assert [arrival.at for arrival in one.arrivals] != [arrival.at for arrival in other.arrivals]


@pytest.mark.parametrize("content", [b"\xff", b"[]", b"{}", b'{"paces": {"a": {}}}'])
def test_a_wrong_behaviour_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"x\.json"):
        samples.read(content, "x.json")


def test_nobody_in_the_behaviour_is_real() -> None:
    data = json.loads(CONTENT)
    assert data["sample"] is True
    assert "虚构" in data["about"]
    assert all(prefix[3:] == "0000" for prefix in data["customers"]["prefixes"])
