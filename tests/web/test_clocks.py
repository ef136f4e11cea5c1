"""The clocks of a case on its page: countdown, why, line of time; agreed, changed, recomputed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from engine import cases, clocks, deployment, messages
from engine.clocks import Clock
from engine.model import File
from engine.tables import user_tasks
from engine.wiring import Engine
from tests.db.clockwork import LIMITS, handling, table
from tests.web.conftest import Browser

ZONE = ZoneInfo("Asia/Shanghai")
KIND = {
    "id": "timed", "name": "计时单", "process": "p", "number": "JS{date}-{seq:04}",
    "title": "topic", "fields": [{"key": "topic", "label": "事由", "list": True}],
    "statuses": ["处理中"], "due": "due",
}
HTMX = {"HX-Request": "true"}
Open = Callable[[str], Browser]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20 {text}").replace(tzinfo=ZONE)


@pytest.fixture
def clock_at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at("11:20"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def timed(desk: Engine, clock_at: time_machine.Traveller) -> int:
    """A case whose reply is due within 120 minutes of working time, begun at 11:20."""
    calendar = Path("processes/default.calendar.json").read_bytes()
    files = [
        File("p.bpmn", handling()), File("limits.dmn", LIMITS),
        File("default.calendar.json", calendar),
        File("timed.case.json", json.dumps(KIND).encode()),
    ]
    with desk.unit("root") as unit:
        deployment.deploy(unit, files)
    said = {"topic": "信号", "class": "二", "case_key": "k", "why": "等客户资料"}
    with desk.unit("li") as unit:
        return cases.open_(unit, "timed", said).case_id


def the_clock(desk: Engine, case_id: int) -> Clock:
    with desk.read() as conn:
        (found,) = clocks.of_case(conn, case_id)
    return found


def test_the_page_says_why_it_is_due_then(
    desk: Engine, timed: int, clock_at: time_machine.Traveller, browser_of: Open
) -> None:
    clock_at.move_to(at("13:40"))
    with desk.unit("li") as unit:
        messages.publish(unit, "挂起", "k", {})
    page = browser_of("li").get(f"/cases/{timed}")
    assert "已暂停" in page.words
    assert "等客户资料" in page.words
    clock_at.move_to(at("14:10"))
    with desk.unit("li") as unit:
        messages.publish(unit, "恢复", "k", {})
    page = browser_of("li").get(f"/cases/{timed}")
    assert (
        "应于 15:20 前回复：自 11:20 起 120 分钟工作时间，午休 12:00–13:30 "
        "与挂起 13:40–14:10 不计；时限表第 2 条，版本 1。"
    ) in page.words
    assert "计入 120 分钟，暂停 30 分" in page.words
    assert 'data-due="2026-11-20T15:20:00+08:00"' in page.text
    assert page.text.count('class="clock-paused"') == 1
    assert " style=" not in page.text


def test_what_is_suspended_is_not_late(
    desk: Engine, timed: int, clock_at: time_machine.Traveller, browser_of: Open
) -> None:
    clock_at.move_to(at("13:40"))
    with desk.unit("li") as unit:
        messages.publish(unit, "挂起", "k", {})
    clock_at.move_to(at("19:40"))
    li = browser_of("li")
    assert "信号" not in li.get("/cases?late=1", headers=HTMX).words
    for page in ("/cases", f"/cases/{timed}"):
        assert "已挂起" in li.get(page).words
        assert "已超时" not in li.get(page).words
    with desk.unit("li") as unit:
        messages.publish(unit, "恢复", "k", {})
    clock_at.move_to(at("23:40").replace(day=23))
    late = browser_of("li").get("/cases?late=1", headers=HTMX).words
    assert "信号" in late
    assert "已超时" in late


def test_a_case_without_a_limit_of_its_own_shows_what_runs_out_next(
    desk: Engine, timed: int, clock_at: time_machine.Traveller, browser_of: Open
) -> None:
    with desk.unit("root") as unit:
        deployment.deploy(unit, [
            File("timed.case.json", json.dumps(KIND | {"due": "null"}).encode())])
    with desk.unit("li") as unit:
        said = {"topic": "回访", "class": "二", "case_key": "other", "why": ""}
        other = cases.open_(unit, "timed", said).case_id
    clock_at.move_to(at("14:00"))
    page = browser_of("li").get("/cases?q=回访", headers=HTMX)
    assert 'data-due="2026-11-20T14:50:00+08:00"' in page.text
    assert "无时限" not in page.words
    clock_at.move_to(at("15:00"))
    late = browser_of("li").get("/cases?late=1", headers=HTMX)
    assert f"/cases/{other}" in late.text


def test_an_agreed_time_is_noted_by_who_has_the_task(
    desk: Engine, timed: int, browser_of: Open
) -> None:
    key = the_clock(desk, timed).key
    browser = browser_of("li")
    sent = {"due_at": "2026-11-20T16:30", "by": "王先生", "how": "电话", "at": ""}
    answer = browser.post(f"/cases/{timed}/clocks/{key}/agree", sent)
    assert (answer.status, answer.location) == (303, f"/cases/{timed}#clock-{key}")
    page = browser.get(f"/cases/{timed}")
    assert "王先生（电话）同意，李四登记；原应于 11月20日 14:50" in page.words
    assert "客户已同意" in page.words
    assert "与客户约定“回复”改为 11-20 16:30，王先生（电话）同意" in page.words
    with desk.read() as conn:
        due = conn.execute(
            user_tasks.select().where(user_tasks.c.case_id == timed)).one().due_at
    assert due == at("16:30")
    wrong = {"due_at": "", "by": "王先生", "how": "电话"}
    assert browser.post(f"/cases/{timed}/clocks/{key}/agree", wrong).status == 422
    assert browser_of("zhao").post(f"/cases/{timed}/clocks/{key}/agree", sent).status == 403


def test_only_supervisors_change_a_limit(desk: Engine, timed: int, browser_of: Open) -> None:
    key = the_clock(desk, timed).key
    sent = {"due_at": "2026-11-20T17:00", "why": "系统故障"}
    assert browser_of("li").post(f"/cases/{timed}/clocks/{key}/change", sent).status == 403
    assert "调整时限" not in browser_of("li").get(f"/cases/{timed}").words
    chief = browser_of("chief")
    assert chief.post(f"/cases/{timed}/clocks/{key}/change", sent).status == 303
    assert "主管陈于 11月20日 11:20 调整，理由：系统故障" in chief.get(f"/cases/{timed}").words


def test_a_new_table_is_previewed_and_applied(
    desk: Engine, timed: int, clock_at: time_machine.Traveller, browser_of: Open
) -> None:
    clock_at.move_to(at("13:45"))
    root = browser_of("root")
    assert "都按最新的表计算" in root.get("/limits").words
    with desk.unit("root") as unit:
        deployment.deploy(unit, [File("limits.dmn", table(("二", "PT50M", "工作时间")))])
    assert "1 个在途时限仍按旧版" in root.get("/limits").words
    preview = root.get("/limits?decision=limit").words
    assert "1 个时限会变化，其中 1 个立即超时" in preview
    assert "→ 今天 13:40" in preview
    assert the_clock(desk, timed).due_at == at("14:50")
    assert root.post("/limits", {"decision": "limit", "why": "时限表修订"}).status == 303
    assert the_clock(desk, timed).due_at == at("13:40")
    assert "已超时" in root.get(f"/cases/{timed}").words
    assert browser_of("chief").get("/limits").status == 403


def test_the_inbox_names_the_clock_that_runs_out_before_the_task(
    desk: Engine, timed: int, browser_of: Open
) -> None:
    with desk.unit("li") as unit:
        unit.conn.execute(user_tasks.update().values(due_at=None))
    row = browser_of("li").get("/inbox").words
    assert "无时限 回复 剩 3 小时 30 分" in row
