"""A real HTTP gateway for text messages on loopback, and what it was told.

Use the fixture by importing it into a ``conftest.py``: ``from tests.gateway import gateway``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import adapters


@dataclass
class Gateway:
    """The far side: sends each idempotency key once; ``status`` and ``body`` make it say no."""

    arrived: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: int = 200
    body: bytes = b'{"id": "g-1"}'
    settings: adapters.Sms = field(default_factory=adapters.Sms)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """The gateway, serving; ``settings`` reach it."""
    place = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            place.arrived.append((dict(self.headers), content))
            if place.status == 200:
                place.sent.setdefault(self.headers["Idempotency-Key"], content)
            self.send_response(place.status)
            self.send_header("Content-Length", str(len(place.body)))
            self.end_headers()
            self.wfile.write(place.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    place.settings = adapters.Sms(
        url=f"http://127.0.0.1:{server.server_address[1]}/send", token="secret", sign="闭环"
    )
    yield place
    server.shutdown()
    thread.join()
    server.server_close()
