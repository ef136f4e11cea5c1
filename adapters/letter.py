"""Reading electronic mail as it comes (RFC 5322, MIME): whatever is broken in it, something is
read. Broken headers, unknown charsets and missing parts never raise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr
from hashlib import sha256
from html.parser import HTMLParser

LONGEST_TEXT = 200_000

_CHARSETS = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "ansi": "gb18030",
             "ks_c_5601-1987": "cp949", "unknown-8bit": "utf-8", "utf-8mb4": "utf-8"}
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote"})
_UNSEEN = frozenset({"script", "style", "head", "title"})
_BLANKS = re.compile(r"[ \t\u00a0\u3000]+")
_MANY_LINES = re.compile(r"\n{3,}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,80}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_ROBOTS = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: ``id`` is its Message-ID, or a hash where it has none; ``automatic``: a program
    wrote it (bounces, absence notes, lists), nobody waits for an answer."""

    id: str
    subject: str
    sender: str
    sender_name: str
    text: str
    automatic: bool
    attachments: tuple[Attachment, ...]


def read(content: bytes) -> Letter:
    """The letter in these bytes; never raises for what stands in them."""
    message = message_from_bytes(content)
    name, address = parseaddr(_header(message, "From"))
    plain, html, files = _parts(message)
    text = plain if plain.strip() else _from_html(html)
    named = _header(message, "Message-ID").strip()
    return Letter(
        id=(named or f"<{sha256(content).hexdigest()}@no-id>")[:300],
        subject=" ".join(_header(message, "Subject").split())[:500],
        sender=address.strip().lower()[:254] if "@" in address else "", sender_name=name[:100],
        text=_tidy(text)[:LONGEST_TEXT], automatic=_automatic(message, address),
        attachments=tuple(files),
    )


def _header(message: Message, name: str) -> str:
    try:
        pieces = decode_header(message.get(name, ""))
    except (MessageError, ValueError, UnicodeError):
        return _CONTROLS.sub(" ", _raw(str(message.get(name, ""))))
    return _CONTROLS.sub(" ", "".join(
        _decoded(piece, charset or "") if isinstance(piece, bytes) else _raw(piece)
        for piece, charset in pieces
    ))


def _raw(text: str) -> str:
    """Bytes that a header must not have, as Python keeps them."""
    if text.isascii():
        return text
    return _decoded(text.encode("utf-8", "surrogateescape"), "")


def _decoded(content: bytes, charset: str) -> str:
    named = _CHARSETS.get(charset.lower().strip("'\" "), charset.lower().strip("'\" "))
    for one in filter(None, (named, "utf-8", "gb18030")):
        try:
            # Some charsets give halves of characters, which cannot be kept.
            return content.decode(one).encode("utf-8", "replace").decode()
        except (LookupError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _parts(message: Message) -> tuple[str, str, list[Attachment]]:
    plain: list[str] = []
    html: list[str] = []
    files: list[Attachment] = []
    for part in _leaves(message):
        content = _content(part)
        kind, name = part.get_content_type(), _name(part)
        attached = part.get_content_disposition() == "attachment" or bool(name)
        if kind in ("text/plain", "text/html") and not attached:
            target = plain if kind == "text/plain" else html
            target.append(_decoded(content, str(part.get_content_charset() or "")))
        elif content:
            kind = kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"
            files.append(Attachment(name or f"附件{len(files) + 1}", kind, content))
    return "\n".join(plain), "\n".join(html), files


def _leaves(message: Message) -> Iterator[Message]:
    for part in message.walk():
        if not part.is_multipart():
            yield part


def _content(part: Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except (MessageError, ValueError, LookupError):
        found = None
    return found if isinstance(found, bytes) else b""


def _name(part: Message) -> str:
    try:
        found = part.get_filename() or ""
        pieces = decode_header(found)
    except (MessageError, ValueError, LookupError):
        return ""
    name = "".join(
        _decoded(one, charset or "") if isinstance(one, bytes) else _raw(one)
        for one, charset in pieces
    )
    return re.sub(r"[\x00-\x1f/\\]+", "_", name).strip()[:200]


def _automatic(message: Message, address: str) -> bool:
    said = _header(message, "Auto-Submitted").lower().strip()
    precedence = _header(message, "Precedence").lower().strip()
    return (
        (bool(said) and said != "no") or precedence in ("bulk", "list", "junk", "auto_reply")
        or message.get_content_type() == "multipart/report" or "List-Id" in message
        or "X-Autoreply" in message or _ROBOTS.match(address.strip()) is not None
        or _header(message, "Return-Path").strip() == "<>"
    )


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _UNSEEN:
            self.unseen += 1
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in _BREAKS and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(_BLANKS.sub(" ", data.replace("\n", " ")))


def _from_html(html: str) -> str:
    parser = _Text()
    parser.feed(html[: 4 * LONGEST_TEXT])
    parser.close()
    return "".join(parser.pieces)


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.replace("\x00", "").splitlines())
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()
