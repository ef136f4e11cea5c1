"""`mail.send` against a real SMTP server: what arrives, and what is said when it does not."""

from __future__ import annotations

import dataclasses
import socket
from typing import Any

import pytest

import adapters
from adapters import AdapterError, mail
from tests.mailbox import Place, Start

LETTER: dict[str, Any] = {
    "to": "张三 <zhangsan@example.com>",
    "subject": "您的投诉 TS20260301-000001 已受理",
    "body": "尊敬的客户：\n\n您的投诉已受理，2 小时内答复。\n",
}


def send(place: Place, *, headers: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    request = adapters.Request(
        job_key=4711,
        headers=headers or {},
        variables={**LETTER, **changes},
        settings=adapters.Settings(smtp=place.smtp),
    )
    return mail.run(request)


def test_a_chinese_letter_arrives_as_it_was_written(place: Place) -> None:
    result = send(place, cc="li@example.com; wang@example.com")

    (arrived,) = place.mailbox.mails
    assert arrived["Subject"] == LETTER["subject"]
    assert arrived["From"].addresses[0].display_name == "闭环投诉"
    assert arrived["To"].addresses[0].display_name == "张三"
    assert arrived.get_content().replace("\r\n", "\n") == LETTER["body"]
    assert place.mailbox.arrived[0].rcpt_tos == [
        "zhangsan@example.com",
        "li@example.com",
        "wang@example.com",
    ]
    assert result["mail"]["accepted"] == place.mailbox.arrived[0].rcpt_tos
    assert result["mail"]["refused"] == []
    assert arrived["Message-ID"] == result["mail"]["messageId"]


def test_the_same_job_sends_the_same_mail_again(place: Place) -> None:
    send(place)
    send(place)

    first, second = place.mailbox.mails
    assert first["Message-ID"] == second["Message-ID"] == "<bihuan-job-4711@example.com>"


def test_the_result_goes_where_the_diagram_says(place: Place) -> None:
    assert set(send(place, headers={"resultVariable": "notice"})) == {"notice"}


def test_a_receiver_named_twice_gets_it_once(place: Place) -> None:
    send(place, to=["a@example.com", "a@example.com"], cc="a@example.com")

    assert place.mailbox.arrived[0].rcpt_tos == ["a@example.com"]


def test_chinese_domains_are_spelled_for_the_wire(place: Place) -> None:
    send(place, to="kefu@例子.中国")

    assert place.mailbox.arrived[0].rcpt_tos == ["kefu@xn--fsqu00a.xn--fiqs8s"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "回复\r\nBcc: everybody@example.com"),
        ("subject", "回复\nX: y"),
        ("subject", "回复\u2028X"),
        ("to", "a@example.com\r\nBcc: b@example.com"),
        ("replyTo", "a@example.com\nBcc: b@example.com"),
    ],
)
def test_headers_cannot_be_smuggled_in(place: Place, field: str, value: str) -> None:
    with pytest.raises(AdapterError) as refused:
        send(place, **dict[str, Any]({field: value}))

    assert refused.value.permanent
    assert refused.value.error_code == "MAIL_INVALID"
    assert "换行" in refused.value.zh
    assert place.mailbox.arrived == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": None}, "收件人（to）是空的"),
        ({"to": " ; "}, "收件人（to）是空的"),
        ({"to": "13800001234"}, "“13800001234”不是邮件地址"),
        ({"to": "a@b@c"}, "“a@b@c”不是邮件地址"),
        ({"to": "张三@example.com"}, "“张三@example.com”不是邮件地址"),
        ({"to": [f"a{n}@example.com" for n in range(51)]}, "51 个，超过上限 50 个"),
        ({"subject": ""}, "主题（subject）是空的"),
        ({"subject": "长" * 501}, "501 个字"),
        ({"body": None}, "正文（body）是空的"),
    ],
)
def test_wrong_data_is_named(place: Place, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(AdapterError) as refused:
        send(place, **changes)

    assert said in refused.value.zh
    assert (refused.value.permanent, refused.value.error_code) == (True, "MAIL_INVALID")


def test_a_receiver_refused_for_good_is_a_bpmn_error(place: Place) -> None:
    place.mailbox.refusals["zhangsan@example.com"] = "550 5.1.1 no such user"

    with pytest.raises(AdapterError) as refused:
        send(place)

    assert (refused.value.permanent, refused.value.error_code) == (True, "MAIL_REFUSED")
    assert "zhangsan@example.com：550 5.1.1 no such user" in refused.value.zh


def test_a_full_mailbox_is_tried_again(place: Place) -> None:
    place.mailbox.refusals["zhangsan@example.com"] = "452 4.2.2 mailbox full"

    with pytest.raises(AdapterError) as refused:
        send(place)

    assert (refused.value.permanent, refused.value.error_code) == (False, "")


def test_one_refused_among_several_is_in_the_result(place: Place) -> None:
    place.mailbox.refusals["gone@example.com"] = "550 gone"

    result = send(place, to=["gone@example.com", "here@example.com"])

    assert result["mail"]["accepted"] == ["here@example.com"]
    assert result["mail"]["refused"] == [
        {"address": "gone@example.com", "code": 550, "text": "gone"}
    ]


@pytest.mark.parametrize(("reply", "permanent"), [("554 spam", True), ("451 later", False)])
def test_the_answer_to_the_letter_decides(place: Place, reply: str, permanent: bool) -> None:
    place.mailbox.data_reply = reply

    with pytest.raises(AdapterError) as refused:
        send(place)

    assert refused.value.permanent is permanent
    assert reply in refused.value.zh


def test_a_bad_goodbye_does_not_undo_a_sent_mail(place: Place) -> None:
    place.mailbox.on_quit = "421 4.3.0 shutting down"

    assert send(place)["mail"]["accepted"] == ["zhangsan@example.com"]


def test_nobody_listening_is_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    smtp = adapters.Smtp(host="127.0.0.1", port=port, security="none", sender="a@example.com")

    with pytest.raises(AdapterError) as refused:
        mail.run(adapters.Request(1, {}, LETTER, adapters.Settings(smtp=smtp)))

    assert not refused.value.permanent
    assert f"127.0.0.1:{port}" in refused.value.zh


def test_a_silent_server_does_not_hold_the_worker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        smtp = adapters.Smtp(
            host="127.0.0.1",
            port=silent.getsockname()[1],
            security="none",
            sender="a@example.com",
            timeout_s=0.2,
        )
        with pytest.raises(AdapterError) as refused:
            mail.run(adapters.Request(1, {}, LETTER, adapters.Settings(smtp=smtp)))

    assert not refused.value.permanent


def test_without_a_server_the_administrator_is_told_what_to_set() -> None:
    with pytest.raises(AdapterError) as refused:
        mail.run(adapters.Request(1, {}, LETTER, adapters.Settings()))

    assert "SMTP_HOST" in refused.value.zh
    assert (refused.value.permanent, refused.value.error_code) == (True, "")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted_and_signed_in(start: Start, security: str) -> None:
    place = start(security=security, user="tousu", password="geheim")

    send(place)

    assert len(place.mailbox.arrived) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_untrusted_certificate_is_refused(start: Start, security: str) -> None:
    place = start(security=security)
    untrusting = dataclasses.replace(place, smtp=dataclasses.replace(place.smtp, ca_file=""))

    with pytest.raises(AdapterError) as refused:
        send(untrusting)

    assert refused.value.permanent
    assert "不可信" in refused.value.zh
    assert place.mailbox.arrived == []


def test_a_wrong_password_is_said(start: Start) -> None:
    place = start(security="starttls", user="tousu", password="geheim")
    wrong = dataclasses.replace(place, smtp=dataclasses.replace(place.smtp, password="falsch"))

    with pytest.raises(AdapterError) as refused:
        send(wrong)

    assert "SMTP_PASSWORD" in refused.value.zh
    assert "falsch" not in refused.value.zh


def test_starttls_is_never_skipped(place: Place) -> None:
    asking = dataclasses.replace(place, smtp=dataclasses.replace(place.smtp, security="starttls"))

    with pytest.raises(AdapterError) as refused:
        send(asking)

    assert refused.value.permanent
    assert place.mailbox.arrived == []
