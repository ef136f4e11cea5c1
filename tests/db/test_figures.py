"""Figures on real rows: worked examples with values computed by hand."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

import forms
from engine import Engine, deployment, figures
from engine.cases import rows as cases_of
from engine.errors import DeploymentRefused, NotFound
from engine.figures import Filters, Result
from engine.figures.session import reading
from engine.model import File
from engine.tables import cases, user_tasks
from web.commands import sample, shipped

FOLDER = Path(__file__).parents[2] / "processes/complaint/figures"
SHANGHAI = ZoneInfo("Asia/Shanghai")
MARCH = datetime(2026, 3, 1, tzinfo=SHANGHAI)
APRIL = datetime(2026, 4, 1, tzinfo=SHANGHAI)
IN_MARCH = Filters(MARCH, APRIL)
YEAR = Filters(datetime(2026, 1, 1, tzinfo=SHANGHAI), datetime(2027, 1, 1, tzinfo=SHANGHAI))


class Desk:
    """Writes cases and tasks as the process leaves them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def case(
        self, at: datetime = MARCH + timedelta(days=9), tasks: tuple[Any, ...] = (), **data: Any
    ) -> int:
        with self.engine.unit("system") as unit:
            key = unit.key()
            unit.conn.execute(cases.insert(), [{
                "key": key, "kind": "complaint", "number": f"TS{key}", "status": "处理中",
                "title": "", "data": {"kind": "complaint", **data}, "search": "",
                "received_at": at, "opened_at": at, "sample": False,
            }])
            rows = [{
                "key": unit.key(), "case_id": key, "instance_key": key, "token": str(n),
                "definition_key": 0, "element_id": element, "name": element,
                "state": "completed" if ended else "created", "created_at": created,
                "ended_at": ended, "due_at": due, "assignee": who[0] if who else None,
            } for n, (element, created, ended, due, *who) in enumerate(tasks)]
            if rows:
                unit.conn.execute(user_tasks.insert(), rows)
        return key

    def answered(self, at: datetime, hours: float, **data: Any) -> int:
        return self.case(at, answered_at=(at + timedelta(hours=hours)).isoformat(), **data)

    def revisited(self, level: str, satisfaction: str | None, solved: str = "yes",
                  **data: Any) -> int:
        """A case whose revisit came up on 15 March; ``satisfaction`` None: not done yet."""
        came = MARCH + timedelta(days=14)
        done = came + timedelta(days=1) if satisfaction or "no_revisit_reason" in data else None
        return self.case(
            tasks=(("call_back", came, done, came + timedelta(days=10)),),
            customer_level=level, satisfaction=satisfaction, solved=solved, **data,
        )

    def run(self, figure: str, filters: Filters = IN_MARCH) -> Result:
        with self.engine.read() as conn:
            return figures.run(conn, figures.get(conn, figure), filters)

    def behind(self, figure: str, label: str | None = None,
               filters: Filters = IN_MARCH) -> set[int]:
        with self.engine.read() as conn:
            return set(figures.cases_behind(conn, figures.get(conn, figure), filters, label))


@pytest.fixture
def desk(engine: Engine) -> Desk:
    files = [File(path.name, path.read_bytes()) for path in sorted(FOLDER.iterdir())]
    with engine.unit("system") as unit:
        deployment.deploy(unit, files)
    return Desk(engine)


def rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else round(value, 2)


