"""The page of figures: cards, filters, the cases behind a figure."""

from __future__ import annotations

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
from tests.web.test_cost import counted

Open = Callable[[str], Browser]
FOLDER = Path(__file__).parents[2] / "processes/complaint/figures"
MARCH = "month=2026-03"


@pytest.fixture
def figures(desk: Engine) -> Engine:
    """The shipped figures, and eleven complaints of March 2026, seven solved on the spot."""
    files = [File(path.name, path.read_bytes()) for path in sorted(FOLDER.iterdir())]
    at = datetime(2026, 3, 10, 9, tzinfo=UTC)
    with desk.unit("system") as unit:
        deployment.deploy(unit, files)
        unit.conn.execute(cases.insert(), [{
            "key": unit.key(), "kind": "desk", "number": f"TS{n:02}", "status": "处理中",
            "title": f"投诉{n:02}", "search": "", "received_at": at + timedelta(hours=n),
            "opened_at": at, "sample": False,
            "data": {"intake_result": "solved" if n < 7 else "dispatch",
                     "channel": "hall" if n % 2 else "hotline"},
        } for n in range(11)])
    path = FOLDER / "on-spot.figure.sql"
    ours = path.read_bytes().replace(b"c.kind = 'complaint'", b"c.kind = 'desk'")
    with desk.unit("system") as unit:
        deployment.deploy(unit, [File(path.name, ours)])
    return desk


def test_cards(figures: Engine, browser_of: Open) -> None:
    page = browser_of("li").get(f"/figures?{MARCH}")

    assert page.status == 200
    for title in ("满意率", "解决率", "升级投诉率", "现场解决率", "平均处理时间", "催办次数"):
        assert title in page.words
    assert "63.6% 目标 ≥ 80.0%" in page.words
    assert "还差 2 件现场解决" in page.words
    assert "未达标" in page.words
    assert 'aria-label="现场解决率：2026-03 63.6%"' in page.text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page.text)


def test_the_page_comes_before_its_figures_are_computed(
    figures: Engine, browser_of: Open
) -> None:
    """One slow figure keeps nobody waiting for the page, nor for the cards before its own."""
    browser = browser_of("li")
    browser.get(f"/figures?{MARCH}")  # from now on the files are known
    with counted(figures) as count:
        response = browser.client.get(f"/figures?{MARCH}", buffered=False)
        pieces = response.iter_encoded()
        head = next(pieces).decode()
        asked = len(count.statements)
        cards = [piece.decode() for piece in pieces]
    assert "并排对比" in head
    assert "card-title" not in head
    assert asked < 12, count.statements
    assert len(count.statements) > asked + 16
    assert ["card-title" in one for one in cards] == [True] * (len(cards) - 1) + [False]
    assert cards[-1].rstrip().endswith("</html>")


def test_the_cases_behind_a_figure(figures: Engine, browser_of: Open) -> None:
    page = browser_of("li").get(f"/figures/on-spot?{MARCH}&list=未现场解决")

    assert page.status == 200
    assert {f"投诉{n:02}" for n in range(7, 11)} == set(re.findall(r"投诉\d\d", page.words))
    assert "现场解决的投诉和意见 ÷ 受理的投诉和意见总量" in page.words
    everything = browser_of("li").get(f"/figures/on-spot?{MARCH}").words
    assert len(set(re.findall(r"投诉\d\d", everything))) == 11


def test_filters(figures: Engine, browser_of: Open) -> None:
    """Of the five by the hall, three were solved on the spot: 60 %."""
    assert "60.0%" in browser_of("li").get(f"/figures?{MARCH}&channel=hall").words
    february = browser_of("li").get("/figures/on-spot?month=2026-02")
    assert "63.6%" not in february.words
    assert "没有符合条件的案件" in february.words
    assert "63.6%" in browser_of("li").get("/figures?month=2026-05&span=quarter").words


def test_a_question_that_is_none_is_answered(figures: Engine, browser_of: Open) -> None:
    browser = browser_of("li")
    wrong = browser.get("/figures?month=2026-13")
    assert wrong.status == 422
    assert "2026-13" in wrong.words
    assert browser.get(f"/figures?{MARCH}&span=century").status == 200
    assert browser.get("/figures/nothing").status == 404
    assert browser.get(f"/figures/on-spot?{MARCH}&list=x").status == 404
    assert browser.get(f"/figures/on-spot?{MARCH}&by=x").status == 200


def test_a_figure_that_fails_takes_no_other_with_it(
    figures: Engine, browser_of: Open
) -> None:
    path = FOLDER / "repeated.figure.sql"
    broken = path.read_text("utf-8").replace("100.0 *", "1 / (count(*) - count(*)) *")
    with figures.unit("system") as unit:
        deployment.deploy(unit, [File(path.name, broken.encode())])

    page = browser_of("li").get(f"/figures?{MARCH}")

    assert "指标“重复投诉率”没有算出来" in page.words
    assert "63.6%" in page.words
    assert "没有算出来" in browser_of("li").get(f"/figures/repeated?{MARCH}").words


def test_nothing_deployed(browser_of: Open) -> None:
    assert "还没有部署指标" in browser_of("li").get("/figures").words
