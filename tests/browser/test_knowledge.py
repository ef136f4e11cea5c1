"""The knowledge base where a case is handled: offered beside the form, opened there, used."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from engine import deployment, history
from engine.model import File
from engine.wiring import Engine

SLOW = """---
title: 网速慢怎么查
kind: guide
keywords: 网速、卡顿
summary: 先测速，再看拥塞
caution: 不承诺恢复日期
---
## 怎么说

- 说：“我现在就测。”
- 不说：“您那儿就这样。”
"""


def test_an_article_is_offered_read_and_used_while_the_form_stays(
    page: Page, desk: Engine, enter: Callable[[str], None], accessible: Callable[[], None],
    open_case: Callable[..., int], task_of: Callable[[int], int],
) -> None:
    with desk.unit("system") as unit:
        deployment.deploy(unit, [File("slow.article.md", SLOW.encode())])
    case_id = open_case(topic="网速")
    enter("li")
    page.goto(f"/tasks/{task_of(case_id)}")
    offered = page.locator("#knowledge")
    offered.locator("summary").click()
    expect(offered.locator(".phrase-say")).to_have_text("说：“我现在就测。”")
    expect(offered.get_by_text("不承诺恢复日期")).to_be_visible()
    accessible()
    offered.get_by_role("button", name="用于本单").click()
    expect(offered.get_by_text("已用于本单")).to_be_visible()
    expect(page).to_have_url(f"{page.url.split('/tasks')[0]}/tasks/{task_of(case_id)}")
    with desk.read() as conn:
        entries = history.timeline(conn, case_id)
    assert [one.text for one in entries if one.kind == "knowledge.used"] == [
        "参考了知识“网速慢怎么查”（第 1 版）"]


def test_an_editor_sees_the_article_before_saving_it(
    page: Page, desk: Engine, enter: Callable[[str], None], accessible: Callable[[], None],
) -> None:
    enter("chief")
    page.goto("/knowledge")
    accessible()
    page.get_by_role("link", name="写一篇").click()
    page.get_by_label("标题").fill("夜间断网")
    page.get_by_label("正文").fill("- 说：“我查一下割接公告。”")
    page.get_by_role("button", name="预览").click()
    expect(page.locator("#preview .phrase-say")).to_have_text("说：“我查一下割接公告。”")
    accessible()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="夜间断网")).to_be_visible()
    accessible()
    page.goto("/knowledge")
    page.get_by_label("在知识库中查找").fill("割接公告")
    expect(page.locator(".article-hit mark").first).to_have_text("割接公告")
    page.locator(".article-hit a").click()
    page.get_by_role("link", name="版本（1）").click()
    expect(page.get_by_text("最初的内容")).to_be_visible()
    accessible()
