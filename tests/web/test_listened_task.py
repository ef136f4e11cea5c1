"""The page of a task whose listeners check what people do: waiting, denied, in trouble."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine import deployment, jobs
from engine.job_results import Denial, JobResult
from engine.model import File
from engine.tables import jobs as table
from engine.wiring import Engine
from tests.web.conftest import Browser

Open = Callable[[str], Browser]
DIAGRAM = Path(__file__).parent / "files" / "desk.bpmn"
LISTENERS = """<zeebe:taskListeners>
  <zeebe:taskListener eventType="assigning" type="check.person" />
  <zeebe:taskListener eventType="completing" type="check.answer" />
</zeebe:taskListeners>"""
TYPED = {"verdict": "true", "note": "已与客户核对过"}


@pytest.fixture
def checked(desk: Engine, open_case: Callable[..., int], task_of: Callable[[int], int]) -> int:
    """A task of the desk whose assignments and answers are checked."""
    text = DIAGRAM.read_text("utf-8").replace(
        '<zeebe:formDefinition formId="desk-check" />',
        '<zeebe:formDefinition formId="desk-check" />' + LISTENERS,
    )
    with desk.unit("root") as unit:
        deployment.deploy(unit, [File("desk.bpmn", text.encode())])
    return task_of(open_case())


def answer(desk: Engine, type_: str, result: JobResult | None = None) -> None:
    jobs_of_type = table.select().where(table.c.type == type_, table.c.state == "created")
    with desk.read() as conn:
        job = conn.execute(jobs_of_type).one()
    with desk.unit("worker") as unit:
        jobs.complete(unit, job.key, {}, result)


@pytest.fixture
def li(desk: Engine, browser_of: Open, checked: int) -> Browser:
    """李四 has claimed it, which was agreed to."""
    browser = browser_of("li")
    assert browser.post(f"/tasks/{checked}/claim").status == 303
    answer(desk, "check.person")
    return browser


def test_a_claim_is_checked_and_its_denial_is_shown(
    desk: Engine, browser_of: Open, checked: int
) -> None:
    browser = browser_of("li")
    browser.post(f"/tasks/{checked}/claim")
    page = browser.get(f"/tasks/{checked}")
    assert "指派已提交，正在由系统核对" in page.words
    assert f"/tasks/{checked}/claim" not in page.text
    answer(desk, "check.person", Denial("今天不在岗"))
    page = browser.get(f"/tasks/{checked}")
    assert "指派未通过核对" in page.words
    assert "今天不在岗" in page.words
    assert f"/tasks/{checked}/claim" in page.text


def test_a_denied_answer_says_why_and_keeps_what_was_typed(
    desk: Engine, li: Browser, checked: int
) -> None:
    sent = li.post(f"/tasks/{checked}/complete", dict(TYPED))
    assert (sent.status, sent.location) == (303, f"/tasks/{checked}")
    page = li.get(f"/tasks/{checked}")
    assert "办理结果已提交，正在由系统核对" in page.words
    assert "已与客户核对过" in page.text
    assert ">办结</button>" not in page.text
    assert "核对中" in li.get("/inbox").words
    answer(desk, "check.answer", Denial("缺少回访录音<b>"))
    page = li.get(f"/tasks/{checked}")
    assert "缺少回访录音&lt;b&gt;" in page.text
    assert "您填写的内容还在" in page.words
    assert "已与客户核对过" in page.text
    assert ">办结</button>" in page.text
    assert "未通过核对" in li.get("/inbox").words
    li.post(f"/tasks/{checked}/complete", dict(TYPED))
    answer(desk, "check.answer")
    assert "已由 李四 于" in li.get(f"/tasks/{checked}").words


def test_a_listener_in_trouble_is_told_and_the_task_stays(
    desk: Engine, li: Browser, checked: int
) -> None:
    li.post(f"/tasks/{checked}/complete", dict(TYPED))
    with desk.read() as conn:
        job = conn.execute(table.select().where(table.c.type == "check.answer")).one()
    with desk.unit("worker") as unit:
        jobs.fail(unit, job.key, 0, "register down")
    page = li.get(f"/tasks/{checked}")
    assert "核对没有完成，已报管理员处理" in page.words
    assert "register down" in page.words
    assert f"/tasks/{checked}" in li.get("/inbox").text


def test_the_next_task_is_not_the_one_that_is_checked(
    desk: Engine, li: Browser, checked: int
) -> None:
    sent = li.post(f"/tasks/{checked}/complete", {**TYPED, "_next": "1"})
    assert sent.location == f"/tasks/{checked}"
    late = li.post(f"/tasks/{checked}/complete", dict(TYPED))
    assert late.status == 409
    assert "已与客户核对过" in late.text
