"""Static files: packed where the browser takes it, plain where it does not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from web import static_files

PLAIN = b"body { color: black }" * 50


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    (tmp_path / "app.css").write_bytes(PLAIN)
    (tmp_path / "app.css.gz").write_bytes(gzip.compress(PLAIN))
    (tmp_path / "icon.svg").write_bytes(b"<svg/>")
    app = Flask("static_files_test", static_folder=str(tmp_path), static_url_path="/static")
    static_files.install(app)
    return app.test_client()


def test_a_browser_that_takes_gzip_gets_it(client: FlaskClient) -> None:
    with client.get("/static/app.css", headers={"Accept-Encoding": "gzip, br"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Type"].startswith("text/css")
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert gzip.decompress(answer.data) == PLAIN


@pytest.mark.parametrize("takes", ["", "identity", "br", "gzip;q=0"])
def test_another_gets_it_plain(client: FlaskClient, takes: str) -> None:
    with client.get("/static/app.css", headers={"Accept-Encoding": takes}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert answer.data == PLAIN


def test_a_file_that_was_not_packed_comes_plain(client: FlaskClient) -> None:
    with client.get("/static/icon.svg", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.data == b"<svg/>"
        assert answer.headers["Content-Type"].startswith("image/svg+xml")


@pytest.mark.parametrize("name", ["missing.css", "../secret-key", "%2e%2e/secret-key"])
def test_nothing_outside_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"}).status_code == 404
