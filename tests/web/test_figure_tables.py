"""Figures side by side: by two dimensions with advice, all by one, and the hot spots."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine import deployment
from engine.model import File
from engine.tables import cases
from engine.wiring import Engine
from tests.web.conftest import Browser

Open = Callable[[str], Browser]
COMPLAINT = Path(__file__).parents[2] / "processes/complaint"
MARCH = "month=2026-03"


@pytest.fixture
def figures(desk: Engine) -> Engine:
    """February: 2 at the hall. March: 6 at the hall in Hangzhou (4 solved on the spot), 2 by the
    hotline in Ningbo (none), 1 of a place that is not known."""
    names = ("advice.dmn", "targets.dmn", "hot-spots-week.list.sql", "complaint.catalogue.json")
    paths = [*(COMPLAINT / "figures").iterdir(), *(COMPLAINT / one for one in names)]
    files = [
        File(path.name, path.read_bytes().replace(b"c.kind = 'complaint'", b"c.kind = 'desk'"))
        for path in sorted(paths)
    ]
    march, february = datetime(2026, 3, 27, 9, tzinfo=UTC), datetime(2026, 2, 3, 9, tzinfo=UTC)
    rows: list[tuple[datetime, str, str | None, bool]] = []
    rows += [(february, "hall", "hangzhou", False)] * 2
    rows += [(march, "hall", "hangzhou", n < 4) for n in range(6)]
    rows += [(march, "hotline", "ningbo", False)] * 2 + [(march, "hotline", None, False)]
    with desk.unit("system") as unit:
        deployment.deploy(unit, files)
        unit.conn.execute(cases.insert(), [{
            "key": unit.key(), "kind": "desk", "number": f"TS{n:02}", "status": "处理中",
            "title": f"投诉{n:02}", "search": "", "received_at": at + timedelta(minutes=n),
            "opened_at": at, "sample": False,
            "data": {"intake_result": "solved" if solved else "dispatch", "channel": channel,
                     "region": region, "unit": "network", "category": "network",
                     "subcategory": "network.coverage", "kind": "complaint"},
        } for n, (at, channel, region, solved) in enumerate(rows)])
    return desk


def table(html: str) -> list[list[str]]:
    """The rows of the page's first table, as words."""
    found = re.search(r"<table.*?</table>", html, re.S)
    assert found
    rows = re.findall(r"<tr.*?</tr>", found[0], re.S)
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split())
             for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.S)] for row in rows]


def test_a_figure_by_two_dimensions(figures: Engine, browser_of: Open) -> None:
    page = browser_of("li").get(f"/figures/analysis?{MARCH}&figure=received"
                                "&rows=channel&columns=region")

    assert page.status == 200
    head, hall, hotline, total = table(page.text)
    assert head[1:] == ["hangzhou", "ningbo", "（未注明）", "合计"]
    assert hall[1:] == ["6 件", "", "", "6 件"]
    assert hotline[1:] == ["", "2 件", "1 件", "3 件"]
    assert total[1:] == ["6 件", "2 件", "1 件", "9 件"]
    # 6 of 9 are 67 %; 2 in February make it 200 % more.
    assert "6 件，占 67%，较上期 +200%。按热点处理" in page.words
    link = re.search(r'href="([^"]+)">6 件', page.text)
    assert link
    behind = browser_of("li").get(link[1].replace("&amp;", "&")).words
    assert {f"投诉{n:02}" for n in range(2, 8)} == set(re.findall(r"投诉\d\d", behind))


def test_advice_on_a_rate_names_what_is_missing(figures: Engine, browser_of: Open) -> None:
    """67 % of the hall's 6; 80 % of 6 are 4.8: 1 more."""
    page = browser_of("li").get(f"/figures/analysis?{MARCH}&figure=on-spot"
                                "&rows=channel&columns=region")
    assert "还差 1 件现场解决" in page.words
    assert "把可现场解决的场景写进知识库" in page.words


def test_all_figures_by_one_dimension(figures: Engine, browser_of: Open) -> None:
    page = browser_of("li").get(f"/figures/compare?{MARCH}&by=channel")

    assert page.status == 200
    head, hall, hotline = table(page.text)
    at = head.index("现场解决率")
    assert (hall[head.index("投诉受理量")], hall[at], hotline[at]) == ("6 件", "66.7%", "0.0%")
    assert "还差 1 件现场解决" in page.text


def test_one_figure_compared_with_its_targets(figures: Engine, browser_of: Open) -> None:
    page = browser_of("li").get(f"/figures/on-spot?{MARCH}&by=unit")
    assert "网络部 44.4% 目标 ≥ 80.0% 还差 4 件现场解决" in page.words
    roles = browser_of("li").get(f"/figures/on-spot?{MARCH}&by=role")
    assert "该指标不按这一项区分" in roles.words
    narrowed = browser_of("li").get(f"/figures/on-spot?{MARCH}&role=受理")
    assert "这项指标不按岗位区分" in narrowed.words


def test_hot_spots(figures: Engine, browser_of: Open) -> None:
    """6 in the week to the end of March, 2 in the eight weeks before: 0.25 a week, shown as 0.3."""
    page = browser_of("li").get(f"/figures/hot-spots-week?{MARCH}")

    assert page.status == 200
    assert table(page.text)[1][1:] == ["6", "0.3", "热点"]
    assert "热点内的投诉" in page.words


def test_the_table_as_a_file(figures: Engine, browser_of: Open) -> None:
    answer = browser_of("li").get(f"/figures/analysis.csv?{MARCH}&figure=received"
                                  "&rows=channel&columns=region")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["渠道 / 地市", "hangzhou", "ningbo", "（未注明）", "合计"]
    assert rows[-1] == ["合计", "6 件", "2 件", "1 件", "9 件"]


def test_odd_questions_are_answered(figures: Engine, browser_of: Open) -> None:
    browser = browser_of("li")
    assert browser.get("/figures/analysis?rows=unit&columns=unit").status == 200
    assert browser.get("/figures/analysis?rows=x&columns=y&figure=received").status == 200
    assert browser.get("/figures/analysis?figure=none").status == 404
    assert browser.get("/figures/compare?by=nothing").status == 200
    assert browser.get(f"/figures/compare?{MARCH}&by=role").status == 200


def test_nothing_deployed(browser_of: Open) -> None:
    assert "还没有部署指标" in browser_of("li").get("/figures/analysis").words
    assert browser_of("li").get("/figures/compare").status == 200
    assert browser_of("li").get("/figures/hot-spots-week").status == 404
