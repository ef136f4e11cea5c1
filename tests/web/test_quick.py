"""A complaint in one go on a phone: what, where, the words, the agreed time."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask

from engine import cases
from engine.model import Json
from engine.wiring import Engine
from tests.web.conftest import Browser
from tests.web.test_service import office, row, shipped_files, site

__all__ = ["office", "shipped_files", "site"]

SAID = {
    "category": "network", "subcategory": "network.speed", "region": "hangzhou",
    "place": "文三路 1 号", "description": "客户办公室上网很慢", "customer_ref": "13800138000",
    "customer_name": "王芳", "agreed": "PT4H", "once": "one-form",
}


def signed_in(site: Flask) -> Browser:
    browser = Browser(site.test_client())
    browser.sign_in_as("shouli01")
    return browser


def data_of(office: Engine) -> Json:
    with office.read() as conn:
        return cases.view(conn, row(office).key).data


def test_one_form_opens_it_and_says_who_handles_it(office: Engine, site: Flask) -> None:
    browser = signed_in(site)
    assert "快捷建单" in browser.get("/new").words
    assert "与客户约定的答复时间" in browser.get("/quick").words
    answer = browser.post("/quick", SAID)
    assert (answer.status, answer.location) == (303, f"/cases/{row(office).key}")
    assert "已建单，归口 网络部" in browser.get(answer.location).words
    said = data_of(office)
    assert (said["channel"], said["owner"]) == ("account-manager", "shouli01")
    due = datetime.fromisoformat(said["reply_due_at"]) - row(office).received_at
    assert timedelta(hours=3, minutes=59) < due <= timedelta(hours=4, minutes=1)
    assert browser.post("/quick", SAID).location == "/cases", "sent twice"
    assert row(office).number


def test_the_standard_limit_holds_where_nothing_is_agreed(office: Engine, site: Flask) -> None:
    browser = signed_in(site)
    assert browser.post("/quick", {**SAID, "agreed": "standard"}).status == 303
    assert data_of(office)["reply_due_at"]


def test_what_is_missing_is_said(office: Engine, site: Flask) -> None:
    answer = signed_in(site).post("/quick", {**SAID, "customer_ref": "", "description": "慢"})
    assert answer.status == 422
    assert "有 2 项需要更正" in answer.words
    assert "文三路" in answer.text