def test_satisfaction_with_the_missing_revisits(desk: Desk) -> None:
    """21 high-star: 95 % are 19.95; 17 done, 2.95 missing, rounded up 3. 11 ordinary: 90 % are
    9.9; 9 done, 0.9 missing, 1. 21 satisfied, 4 neutral, 1 not: 21 / (26 + 4) = 70 %."""
    for n in range(17):
        desk.revisited("high-star", "satisfied" if n < 14 else "neutral")
    for n in range(9):
        desk.revisited("ordinary", {7: "neutral", 8: "dissatisfied"}.get(n, "satisfied"))
    open_ = {desk.revisited("high-star", None) for _ in range(4)}
    open_ |= {desk.revisited("ordinary", None) for _ in range(2)}
    excused = desk.revisited("ordinary", None, no_revisit_reason="celebrity")

    found = desk.run("satisfaction")

    columns = found.total.columns
    assert columns["shortfall"] == 4
    assert columns["satisfied"] == 14 + 7
    assert columns["neutral"] == 3 + 1
    assert columns["dissatisfied"] == 1
    assert rounded(found.total.value) == 70
    assert found.missing == ("还差 4 件回访",)
    assert desk.behind("satisfaction", "未回访") == open_
    assert excused not in desk.behind("satisfaction", "未回访")
    assert len(desk.behind("satisfaction", "满意")) == 21


def test_no_shortfall_when_the_quota_is_met_exactly(desk: Desk) -> None:
    """9 of 10 ordinary customers are 90 %, 19 of 20 high-star ones 95 %: nothing is missing."""
    for n in range(10):
        desk.revisited("ordinary", "satisfied" if n else None)
    for n in range(20):
        desk.revisited("vip", "satisfied" if n else None)

    found = desk.run("satisfaction")

    assert found.total.columns["shortfall"] == 0
    assert found.total.value == 100
    assert found.missing == ()


def test_solved(desk: Desk) -> None:
    """6 solved, 2 not, of 10 ordinary 9 are due: 1 missing. 6 / (6 + 2 + 1) = 66.67 %."""
    for n in range(8):
        desk.revisited("ordinary", "satisfied", "yes" if n < 6 else "no")
    for _ in range(2):
        desk.revisited("ordinary", None)

    assert rounded(desk.run("solved").total.value) == Decimal("66.67")
    assert len(desk.behind("solved", "未解决")) == 2


def test_a_revisit_after_reopening_takes_the_place_of_the_first(desk: Desk) -> None:
    came = MARCH + timedelta(days=3)
    again = desk.case(
        tasks=(
            ("call_back", came, came, came),
            ("call_back", came + timedelta(days=9), None, came),
        ),
        satisfaction="dissatisfied",
    )

    found = desk.run("satisfaction")

    assert found.total.columns["dissatisfied"] == 0
    assert found.total.columns["shortfall"] == 1
    assert desk.behind("satisfaction", "未回访") == {again}


def test_escalated(desk: Desk) -> None:
    """1 of 4 complaints; inquiries, merged ones and other months do not count."""
    one = desk.case(escalated=True, escalation_level="ministry")
    for _ in range(3):
        desk.case(escalated=False)
    desk.case(intake_result="duplicate")
    desk.case(kind="inquiry")
    desk.case(APRIL, escalated=True)

    assert desk.run("escalated").total.value == 25
    assert desk.behind("escalated", "部级") == {one}


def test_months_are_those_of_the_wall_clock_here(desk: Desk) -> None:
    """31 March 23:59 in Shanghai is March, a minute later April; in UTC both are March."""
    last = desk.case(APRIL - timedelta(minutes=1), escalated=True)
    desk.case(APRIL, escalated=False)

    assert desk.behind("escalated") == {last}
    found = desk.run("escalated", YEAR)
    assert [(f"{one.month:%m}", f"{one.value:.0f}") for one in found.months] == [
        ("03", "100"), ("04", "0"),
    ]


def test_on_the_spot_and_what_is_missing_to_80(desk: Desk) -> None:
    """7 of 11 are 63.64 %; 80 % of 11 are 8.8, so 9 are needed: 2 more."""
    for n in range(11):
        desk.case(intake_result="solved" if n < 7 else "dispatch")

    found = desk.run("on-spot")

    assert rounded(found.total.value) == Decimal("63.64")
    assert found.target == 80
    assert found.reached is False
    assert found.missing == ("还差 2 件现场解决",)


