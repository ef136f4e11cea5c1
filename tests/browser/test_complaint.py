"""A complaint from the call to the archive, by the people of the sample organisation, as it is
shipped."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine import deployment, organisation
from engine.model import File
from engine.resources import kind_of
from engine.wiring import Engine
from web.commands.sample import ORGANISATION

Enter = Callable[[str], None]
PROJECT = Path(__file__).parents[2]
CHOSEN = {
    "category": "billing", "subcategory": "billing.dispute",
    "category3": "billing.dispute.overage", "category4": "billing.dispute.overage.data-overage",
}
WORK = (
    ("shouli01", "受理预处理", {"intake_result": "dispatch"}),
    ("fuhe01", "复核工单", {"review_result": "pass"}),
    ("zhicheng01", "查证处理", {
        "course": "核对详单。", "cause": "重复计费", "result": "退还 30 元。",
        "result_certain": "yes", "solved": "yes", "company_fault": "yes",
        "reply_advice": "说明到账时间", "revisit_advice": "确认到账",
    }),
    ("fuhe01", "反馈核对", {"feedback_ok": "yes"}),
    ("huifu01", "回复客户", {
        "contact_result": "reached", "reply_text": "已退还 30 元。", "customer_accepts": "yes",
    }),
    ("huifang01", "回访客户", {"satisfaction": "satisfied", "solved": "yes"}),
    ("zhiliang01", "认定责任", {
        "company_fault": "yes", "fault_kind": "system", "responsibility_note": "计费规则配置有误",
    }),
    ("zhicheng01", "责任单位确认", {"appeal": "no"}),
    ("shouli01", "归档", {"closing": "archive"}),
)
"""Who does which task, and what he has to say: everything else is filled in already."""


@pytest.fixture
def shipped(desk: Engine) -> None:
    paths = [
        *(PROJECT / "processes").glob("*.json"), *(PROJECT / "processes/complaint").iterdir(),
        *(PROJECT / "forms").glob("*.form"),
    ]
    with desk.unit("system:install") as unit:
        organisation.load(unit, ORGANISATION.read_bytes(), ORGANISATION.name)
        deployment.deploy(unit, [File(p.name, p.read_bytes()) for p in paths if kind_of(p.name)])


def say(page: Page, name: str, value: str) -> None:
    field = page.locator(f'[name="{name}"]:not([type=hidden])').first
    expect(field).to_be_visible()
    kind = field.evaluate("one => one.type")
    if kind == "radio":
        page.locator(f'[name="{name}"][value="{value}"]').check()
    elif kind == "select-one":
        expect(field.locator(f'option[value="{value}"]')).to_be_attached()
        field.select_option(value)
    else:
        field.fill(value)


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("width", [1400], indirect=True)
def test_a_complaint_from_the_call_to_the_archive(page: Page, enter: Enter) -> None:
    enter("shouli01")
    page.goto("/new/complaint")
    page.get_by_label("客户号码").fill("13900001234")
    page.get_by_label("客户姓名").fill("陈思远")
    say(page, "region", "hangzhou")
    page.get_by_label("客户要求可在 20:00 至次日 8:00 联系").check()
    for name, value in CHOSEN.items():
        say(page, name, value)
    page.get_by_label("诉求内容").fill("多扣了 30 元。")
    page.get_by_label("账期").fill("2026-10")
    page.get_by_label("争议金额").fill("30")
    page.get_by_role("button", name="提交受理").click()
    expect(page.get_by_text("已受理。", exact=True)).to_be_visible()
    case = page.url
    number = page.locator(".crumbs").inner_text().split("/")[1].split()[0]

    for login, task, said in WORK:
        enter(login)
        page.goto("/inbox?view=groups")
        claim = page.get_by_role("button", name=re.compile(f"领取 ?{number}"))
        if claim.count():
            claim.click()
        else:
            page.goto(case)
            page.get_by_role("link", name=task, exact=True).click()
        expect(page.get_by_role("heading", name=task, level=1)).to_be_visible()
        for name, value in said.items():
            say(page, name, value)
        page.get_by_role("button", name="办结", exact=True).click()
        page.wait_for_url("**/inbox")

    page.goto(case)
    expect(page.get_by_text("已归档").first).to_be_visible()
    expect(page.get_by_text("没有在走的时限。")).to_be_visible()
