"""A customer's page, and merging a case, at a desk and on a phone."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from engine import customers, deployment
from engine.cases import linking, marking, merging
from engine.model import File, Person
from engine.wiring import Engine
from tests.browser.test_pages import Check, Enter, OpenCase, allow
from tests.db.matters import MARKS
from tests.web.conftest import FILES

CHIEF = Person("chief", "主管陈", frozenset({"supervisor"}), frozenset())


@pytest.fixture(autouse=True)
def marked(desk: Engine) -> None:
    kind = json.loads((FILES / "desk.case.json").read_text("utf-8"))
    kind |= {"marks": {"all": ["A", "B1", "C1"], "automatic": "by-count", "mark": "of-mark"}}
    with desk.unit("root") as unit:
        deployment.deploy(unit, [
            File("desk.case.json", json.dumps(kind, ensure_ascii=False).encode()),
            File("attention.dmn", MARKS.encode()),
        ])


@pytest.fixture
def key(desk: Engine, open_case: OpenCase) -> int:
    """A marked customer with an open case and a merged one, both parts of a matter."""
    original, again, matter = open_case(), open_case(), open_case(topic="割接")
    with desk.unit("chief") as unit:
        found = customers.get(unit.conn, "13800138000")
        assert found is not None
        marking.mark(unit, found.key, "B1", "多次辱骂坐席")
        merging.merge(unit, again, original, "又来电话", CHIEF)
        linking.link(unit, original, matter, "part")
    return found.key


def test_the_pages_are_readable(
    page: Page, enter: Enter, accessible: Check, key: int, desk: Engine
) -> None:
    enter("chief")
    with desk.read() as conn:
        case_ids = list(conn.exec_driver_sql("SELECT key FROM cases ORDER BY key").scalars())
    for path in ("/customers", f"/customers/{key}", *(f"/cases/{one}" for one in case_ids)):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        accessible()
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        accessible()


def test_a_mark_is_set_and_what_is_refused_is_said(
    page: Page, enter: Enter, key: int, nothing_goes_wrong: list[str]
) -> None:
    enter("li")
    page.goto(f"/customers/{key}")
    page.locator("summary", has_text="设置标记").click()
    page.get_by_label("标记", exact=True).select_option("C1")
    page.get_by_label("设置标记的原因").fill("回复时不满意")
    page.get_by_role("button", name="设置标记").click()
    expect(page.get_by_text("已设置标记 C1。")).to_be_visible()
    expect(page.get_by_text("C1 回复不满意", exact=True)).to_be_visible()
    page.locator("summary", has_text="登记其他号码").click()
    page.get_by_role("textbox", name="号码").fill("138 0013 8000")
    page.get_by_role("button", name="登记").click()
    expect(page.locator("[data-page-error]")).to_contain_text("已经在这位客户名下")
    assert page.get_by_role("textbox", name="号码").input_value() == "138 0013 8000"
    allow(nothing_goes_wrong, 1)


def test_a_number_is_shown_for_a_reason(page: Page, enter: Enter, key: int) -> None:
    enter("li")
    page.goto(f"/customers/{key}")
    page.locator("summary", has_text="查看").first.click()
    page.get_by_label("查看姓名的原因").fill("核对身份")
    page.get_by_role("button", name="显示").first.click()
    expect(page.locator(".revealed")).to_contain_text("张三丰")


def test_a_merging_is_undone_on_the_page(
    page: Page, enter: Enter, key: int, desk: Engine
) -> None:
    enter("chief")
    with desk.read() as conn:
        again = conn.exec_driver_sql(
            "SELECT key FROM cases WHERE merged_into IS NOT NULL"
        ).scalar_one()
    page.goto(f"/cases/{again}")
    expect(page.get_by_text("本件已并入")).to_be_visible()
    page.locator("summary", has_text="撤销并单").click()
    page.get_by_label("撤销并单：原因").fill("不是同一件事")
    page.get_by_role("button", name="撤销并单").click()
    expect(page.get_by_text("并单已撤销，案件继续办理。")).to_be_visible()
    expect(page.get_by_text("本件已并入")).to_have_count(0)
