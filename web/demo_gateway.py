"""The demo's far side of text messages: a real HTTP gateway on loopback that keeps what comes.

Each message becomes a file ``FOLDER/KEY.json`` named by its idempotency key; the same message
sent twice is kept once, as an operator's gateway would send it once.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from adapters import Sms

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9.-]+")
_LARGEST = 64 * 1024


@contextmanager
def open_gateway(folder: Path) -> Iterator[Sms]:
    """Serve while the context lasts; gives the settings that reach the gateway."""
    folder.mkdir(parents=True, exist_ok=True)
    token = secrets.token_urlsafe(24)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folder, token))
    thread = threading.Thread(target=server.serve_forever, name="demo-gateway", daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/messages"
        yield Sms(url=url, token=token, sign="闭环演示")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(folder: Path, token: str) -> type[BaseHTTPRequestHandler]:
    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            key = _NOT_IN_A_NAME.sub("_", self.headers.get("Idempotency-Key") or "")[:120]
            if self.headers.get("Authorization") != f"Bearer {token}":
                return self._answer(HTTPStatus.UNAUTHORIZED, {"message": "unknown token"})
            if not key or not 0 < length <= _LARGEST:
                return self._answer(HTTPStatus.BAD_REQUEST, {"message": "no key or no message"})
            try:
                message = json.loads(self.rfile.read(length))
            except ValueError:
                return self._answer(HTTPStatus.BAD_REQUEST, {"message": "no JSON"})
            kept = {"at": datetime.now().astimezone().isoformat(timespec="seconds"), **message}
            path = folder / f"{key}.json"
            if not path.exists():
                path.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
            return self._answer(HTTPStatus.OK, {"id": key})

        def log_message(self, format: str, *args: object) -> None:
            """What arrives is in the folder."""

        def _answer(self, status: HTTPStatus, body: dict[str, str]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Gateway
