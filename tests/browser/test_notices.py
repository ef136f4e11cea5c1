"""Notices, reports and the new-case page in a browser, on a desk and on a phone."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Page, expect

from engine import deployment, notices
from engine.model import File
from engine.wiring import Engine
from tests.web.conftest import FILES

Enter = Callable[[str], None]
Check = Callable[[], None]


def tell(desk: Engine) -> int:
    rows = [["网络部", 3, 1], ["杭州分公司", 12, 0]]
    table = {"title": "各单位", "columns": ["单位", "在途", "超时"], "rows": rows}
    with desk.unit("worker") as unit:
        notices.send(unit, "请尽快处理", "第一行\n第二行", groups=["intake"])
        return notices.send(unit, "在途 15 件", "", groups=["intake"], tables=[table],
                            series="在途督办").key


def test_a_notice_is_opened_and_read(
    page: Page, enter: Enter, accessible: Check, desk: Engine
) -> None:
    tell(desk)
    enter("li")
    page.goto("/inbox")
    page.get_by_role("link", name="待阅 2").click()
    accessible()
    page.get_by_role("link", name="在途 15 件").click()
    expect(page.get_by_role("cell", name="杭州分公司")).to_be_visible()
    accessible()
    page.goto("/notices")
    expect(page.get_by_role("link", name="请尽快处理")).to_be_visible()
    expect(page.get_by_role("link", name="在途 15 件")).to_have_count(0)
    page.get_by_label("也看已阅").check()
    expect(page.get_by_role("link", name="在途 15 件")).to_be_visible()
    page.goto("/reports")
    expect(page.get_by_role("link", name="在途 15 件")).to_be_visible()
    accessible()


def test_kinds_are_chosen(page: Page, enter: Enter, accessible: Check, desk: Engine) -> None:
    kind = json.loads((FILES / "desk.case.json").read_bytes())
    kind |= {"id": "other", "name": "另一种", "about": "别的事", "number": "Q{seq:04}"}
    with desk.unit("system") as unit:
        content = json.dumps(kind, ensure_ascii=False).encode()
        deployment.deploy(unit, [File("other.case.json", content)])
    enter("li")
    page.goto("/new")
    accessible()
    page.goto("/cases?kind=other&as=table")
    accessible()
    page.goto("/new")
    page.get_by_role("link", name="另一种 别的事").click()
    expect(page.get_by_role("heading", name="新建另一种")).to_be_visible()
