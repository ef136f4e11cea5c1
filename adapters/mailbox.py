"""Fetching mail out of a mailbox over IMAP (RFC 3501): what is unread is handed over and, once it
is taken, marked as read. Nothing is deleted; what was not taken is fetched again."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Protocol

from adapters.contract import AdapterError, Imap

MOST_AT_ONCE = 50
LARGEST = 30 * 1024 * 1024



class Taker(Protocol):
    """Who deals with mails. A mail's *ref* stands for it for as long as the mailbox keeps its
    numbers (UIDVALIDITY and UID)."""

    def due(self, refs: Sequence[str]) -> Sequence[str]:
        """Which of the unread mails to try now, ``MOST_AT_ONCE`` at most."""

    def take(self, ref: str, content: bytes) -> bool:
        """Deal with one; True: it is to be marked as read."""

    def too_large(self, ref: str, size: int) -> None:
        """A mail above ``LARGEST`` bytes is not fetched."""


def collect(settings: Imap, taker: Taker) -> int:
    """Hand the unread mails that are due over, oldest first; those that are taken are marked as
    read. Returns how many. Raises AdapterError where the server does not let us in or goes
    away."""
    try:
        server = _connect(settings)
    except (imaplib.IMAP4.error, OSError) as error:
        raise _failed(settings, error) from error
    try:
        return _collected(server, settings, taker)
    except (imaplib.IMAP4.error, OSError) as error:
        raise _failed(settings, error) from error
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            server.logout()


def _connect(settings: Imap) -> imaplib.IMAP4:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    where, wait = (settings.host, settings.port), settings.timeout_s
    if settings.security == "tls":
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(*where, ssl_context=context, timeout=wait)
    else:
        server = imaplib.IMAP4(*where, timeout=wait)
    with ExitStack() as unless_ready:
        unless_ready.callback(_hang_up, server)
        if settings.security == "starttls":
            server.starttls(context)
        server.login(settings.user, settings.password)
        unless_ready.pop_all()
    return server


def _hang_up(server: imaplib.IMAP4) -> None:
    with suppress(imaplib.IMAP4.error, OSError):
        server.shutdown()


def _collected(server: imaplib.IMAP4, settings: Imap, taker: Taker) -> int:
    status, _said = server.select(f'"{settings.folder}"')
    if status != "OK":
        raise imaplib.IMAP4.error(f"no folder {settings.folder}")
    _status, found = server.uid("SEARCH", "UNSEEN")
    _name, validity = server.response("UIDVALIDITY")
    era = (validity[0] or b"0").decode("ascii") if validity else "0"
    uids = (found[0] or b"").decode("ascii").split()
    unread = {f"{era}:{uid}": uid for uid in uids}
    taken = 0
    for ref in taker.due(list(unread))[:MOST_AT_ONCE]:
        uid = unread[ref]
        size = _size(server, uid)
        if size > LARGEST:
            taker.too_large(ref, size)
            continue
        content = _fetched(server, uid)
        if content is not None and taker.take(ref, content):
            server.uid("STORE", uid, "+FLAGS", r"(\Seen)")
            taken += 1
    return taken


def _size(server: imaplib.IMAP4, uid: str) -> int:
    _status, sizes = server.uid("FETCH", uid, "(RFC822.SIZE)")
    said = sizes[0] if sizes and isinstance(sizes[0], bytes) else b""
    return int(said.rpartition(b"RFC822.SIZE ")[2].rstrip(b") ") or 0)


def _fetched(server: imaplib.IMAP4, uid: str) -> bytes | None:
    _status, parts = server.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((one[1] for one in parts or () if isinstance(one, tuple)), None)


def _failed(settings: Imap, error: Exception) -> AdapterError:
    place = f"{settings.host}:{settings.port}"
    return AdapterError(
        f"收不到邮箱 {settings.user}（{place}）里的邮件：{error}。稍后会自动再试。",
        f"Cannot fetch mail of {settings.user} at {place}: {error}", permanent=False,
    )
