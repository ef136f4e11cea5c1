"""Mail as it comes: charsets, HTML, attachments, robots; nothing in a mail makes reading fail."""

from __future__ import annotations

import random
from email.message import EmailMessage
from pathlib import Path

import pytest

from adapters import letter, receipts

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "email"


def test_a_chinese_mail_in_gb2312() -> None:
    content = (
        b"From: =?gb2312?B?zfW3vA==?= <Wang@Example.com>\r\nMessage-ID: <1@x>\r\n"
        b"Subject: =?gb2312?B?zbbL3w==?=\r\nContent-Type: text/plain; charset=gb2312\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + "镕基路上网慢".encode("gb18030")
    )
    read = letter.read(content)
    assert (read.sender, read.sender_name, read.subject) == ("wang@example.com", "王芳", "投诉")
    assert read.text == "镕基路上网慢"
    assert (read.id, read.automatic) == ("<1@x>", False)


def test_html_becomes_lines_and_files_are_kept() -> None:
    mail = EmailMessage()
    mail["From"] = "a@example.com"
    mail.set_content(
        "<style>p{}</style><p>【原因】板件&amp;电源</p><div>第二行<br>第三行</div>", subtype="html"
    )
    mail.add_attachment(b"x", maintype="image", subtype="png", filename="../现场.png")
    read = letter.read(mail.as_bytes())
    assert read.text == "【原因】板件&电源\n\n第二行\n第三行"
    assert [(one.name, one.content) for one in read.attachments] == [(".._现场.png", b"x")]
    assert read.id == letter.read(mail.as_bytes()).id != ""


@pytest.mark.parametrize("header", [
    "Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <l.example.com>",
    "X-Autoreply: yes", "Return-Path: <>", "From: MAILER-DAEMON@example.com",
])
def test_robots_are_known(header: str) -> None:
    assert letter.read(f"{header}\r\nSubject: x\r\n\r\ny".encode()).automatic
    assert not letter.read(b"Auto-Submitted: no\r\nSubject: x\r\n\r\ny").automatic


def test_real_mails_are_read() -> None:
    paths = [one for one in sorted(CORPUS.rglob("*")) if one.suffix in (".eml", ".txt")]
    if not paths:
        pytest.skip(f"no mails at {CORPUS}")
    read = [letter.read(path.read_bytes()) for path in paths]
    assert sum(bool(one.text or one.attachments) for one in read) >= len(read) - 3
    dice = random.Random(7)
    for path in paths:
        content = bytearray(path.read_bytes())
        for _ in range(20):
            content[dice.randrange(len(content))] = dice.randrange(256)
        assert letter.read(bytes(content)).id


def test_a_receipt_is_ours_or_none() -> None:
    code = receipts.receipt("secret", 42)
    assert receipts.job_of("secret", f"回复: 【派单】[{code.lower()}]") == 42
    assert receipts.job_of("other", code) is None
    assert receipts.job_of("secret", code.replace("-42-", "-43-")) is None
    assert receipts.job_of("secret", "没有") is None
    assert receipts.codes(code.replace("-42-", "-43-"))


def test_what_cannot_be_kept_is_read_without_it() -> None:
    """NULs and halves of characters, hidden in encoded words, charsets and types of files."""
    found = letter.read(
        b"Message-ID: =?utf-8?b?PGEAYkBjPg==?=\r\n"
        b"Subject: =?utf-7?q?+2D0-?= =?utf-8?b?AGE=?=\r\n"
        b"From: =?unicode_escape?q?=5Cud83d?= <a@b.cn>\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: text/plain; charset=unicode_escape\r\n\r\nhello \\ud83d\r\n--x\r\n"
        b"Content-Type: image/p\x00ng\r\nContent-Disposition: attachment; filename=a.png\r\n\r\n"
        b"abc\r\n--x--\r\n"
    )
    assert (found.id, found.sender) == ("<a b@c>", "a@b.cn")
    [file] = found.attachments
    assert (file.name, file.media_type) == ("a.png", "application/octet-stream")
    for text in (found.id, found.subject, found.sender_name, found.text):
        assert "\x00" not in text
        assert text.encode("utf-8").decode("utf-8") == text
