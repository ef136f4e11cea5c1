"""The page of assessments: the month's sheet, what is behind a line, appeals, the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from engine import deployment, groups
from engine.assessment_tables import assessments
from engine.model import File
from engine.wiring import Engine
from tests.web.conftest import Browser
from tests.web.test_cost import counted

Open = Callable[[str], Browser]
RULES = Path(__file__).parents[2] / "processes/complaint"
MARCH = "month=2026-03"


@pytest.fixture
def month(desk: Engine, open_case: Callable[..., int]) -> dict[str, int]:
    """March 2026: 李四 of the intake got 5 and 2, 赵六 of the network a veto. Keys by login."""
    case_id = open_case()
    names = ("assessment.dmn", "targets.dmn")
    keys: dict[str, int] = {}
    with desk.unit("system") as unit:
        deployment.deploy(unit, [File(one, (RULES / one).read_bytes()) for one in names])
        groups.set_names(unit, {"intake": "=受理组"})
        for login, group, role, score, veto in (
            ("li", "intake", "受理", 5, False), ("li", "intake", "受理", 2, False),
            ("zhao", "network", "处理", None, True),
        ):  # fmt: skip
            keys[login] = unit.key()
            unit.conn.execute(insert(assessments), {
                "key": keys[login], "case_id": case_id, "kind": "attitude" if veto else "score",
                "role": role, "person": login, "unit": group, "score": score, "veto": veto,
                "points": 1 if score == 2 else 0,
                "reasons": ["要素不全"] if score == 2 else [], "given_by": "chief",
                "given_at": datetime(2026, 3, 10, 9, tzinfo=UTC),
            })
    return keys


def test_the_month_of_each_unit(month: dict[str, int], browser_of: Open) -> None:
    """The mean of 5 and 2 is 3.50; with n more of 5, (7 + 5 n) / (2 + n) ≥ 4.5, n = 4."""
    page = browser_of("chief").get(f"/assessment?{MARCH}")

    assert page.status == 200
    assert "=受理组 99 良好 3.50 2" in page.words
    assert "≥ 4.5 还差 4 次 5 分" in page.words
    assert "网络部 0 一票否决" in page.words


def test_a_clerk_sees_what_concerns_him(month: dict[str, int], browser_of: Open) -> None:
    page = browser_of("li").get(f"/assessment?{MARCH}&by=person")
    assert "李四 99" in page.words
    assert "赵六" not in page.words
    assert "没有您能看到的考核" in browser_of("wang").get(f"/assessment?{MARCH}").words


def test_an_appeal_from_the_list_to_its_decision(
    month: dict[str, int], browser_of: Open
) -> None:
    clerk, chief = browser_of("li"), browser_of("root")
    listed = f"/assessment/list?{MARCH}&by=person&value=li"
    assert "要素不全" in clerk.get(listed).words

    done = clerk.post(f"/assessment/{month['li']}/appeal", {"reason": "已补全", "back": listed})
    assert (done.status, done.location) == (303, listed)
    assert "申诉 李四" in clerk.get(listed).words
    assert "待复议申诉 1" in chief.get(f"/assessment?{MARCH}").words
    assert "已补全" in chief.get("/assessment/appeals").words

    said = {"stands": "no", "note": "属实"}
    assert clerk.post(f"/assessment/{month['li']}/decide", said).status == 403
    assert chief.post(f"/assessment/{month['li']}/decide", said).status == 303
    assert "没有待复议的申诉" in chief.get("/assessment/appeals").words
    assert "=受理组 100 优秀 5.00 1" in chief.get(f"/assessment?{MARCH}").words


def test_bad_requests_are_answered(month: dict[str, int], browser_of: Open) -> None:
    clerk = browser_of("li")
    assert clerk.post(f"/assessment/{month['li']}/appeal", {"reason": " "}).status == 422
    assert clerk.post(f"/assessment/{month['zhao']}/appeal", {"reason": "我不服"}).status == 404
    assert clerk.get("/assessment?month=2026-13").status == 422
    assert clerk.get("/assessment?by=nothing").status == 200


def test_the_file_for_spreadsheets(month: dict[str, int], browser_of: Open) -> None:
    answer = browser_of("chief").get(f"/assessment/sheet.csv?{MARCH}")

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.content.startswith("\ufeff".encode())
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[:3] == ["单位", "评分次数", "均分"]
    # A name that a spreadsheet would compute is led by an apostrophe.
    assert ["'=受理组", "2", "3.50", "4.5", "4"] in [row[:5] for row in rows]


def test_a_long_list_costs_no_more_than_a_short_one(
    desk: Engine, month: dict[str, int], browser_of: Open
) -> None:
    chief = browser_of("chief")
    with counted(desk) as few:
        chief.get(f"/assessment/list?{MARCH}")
    with desk.unit("system") as unit:
        unit.conn.exec_driver_sql(
            "INSERT INTO assessments (key, case_id, kind, role, person, unit, given_by, given_at)"
            " SELECT key + n * 100000, case_id, kind, role, person, unit, given_by, given_at"
            " FROM assessments, generate_series(1, 20) AS n"
        )
    with counted(desk) as many:
        page = chief.get(f"/assessment/list?{MARCH}")
    assert page.status == 200
    assert len(many.statements) == len(few.statements)