def test_mean_time_is_weighted_by_the_sources(desk: Desk) -> None:
    """3 by hotline with 4 h and 1 by hall with 10 h: 22 / 4 = 5.5 h, not (4 + 10) / 2 = 7 h."""
    for _ in range(3):
        desk.answered(MARCH, 4, channel="hotline")
    slow = desk.answered(MARCH, 10, channel="hall")

    found = desk.run("handling-time")

    assert rounded(found.total.value) == Decimal("5.50")
    assert found.reached is True
    hall = Filters(MARCH, APRIL, {"channel": "hall"})
    assert rounded(desk.run("handling-time", hall).total.value) == 10
    assert desk.behind("handling-time", filters=hall) == {slow}


def test_the_twelve_months_of_the_paper(desk: Desk) -> None:
    """As the paper has them (002); their unweighted mean is 8.60 h."""
    paper = (8.772, 9.011, 9.864, 9.027, 8.55, 8.496, 8.566, 8.088, 7.567, 7.991, 8.477, 8.78)
    for month, hours in enumerate(paper, 1):
        for _ in range(month % 2 + 1):
            desk.answered(datetime(2026, month, 10, 9, tzinfo=SHANGHAI), hours)

    found = desk.run("handling-time", YEAR)

    assert [round(float(one.value or 0), 3) for one in found.months] == list(paper)
    assert rounded(found.mean) == Decimal("8.60")
    # Odd months have two cases: (2 × 51.796 + 51.393) / 18 hours.
    assert rounded(found.total.value) == Decimal("8.61")


def test_solved_on_the_spot_is_answered_then(desk: Desk) -> None:
    done = MARCH + timedelta(hours=2)
    desk.case(MARCH, (("pre_process", MARCH, done, None),), intake_result="solved")

    assert desk.run("handling-time").total.value == 2


def test_on_time(desk: Desk) -> None:
    due = (MARCH + timedelta(hours=4)).isoformat()
    desk.answered(MARCH, 4, reply_due_at=due)
    late = desk.answered(MARCH, 4.5, reply_due_at=due)
    unanswered = desk.case(MARCH, reply_due_at=due)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    desk.case(MARCH, reply_due_at=tomorrow)

    assert rounded(desk.run("on-time").total.value) == Decimal("33.33")
    assert desk.behind("on-time", "超时") == {late, unanswered}
    assert desk.behind("on-time", "超时未答复") == {unanswered}


def test_dispatch_and_first_reply(desk: Desk) -> None:
    due = MARCH + timedelta(hours=1)
    timely, late = due - timedelta(minutes=1), due + timedelta(minutes=1)
    desk.case(tasks=(
        ("check_order", MARCH, timely, due), ("answer_customer", MARCH, timely, due),
        ("answer_customer", MARCH + timedelta(days=2), late + timedelta(days=2), due),
    ))
    desk.case(tasks=(("check_order", MARCH, late, due),))

    assert desk.run("dispatch").total.value == 50
    assert desk.run("first-reply").total.value == 100


def test_repeated_and_urged(desk: Desk) -> None:
    desk.case(repeated=True, urge_count=2)
    often = desk.case(urge_count=3)
    desk.case()
    desk.case()

    assert desk.run("repeated").total.value == 25
    assert desk.run("urged").total.value == 5
    assert desk.behind("urged", "催办三次以上") == {often}


def test_filters(desk: Desk) -> None:
    desk.case(unit="network", region="ningbo", category="network", escalated=True)
    desk.case(unit="marketing", region="ningbo", category="vas")

    for name, value, share in [
        ("unit", "network", 100), ("unit", "marketing", 0), ("region", "ningbo", 50),
        ("category", "network", 100),
    ]:
        assert desk.run("escalated", Filters(MARCH, APRIL, {name: value})).total.value == share
    assert desk.run("escalated", Filters(MARCH, APRIL, {"unit": "x"})).total.value is None


