"""The knowledge base in the pages: found, read, written, offered at a case, and who may what."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import deployment, history
from engine.model import File
from engine.wiring import Engine
from tests.web.conftest import Browser

Open = Callable[[str], Browser]

MENTAL = """---
title: 客户要求精神赔偿
kind: script
keywords: 精神损失费
techniques: 善意假设、直接拒绝
caution: 不对个案下法律结论
---
## 怎么说

- 说：“我先把原因查清楚。”
- 不说：“您去告吧。”

<script>alert(1)</script> [坏](javascript:alert(1))
"""
SLOW = """---
title: 网速慢怎么查
kind: guide
keywords: 网速、卡顿
---
先测速，再看拥塞。
"""
WRITTEN = {
    "title": "夜间断网", "kind": "guide", "text": "查割接公告。", "keywords": "断网，割接",
    "techniques": "问题", "why": "新情况",
}


@pytest.fixture
def articles(desk: Engine) -> dict[str, int]:
    """Title → key of two deployed articles."""
    with desk.unit("system") as unit:
        deployment.deploy(unit, [
            File("mental.article.md", MENTAL.encode()), File("slow.article.md", SLOW.encode()),
        ])
    return keys(desk)


def keys(desk: Engine) -> dict[str, int]:
    with desk.read() as conn:
        rows = conn.exec_driver_sql("SELECT title, key FROM articles").all()
    return {row.title: row.key for row in rows}


def test_articles_are_found_and_read(browser_of: Open, articles: dict[str, int]) -> None:
    li = browser_of("li")
    page = li.get("/knowledge?q=赔偿精神")
    assert '客户要求<mark class="found">精神赔偿</mark>' in page.text
    page = li.get("/knowledge?q=赔精神损失费")
    assert f'href="/knowledge/{articles["客户要求精神赔偿"]}"' in page.text, "by its keyword"
    assert "测速" not in page.words
    assert "网速慢怎么查" in li.get("/knowledge?kind=guide").words
    assert "没有找到" in li.get("/knowledge?q=卫星电话").words
    page = li.get(f"/knowledge/{articles['客户要求精神赔偿']}")
    assert '<li class="phrase-say">说：“我先把原因查清楚。”</li>' in page.text
    assert '<li class="phrase-avoid">不说：“您去告吧。”</li>' in page.text
    assert "不对个案下法律结论" in page.words
    assert "<script>alert" not in page.text
    assert "href=\"javascript" not in page.text
    assert li.get("/knowledge/1").status == 404


def test_staff_reads_and_says_what_is_missing_but_does_not_write(
    browser_of: Open, articles: dict[str, int]
) -> None:
    key = articles["网速慢怎么查"]
    li = browser_of("li")
    assert "编辑" not in li.get(f"/knowledge/{key}").words
    for address in ("/knowledge/new", f"/knowledge/{key}/edit"):
        assert li.get(address).status == 403
        assert li.post(address, WRITTEN).status == 403
    assert li.post(f"/knowledge/{key}/restore", {"version": "1", "why": "试试"}).status == 403
    assert li.post(f"/knowledge/{key}/retire", {"retired": "1"}).status == 403
    assert li.post(f"/knowledge/{key}/vote", {"helpful": "0", "note": "没写 5G"}).status == 303
    assert "0 人有用，1 人没用" in li.get(f"/knowledge/{key}").words
    assert "没写 5G" in browser_of("chief").get(f"/knowledge/{key}").words


def test_an_editor_writes_changes_compares_and_restores(
    desk: Engine, browser_of: Open, articles: dict[str, int]
) -> None:
    chief = browser_of("chief")
    assert chief.post("/knowledge/new", WRITTEN).status == 303
    key = keys(desk)["夜间断网"]
    page = chief.get(f"/knowledge/{key}/edit")
    assert "查割接公告。" in page.text
    changed = WRITTEN | {"text": "查割接公告，再查告警。", "based_on": "1", "why": ""}
    answer = chief.post(f"/knowledge/{key}/edit", changed)
    assert answer.status == 422
    assert "请填写修改说明" in answer.words
    assert "查割接公告，再查告警。" in answer.text, "what was typed is still there"
    assert chief.post(f"/knowledge/{key}/edit", changed | {"why": "补告警"}).status == 303
    answer = browser_of("root").post(f"/knowledge/{key}/edit", changed | {"why": "晚了一步"})
    assert answer.status == 409
    assert "已被改到第 2 版" in answer.words
    versions = chief.get(f"/knowledge/{key}/versions")
    assert "<ins>，再查告警</ins>" in versions.text
    assert "主管陈 ：补告警" in versions.words or "主管陈：补告警" in versions.words
    assert "查割接公告。" in chief.get(f"/knowledge/{key}/versions?n=1").text
    sent = {"version": "1", "why": "改错了"}
    assert chief.post(f"/knowledge/{key}/restore", sent).status == 303
    page = chief.get(f"/knowledge/{key}/versions")
    assert "第 3 版" in page.words
    assert "恢复第 1 版" in page.words
    assert "夜间断网" in chief.get("/knowledge?q=割接").words
    assert "夜间断网" not in chief.get("/knowledge?q=告警").words, "the search follows"


def test_what_must_not_stand_in_an_article_is_refused(browser_of: Open) -> None:
    chief = browser_of("chief")
    answer = chief.post("/knowledge/new", WRITTEN | {"text": "客户 13800138000 说……"})
    assert answer.status == 422
    assert "请隐去" in answer.words
    for wrong in ({"title": " "}, {"kind": "x"}, {"techniques": "吓唬"}, {"title": "长" * 81}):
        assert chief.post("/knowledge/new", WRITTEN | wrong).status == 422


def test_a_preview_keeps_nothing(desk: Engine, browser_of: Open) -> None:
    page = browser_of("chief").post("/knowledge/preview", WRITTEN | {"text": "- 说：“好。”"})
    assert 'class="phrase-say"' in page.text
    assert keys(desk) == {}


def test_a_retired_article_is_read_but_not_found(
    browser_of: Open, articles: dict[str, int]
) -> None:
    chief, key = browser_of("chief"), articles["网速慢怎么查"]
    assert chief.post(f"/knowledge/{key}/retire", {"retired": "1"}).status == 303
    assert "网速慢怎么查" not in chief.get("/knowledge").words
    assert "停用" in chief.get(f"/knowledge/{key}").words
    assert chief.post(f"/knowledge/{key}/retire", {"retired": "0"}).status == 303
    assert "网速慢怎么查" in chief.get("/knowledge").words


def test_a_case_is_offered_what_fits_and_says_what_was_used(
    desk: Engine, browser_of: Open, articles: dict[str, int], open_case: Callable[..., int],
    task_of: Callable[[int], int],
) -> None:
    case_id = open_case(topic="网速")
    key = articles["网速慢怎么查"]
    li = browser_of("li")
    address = f"/cases/{case_id}/knowledge"
    for page in (f"/cases/{case_id}", f"/tasks/{task_of(case_id)}"):
        assert f'hx-get="{address}"' in li.get(page).text
    offered = li.get(address)
    assert f'href="/knowledge/{key}"' in offered.text
    assert "精神赔偿" not in offered.words
    fragment = li.post(f"{address}/{key}", {"used": "1"}, headers={"HX-Request": "true"})
    assert "已用于本单" in fragment.words
    assert "用于 1 单" in fragment.words
    assert li.post(f"{address}/{key}", {"used": "1"}).status == 303
    assert "参考了知识“网速慢怎么查”（第 1 版）" in li.get(f"/cases/{case_id}").words
    with desk.read() as conn:
        entries = history.timeline(conn, case_id)
    assert [one.actor for one in entries if one.kind == "knowledge.used"] == ["li"], "told once"
    assert "用于 1 单" in li.get(f"/knowledge/{key}").words
    assert li.post(f"{address}/{key}", {"used": "0"}).status == 303
    assert "撤回对知识“网速慢怎么查”的参考" in li.get(f"/cases/{case_id}").words
    assert "用于 0 单" in li.get(f"/knowledge/{key}").words
    assert li.post(f"/cases/1/knowledge/{key}", {"used": "1"}).status == 404


def test_a_case_becomes_a_special_case(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    case_id = open_case()
    chief = browser_of("chief")
    page = chief.get(f"/knowledge/new?case={case_id}")
    assert '<option value="special" selected>' in page.text
    sent = WRITTEN | {"title": "隧道里没信号", "kind": "special", "case": str(case_id)}
    assert chief.post("/knowledge/new", sent).status == 303
    assert "据本案写成知识“隧道里没信号”" in chief.get(f"/cases/{case_id}").words
    key = keys(desk)["隧道里没信号"]
    assert f'href="/cases/{case_id}"' in chief.get(f"/knowledge/{key}").text


def test_a_file_does_not_overwrite_what_was_written_here(
    desk: Engine, browser_of: Open, articles: dict[str, int]
) -> None:
    key = articles["网速慢怎么查"]
    chief, root = browser_of("chief"), browser_of("root")
    mine = {"title": "网速慢怎么查", "kind": "guide", "text": "先看套餐限速。", "why": "常被漏掉",
            "based_on": "1"}
    assert chief.post(f"/knowledge/{key}/edit", mine).status == 303
    files = [File("slow.article.md", SLOW.replace("拥塞", "基站告警").encode())]
    with desk.read() as conn:
        said = deployment.check(conn, files)
    assert [(one.rule, one.severity) for one in said] == [("article-edited", "warning")]
    with desk.unit("system") as unit:
        deployment.deploy(unit, files)
    page = root.get(f"/knowledge/{key}")
    assert "先看套餐限速。" in page.words
    assert "采用文件中的版本" in page.words
    assert "等待您决定" in root.get("/knowledge").words
    assert "等待管理员决定" in chief.get(f"/knowledge/{key}").words
    assert chief.post(f"/knowledge/{key}/decide", {"adopt": "1"}).status == 403
    assert root.post(f"/knowledge/{key}/decide", {"adopt": "1"}).status == 303
    assert root.post(f"/knowledge/{key}/decide", {"adopt": "1"}).status == 409
    page = root.get(f"/knowledge/{key}")
    assert "基站告警" in page.words
    assert "采用文件中的版本" not in page.words
    assert "先看套餐限速。" in root.get(f"/knowledge/{key}/versions?n=2").text


def test_the_version_written_here_may_stay(
    desk: Engine, browser_of: Open, articles: dict[str, int]
) -> None:
    key = articles["网速慢怎么查"]
    root = browser_of("root")
    mine = {"title": "网速慢怎么查", "kind": "guide", "text": "先看套餐限速。", "why": "常被漏掉",
            "based_on": "1"}
    assert root.post(f"/knowledge/{key}/edit", mine).status == 303
    with desk.unit("system") as unit:
        deployment.deploy(unit, [File("slow.article.md", (SLOW + "\n完。").encode())])
    assert root.post(f"/knowledge/{key}/decide", {"adopt": "0"}).status == 303
    page = root.get(f"/knowledge/{key}")
    assert "先看套餐限速。" in page.words
    assert "采用文件中的版本" not in page.words


def test_who_writes_sees_how_articles_serve(browser_of: Open, articles: dict[str, int]) -> None:
    browser_of("li").post(f"/knowledge/{articles['网速慢怎么查']}/vote",
                          {"helpful": "0", "note": "少了 5G"})
    page = browser_of("chief").get("/knowledge/use")
    assert "网速慢怎么查" in page.words
    assert "没用 1" in page.words
    assert "读者：少了 5G" in page.words
    assert "有 2 篇还没有用过" in page.words
    assert "/knowledge/use" in browser_of("chief").get("/knowledge").text
    assert browser_of("li").get("/knowledge/use").status == 403
    assert "/knowledge/use" not in browser_of("li").get("/knowledge").text
