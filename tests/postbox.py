"""A small IMAP server on loopback (RFC 3501, as much as fetching mail needs), and its mails.

Use the fixture by importing it into a ``conftest.py``: ``from tests.postbox import postbox``.
"""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

import adapters

_FETCH = re.compile(r"UID FETCH (\d+) \((RFC822\.SIZE|BODY\.PEEK\[\])\)", re.IGNORECASE)
_STORE = re.compile(r"UID STORE (\d+) \+FLAGS \(\\Seen\)", re.IGNORECASE)


@dataclass
class Postbox:
    """The mailbox: mails by UID, and which of them are read."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    port: int = 0
    password: str = "secret"

    def put(self, content: bytes) -> int:
        uid = len(self.mails) + 1
        self.mails[uid] = content
        return uid

    @property
    def settings(self) -> adapters.Imap:
        return adapters.Imap(
            host="127.0.0.1", port=self.port, security="none", user="tousu",
            password=self.password, timeout_s=5,
        )


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            self.wfile.write(self._answer(command) + f"{tag} {self._end(command)}\r\n".encode())
            if command.upper() == "LOGOUT":
                return

    @property
    def box(self) -> Postbox:
        box = self.server.box  # type: ignore[attr-defined]
        assert isinstance(box, Postbox)
        return box

    def _end(self, command: str) -> str:
        if command.upper().startswith("LOGIN") and f'"{self.box.password}"' not in command:
            return "NO wrong password"
        return "OK done"

    def _answer(self, command: str) -> bytes:
        box = self.box
        if command.upper() == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command.upper().startswith("SELECT"):
            return f"* {len(box.mails)} EXISTS\r\n".encode()
        if command.upper() == "UID SEARCH UNSEEN":
            unseen = " ".join(str(uid) for uid in box.mails if uid not in box.seen)
            return f"* SEARCH {unseen}\r\n".encode()
        stored = _STORE.fullmatch(command)
        if stored:
            box.seen.add(int(stored[1]))
            return b""
        fetched = _FETCH.fullmatch(command)
        if fetched is None:
            return b"* BYE\r\n" if command.upper() == "LOGOUT" else b""
        uid, content = int(fetched[1]), box.mails[int(fetched[1])]
        if fetched[2].upper() == "RFC822.SIZE":
            return f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(content)})\r\n".encode()
        head = f"* {uid} FETCH (UID {uid} BODY[] {{{len(content)}}}\r\n".encode()
        return head + content + b")\r\n"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, box: Postbox) -> None:
        self.box = box
        super().__init__(("127.0.0.1", 0), _Session)


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    server = _Server(box)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield box
    server.shutdown()
    thread.join()
    server.server_close()