def test_moments_that_are_none_are_no_moments(desk: Desk) -> None:
    odds: tuple[Any, ...] = (
        "2026-02-30T10:00:00+08:00", "soon", "", "2026-13-01T10:00:00Z", 7, None, {},
    )
    for odd in odds:
        desk.case(answered_at=odd, reply_due_at=odd, urge_count="many")

    assert desk.run("handling-time").total.value is None
    assert desk.run("urged").total.value == 0


def test_the_process_leaves_what_the_figures_count(database: str) -> None:
    """The shipped process, played by the sample complaints on a Friday afternoon."""
    friday = datetime(2026, 3, 20, 15, 30, tzinfo=SHANGHAI)
    with (
        time_machine.travel(friday, tick=True),
        closing(Engine(database, checks={".form": forms.findings})) as engine,
    ):
        shipped.deploy(engine)
        sample.load(engine)
        desk = Desk(engine)
        counted = {name: desk.run(name).total.columns for name in (
            "satisfaction", "solved", "on-spot", "handling-time", "dispatch", "urged",
        )}
        solved_at_once = desk.behind("on-spot", "现场解决")
        with engine.read() as conn:
            rows = cases_of(conn, tuple(solved_at_once))
            unanswered = select(cases.c.number).where(
                cases.c.intake_result == "solved", cases.c.answered_at.is_(None)
            )
            assert conn.scalars(unanswered).all() == []

    assert {(name, column) for name, column in [
        ("satisfaction", "satisfied"), ("solved", "solved"), ("on-spot", "on_spot"),
        ("handling-time", "answered"), ("dispatch", "timely"), ("urged", "urged"),
    ] if not counted[name][column]} == set()
    assert rows
    assert (counted["handling-time"]["hours"] or 0) > 0


def test_unknown_figures_and_lists(desk: Desk) -> None:
    with pytest.raises(NotFound, match="nothing"):
        desk.run("nothing")
    with pytest.raises(NotFound, match="no list"):
        desk.behind("urged", "没有的")


def test_a_changed_setting_counts_at_once(desk: Desk) -> None:
    for n in range(10):
        desk.revisited("ordinary", "satisfied" if n < 8 else None)
    assert desk.run("satisfaction").total.columns["shortfall"] == 1
    path = FOLDER / "satisfaction.figure.sql"
    changed = path.read_bytes().replace(b"ordinary_quota: 90", b"ordinary_quota: 80")
    with desk.engine.unit("system") as unit:
        deployment.deploy(unit, [File(path.name, changed)])

    assert desk.run("satisfaction").total.columns["shortfall"] == 0


@pytest.mark.parametrize(("before", "after", "line"), [
    ("c.urge_count\n", "c.no_such_column\n", 13),
    ("coalesce(sum(urge_count), 0) AS value", "0 AS other", 12),
    ("-- cases 被催办: urge_count > 0", "-- cases 被催办: title = 'x'", 10),
    ("FROM v_cases c", "FROM people c", 14),
])
def test_deployment_refuses_with_the_line(
    desk: Desk, before: str, after: str, line: int
) -> None:
    path = FOLDER / "urged.figure.sql"
    wrong = path.read_text("utf-8").replace(before, after)

    with pytest.raises(DeploymentRefused) as refused, desk.engine.unit("system") as unit:
        deployment.deploy(unit, [File(path.name, wrong.encode())])

    assert [one.line for one in refused.value.findings] == [line]
    assert desk.run("urged").total.value == 0, "the one before still works"


@pytest.mark.parametrize("statement", [
    "SELECT password FROM people", "SELECT data FROM cases", "CREATE TABLE x (a int)",
    "SELECT nextval('keys')",
])
def test_the_session_reads_views_only(desk: Desk, statement: str) -> None:
    with (
        desk.engine.read() as conn, reading(conn) as own,
        pytest.raises(DBAPIError, match=r"permission denied|read-only"),
    ):
        own.execute(text(statement))
