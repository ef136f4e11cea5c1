"""A task's page: the form, the draft, completing it, and what happens when somebody was faster."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from engine import history, tasks
from engine.model import Person
from engine.wiring import Engine
from tests.web.conftest import Browser

Open = Callable[[str], Browser]
OpenCase = Callable[..., int]
TaskOf = Callable[[int], int]
HTMX = {"HX-Request": "true"}
LI = Person("li", "李四", frozenset({"staff"}), frozenset({"intake"}))
CHIEF = Person("chief", "主管陈", frozenset({"supervisor"}), frozenset({"intake", "network"}))


@pytest.fixture
def mine(desk: Engine, open_case: OpenCase, task_of: TaskOf) -> int:
    """A task that 李四 has claimed."""
    key = task_of(open_case())
    with desk.unit("li") as unit:
        tasks.claim(unit, key, LI)
    return key


def test_the_form_shows_the_case(browser_of: Open, mine: int) -> None:
    page = browser_of("li").get(f"/tasks/{mine}")
    assert "张三丰 来电" in page.words
    assert "事由：网络" in page.words
    assert "不属实的依据" not in page.words
    assert "办结并打开下一条" in page.words


def test_opening_is_noted_once(desk: Engine, browser_of: Open, mine: int) -> None:
    browser = browser_of("li")
    page = browser.get(f"/tasks/{mine}").text
    browser.get(f"/tasks/{mine}")
    case_id = int(re.findall(r"/cases/(\d+)", page)[0])
    with desk.read() as conn:
        kinds = [entry.kind for entry in history.timeline(conn, case_id)]
    assert kinds.count("task.opened") == 1


def test_completing(desk: Engine, browser_of: Open, mine: int) -> None:
    browser = browser_of("li")
    answer = browser.post(f"/tasks/{mine}/complete", {"verdict": "true", "note": " 已核 "})
    assert (answer.status, answer.location) == (303, "/inbox")
    done = browser.get(f"/tasks/{mine}")
    assert "已由 李四 于" in done.words
    assert "<fieldset class=\"card-body\" disabled>" in done.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_missing_is_said_and_nothing_is_lost(
    browser_of: Open, mine: int, headers: dict[str, str]
) -> None:
    sent = {"verdict": "false", "note": "短<b>", "why": "", "steps[0]": "",
            "steps[0].what": "打电话"}
    answer = browser_of("li").post(f"/tasks/{mine}/complete", dict(sent), headers=headers)
    assert answer.status == 422
    assert "有 1 项需要更正" in answer.words
    assert '<a href="#f-why" class="alert-link">不属实的依据</a>' in answer.text
    assert 'aria-describedby="f-why-error"' in answer.text
    assert "短&lt;b&gt;</textarea>" in answer.text
    assert 'value="打电话"' in answer.text
    assert ("<html" in answer.text) == (not headers)


def test_hidden_fields_do_not_get_in(desk: Engine, browser_of: Open, mine: int) -> None:
    browser = browser_of("li")
    browser.post(f"/tasks/{mine}/complete",
                 {"verdict": "true", "why": "smuggled", "result": "not of this form"})
    assert "smuggled" not in str(_variables(desk, mine))
    assert "not of this form" not in str(_variables(desk, mine))


def test_rows_come_and_go_without_javascript(browser_of: Open, mine: int) -> None:
    browser = browser_of("li")
    sent = {"steps": "", "steps[0]": "", "steps[0].what": "一"}
    more = browser.post(f"/tasks/{mine}/complete", {**sent, "_add": "steps"})
    assert more.status == 200
    assert 'name="steps[1].what"' in more.text
    assert "需要更正" not in more.words
    less = browser.post(f"/tasks/{mine}/complete", {**sent, "_remove": "steps[0]"})
    assert 'name="steps[0].what"' not in less.text


def test_the_form_follows_what_is_entered(browser_of: Open, mine: int) -> None:
    page = browser_of("li").post(f"/tasks/{mine}/form", {"verdict": "false", "note": "x"})
    assert "不属实的依据" in page.words
    assert "<html" not in page.text


def test_a_draft_is_kept_as_it_was_typed(browser_of: Open, mine: int) -> None:
    browser = browser_of("li")
    typed = {"verdict": "false", "why": "还没写完", "note": "x"}
    saved = browser.post(f"/tasks/{mine}/draft", typed)
    assert saved.status == 204
    page = browser.get(f"/tasks/{mine}")
    assert "已恢复草稿" in page.words
    assert 'value="还没写完"' in page.text
    assert browser_of("wang").post(f"/tasks/{mine}/draft", {"why": "y"}).status == 403


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_completed_twice(browser_of: Open, mine: int, headers: dict[str, str]) -> None:
    first, second = browser_of("li"), browser_of("li")
    first.post(f"/tasks/{mine}/complete", {"verdict": "true"})
    again = second.post(f"/tasks/{mine}/complete", {"verdict": "false", "why": "我写的理由"},
                        headers=headers)
    assert again.status == 409
    assert "已由 李四 于" in again.words
    assert "办结，请勿重复提交" in again.words
    if headers:
        assert again.headers["HX-Retarget"] == "#task-problem"
    else:
        assert 'value="我写的理由"' in again.text


def test_who_lost_the_task_keeps_what_was_typed(
    desk: Engine, browser_of: Open, mine: int
) -> None:
    with desk.unit("chief") as unit:
        tasks.assign(unit, mine, "wang", CHIEF)
    answer = browser_of("li").post(f"/tasks/{mine}/complete", {"verdict": "true"}, headers=HTMX)
    assert answer.status == 409
    assert "在 王五 手上" in answer.words
    assert "填写的内容还在本页" in answer.words


def test_a_task_of_others_is_not_shown(browser_of: Open, mine: int) -> None:
    for login in ("wang", "zhao"):
        answer = browser_of(login).get(f"/tasks/{mine}")
        assert answer.status == 403
        assert "张三丰" not in answer.text
    assert browser_of("li").get("/tasks/999").status == 404


def test_release_and_assign(browser_of: Open, mine: int) -> None:
    li, chief = browser_of("li"), browser_of("chief")
    assert li.post(f"/tasks/{mine}/release").location == "/inbox"
    assert "领取后即可办理" in li.get(f"/tasks/{mine}").words
    assert chief.post(f"/tasks/{mine}/assign", {"login": "wang"}).status == 303
    assert "已转派给 王五" in chief.get("/inbox").words
    taken = li.post(f"/tasks/{mine}/claim")
    assert taken.status == 409
    assert "已由 王五 于" in taken.words


def test_complete_and_open_the_next(
    browser_of: Open, mine: int, open_case: OpenCase, task_of: TaskOf
) -> None:
    li = browser_of("li")
    other = task_of(open_case(topic="资费"))
    li.post(f"/tasks/{other}/claim")
    answer = li.post(f"/tasks/{mine}/complete", {"verdict": "true", "_next": "1"})
    assert answer.location == f"/tasks/{other}"
    last = li.post(f"/tasks/{other}/complete", {"verdict": "true", "_next": "1"}, headers=HTMX)
    assert (last.status, last.headers["HX-Redirect"]) == (204, "/inbox")


def _variables(desk: Engine, key: int) -> object:
    with desk.read() as conn:
        return conn.exec_driver_sql(
            "SELECT json_agg(data) FROM history WHERE kind = 'variables.changed'").scalar()


def test_a_form_is_prefilled_with_who_fills_it_in(
    desk: Engine, browser_of: Open, open_case: OpenCase, task_of: TaskOf
) -> None:
    case_id = open_case()
    for login, sent in (("li", {"verdict": "true", "note": "已核"}), ("zhao", {})):
        browser, task = browser_of(login), task_of(case_id)
        browser.post(f"/tasks/{task}/claim")
        page = browser.get(f"/tasks/{task}").text
        browser.post(f"/tasks/{task}/complete", sent)
    assert re.search(r'name="solver"[^>]*value="赵六"|value="赵六"[^>]*name="solver"', page)
