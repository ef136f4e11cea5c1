"""Where the gateway for text messages hands in what customers text, and reports what became of
our messages. JSON over HTTP, ``Authorization: Bearer`` with SMS_IN_TOKEN; no session.

``POST /gateway/sms`` ``{"id", "from", "text"}`` answers 200 ``{"result", "number"}``: ``opened``,
``answered`` or ``remarked``, and the case's number; handed in again, the same with ``"again":
true``. ``POST /gateway/sms/reports`` takes one ``{"id", "status", "reason"}`` or a list of them;
``status`` is ``delivered`` or ``failed``. What is refused: ``{"code", "message"}``.
"""

from __future__ import annotations

import hmac
import re
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from engine import texts
from engine.errors import BihuanError, Invalid
from web import session
from web.errors import status
from web.limiting import limiter, parse
from web.session import GATEWAY, right
from web.textroom import TextIn, Textroom

pages = Blueprint("gateway", __name__, url_prefix="/gateway")

LARGEST = 256 * 1024
LONGEST_TEXT, LONGEST_ID, MOST_REPORTS = 2000, 200, 500
RETRY_AFTER_S = 600

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_WRONG_TOKENS = parse("30 per 10 minutes")
_BY_SENDER = parse("30 per 1 hour")


class Refused(BihuanError):
    """The gateway may not, or not now."""

    def __init__(self, http: int, code: str, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.http, self.code = http, code


@pages.before_request
def let_in() -> None:
    """The token of the settings, compared without telling how much of it was right."""
    token = current_app.config["SETTINGS"].adapters.sms.token_in
    if not token:
        raise Refused(404, "not-set-up", "没有设置 SMS_IN_TOKEN。", "SMS_IN_TOKEN is not set.")
    address = request.remote_addr or ""
    if not limiter.test(_WRONG_TOKENS, address):
        raise Refused(429, "too-many", "错误的令牌太多，请稍后再试。", "Too many wrong tokens.")
    shown = request.headers.get("Authorization", "")
    if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
        limiter.hit(_WRONG_TOKENS, address)
        raise Refused(401, "wrong-token", "令牌不对。", "The token is wrong.")
    if (request.content_length or 0) > LARGEST:
        raise Refused(413, "too-large", "内容太大。", "The content is too large.")


@pages.errorhandler(BihuanError)
def refuse(error: BihuanError) -> tuple[Response, int]:
    http = error.http if isinstance(error, Refused) else status(error)
    answer = jsonify(code=error.code, message=error.en)
    if http == 429:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer, http


@pages.post("/sms")
@right(GATEWAY)
def take() -> Response:
    """A text that a customer sent."""
    said = _object(_sent())
    text = _text(said, "text", LONGEST_TEXT)
    sender = _text(said, "from", 40)
    if not limiter.hit(_BY_SENDER, sender):
        raise Refused(429, "too-many", "这个号码的短信太多。", "Too many texts of this number.")
    taken = Textroom(session.engine()).take(TextIn(_text(said, "id", LONGEST_ID), sender, text))
    more = {"again": True} if taken.again else {}
    return jsonify(result=taken.what, number=taken.number, **more)


@pages.post("/sms/reports")
@right(GATEWAY)
def report() -> Response:
    """What became of messages of ours: all of them, or none and what is wrong."""
    said = _sent()
    given = [_object(one) for one in (said if isinstance(said, list) else [said])]
    if len(given) > MOST_REPORTS:
        raise Refused(413, "too-many", "报告太多，请分批。", "Too many reports in one request.")
    found = [(_text(one, "id", LONGEST_ID), _state(one), _reason(one)) for one in given]
    with session.engine().unit("system") as unit:
        new = [texts.report(unit, *one) for one in found]
    return jsonify(taken=len(found), new=sum(new))


def _sent() -> Any:
    """The JSON that was sent; None where it is none, or is nested beyond reading."""
    try:
        return request.get_json(force=True, silent=True)
    except RecursionError:
        return None


def _object(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise Invalid("内容应为 JSON 对象。", "The content must be a JSON object.")
    return said


def _text(said: dict[str, Any], name: str, most: int) -> str:
    value = said.get(name)
    plain = _plain(str(value)) if isinstance(value, (str, int)) else ""
    if not plain or len(plain) > most:
        raise Invalid(
            f"{name} 应有 1 到 {most} 个字符。", f"{name} must have 1 to {most} characters."
        )
    return plain


def _state(said: dict[str, Any]) -> str:
    state = str(said.get("status", "")).lower()
    if state not in (texts.DELIVERED, texts.FAILED):
        raise Invalid(
            "status 应为 delivered 或 failed。", "status must be delivered or failed."
        )
    return state


def _reason(said: dict[str, Any]) -> str:
    return _plain(str(said.get("reason") or ""))


def _plain(text: str) -> str:
    """Without what PostgreSQL cannot keep."""
    return _CONTROLS.sub("", text).encode("utf-8", "replace").decode().strip()
