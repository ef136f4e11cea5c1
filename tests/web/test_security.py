"""What holds for every route: a right, a CSRF token, headers, errors without insides."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from engine.errors import Conflict, Forbidden, Invalid, NotFound
from tests.web.conftest import Browser
from web import session
from web.session import ANYONE, GATEWAY, RIGHTS

Open = Callable[[str], Browser]
INLINE = r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]+src=)|javascript:"


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Method, an address that fits, right – of every route."""
    found = []
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<key:\w+>", "1", rule.rule)
        address = re.sub(r"<path:\w+>|<\w+>", "x", address)
        right = getattr(app.view_functions[rule.endpoint], "right", "")
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found += [(method, address, right) for method in sorted(methods)]
    return found


def test_every_route_declares_its_right(app: Flask) -> None:
    without = {rule.endpoint for rule in app.url_map.iter_rules()
               if getattr(app.view_functions[rule.endpoint], "right", None) not in RIGHTS}
    assert without == {"static"}


def test_who_is_not_signed_in_gets_nowhere(app: Flask, browser_of: Open) -> None:
    browser = browser_of("")
    for method, address, right in routes(app):
        if right in (ANYONE, GATEWAY, ""):
            continue
        answer = browser.get(address) if method == "GET" else browser.post(address)
        assert (address, answer.status) == (address, 302 if method == "GET" else 401)


def test_staff_does_not_reach_what_is_the_administrators(app: Flask, browser_of: Open) -> None:
    browser = browser_of("li")
    above = [(m, a) for m, a, right in routes(app) if right in ("admin", "supervisor")]
    assert len(above) >= 5
    for method, address in above:
        answer = browser.get(address) if method == "GET" else browser.post(address)
        assert (address, answer.status) == (address, 403)
        assert "权限" in answer.words


def test_nothing_changes_without_the_token(app: Flask, browser_of: Open) -> None:
    browser = browser_of("chief")
    for token in ("", "wrong", browser_of("li").token):
        browser.token = token
        for method, address, right in routes(app):
            if method != "GET":
                wanted = 404 if right == GATEWAY else 400  # a gateway that is not set up
                assert browser.post(address).status == wanted, address
    assert browser.get("/account").status == 200, "still signed in"


def test_the_token_may_come_as_a_header(browser_of: Open) -> None:
    browser = browser_of("li")
    answer = browser.client.post("/sign-out", headers={"X-CSRF-Token": browser.token})
    assert answer.status_code == 302


def test_headers(browser_of: Open) -> None:
    for path in ("/sign-in", "/nowhere", "/static/icon.svg"):
        headers = browser_of("").get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    assert browser_of("li").get("/account").headers["Cache-Control"] == "no-store"


def test_pages_have_nothing_inline(browser_of: Open) -> None:
    browser = browser_of("root")
    for path in ("/sign-in", "/account", "/cases", "/new/desk", "/deployments", "/inbox"):
        page = browser.get(path).text
        assert not re.search(INLINE, page), path


@pytest.mark.parametrize(("error", "status"), [
    (NotFound("没有这个。", "no"), 404), (Forbidden("不行。", "no"), 403),
    (Conflict("已经变了。", "no"), 409), (Invalid("不对。", "no"), 422),
])
def test_errors_of_ours_read_as_they_are(app: Flask, error: Any, status: int) -> None:
    _raise_at(app, error)
    answer = app.test_client().get("/boom")
    assert answer.status_code == status
    assert error.zh in answer.get_data(as_text=True)
    fragment = app.test_client().get("/boom", headers={"HX-Request": "true"})
    assert "<html" not in fragment.get_data(as_text=True)
    assert error.zh in fragment.get_data(as_text=True)


def test_an_error_of_the_program_shows_a_number_only(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    _raise_at(app, ZeroDivisionError("secret insides"))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    page = app.test_client().get("/boom").get_data(as_text=True)
    assert "secret" not in page
    assert "Traceback" not in page
    number = re.search(r"编号 ([0-9a-f]{8}) ", page)
    assert number
    assert number.group(1) in caplog.text
    assert "secret insides" in caplog.text


def test_a_page_that_is_not_there(browser_of: Open) -> None:
    answer = browser_of("").get("/nowhere")
    assert answer.status == 404
    assert "没有这个页面" in answer.words
    assert browser_of("li").client.put("/cases").status_code == 405


def _raise_at(app: Flask, error: Exception) -> None:
    @session.right(ANYONE)
    def boom() -> str:
        raise error

    app.add_url_rule("/boom", view_func=boom)


def test_a_nul_is_refused_wherever_it_is_sent(app: Flask, browser_of: Open) -> None:
    nobody, root = browser_of(""), browser_of("root")
    for browser in (nobody, root):
        for method, address, right in routes(app):
            if (browser is nobody and right != ANYONE) or address.startswith("/static"):
                continue
            if right == GATEWAY:  # takes it out of what customers text
                continue
            if method == "GET":
                answer = browser.get(address, query_string={"q": "a\x00b"})
            else:
                answer = browser.post(address, {"login": "li", "reason": "a\x00b"})
            assert (address, answer.status) == (address, 422)
            assert "空字符" in answer.words
