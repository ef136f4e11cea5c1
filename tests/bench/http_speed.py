"""Through the pages: a real server, a clerk who signs in, opens a case, completes its tasks."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import psutil

from engine.errors import BihuanError
from tests.bench.cpu import Families, medians
from tests.bench.engine_speed import Statements, watched
from tests.bench.place import CLERK, ENTRY, PASSWORD, Place
from web.app import create_app
from web.settings import Settings

START_LIMIT_S = 60.0
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_TASK = re.compile(r"/tasks/(\d+)")


class PagesUnexpected(BihuanError):
    """A page answered otherwise than the measurement needs; it would measure something else."""

    code = "pages-unexpected"


@dataclass(slots=True)
class Browser:
    """A connection that is kept, its cookies and the session's token; close it."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    _connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()

    def get(self, path: str) -> str:
        """The page; raises PagesUnexpected unless it answers 200."""
        return self._ask("GET", path, None, 200)

    def post(self, path: str, fields: dict[str, object]) -> str:
        """Where the answer leads; raises PagesUnexpected unless it leads on."""
        body = urlencode({"csrf_token": self.token, **fields})
        return self._ask("POST", path, body, 303)

    def sign_in(self) -> None:
        """Enter as the bench's clerk."""
        self.token = _found(_TOKEN, self.get("/sign-in"))
        self.post("/sign-in", {"login": CLERK.login, "password": PASSWORD})
        self.token = _found(_TOKEN, self.get("/new/bench"))

    def _ask(self, method: str, path: str, body: str | None, expected: int) -> str:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status != expected:
            raise PagesUnexpected(
                f"{method} {path} 答复 {answer.status}，应为 {expected}：{text[:400]}",
                f"{method} {path} answered {answer.status} instead of {expected}.",
            )
        return text if expected == 200 else answer.headers["Location"]


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    if match is None:
        raise PagesUnexpected(
            f"页面里没有找到 {pattern.pattern}。", f"The page has no {pattern.pattern}."
        )
    return match.group(1)


def five_requests(browser: Browser) -> None:
    """Start, list, three times complete: what the machine interface of a rival was asked."""
    browser.post("/new/bench", ENTRY)
    task = _found(_TASK, browser.get("/inbox"))
    for _ in range(3):
        leads_to = browser.post(f"/tasks/{task}/complete", {**ENTRY, "_next": "1"})
        task = leads_to.rpartition("/")[2]


def as_a_clerk(browser: Browser) -> None:
    """The same with every page a person sees on the way: the empty form, the case, each task."""
    browser.get("/new/bench")
    browser.get(browser.post("/new/bench", ENTRY))
    leads_to = f"/tasks/{_found(_TASK, browser.get('/inbox'))}"
    for _ in range(3):
        browser.get(leads_to)
        leads_to = browser.post(f"{leads_to}/complete", {**ENTRY, "_next": "1"})
    browser.get(leads_to)


def per_instance(place: Place) -> dict[str, dict[str, float]]:
    """CPU of an instance by ``web`` (gunicorn and its processes), ``postgres`` and ``all``:
    ``requests`` for the five requests, ``pages`` for all that a clerk sees."""
    with serving(place) as (server, port), closing(Browser(port)) as browser:
        browser.sign_in()
        families = Families({"web": psutil.Process(server.pid), "postgres": place.postgres})
        for _ in range(20):
            as_a_clerk(browser)
        return {
            "requests": medians(families, 7, 30, lambda: five_requests(browser)),
            "pages": medians(families, 5, 20, lambda: as_a_clerk(browser)),
        }


def per_task(place: Place) -> Statements:
    """What completing a task through its page sends, the session's look-up included."""
    app = create_app(Settings(secret_key="b" * 40, data_folder=place.folder), place.engine)
    client = app.test_client()
    token = _found(_TOKEN, client.get("/sign-in").text)
    entry = {"login": CLERK.login, "password": PASSWORD, "csrf_token": token}
    client.post("/sign-in", data=entry)
    token = _found(_TOKEN, client.get("/new/bench").text)
    client.post("/new/bench", data={**ENTRY, "csrf_token": token})
    for _ in range(2):
        task = _found(_TASK, client.get("/inbox").text)
        with watched(place.engine) as seen:
            answer = client.post(f"/tasks/{task}/complete", data={**ENTRY, "csrf_token": token})
        if answer.status_code != 303:
            raise PagesUnexpected(
                f"办结答复 {answer.status_code}。", f"Completing answered {answer.status_code}."
            )
    return seen


@contextmanager
def serving(place: Place) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A real server on the place's database, and the port it listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")},
        "DATABASE_URL": place.engine.url,
        "BIHUAN_DATA": str(place.folder),
        "BIHUAN_PORT": str(port),
        "BIHUAN_LOG_LEVEL": "WARNING",
    }
    server = subprocess.Popen([sys.executable, "-m", "web", "web"], env=environ)
    try:
        _wait(port)
        yield server, port
    finally:
        server.terminate()
        server.wait(30)


def _wait(port: int) -> None:
    give_up = time.monotonic() + START_LIMIT_S
    while time.monotonic() < give_up:
        try:
            with closing(Browser(port)) as browser:
                browser.get("/health")
            return
        except OSError:
            time.sleep(0.1)
    raise PagesUnexpected("网页服务没有起来。", "The web server did not come up.")
