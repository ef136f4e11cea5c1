"""`sms.send`: text messages out through an operator's gateway, JSON over HTTP.

Variables: ``to`` (a Chinese mobile number, with or without +86), and either ``text`` or, with the
header ``template`` (the gateway's template id), ``parameters`` (a context of texts). Result, in
the variable named by the header ``resultVariable`` (default ``sms``): ``{"id", "sentAt"}``, the
gateway's id of the message.

One POST a message: ``{"to", "text" | "template" + "parameters", "sign"}`` with ``Authorization:
Bearer`` and the job's key as ``Idempotency-Key``, so that a message sent again after a crash
goes out once. The gateway answers 2xx ``{"id"}`` or ``{"code", "message"}``. BPMN errors:
``SMS_INVALID`` (the request), ``SMS_REFUSED`` (the gateway refused the message for good).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx

from adapters.contract import AdapterError, Request, Sms
from engine.model import Json

MOST_CHARACTERS = 500
"""Longer texts cost more than seven messages; operators' gateways cut or refuse them."""

_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_PASSING = frozenset({408, 425, 429})
_WRONG_ACCESS = frozenset({401, 403, 404})


def run(request: Request) -> dict[str, Json]:
    """Send one message. Raises AdapterError; see the module for codes and shapes."""
    settings = request.settings.sms
    if not settings.url:
        raise AdapterError(
            "还没有配置短信网关。请管理员设置 SMS_URL，重启后在异常列表里重试。",
            "No gateway for text messages is set up: set SMS_URL, then retry the incident.",
            permanent=True,
        )
    body = _body(request)
    if settings.sign:
        body["sign"] = settings.sign
    id_ = _post(settings, body, f"bihuan-job-{request.job_key}")
    result = {"id": id_, "sentAt": datetime.now(UTC).isoformat(timespec="seconds")}
    return {request.headers.get("resultVariable") or "sms": result}


def _body(request: Request) -> dict[str, Json]:
    number = re.sub(r"[\s-]", "", str(request.variables.get("to") or ""))
    mobile = _MOBILE.fullmatch(number)
    if mobile is None:
        raise _invalid("接收号码（to）不是手机号码。")
    template = (request.headers.get("template") or "").strip()
    if template:
        return {"to": mobile[1], "template": template, "parameters": _parameters(request)}
    text = request.variables.get("text")
    if not isinstance(text, str) or not text.strip():
        raise _invalid("内容（text）是空的，请填写，或在图上指定模板（template）。")
    if len(text) > MOST_CHARACTERS:
        raise _invalid(f"内容有 {len(text)} 个字，超过上限 {MOST_CHARACTERS} 个字。")
    if _CONTROL.search(text):
        raise _invalid("内容里有控制字符，不允许。")
    return {"to": mobile[1], "text": text.strip()}


def _parameters(request: Request) -> dict[str, str]:
    given = request.variables.get("parameters") or {}
    if not isinstance(given, dict) or not all(
        isinstance(value, (str, int, float)) for value in given.values()
    ):
        raise _invalid("模板参数（parameters）应为名称到文字的上下文。")
    return {name: str(value) for name, value in given.items()}


def _post(settings: Sms, body: dict[str, Json], idempotency_key: str) -> str:
    headers = {"Idempotency-Key": idempotency_key}
    if settings.token:
        headers["Authorization"] = f"Bearer {settings.token}"
    verify = httpx.create_ssl_context(settings.ca_file) if settings.ca_file else True
    try:
        answer = httpx.post(
            settings.url, json=body, headers=headers, timeout=settings.timeout_s, verify=verify
        )
    except httpx.HTTPError as error:
        raise AdapterError(
            f"连不上短信网关：{error}。稍后会自动再试。",
            f"Cannot reach the gateway: {error}", permanent=False,
        ) from error
    said = _said(answer)
    if answer.is_success:
        return str(said.get("id") or "")
    raise _refused(answer.status_code, said)


def _said(answer: httpx.Response) -> dict[str, Json]:
    try:
        found = answer.json()
    except ValueError:
        return {"message": answer.text[:200]}
    return found if isinstance(found, dict) else {}


def _refused(status: int, said: dict[str, Json]) -> AdapterError:
    reason = " ".join(str(said[key]) for key in ("code", "message") if said.get(key))
    shown = f"{status} {reason}".strip()
    if status in _WRONG_ACCESS:
        return AdapterError(
            f"短信网关不接受我们的请求（{shown}），请检查 SMS_URL 与 SMS_TOKEN。",
            f"The gateway does not let us in ({shown}); check SMS_URL and SMS_TOKEN.",
            permanent=True,
        )
    passing = status in _PASSING or status >= 500
    return AdapterError(
        f"短信网关{'暂时不可用' if passing else '拒绝了这条短信'}：{shown}。",
        f"The gateway {'is not available' if passing else 'refused the message'}: {shown}",
        permanent=not passing,
        error_code="" if passing else "SMS_REFUSED",
    )


def _invalid(zh: str) -> AdapterError:
    return AdapterError(
        f"短信没有发出：{zh}",
        f"The message was not sent, its data is wrong: {zh}",
        permanent=True,
        error_code="SMS_INVALID",
    )
