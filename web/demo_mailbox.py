"""The demo's far side of electronic mail: a real SMTP server on loopback that keeps what comes.

Each mail becomes a file ``FOLDER/MESSAGE-ID.eml``; the same mail sent twice is kept once,
as a reader's program would show it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from adapters import Smtp

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9.@-]+")
_LARGEST = 20 * 1024 * 1024


class _Keeper:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        message_id = str(message_from_bytes(content).get("Message-ID", "mail"))
        name = _NOT_IN_A_NAME.sub("_", message_id).strip("_")[:120]
        (self._folder / f"{name}.eml").write_bytes(content)
        return "250 kept"


class _AnyPort(Controller):
    """Listens on a port that the system picks."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def open_mailbox(folder: Path) -> Iterator[Smtp]:
    """Serve while the context lasts; gives the settings that reach the server."""
    folder.mkdir(parents=True, exist_ok=True)
    server = _AnyPort(_Keeper(folder), hostname="127.0.0.1", port=0, data_size_limit=_LARGEST)
    server.start()
    try:
        yield Smtp(
            host="127.0.0.1",
            port=server.port,
            security="none",
            sender="闭环演示 <tousu@example.com>",
        )
    finally:
        server.stop()
