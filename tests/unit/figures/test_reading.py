"""Figure files: what they say, and the line of what is wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from engine.figures import findings, parse
from engine.figures.statement import driver_text

FOLDER = Path(__file__).parents[3] / "processes/complaint/figures"
HEAD = """\
-- title: 量
-- formula: 件数
-- source: 我们
-- unit: 件
-- direction: up
-- target: 10
-- target 2027: 12.5
-- setting quota: 95 配额
-- missing short: 还差 {} 件
-- cases 全部: case_id > 0
"""
SQL = """\
WITH counted AS (
    SELECT case_id, received_month AS month FROM v_cases
    WHERE received_at >= :from AND received_at < :to
)
SELECT month, count(*) AS value, :quota - count(*) AS short
FROM counted GROUP BY ROLLUP (month);
"""


def wrong(text: str) -> list[tuple[int | None, str]]:
    return [(one.line, one.zh) for one in findings(text.encode(), "x/some.figure.sql")]


def test_what_a_file_says() -> None:
    figure = parse((HEAD + SQL).encode(), "some.figure.sql")

    assert (figure.id, figure.title, figure.unit, figure.rising) == ("some", "量", "件", True)
    assert [figure.target(one) for one in (2026, 2027)] == [Decimal(10), Decimal("12.5")]
    assert figure.settings["quota"].value == 95
    assert [(one.label, one.condition) for one in figure.lists] == [("全部", "case_id > 0")]
    assert figure.statement.parameters == {"from", "to", "quota"}


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: str(path.name))
def test_shipped_files_are_good(path: Path) -> None:
    assert findings(path.read_bytes(), path.name) == []


@pytest.mark.parametrize(("before", "after", "line", "said"), [
    ("-- title: 量\n", "-- titel: 量\n", 1, "看不懂"),
    ("-- target: 10", "-- target: ten", 6, "不是数字"),
    ("-- target 2027", "-- target 27", 7, "不是年份"),
    ("-- setting quota", "-- setting from", 8, "不能用作设置的名称"),
    ("还差 {} 件", "还差几件", 9, "{}"),
    ("case_id > 0", "case_id IN (SELECT 1)", 10, "只能比较"),
    ("case_id > 0", "true) OR (true", 10, "只能比较"),
    ("-- unit: 件", "-- unit: 米", 4, "unit 只能是"),
    (":quota -", ":quotum -", 15, ":quotum"),
    ("FROM v_cases", "FROM people", 12, "people"),
    ("FROM v_cases", "FROM v_cases, people", 12, "读 ,"),
    ("FROM v_cases", "FROM v_cases JOIN people ON true", 12, "people"),
    ("FROM v_cases", "FROM v_cases JOIN v_tasks ON true, people", 12, "读 ,"),
    ("FROM v_cases", "FROM (people CROSS JOIN v_cases)", 12, "读 ("),
    ("FROM v_cases", "FROM (SELECT * FROM people) x", 12, "people"),
    ("FROM v_cases", "FROM public.people", 12, "public"),
    ("FROM v_cases", "FROM v_cases.people", 12, "v_cases"),
    ("FROM v_cases", 'FROM "people"', 12, "people"),
    ("FROM v_cases", "FROM ONLY people", 12, "ONLY"),
    ("SELECT case_id, ", "TABLE people; SELECT case_id, ", 12, "TABLE"),
    ("count(*) AS value", "pg_sleep(9) AS value", 15, "pg_sleep"),
    ("count(*) AS value", "pg_catalog.count(*) AS value", 15, "count"),
    ("count(*) AS value", "(set_config('role', 'none', true)) AS value", 15, "set_config"),
    ("count(*) AS value", r"E'\' FROM people --' AS value", 15, "E"),
    ("count(*) AS value", "$$x$$ AS value", 15, "$"),
    (";\n", "; DELETE FROM cases;\n", 16, "DELETE"),
    ("WITH counted AS (", "WITH other AS (", 11, "WITH counted"),
])
def test_refused_with_the_line(before: str, after: str, line: int, said: str) -> None:
    assert before in HEAD + SQL
    found = wrong((HEAD + SQL).replace(before, after, 1))

    assert line in [at for at, _ in found]
    assert any(said in zh for _, zh in found)


def test_what_is_missing_is_named() -> None:
    assert "-- title: …" in " ".join(zh for _, zh in wrong(SQL))
    assert wrong("\udcff".encode("utf-8", "surrogateescape").decode("latin-1")) != []
    assert findings(b"\xff\xfe", "a.figure.sql")[0].line == 1
    assert "文件名" in findings((HEAD + SQL).encode(), "满意 率.figure.sql")[0].zh


def test_texts_and_comments_are_no_parameters() -> None:
    types = {"from": "timestamptz"}
    text = "SELECT ':to 100%' -- :to\n, a::date, :from, :from"

    assert driver_text(text, types) == (
        "SELECT ':to 100%%' -- :to\n, a::date, %(from)s::timestamptz, %(from)s::timestamptz"
    )
    assert driver_text(text, types, numbered=True).endswith("$1::timestamptz, $1::timestamptz")
