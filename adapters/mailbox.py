"""Fetching mail out of a mailbox over IMAP (RFC 3501): what is unread is handed over and, once it
is taken, marked as read. Nothing is deleted; what was not taken is fetched again."""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Callable
from contextlib import ExitStack, suppress

from adapters.contract import AdapterError, Imap

log = logging.getLogger("bihuan.mailbox")

MOST_AT_ONCE = 50
LARGEST = 30 * 1024 * 1024

Take = Callable[[bytes], bool]


def collect(settings: Imap, take: Take) -> int:
    """Hand the unread mails to ``take``, oldest first, ``MOST_AT_ONCE`` at most; those for which
    it says True are marked as read. Returns how many. A mail above ``LARGEST`` is left unread
    and named in the log. Raises AdapterError where the server does not let us in or goes away."""
    try:
        server = _connect(settings)
    except (imaplib.IMAP4.error, OSError) as error:
        raise _failed(settings, error) from error
    try:
        return _collected(server, settings, take)
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


def _collected(server: imaplib.IMAP4, settings: Imap, take: Take) -> int:
    status, _said = server.select(f'"{settings.folder}"')
    if status != "OK":
        raise imaplib.IMAP4.error(f"no folder {settings.folder}")
    _status, found = server.uid("SEARCH", "UNSEEN")
    taken = 0
    for uid in (found[0] or b"").split()[:MOST_AT_ONCE]:
        content = _fetched(server, uid.decode("ascii"))
        if content is not None and take(content):
            server.uid("STORE", uid.decode("ascii"), "+FLAGS", r"(\Seen)")
            taken += 1
    return taken


def _fetched(server: imaplib.IMAP4, uid: str) -> bytes | None:
    _status, sizes = server.uid("FETCH", uid, "(RFC822.SIZE)")
    said = sizes[0] if sizes and isinstance(sizes[0], bytes) else b""
    size = int(said.rpartition(b"RFC822.SIZE ")[2].rstrip(b") ") or 0)
    if size > LARGEST:
        log.warning("邮件 UID %s 有 %s 字节，超过上限，留在邮箱里未收取", uid, size)
        return None
    _status, parts = server.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((one[1] for one in parts or () if isinstance(one, tuple)), None)


def _failed(settings: Imap, error: Exception) -> AdapterError:
    place = f"{settings.host}:{settings.port}"
    return AdapterError(
        f"收不到邮箱 {settings.user}（{place}）里的邮件：{error}。稍后会自动再试。",
        f"Cannot fetch mail of {settings.user} at {place}: {error}", permanent=False,
    )
