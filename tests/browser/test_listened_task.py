"""A task whose listeners check what was done: readable while it waits and when one denies."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from engine.job_results import Denial
from engine.wiring import Engine
from tests.web.test_listened_task import answer, checked

__all__ = ["checked"]

Enter = Callable[[str], None]
Check = Callable[[], None]


def test_nothing_typed_is_lost_when_an_answer_is_denied(
    page: Page, enter: Enter, accessible: Check, desk: Engine, checked: int,
    nothing_goes_wrong: list[str],
) -> None:
    enter("li")
    page.goto(f"/tasks/{checked}")
    page.get_by_role("button", name="领取").click()
    expect(page.get_by_text("指派已提交，正在由系统核对")).to_be_visible()
    answer(desk, "check.person")
    page.goto(f"/tasks/{checked}")
    page.get_by_label("属实", exact=True).check()
    page.get_by_label("说明").fill("已与客户核对过")
    page.get_by_role("button", name="办结", exact=True).click()
    expect(page.get_by_text("办理结果已提交，正在由系统核对")).to_be_visible()
    accessible()
    answer(desk, "check.answer", Denial("缺少回访录音，请补录后再提交。"))
    page.reload()
    expect(page.get_by_role("alert").filter(has_text="缺少回访录音，请补录后再提交。")).to_be_visible()
    expect(page.get_by_label("说明")).to_have_value("已与客户核对过")
    accessible()
    page.goto("/inbox")
    expect(page.get_by_text("未通过核对")).to_be_visible()
    accessible()
