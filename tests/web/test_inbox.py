"""The inbox: what is mine, what my groups may claim, what is late; claiming and assigning."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine

from engine import tasks
from engine.model import Person
from engine.wiring import Engine
from tests.web.conftest import Browser

Open = Callable[[str], Browser]
OpenCase = Callable[..., int]
TaskOf = Callable[[int], int]
HTMX = {"HX-Request": "true"}
WANG = Person("wang", "王五", frozenset({"staff"}), frozenset({"intake"}))


def tabs(words: str) -> dict[str, int]:
    found = re.findall(r"(我的待办|组内待领) (\d+)", words)
    return {name: int(number) for name, number in found}


def test_a_task_goes_from_the_group_to_me_to_done(
    browser_of: Open, open_case: OpenCase, task_of: TaskOf
) -> None:
    key = task_of(open_case())
    li, wang, zhao = browser_of("li"), browser_of("wang"), browser_of("zhao")
    assert tabs(li.get("/inbox").words) == {"我的待办": 0, "组内待领": 1}
    assert tabs(zhao.get("/inbox").words) == {"我的待办": 0, "组内待领": 0}
    assert "网络" in wang.get("/inbox?view=groups").words
    assert li.post(f"/tasks/{key}/claim").location == f"/tasks/{key}"
    assert tabs(wang.get("/inbox/counts").words)["组内待领"] == 0
    assert tabs(li.get("/inbox").words) == {"我的待办": 1, "组内待领": 0}
    li.post(f"/tasks/{key}/complete", {"verdict": "true"})
    done = li.get("/inbox?view=done").words
    assert "核对" in done
    assert "还没有办结" not in done
    assert tabs(zhao.get("/inbox").words)["组内待领"] == 1


def test_personal_data_is_masked_in_lists(browser_of: Open, open_case: OpenCase) -> None:
    open_case()
    for path in ("/inbox?view=groups", "/cases"):
        page = browser_of("li").get(path).text
        assert "13800138000" not in page


def test_late_is_counted_marked_and_first(browser_of: Open, open_case: OpenCase) -> None:
    with time_machine.travel("2026-05-06T09:00:00+08:00", tick=False):
        open_case(topic="早的")
    with time_machine.travel("2026-05-06T09:20:00+08:00", tick=False):
        open_case(topic="晚的")
    with time_machine.travel("2026-05-06T10:05:00+08:00", tick=False):
        page = browser_of("li").get("/inbox?view=groups")
        assert "超时 1" in page.words
        assert page.words.index("早的") < page.words.index("晚的")
        assert re.search(r'class="due-late"[^>]*>已超时 5 分<', page.text)
        assert re.search(r'class="due-soon"[^>]*>剩 15 分<', page.text)
        late = browser_of("li").get("/inbox?view=groups&late=1").words
        assert "早的" in late
        assert "晚的" not in late


@pytest.mark.parametrize(("query", "seen"), [
    ("q=资费", "资费"), ("q=13900000001", "资费"), ("priority=urgent", "资费"),
    ("priority=x", "both"), ("step=核对", "both"),
    ("step=处理", ""), ("due=hour", "both"), ("q=资费&step=处理", ""),
])
def test_search_and_filters(
    browser_of: Open, open_case: OpenCase, query: str, seen: str
) -> None:
    open_case(topic="网络")
    open_case(topic="资费", customer_ref="13900000001", urgent=True)
    page = browser_of("li").get(f"/inbox?view=groups&{query}", headers=HTMX).words
    assert ("资费" in page, "网络" in page) == (seen != "", seen == "both")
    if not seen:
        assert "没有符合条件的任务" in page


def test_more_follows_where_the_page_ended(browser_of: Open, open_case: OpenCase) -> None:
    for number in range(53):
        open_case(topic=f"第{number}件")
    browser = browser_of("li")
    first = browser.get("/inbox?view=groups")
    more = re.search(r'hx-get="(/inbox\?[^"]*after=[^"]*)"', first.text)
    assert more
    rest = browser.get(more.group(1).replace("&amp;", "&"), headers=HTMX)
    keys = re.compile(r'data-href="/tasks/(\d+)"')
    assert len(keys.findall(first.text)) == 50
    assert len(set(keys.findall(first.text)) | set(keys.findall(rest.text))) == 53
    assert "更多" not in rest.words


def test_claiming_several_at_once_says_which_were_taken(
    desk: Engine, browser_of: Open, open_case: OpenCase, task_of: TaskOf
) -> None:
    keys = [task_of(open_case(topic=f"第{n}件")) for n in range(3)]
    with desk.unit("wang") as unit:
        tasks.claim(unit, keys[1], WANG)
    li = browser_of("li")
    answer = li.post("/inbox/claim", {"view": "groups", "key": [str(k) for k in keys]})
    assert "已领取 2 条" in answer.words
    assert "已由 王五 于" in answer.words
    assert tabs(li.get("/inbox").words) == {"我的待办": 2, "组内待领": 0}
    assert "请先勾选" in li.post("/inbox/claim", {"view": "groups"}).words


def test_claiming_from_a_row_too_late_leaves_the_list_alone(
    desk: Engine, browser_of: Open, open_case: OpenCase, task_of: TaskOf
) -> None:
    key = task_of(open_case())
    li = browser_of("li")
    li.get("/inbox?view=groups")
    with desk.unit("wang") as unit:
        tasks.claim(unit, key, WANG)
    late = li.post(f"/tasks/{key}/claim", headers=HTMX)
    assert (late.status, late.headers["HX-Retarget"]) == (409, "[data-page-error]")
    assert "已由 王五 于" in late.words


def test_supervisors_assign(browser_of: Open, open_case: OpenCase, task_of: TaskOf) -> None:
    key = task_of(open_case())
    chief = browser_of("chief")
    assert "转派所选" in chief.get("/inbox?view=groups").words
    assert "转派所选" not in browser_of("li").get("/inbox?view=groups").words
    answer = chief.post("/inbox/assign", {"view": "groups", "key": str(key), "login": "wang"})
    assert "已转派 1 条" in answer.words
    assert tabs(browser_of("wang").get("/inbox").words)["我的待办"] == 1
    nobody = chief.post("/inbox/assign", {"view": "groups", "key": str(key), "login": "x"})
    assert "没有可用的账号" in nobody.words


def test_going_back_shows_a_whole_page(browser_of: Open) -> None:
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    assert "<html" in browser_of("li").get("/inbox", headers=headers).text
    assert "<html" not in browser_of("li").get("/inbox", headers=HTMX).text


def test_a_cursor_that_is_none(browser_of: Open) -> None:
    answer = browser_of("li").get("/inbox?after=nonsense")
    assert answer.status == 422
    assert "翻页标记不对" in answer.words
