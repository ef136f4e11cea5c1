"""What a clerk, a supervisor and an administrator do, at a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine import tasks
from engine.model import Person
from engine.wiring import Engine
from tests.web.conftest import FILES

Enter = Callable[[str], None]
Check = Callable[[], None]
OpenCase = Callable[..., int]
TaskOf = Callable[[int], int]
LI = Person("li", "李四", frozenset({"staff"}), frozenset({"intake"}))
REFUSED = re.compile(r"the server responded with a status of (409|422)")


def allow(wrong: list[str], many: int) -> None:
    """The browser writes refused requests to its console; so many are what the test wants."""
    said = [line for line in wrong if REFUSED.search(line)]
    assert len(said) == many
    for line in said:
        wrong.remove(line)


@pytest.fixture
def claimed(desk: Engine, open_case: OpenCase, task_of: TaskOf) -> int:
    """A task in the hands of 李四."""
    key = task_of(open_case())
    with desk.unit("li") as unit:
        tasks.claim(unit, key, LI)
    return key


def test_every_page_is_readable(
    page: Page, enter: Enter, accessible: Check, open_case: OpenCase, task_of: TaskOf
) -> None:
    case_id = open_case(urgent=True)
    page.goto("/sign-in")
    accessible()
    enter("root")
    for path in ("/inbox", "/inbox?view=groups", "/inbox?view=done", "/cases", "/new/desk",
                 f"/cases/{case_id}", f"/tasks/{task_of(case_id)}", "/deployments",
                 "/deployments/process/desk", "/incidents", "/account"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        accessible()


def test_pages_that_are_not_there(
    page: Page, enter: Enter, accessible: Check, nothing_goes_wrong: list[str]
) -> None:
    enter("li")
    page.goto("/nowhere")
    expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    accessible()
    page.goto("/deployments")
    expect(page.get_by_text("您没有打开此页面的权限")).to_be_visible()
    nothing_goes_wrong.clear()


def test_from_the_call_to_the_end(
    page: Page, enter: Enter, width: int, nothing_goes_wrong: list[str]
) -> None:
    enter("li")
    page.goto("/new/desk")
    page.get_by_label("客户号码").fill("13800138000")
    expect(page.get_by_text("此号码没有案件记录")).to_be_visible()
    page.get_by_role("button", name="提交受理").click()
    expect(page.get_by_role("alert")).to_contain_text("有 2 项需要更正")
    expect(page.get_by_role("alert")).to_be_focused()
    allow(nothing_goes_wrong, 1)
    page.get_by_label("客户姓名").fill("张三丰")
    page.get_by_label("事由").select_option("资费")
    page.get_by_label("争议金额").fill("12.5")
    page.get_by_role("button", name="提交受理").click()
    expect(page.get_by_text("已受理。")).to_be_visible()
    page.locator("[data-diagram]").scroll_into_view_if_needed()  # it is drawn when it is seen
    expect(page.locator("[data-diagram]")).to_have_attribute("data-ready", "true", timeout=15000)
    expect(page.locator(".diagram-token")).to_have_text("1")

    page.goto("/inbox?view=groups")
    page.get_by_role("button", name="领取 FW").click()
    expect(page.get_by_role("heading", name="核对")).to_be_visible()
    page.get_by_label("属实", exact=True).check()
    page.get_by_role("button", name="办结", exact=True).click()
    page.wait_for_url("**/inbox")
    expect(page.get_by_text("没有待办")).to_be_visible()


def test_the_form_follows_and_nothing_typed_is_lost(
    page: Page, enter: Enter, claimed: int
) -> None:
    enter("li")
    page.goto(f"/tasks/{claimed}")
    note = page.get_by_label("说明")
    note.fill("还在写")
    page.get_by_label("不属实", exact=True).check()
    why = page.get_by_label("不属实的依据")
    expect(why).to_be_visible()
    expect(note).to_have_value("还在写")
    why.fill("录音里没有")
    page.get_by_label("属实", exact=True).check()
    expect(why).to_be_hidden()
    page.get_by_label("不属实", exact=True).check()
    expect(page.get_by_label("不属实的依据")).to_have_value("录音里没有")
    page.get_by_role("button", name="增加一行").click()
    expect(page.get_by_label("做了什么")).to_have_count(2)
    expect(page.get_by_text("草稿已保存")).to_be_visible(timeout=8000)
    page.reload()
    expect(page.get_by_label("说明")).to_have_value("还在写")
    expect(page.get_by_label("不属实的依据")).to_have_value("录音里没有")


def test_what_was_typed_a_moment_before_reloading_is_there(
    page: Page, enter: Enter, claimed: int, nothing_goes_wrong: list[str]
) -> None:
    """However slow the draft is on its way: here it does not arrive at all at first."""
    enter("li")
    page.goto(f"/tasks/{claimed}")
    page.route("**/draft", lambda route: route.abort())
    page.get_by_label("说明").fill("第一行\n刚打完")
    page.get_by_label("属实", exact=True).check()
    page.reload()
    expect(page.get_by_label("说明")).to_have_value("第一行\n刚打完")
    expect(page.get_by_label("属实", exact=True)).to_be_checked()
    page.unroute("**/draft")
    expect(page.get_by_text("草稿已保存")).to_be_visible(timeout=20_000)
    assert page.evaluate("sessionStorage.getItem('bihuan-left')") is None
    page.goto("/inbox")
    page.goto(f"/tasks/{claimed}")
    expect(page.get_by_label("说明")).to_have_value("第一行\n刚打完")
    nothing_goes_wrong.clear()


def test_somebody_was_faster(
    page: Page, enter: Enter, desk: Engine, claimed: int, nothing_goes_wrong: list[str]
) -> None:
    enter("li")
    page.goto(f"/tasks/{claimed}")
    page.get_by_label("属实", exact=True).check()
    page.get_by_label("说明").fill("写了很多")
    expect(page.get_by_text("草稿已保存")).to_be_visible(timeout=8000)
    with desk.unit("li") as unit:
        tasks.complete(unit, claimed, {"verdict": "true"}, LI)
    page.get_by_role("button", name="办结", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("已由 李四 于")
    expect(alert).to_contain_text("您填写的内容还在本页")
    expect(page.get_by_label("说明")).to_have_value("写了很多")
    allow(nothing_goes_wrong, 1)


def test_a_page_left_open_too_long_says_so_and_keeps_its_content(
    page: Page, enter: Enter, claimed: int, nothing_goes_wrong: list[str]
) -> None:
    enter("li")
    page.goto(f"/tasks/{claimed}")
    page.get_by_label("属实", exact=True).check()
    page.context.clear_cookies()
    page.get_by_role("button", name="办结", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("登录已过期，请重新登录后再试")
    expect(page.get_by_label("属实", exact=True)).to_be_checked()
    nothing_goes_wrong.clear()


def test_claiming_several(page: Page, enter: Enter, open_case: OpenCase) -> None:
    for topic in ("网络", "资费", "其它"):
        open_case(topic=topic)
    enter("li")
    page.goto("/inbox?view=groups")
    boxes = page.get_by_role("checkbox", name="选择 FW")
    expect(boxes).to_have_count(3)
    boxes.nth(0).check()
    boxes.nth(2).check()
    page.get_by_role("button", name="领取所选").click()
    expect(page.get_by_role("status")).to_have_text("已领取 2 条。")
    expect(boxes).to_have_count(1)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("link", name=re.compile("我的待办"))).to_contain_text("2")


def test_search_as_one_types(page: Page, enter: Enter, open_case: OpenCase) -> None:
    open_case(topic="网络")
    open_case(topic="资费")
    enter("li")
    page.goto("/inbox?view=groups")
    page.get_by_label("搜索任务").press_sequentially("资费")
    expect(page.locator("tr[data-href]")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=%E8%B5%84%E8%B4%B9"))
    page.locator("tr[data-href] a").first.click()
    expect(page.get_by_role("heading", name="核对")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("搜索任务")).to_have_value("资费")


def test_looking_at_personal_data(page: Page, enter: Enter, open_case: OpenCase) -> None:
    case_id = open_case()
    enter("li")
    page.goto(f"/cases/{case_id}")
    expect(page.get_by_text("138****8000").first).to_be_visible()
    page.get_by_text("查看", exact=True).first.click()
    page.get_by_label("查看客户号码的原因").fill("回电核实")
    page.get_by_role("button", name="显示").first.click()
    expect(page.get_by_text("13800138000")).to_be_visible()
    page.reload()
    expect(page.get_by_text("原因：回电核实")).to_be_visible()


def test_urging_from_the_case(page: Page, enter: Enter, open_case: OpenCase) -> None:
    case_id = open_case()
    enter("li")
    page.goto(f"/cases/{case_id}")
    page.get_by_role("link", name="催办").click()
    page.get_by_label("催办说明").fill("客户又来电")
    page.get_by_role("button", name="确认催办").click()
    expect(page.get_by_role("status").filter(has_text="“催办”已提交")).to_be_visible()
    expect(page.get_by_text("催办说明：客户又来电")).to_be_visible()


def test_deploying(
    page: Page, enter: Enter, tmp_path: Path, nothing_goes_wrong: list[str]
) -> None:
    content = (FILES / "desk.bpmn").read_text("utf-8")
    good, bad = tmp_path / "desk.bpmn", tmp_path / "broken.bpmn"
    good.write_text(content.replace('name="核对"', 'name="核对来电"'), "utf-8")
    bad.write_text("not xml", "utf-8")
    assert page.viewport_size
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 300})
    enter("root")
    page.goto("/deployments")
    page.get_by_label("或选择文件").set_input_files(bad)
    page.get_by_role("button", name="部署", exact=True).click()
    result = page.locator("#deployment-result")
    expect(result).to_contain_text("broken.bpmn")
    allow(nothing_goes_wrong, 1)
    result.locator("li, .card").last.scroll_into_view_if_needed()
    upload, findings = page.locator("form[data-upload]").bounding_box(), result.bounding_box()
    assert upload
    assert findings
    assert upload["y"] + upload["height"] <= findings["y"]
    page.get_by_label("或选择文件").set_input_files(good)
    page.get_by_role("button", name="只检查").click()
    expect(page.locator("#deployment-result")).to_contain_text("1 个文件")
    page.get_by_role("button", name="部署", exact=True).click()
    expect(page.locator("#deployment-result")).to_contain_text("第 2 版，已生效")
    large = tmp_path / "large.bpmn"
    large.write_bytes(b"x" * 3_000_000)
    page.get_by_label("或选择文件").set_input_files(large)
    page.get_by_role("button", name="部署", exact=True).click()
    expect(page.get_by_text("超过上限").first).to_be_visible()


def test_the_menu_on_a_phone(page: Page, enter: Enter, width: int) -> None:
    enter("root")
    menu = page.get_by_role("navigation", name="主菜单")
    if width < 768:
        expect(menu).to_be_hidden()
        page.get_by_role("button", name="菜单").click()
    menu.get_by_role("link", name="案件").click()
    expect(page.get_by_role("heading", name="案件")).to_be_visible()


def test_without_javascript(page: Page, enter: Enter, address: str, claimed: int) -> None:
    browser = page.context.browser
    assert browser
    context = browser.new_context(java_script_enabled=False, base_url=address)
    plain = context.new_page()
    plain.goto("/sign-in")
    plain.locator("button[name=login][value=li]").click()
    plain.goto(f"/tasks/{claimed}")
    plain.get_by_label("不属实", exact=True).check()
    plain.get_by_role("button", name="办结", exact=True).click()
    expect(plain.get_by_role("alert")).to_contain_text("不属实的依据")
    plain.get_by_label("不属实的依据").fill("没有此事")
    plain.get_by_role("button", name="办结", exact=True).click()
    expect(plain).to_have_url(re.compile("/inbox$"))
    context.close()
