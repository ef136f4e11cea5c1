"""`mail.send`: electronic mail out over SMTP (RFC 5321, RFC 5322).

Variables: ``to`` (an address, several separated by commas or semicolons, or a list), ``cc``,
``subject``, ``body`` (plain text), ``replyTo``, ``answerable`` (true: the subject and the end of
the body get a receipt code, by which the answer finds its case; docs/channels.md). Result, in the
variable named by the header ``resultVariable`` (default ``mail``): ``{"messageId", "sentAt",
"accepted": [address], "refused": [{"address", "code", "text"}]}``.

The Message-ID is made of the job's key: a mail sent again after a crash is the same mail, which
receiving systems show once. BPMN errors: ``MAIL_INVALID`` (the request), ``MAIL_REFUSED`` (the
server refused the mail or all of its receivers for good).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, AddressHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from hashlib import sha256

from adapters.contract import AdapterError, Request, Smtp
from adapters.receipts import receipt
from engine.model import Json

MOST_RECEIVERS = 50
MOST_CHARACTERS = 1_000_000

_LINE_BREAKS = re.compile(r"[\r\n\x00\v\f\x85\u2028\u2029]")
_headers = HeaderRegistry()

Refused = dict[str, tuple[int, bytes]]


def run(request: Request) -> dict[str, Json]:
    """Send one mail. Raises AdapterError; see the module for codes and shapes."""
    settings = request.settings.smtp
    if not settings.host:
        raise AdapterError(
            "还没有配置发信服务器。请管理员设置 SMTP_HOST 与 SMTP_FROM，重启后在异常列表里重试。",
            "No mail server is set up: set SMTP_HOST and SMTP_FROM, then retry the incident.",
            permanent=True,
        )
    message = _message(request)
    named = (*_addresses_of(message, "To"), *_addresses_of(message, "Cc"))
    receivers = list(dict.fromkeys(address.addr_spec for address in named))
    refused = _send(settings, message, receivers)
    result = {
        "messageId": str(message["Message-ID"]),
        "sentAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "accepted": [receiver for receiver in receivers if receiver not in refused],
        "refused": [
            {"address": address, "code": code, "text": text.decode("utf-8", "replace")}
            for address, (code, text) in refused.items()
        ],
    }
    return {request.headers.get("resultVariable") or "mail": result}


def _message(request: Request) -> EmailMessage:
    variables = request.variables
    sender = _addresses("SMTP_FROM", request.settings.smtp.sender)[0]
    to = _addresses("收件人（to）", variables.get("to"))
    cc = _addresses("抄送（cc）", variables.get("cc")) if variables.get("cc") else ()
    if len(to) + len(cc) > MOST_RECEIVERS:
        raise _invalid(f"收件人共 {len(to) + len(cc)} 个，超过上限 {MOST_RECEIVERS} 个。")
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = sender
    message["To"] = to
    if cc:
        message["Cc"] = cc
    if variables.get("replyTo"):
        message["Reply-To"] = _addresses("回复地址（replyTo）", variables.get("replyTo"))
    code = _receipt(request)
    subject, body = _line("主题（subject）", variables), _text("正文（body）", variables)
    message["Subject"] = f"{subject} [{code}]" if code else subject
    message["Date"] = format_datetime(datetime.now().astimezone())
    message["Message-ID"] = f"<bihuan-job-{request.job_key}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if code:
        body = f"{body}\n【回执码】{code}（请保留在回信中）"
    message.set_content(body, charset="utf-8", cte="base64")
    return message


def answer(settings: Smtp, to: str, subject: str, body: str, answered: str) -> None:
    """Answer the mail with the Message-ID ``answered``; the same answer has the same Message-ID.
    Raises AdapterError."""
    message = EmailMessage(policy=SMTP_POLICY)
    sender = _addresses("SMTP_FROM", settings.sender)[0]
    message["From"] = sender
    message["To"] = _addresses("收件人（to）", to)
    message["Subject"] = " ".join(subject.split())[:500]
    message["Date"] = format_datetime(datetime.now().astimezone())
    mark = sha256(f"{answered}\n{subject}\n{body}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<bihuan-answer-{mark}@{sender.domain}>"
    if answered.isascii() and answered.isprintable():
        message["In-Reply-To"] = answered
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(body, charset="utf-8", cte="base64")
    refused = _send(settings, message, [to])
    if refused:
        raise _refused(refused)


def _receipt(request: Request) -> str:
    key = request.settings.receipt_key
    wanted = request.variables.get("answerable") is True and bool(key)
    return receipt(key, request.job_key) if wanted else ""


def _addresses_of(message: EmailMessage, header: str) -> tuple[Address, ...]:
    value = message[header]
    return tuple(value.addresses) if value is not None else ()


def _addresses(what: str, value: Json) -> tuple[Address, ...]:
    parts = value if isinstance(value, list) else re.split(r"[;；，]", str(value or ""))
    addresses: list[Address] = []
    for part in parts:
        if not isinstance(part, str) or not part.strip():
            continue
        addresses.extend(_parsed(what, part.strip()))
    if not addresses:
        raise _invalid(f"{what}是空的，请填写邮件地址。")
    return tuple(addresses)


def _parsed(what: str, text: str) -> tuple[Address, ...]:
    if _LINE_BREAKS.search(text):
        raise _invalid(f"{what}含有换行，不允许。")
    try:
        header = _headers("To", text)
        assert isinstance(header, AddressHeader)
        found: tuple[Address, ...] = tuple(header.addresses)
        ready = tuple(
            Address(one.display_name, one.username, one.domain.encode("idna").decode("ascii"))
            for one in found
        )
    except (MessageError, ValueError, IndexError) as error:
        raise _invalid(f"{what}“{text}”不是邮件地址。") from error
    if header.defects or not ready or not all(one.username and one.domain for one in ready):
        raise _invalid(f"{what}“{text}”不是邮件地址。")
    return ready


def _line(what: str, variables: Mapping[str, Json]) -> str:
    text = variables.get("subject")
    if not isinstance(text, str) or not text.strip():
        raise _invalid(f"{what}是空的，请填写。")
    if _LINE_BREAKS.search(text):
        raise _invalid(f"{what}含有换行，不允许。")
    if len(text) > 500:
        raise _invalid(f"{what}有 {len(text)} 个字，超过上限 500 个字。")
    return text


def _text(what: str, variables: Mapping[str, Json]) -> str:
    text = variables.get("body")
    if not isinstance(text, str) or not text.strip():
        raise _invalid(f"{what}是空的，请填写。")
    if len(text) > MOST_CHARACTERS:
        raise _invalid(f"{what}超过上限 {MOST_CHARACTERS} 个字。")
    return text


def _send(settings: Smtp, message: EmailMessage, receivers: list[str]) -> Refused:
    try:
        server = _connect(settings)
    except (smtplib.SMTPException, OSError) as error:
        raise _connection_error(settings, error) from error
    try:
        return server.send_message(message, to_addrs=receivers)
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(error.recipients) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code, _decoded(error.smtp_error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise _connection_error(settings, error) from error
    finally:
        # Whether the mail was taken is decided; how the server says goodbye changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()


def _connect(settings: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    server: smtplib.SMTP
    if settings.security == "tls":
        server = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=settings.timeout_s, context=context
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
    with ExitStack() as unless_ready:
        unless_ready.callback(server.close)
        if settings.security == "starttls":
            server.starttls(context=context)
        if settings.user:
            server.login(settings.user, settings.password)
        unless_ready.pop_all()
    return server


def _connection_error(settings: Smtp, error: OSError) -> AdapterError:
    place = f"{settings.host}:{settings.port}"
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        zh = f"登录发信服务器 {place} 被拒绝，请检查 SMTP_USER 与 SMTP_PASSWORD。"
        return AdapterError(zh, f"Login at {place} was refused.", permanent=True)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        zh = f"发信服务器 {place} 不支持所设的加密或登录方式，请检查 SMTP_SECURITY 与 SMTP_USER。"
        return AdapterError(zh, f"{place} lacks the TLS or login asked for.", permanent=True)
    if isinstance(error, ssl.SSLError):
        zh = f"与发信服务器 {place} 的加密连接不可信：{error.reason or error}。"
        return AdapterError(zh, f"TLS with {place} failed: {error}", permanent=True)
    zh = f"连不上发信服务器 {place}：{error}。稍后会自动再试。"
    return AdapterError(zh, f"Cannot reach {place}: {error}", permanent=False)


def _refused(recipients: Refused) -> AdapterError:
    reasons = "；".join(
        f"{address}：{code} {_decoded(text)}" for address, (code, text) in recipients.items()
    )
    permanent = all(code >= 500 for code, _text in recipients.values())
    return AdapterError(
        f"所有收件人都被发信服务器拒绝（{reasons}）。",
        f"The mail server refused every receiver ({reasons}).",
        permanent=permanent,
        error_code="MAIL_REFUSED" if permanent else "",
    )


def _answered(code: int, text: str) -> AdapterError:
    permanent = code >= 500
    return AdapterError(
        f"发信服务器不接受这封邮件：{code} {text}。",
        f"The mail server did not take the mail: {code} {text}",
        permanent=permanent,
        error_code="MAIL_REFUSED" if permanent else "",
    )


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _invalid(zh: str) -> AdapterError:
    return AdapterError(
        f"邮件没有发出：{zh}",
        f"The mail was not sent, its data is wrong: {zh}",
        permanent=True,
        error_code="MAIL_INVALID",
    )
