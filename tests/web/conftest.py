"""The application on a real database, with a small service desk deployed and people signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import forms
from engine import cases, deployment, groups, people
from engine.cases import work
from engine.model import File
from engine.wiring import Engine
from tests.database import database, server, template
from web.app import create_app
from web.settings import Settings

__all__ = [
    "app", "browser_of", "database", "desk", "open_case", "server", "task_of", "template",
]

FILES = Path(__file__).parent / "files"
PEOPLE = {
    "li": ("李四", ("staff",), ("intake",)),
    "wang": ("王五", ("staff",), ("intake",)),
    "zhao": ("赵六", ("staff",), ("network",)),
    "chief": ("主管陈", ("supervisor",), ("intake", "network")),
    "root": ("管理员高", ("admin",), ()),
}
"""login → name, roles, groups. None has a password: samples, entered with one click."""


class Browser:
    """A client that carries its session's token along, as the pages do."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = self._read_token()

    def _read_token(self) -> str:
        page = self.client.get("/sign-in").get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found
        return found.group(1)

    def get(self, path: str, **more: Any) -> Answer:
        return Answer(self.client.get(path, **more))

    def post(self, path: str, data: Mapping[str, object] | None = None, **more: Any) -> Answer:
        sent = {"csrf_token": self.token, **(data or {})}
        return Answer(self.client.post(path, data=sent, **more))

    def sign_in_as(self, login: str) -> None:
        assert self.post("/sign-in/sample", {"login": login}).status == 303
        self.token = self._read_token()


class Answer:
    """What a browser got: status, text, where to."""

    def __init__(self, response: TestResponse) -> None:
        self.status = response.status_code
        self.content = response.get_data()
        self.text = self.content.decode(errors="replace")
        self.headers = response.headers
        self.location = self.headers.get("Location", "")
        response.close()

    @property
    def words(self) -> str:
        """The text of the page without tags, its blanks single."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.text).split())


@pytest.fixture
def desk(database: str) -> Iterator[Engine]:
    """An engine with people, groups and the service desk deployed."""
    engine = Engine(database, checks={".form": forms.findings})
    with engine.unit("system") as unit:
        groups.set_names(unit, {"intake": "受理组", "network": "网络部"})
        for login, (name, roles, members) in PEOPLE.items():
            people.add(unit, login, name, roles=roles, groups=members)
        files = [File(path.name, path.read_bytes()) for path in sorted(FILES.iterdir())]
        deployment.deploy(unit, files)
    yield engine
    engine.close()


@pytest.fixture
def app(desk: Engine) -> Flask:
    return create_app(Settings(secret_key="k" * 40, demo=True, upload_limit_mb=2), desk)


@pytest.fixture
def browser_of(app: Flask) -> Callable[[str], Browser]:
    """A browser in which this person has signed in; "" for nobody."""

    def open_(login: str) -> Browser:
        browser = Browser(app.test_client())
        if login:
            browser.sign_in_as(login)
        return browser

    return open_


@pytest.fixture
def open_case(desk: Engine) -> Callable[..., int]:
    """Opens a case at the service desk, received by 李四; gives its key."""

    def open_(**data: object) -> int:
        said = {"customer_ref": "13800138000", "customer_name": "张三丰", "topic": "网络", **data}
        with desk.unit("li") as unit:
            return cases.open_(unit, "desk", said).case_id

    return open_


@pytest.fixture
def task_of(desk: Engine) -> Callable[[int], int]:
    """The key of the case's open task."""

    def find(case_id: int) -> int:
        with desk.read() as conn:
            return work.open_tasks(conn, case_id)[0].key

    return find
