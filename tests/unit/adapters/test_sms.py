"""Text messages through a real gateway on loopback: what goes out, what is refused, and how."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import adapters
from adapters import sms
from tests.gateway import Gateway
from web.demo_gateway import open_gateway


def request(gateway: Gateway | None, headers: dict[str, str] | None = None, **variables: Any
            ) -> adapters.Request:
    given = {"to": "+86 138-0013-8000", "text": "您的投诉 TS1 已办结。", **variables}
    settings = adapters.Settings(sms=gateway.settings) if gateway else adapters.Settings()
    return adapters.Request(7, headers or {}, given, settings)


def test_a_text_goes_out_with_signature_token_and_key(gateway: Gateway) -> None:
    found = sms.run(request(gateway))
    [(headers, body)] = gateway.arrived
    assert body == {"to": "13800138000", "text": "您的投诉 TS1 已办结。", "sign": "闭环"}
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Idempotency-Key"] == "bihuan-job-7"
    assert found["sms"]["id"] == "g-1"
    assert found["sms"]["sentAt"].endswith("+00:00")


def test_a_job_done_again_is_the_same_message(gateway: Gateway) -> None:
    sms.run(request(gateway))
    sms.run(request(gateway))
    assert len(gateway.arrived) == 2
    assert len(gateway.sent) == 1


def test_a_template_takes_parameters_instead_of_a_text(gateway: Gateway) -> None:
    headers = {"template": "SMS_100", "resultVariable": "told"}
    found = sms.run(request(gateway, headers, text=None, parameters={"number": "TS1", "days": 3}))
    assert gateway.arrived[0][1] == {
        "to": "13800138000", "template": "SMS_100", "sign": "闭环",
        "parameters": {"number": "TS1", "days": "3"},
    }
    assert set(found) == {"told"}


@pytest.mark.parametrize("wrong", [
    {"to": "057188888888"}, {"to": ""}, {"to": None}, {"text": " "}, {"text": "长" * 501},
    {"text": "一\x00二"},
])
def test_wrong_data_reaches_nobody(gateway: Gateway, wrong: dict[str, Any]) -> None:
    with pytest.raises(adapters.AdapterError) as caught:
        sms.run(request(gateway, **wrong))
    assert (caught.value.permanent, caught.value.error_code) == (True, "SMS_INVALID")
    assert gateway.arrived == []


def test_parameters_that_are_no_texts(gateway: Gateway) -> None:
    with pytest.raises(adapters.AdapterError, match="data is wrong"):
        sms.run(request(gateway, {"template": "SMS_100"}, parameters={"a": [1]}))
    assert gateway.arrived == []


@pytest.mark.parametrize(("status", "body", "permanent", "code", "said"), [
    (400, b'{"code": "BLACKLIST", "message": "blocked"}', True, "SMS_REFUSED", "BLACKLIST blocked"),
    (401, b"", True, "", "SMS_TOKEN"),
    (429, b"slow down", False, "", "slow down"),
    (503, b"[]", False, "", "503"),
])
def test_what_the_gateway_refuses(
    gateway: Gateway, status: int, body: bytes, permanent: bool, code: str, said: str
) -> None:
    gateway.status, gateway.body = status, body
    with pytest.raises(adapters.AdapterError) as caught:
        sms.run(request(gateway))
    assert (caught.value.permanent, caught.value.error_code) == (permanent, code)
    assert said in caught.value.zh
    assert gateway.sent == {}


def test_nobody_listens(gateway: Gateway) -> None:
    gateway.settings = replace(gateway.settings, url="http://127.0.0.1:9/send")
    with pytest.raises(adapters.AdapterError) as caught:
        sms.run(request(gateway))
    assert not caught.value.permanent


def test_without_a_gateway_an_administrator_is_told_what_to_set() -> None:
    with pytest.raises(adapters.AdapterError) as caught:
        sms.run(request(None))
    assert caught.value.permanent
    assert "SMS_URL" in caught.value.zh


def test_the_demo_keeps_each_message_once(tmp_path: Path) -> None:
    with open_gateway(tmp_path / "sms") as settings:
        sent = adapters.Request(7, {}, {"to": "13800138000", "text": "已办结"},
                                adapters.Settings(sms=settings))
        assert sms.run(sent)["sms"]["id"] == sms.run(sent)["sms"]["id"] == "bihuan-job-7"
        [kept] = (tmp_path / "sms").iterdir()
        assert json.loads(kept.read_text("utf-8"))["text"] == "已办结"
        stranger = replace(settings, token="guessed")
        with pytest.raises(adapters.AdapterError, match="SMS_TOKEN"):
            sms.run(replace(sent, settings=adapters.Settings(sms=stranger)))
    with pytest.raises(adapters.AdapterError, match="Cannot reach"):
        sms.run(sent)
