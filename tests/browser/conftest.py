"""A real browser on a real server; any console error, policy violation or request to the outside
fails the test."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from engine.wiring import Engine
from tests.database import database, server, template
from tests.web.conftest import desk, open_case, task_of
from web.app import create_app
from web.settings import Settings

__all__ = ["database", "desk", "open_case", "server", "task_of", "template"]

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "web" / "static" / "build" / "manifest.json"
WIDTHS = (1400, 390)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lacks = [str(path) for path in (CHROMIUM, AXE, BUILT) if not path.exists()]
    if not lacks:
        return
    skip = pytest.mark.skip(reason=f"browser tests need {', '.join(lacks)}: apt-get install "
                            "chromium fonts-noto-cjk; make setup")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--disable-dev-shm-usage"]
    return {**browser_type_launch_args, "executable_path": str(CHROMIUM), "args": args}


@pytest.fixture(scope="session")
def base_url() -> str:
    """In place of the plugin's, which pytest warns of; each test has a server of its own."""
    return ""


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def browser_context_args(
    browser_context_args: dict[str, Any], width: int, address: str
) -> dict[str, Any]:
    return {**browser_context_args, "base_url": address, "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai", "viewport": {"width": width, "height": 850},
            "has_touch": width < 768}


@pytest.fixture
def address(desk: Engine) -> Iterator[str]:
    app = create_app(Settings(secret_key="k" * 40, demo=True, upload_limit_mb=2), desk)
    httpd = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture(autouse=True)
def nothing_goes_wrong(page: Page, address: str) -> Iterator[list[str]]:
    """What went wrong so far; a test that expects a refusal takes its line out."""
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    inside = (address, "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(inside)
            else wrong.append(f"outside: {r.url}"))
    yield wrong
    assert wrong == []


@pytest.fixture
def enter(page: Page) -> Callable[[str], None]:
    """Sign in as a sample person with one click."""

    def click(login: str) -> None:
        page.goto("/sign-in")
        page.locator(f"button[name=login][value={login}]").click()
        page.wait_for_url("**/inbox")

    return click


@pytest.fixture
def accessible(page: Page) -> Callable[[], None]:
    """Fails for serious and critical findings of axe, and for a page wider than its window."""

    def check() -> None:
        page.evaluate(AXE.read_text("utf-8") + "\n;0")
        found = page.evaluate(
            """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a',
               'wcag21aa', 'wcag22aa']})).violations
               .filter(v => ['serious', 'critical'].includes(v.impact))
               .map(v => [v.id, v.nodes.map(n => n.target.join(' ') + ': ' + n.failureSummary)])"""
        )
        assert found == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), \
            "the page scrolls sideways"

    return check
