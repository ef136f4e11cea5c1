"""The application on a real database, with a small service desk deployed and people signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import forms
from engine import deployment, groups, people
from engine.model import File
from engine.wiring import Engine
from tests.database import database, server, template
from web.app import create_app
from web.settings import Settings

__all__ = ["app", "browser_of", "database", "desk", "server", "template"]

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

    def get(self, path: str, **more: object) -> Answer:
        return Answer(self.client.get(path, **more))  # type: ignore[arg-type]

    def post(self, path: str, data: dict[str, object] | None = None, **more: object) -> Answer:
        sent = {"csrf_token": self.token, **(data or {})}
        return Answer(self.client.post(path, data=sent, **more))  # type: ignore[arg-type]

    def sign_in_as(self, login: str) -> None:
        assert self.post("/sign-in/sample", {"login": login}).status == 303
        self.token = self._read_token()


class Answer:
    """What a browser got: status, text, where to."""

    def __init__(self, response: object) -> None:
        self.response = response
        self.status: int = response.status_code  # type: ignore[attr-defined]
        self.text: str = response.get_data(as_text=True)  # type: ignore[attr-defined]
        self.headers = response.headers  # type: ignore[attr-defined]
        self.location: str = self.headers.get("Location", "")
        response.close()  # type: ignore[attr-defined]

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
