"""The board: who sees what, where a case stands, and that nothing new costs nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from engine import board, groups, people, tasks
from engine.wiring import Engine
from tests.web.conftest import Answer, Browser
from tests.web.test_cost import counted

Open = Callable[[str], Browser]


def _columns(answer: Answer) -> dict[str, str]:
    """Column → its text."""
    found = re.findall(r'<section class="board-column" aria-label="([^"]*)">(.*?)</section>',
                       answer.text, re.S)
    return {name: " ".join(re.sub(r"<[^>]+>", " ", body).split()) for name, body in found}


def _settled(browser: Browser, address: str) -> str:
    """The mark of the piece once the database is being listened to."""
    wait = threading.Event()
    for _ in range(500):
        mark = browser.get(address).headers.get("X-Live-Mark", "")
        if mark:
            return mark
        wait.wait(0.02)
    raise AssertionError("no mark")


def test_where_cases_stand_and_how(
    desk: Engine, browser_of: Open, open_case: Callable[..., int], task_of: Callable[[int], int]
) -> None:
    first, second = open_case(), open_case(topic="资费")
    with desk.unit("li") as unit:
        tasks.claim(unit, task_of(first), people.get(unit.conn, "li"))
    with desk.unit("x") as unit:
        unit.conn.execute(text("UPDATE user_tasks SET due_at = now() - interval '5 min'"
                               " WHERE case_id = :c"), {"c": first})
        unit.conn.execute(text("UPDATE user_tasks SET due_at = now() + interval '10 min'"
                               " WHERE case_id = :c"), {"c": second})
    chief = browser_of("chief")
    page = chief.get("/board")
    assert re.search(r"在办.*", page.words)
    (column,) = _columns(page).values()
    assert "将超时 1" in column
    assert "超时 1" in column
    assert column.index("李四") < column.index("未领取"), "the most urgent one comes first"
    assert list(_columns(chief.get("/board?by=unit"))) == ["受理组"]
    assert set(_columns(chief.get("/board?by=person"))) == {"李四", "未领取"}
    late = _columns(chief.get("/board?only=late"))
    assert all("未领取" not in body for body in late.values())


def test_only_supervisors_and_leads_see_it_and_leads_their_own(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    open_case()
    li = browser_of("li")
    refused = li.get("/board")
    assert refused.status == 403
    assert "待办" in refused.words
    assert "/board" not in li.get("/inbox").text
    with desk.unit("system") as unit:
        groups.set_units(unit, [groups.Group("network", "网络部", "department", lead="zhao"),
                                groups.Group("intake", "受理组", "department", lead="wang")])
    assert "/board" in browser_of("wang").get("/inbox").text
    assert len(_columns(browser_of("wang").get("/board?by=unit"))) == 1
    zhao = browser_of("zhao").get("/board?by=unit")
    assert "现在没有在办案件" in zhao.words


def test_nothing_new_costs_no_statement_and_a_new_case_is_told(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    open_case()
    chief = browser_of("chief")
    _settled(chief, "/board/live?by=unit")
    mark = chief.get("/board/live?by=unit").headers["X-Live-Mark"]
    with counted(desk) as count:
        same = chief.get(f"/board/live?by=unit&mark={mark}")
    assert (same.status, same.text) == (204, "")
    assert count.statements == []
    open_case(topic="资费")
    assert _changes(chief, f"/board/live?by=unit&mark={mark}")
    fresh = chief.get(f"/board/live?by=unit&mark={mark}")
    assert "受理组 2" in fresh.words


def test_the_passing_of_time_is_news_too(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    case_id = open_case()
    with desk.unit("x") as unit:
        unit.conn.execute(text("UPDATE user_tasks SET due_at = now() + interval '40 min'"
                               " WHERE case_id = :c"), {"c": case_id})
        unit.conn.execute(text("UPDATE cases SET due_at = null"))
        unit.conn.execute(text("UPDATE case_clocks SET state = 'met', ended_at = now()"))
    chief = browser_of("chief")
    _settled(chief, "/board/live")
    mark = chief.get("/board/live").headers["X-Live-Mark"]
    assert chief.get(f"/board/live?mark={mark}").status == 204
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11), tick=True):
        assert "将超时 1" in chief.get(f"/board/live?mark={mark}").words


def test_who_is_put_out_is_out_of_the_board_at_once(desk: Engine, browser_of: Open) -> None:
    chief = browser_of("chief")
    mark = _settled(chief, "/board/live")
    with desk.unit("root") as unit:
        people.set_active(unit, "chief", False)
    assert _changes(chief, f"/board/live?mark={mark}")
    assert chief.get(f"/board/live?mark={mark}").status in (302, 401)


def test_the_inbox_tells_how_much_has_come(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    open_case()
    li = browser_of("li")
    found = re.search(r'data-live="([^"]+)"', li.get("/inbox?view=groups").text)
    assert found
    news = found[1].replace("&amp;", "&")
    _settled(li, news)
    quiet = li.get(news)
    assert quiet.words == "", "what is on the page is no news"
    mark = quiet.headers["X-Live-Mark"]
    with counted(desk) as count:
        assert li.get(f"{news}&mark={mark}").status == 204
    assert count.statements == []
    open_case(topic="资费")
    open_case(topic="网络")
    assert _changes(li, f"{news}&mark={mark}")
    told = li.get(f"{news}&mark={mark}")
    assert "2 条新待办" in told.words
    link = re.search(r'href="([^"]+)"', told.text)
    assert link
    assert li.get(link[1].replace("&amp;", "&")).text.count(">新</span>") == 2


@pytest.mark.parametrize("known", ["9" * 20, "9" * 5000, "²", "x,,"])
def test_an_address_of_news_that_somebody_wrote(browser_of: Open, known: str) -> None:
    li = browser_of("li")
    assert li.get("/inbox/news", query_string={"known": known}).status == 200
    assert li.get("/inbox", query_string={"known": known, "new": "2026-01-01"}).status == 200


def _changes(browser: Browser, address: str) -> bool:
    """Whether the answer is no longer "nothing new", sooner or later."""
    wait = threading.Event()
    for _ in range(500):
        if browser.get(address).status != 204:
            return True
        wait.wait(0.02)
    return False


def test_a_lead_above_sees_the_teams_below(desk: Engine, open_case: Callable[..., int]) -> None:
    open_case()
    with desk.unit("system") as unit:
        groups.set_names(unit, {"centre": "客服中心"})
        groups.set_units(unit, [groups.Group("centre", "客服中心", "department", deputy="wang"),
                                groups.Group("intake", "受理组", "team", parent="centre")])
    with desk.read() as conn:
        found = board.show(conn, people.get(conn, "wang"), "unit")
    assert [(one.name, one.total) for one in found.columns] == [("客服中心", 1)]
