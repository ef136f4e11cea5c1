"""A real SMTP server on loopback, and what it was told.

Use the fixtures by importing them into a ``conftest.py``:
``from tests.mailbox import place, start``.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Protocol
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

import adapters


@dataclass
class Mailbox:
    """The far side: keeps what arrives; ``replies`` and ``refusals`` make it say no."""

    arrived: list[Envelope] = field(default_factory=list)
    data_reply: str = "250 taken"
    refusals: dict[str, str] = field(default_factory=dict)
    on_quit: str = ""
    news: threading.Event = field(default_factory=threading.Event)
    """Set with each mail that arrives; for tests that wait for another process."""

    async def handle_RCPT(
        self, server: Protocol, session: Session, envelope: Envelope, address: str, options: object
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Protocol, session: Session, envelope: Envelope) -> str:
        if self.data_reply.startswith("250"):
            self.arrived.append(envelope)
            self.news.set()
        return self.data_reply

    async def handle_QUIT(self, server: Protocol, session: Session, envelope: Envelope) -> str:
        return self.on_quit or "221 bye"

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails as a reader's program sees them."""
        return [
            message_from_bytes(envelope.original_content or b"", policy=default)
            for envelope in self.arrived
        ]


class _AnyPort(Controller):
    """Listens on a port that the system picks."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Place:
    """A running server and the settings that reach it."""

    mailbox: Mailbox
    smtp: adapters.Smtp


Start = Callable[..., Place]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start servers: ``start(security="tls", user="u", password="p")``."""
    running: list[_AnyPort] = []

    def _start(
        security: adapters.contract.SmtpSecurity = "none", user: str = "", password: str = ""
    ) -> Place:
        authority = trustme.CA()
        ca_file = tmp_path / f"ca-{len(running)}.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)

        def authenticate(
            server: object, session: object, envelope: object, mechanism: str, data: LoginPassword
        ) -> AuthResult:
            good = (data.login, data.password) == (user.encode(), password.encode())
            return AuthResult(success=good, handled=False)

        mailbox = Mailbox()
        controller = _AnyPort(
            mailbox,
            hostname="127.0.0.1",
            port=0,
            ssl_context=context if security == "tls" else None,
            tls_context=context if security == "starttls" else None,
            authenticator=authenticate if user else None,
            auth_required=bool(user) and security == "starttls",
            auth_require_tls=security == "starttls",
        )
        controller.start()
        running.append(controller)
        settings = adapters.Smtp(
            host="127.0.0.1",
            port=controller.port,
            security=security,
            user=user,
            password=password,
            sender="闭环投诉 <tousu@example.com>",
            timeout_s=5,
            ca_file=str(ca_file) if security != "none" else "",
        )
        return Place(mailbox, settings)

    yield _start
    for controller in running:
        controller.stop()


@pytest.fixture
def place(start: Start) -> Place:
    """A server that takes everything, without TLS and login."""
    return start()
