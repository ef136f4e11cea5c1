"""Signing in: rate limited, no session survives it, one click only for samples on loopback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from engine import people
from engine.wiring import Engine
from tests.web.conftest import Browser
from web.app import create_app
from web.settings import Settings

PASSWORD = "Kuai-Le-2026"
Open = Callable[[str], Browser]


@pytest.fixture
def with_password(desk: Engine) -> str:
    with desk.unit("system") as unit:
        people.add(unit, "sun", "孙七", password=PASSWORD, groups=["intake"])
    return "sun"


def test_password(browser_of: Open, with_password: str) -> None:
    browser = browser_of("")
    wrong = browser.post("/sign-in", {"login": "sun", "password": "wrong-password"})
    assert wrong.status == 422
    assert "工号或密码不正确" in wrong.words
    assert 'value="sun"' in wrong.text
    right = browser.post("/sign-in", {"login": " SUN ", "password": PASSWORD, "next": "/cases"})
    assert (right.status, right.location) == (303, "/cases")
    assert "孙七" in browser.get("/account").words


def test_unknown_and_wrong_read_the_same(browser_of: Open, with_password: str) -> None:
    browser = browser_of("")
    answers = [browser.post("/sign-in", {"login": login, "password": "wrong-password"})
               for login in ("sun", "nobody")]
    assert answers[0].status == answers[1].status
    assert answers[0].words == answers[1].words


def test_guessing_is_slowed_down(browser_of: Open, with_password: str) -> None:
    browser = browser_of("")
    statuses = [browser.post("/sign-in", {"login": "sun", "password": f"guess-{n}"}).status
                for n in range(9)]
    assert statuses == [422] * 8 + [429]
    late = browser.post("/sign-in", {"login": "sun", "password": PASSWORD})
    assert late.status == 429
    assert "稍后再试" in late.words
    assert browser.post("/sign-in", {"login": "li", "password": "x"}).status == 422


def test_a_session_from_before_is_not_taken_over(app: Flask, browser_of: Open) -> None:
    browser = browser_of("")
    with browser.client.session_transaction() as session:
        session["planted"] = "by somebody else"
        before = session["csrf"]
    browser.sign_in_as("li")
    with browser.client.session_transaction() as session:
        assert "planted" not in session
        assert session["csrf"] != before


def test_cookie_flags(browser_of: Open) -> None:
    cookie = browser_of("").post("/sign-in/sample", {"login": "li"}).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_cookies_insist_on_tls_behind_it(desk: Engine) -> None:
    app = create_app(Settings(secret_key="k" * 40, public_url="https://bihuan.example"), desk)
    cookie = app.test_client().get("/sign-in", base_url="https://bihuan.example").headers
    assert "Secure" in cookie["Set-Cookie"]


@pytest.mark.parametrize("target", [
    "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)",
    "/\t/evil.example", "http:evil", "",
])
def test_no_open_redirect(browser_of: Open, target: str) -> None:
    browser = browser_of("")
    assert browser.post("/sign-in/sample", {"login": "li", "next": target}).location == "/"


def test_where_one_wanted_to_go_is_kept(browser_of: Open) -> None:
    browser = browser_of("")
    sent = browser.get("/cases?q=%E5%BC%A0&late=1")
    assert sent.status == 302
    page = browser.get(sent.location)
    assert 'name="next" value="/cases?q=%E5%BC%A0&amp;late=1"' in page.text


def test_samples_only_in_the_demo_and_on_this_machine(desk: Engine, browser_of: Open) -> None:
    assert "李四" in browser_of("").get("/sign-in").words
    real = Browser(create_app(Settings(secret_key="k" * 40), desk).test_client())
    assert "李四" not in real.get("/sign-in").words
    assert real.post("/sign-in/sample", {"login": "li"}).status == 404
    outside = Settings(secret_key="k" * 40, demo=True, host="0.0.0.0")
    assert Browser(create_app(outside, desk).test_client()).post(
        "/sign-in/sample", {"login": "li"}).status == 404
    far = browser_of("").post("/sign-in/sample", {"login": "li"},
                              environ_overrides={"REMOTE_ADDR": "10.1.2.3"})
    assert far.status == 404


def test_one_click_never_enters_an_account_with_a_password(
    browser_of: Open, with_password: str
) -> None:
    browser = browser_of("")
    assert "孙七" not in browser.get("/sign-in").words
    assert browser.post("/sign-in/sample", {"login": "sun"}).status == 404


def test_signing_out_ends_it(browser_of: Open) -> None:
    browser = browser_of("li")
    assert browser.post("/sign-out").location == "/sign-in"
    assert browser.get("/account").location.startswith("/sign-in")


def test_a_disabled_account_is_out_at_once(desk: Engine, browser_of: Open) -> None:
    browser = browser_of("li")
    with desk.unit("root") as unit:
        people.set_active(unit, "li", False)
    assert browser.get("/account").status == 302


def test_a_new_password_ends_other_sessions(browser_of: Open, with_password: str) -> None:
    here, elsewhere = browser_of(""), browser_of("")
    for browser in (here, elsewhere):
        browser.post("/sign-in", {"login": "sun", "password": PASSWORD})
        browser.token = browser._read_token()
    wrong = here.post("/account/password", {"old": "x", "new": "Xin-Mi-Ma-88", "again": "y"})
    assert wrong.status == 422
    assert "原密码不正确" in wrong.words
    assert "两次输入的新密码不一致" in wrong.words
    new = {"old": PASSWORD, "new": "Xin-Mi-Ma-88", "again": "Xin-Mi-Ma-88"}
    assert here.post("/account/password", new).status == 303
    assert here.get("/account").status == 200
    assert elsewhere.get("/account").status == 302


def test_all_web_processes_count_together(desk: Engine, with_password: str) -> None:
    """Two applications with engines of their own share nothing but the database."""
    other = Engine(desk.url)
    apps = [create_app(Settings(secret_key="k" * 40), engine) for engine in (desk, other)]
    browsers = [Browser(app.test_client()) for app in apps]
    statuses = [
        browsers[n % 2].post("/sign-in", {"login": "sun", "password": f"guess-{n}"}).status
        for n in range(9)
    ]
    assert statuses == [422] * 8 + [429]
    right = [one.post("/sign-in", {"login": "sun", "password": PASSWORD}).status
             for one in browsers]
    assert right == [429, 429]
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6), tick=True):
        assert browsers[1].post("/sign-in", {"login": "sun", "password": PASSWORD}).status == 303
    other.close()


def test_whose_tries_are_counted_is_not_kept(desk: Engine, browser_of: Open) -> None:
    browser_of("").post("/sign-in", {"login": "sun", "password": "wrong-password"})
    with desk.read() as conn:
        rows = conn.exec_driver_sql("SELECT key FROM attempts").scalars().all()
    assert len(rows) == 2
    assert not any("sun" in key for key in rows)
