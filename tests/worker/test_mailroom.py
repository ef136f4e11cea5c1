"""Orders mailed to a unit and answered by mail; what is missing comes back; nobody forges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

import adapters
import forms
from adapters import mailbox, receipts
from engine import (
    attachments, cases, deployment, duties, notices, organisation, people, tasks,
)
from engine.audit_tables import mail_failures
from engine.cases import work
from engine.model import Json, Person
from engine.tables import incidents
from engine.tables import jobs as jobs_table
from engine.wiring import Engine
from tests.mailbox import Place
from tests.postbox import Postbox
from web.commands import shipped
from web.commands.sample import ORGANISATION
from web.mailroom import Mailroom
from web.worker import Runner

TYPES = frozenset(duties.DUTIES) | {"mail.send"}
HANDLER = "zhou@example.com"
ANSWER = """【处理时间】2026年11月22日 10:30
【处理人员】周工
【处理过程】现场测试，
基站退服，已更换板件
【原因】板件故障
【处理结果】已恢复
【结果是否确定】是
【是否解决】是
【公司是否有责】是
【回复建议】致歉并说明
【回访建议】次日回访
"""


@pytest.fixture(scope="module")
def shipped_files() -> list[Any]:
    """With the address of every unit in the routing table."""
    addressed = re.compile(rb'(_out3">\s*)<text/>')
    return [
        replace(one, content=addressed.sub(rb'\1<text>"zhou@example.com"</text>', one.content))
        if one.name == "routing.dmn" else one
        for one in shipped.files()
    ]


@pytest.fixture
def engine(database: str, shipped_files: list[Any]) -> Iterator[Engine]:
    engine = Engine(database, local_job_types=TYPES, checks={".form": forms.findings})
    with engine.unit("system:install") as unit:
        organisation.load(unit, ORGANISATION.read_bytes(), ORGANISATION.name)
        deployment.deploy(unit, shipped_files)
        people.add(unit, "zhougong", "周工", groups=("network",), email=HANDLER)
    yield engine
    engine.close()


@pytest.fixture
def settings(place: Place) -> adapters.Settings:
    return adapters.Settings(smtp=place.smtp, receipt_key="a secret of this installation")


@pytest.fixture
def room(engine: Engine, settings: adapters.Settings) -> Mailroom:
    return Mailroom(engine, settings)


class Desk:
    """A complaint at the unit, its order mailed."""

    def __init__(self, engine: Engine, settings: adapters.Settings, place: Place) -> None:
        self.engine, self.place = engine, place
        self.runner = Runner(engine, settings, adapters.registry, "worker-1")
        said = {
            "customer_ref": "13800138000", "customer_name": "王芳", "customer_level": "ordinary",
            "region": "hangzhou", "channel": "hotline", "category": "network",
            "subcategory": "network.speed", "kind": "complaint", "description": "上网慢三天了",
            "place": "文三路", "occurred": "晚上", "escalation_source": "none", "urgency": "normal",
        }
        with engine.unit("shouli01") as unit:
            self.key = cases.open_(unit, "complaint", said).case_id
        self.work()
        self.complete({"intake_result": "dispatch", "description": "上网慢三天了"})
        self.complete({"review_result": "pass", "unit": "network"})

    def complete(self, data: dict[str, Json]) -> None:
        with self.engine.unit("shouli01") as unit:
            [task] = work.open_tasks(unit.conn, self.key)
            boss = Person("shouli01", "受理员", groups=frozenset(task.groups))
            tasks.claim(unit, task.key, boss)
            tasks.complete(unit, task.key, data, boss)
        self.work()

    def work(self) -> None:
        query = select(jobs_table.c.key).where(jobs_table.c.state == "created")
        while True:
            with self.engine.read() as conn:
                keys = list(conn.scalars(query.where(jobs_table.c.type.in_(TYPES))))
            if not keys:
                break
            for key in keys:
                self.runner.run(key)
        with self.engine.read() as conn:
            assert conn.scalars(select(incidents.c.zh)).all() == []

    def order(self) -> EmailMessage:
        [found] = [one for one in self.place.mailbox.mails if one["Subject"].startswith("【派单】")]
        return found

    def task_names(self) -> list[str]:
        with self.engine.read() as conn:
            return [one.name for one in work.open_tasks(conn, self.key)]

    def data(self) -> Json:
        with self.engine.read() as conn:
            return cases.view(conn, self.key).data


@pytest.fixture
def desk(engine: Engine, settings: adapters.Settings, place: Place) -> Desk:
    return Desk(engine, settings, place)


def reply(order: EmailMessage, text: str, sender: str = HANDLER, n: int = 1) -> bytes:
    answer = EmailMessage()
    answer["From"] = sender
    answer["To"] = "tousu@example.com"
    answer["Subject"] = f"回复: {order['Subject']}"
    answer["Message-ID"] = f"<answer-{n}@example.com>"
    answer["In-Reply-To"] = str(order["Message-ID"])
    quoted = "\n".join(f"> {line}" for line in order.get_content().splitlines())
    answer.set_content(f"{text}\n\n{quoted}", charset="gb18030", cte="base64")
    return answer.as_bytes()


def test_the_answer_by_mail_is_the_answer_of_that_person(desk: Desk, room: Mailroom) -> None:
    assert desk.task_names() == ["查证处理"]
    order = desk.order()
    assert "BH-" in order["Subject"]
    answer = reply(order, ANSWER)
    assert room.take(answer)
    said = desk.data()
    assert said["course"] == "现场测试，\n基站退服，已更换板件"
    assert (said["cause"], said["result"], said["handler"]) == ("板件故障", "已恢复", "周工")
    assert str(said["handled_at"]).startswith("2026-11-22T10:30")
    assert "查证处理" not in desk.task_names()
    before = len(desk.place.mailbox.mails)
    assert room.take(answer), "fetched again"
    desk.work()
    assert not [one for one in desk.place.mailbox.mails[before:] if "未采用" in one["Subject"]]


def test_filled_in_within_the_quoted_original(desk: Desk, room: Mailroom) -> None:
    lines = dict(zip(ANSWER.replace("，\n", "，").splitlines(), range(99), strict=False))
    order = desk.order()
    text = order.get_content()
    for line in lines:
        label, _, value = line.partition("】")
        text = "\n".join(
            f"{label}】{value}" if one.startswith(f"{label}】") else one
            for one in text.splitlines()
        )
    inside = EmailMessage()
    inside["Subject"] = order["Subject"]
    inside["Message-ID"] = order["Message-ID"]
    inside.set_content(text)
    assert room.take(reply(inside, "请见下面"))
    assert desk.data()["result"] == "已恢复"


def test_what_is_missing_is_mailed_back(desk: Desk, room: Mailroom) -> None:
    without = ANSWER.replace("【原因】板件故障\n", "").replace("是否解决】是", "是否解决】大概")
    assert room.take(reply(desk.order(), without))
    assert desk.task_names() == ["查证处理"]
    back = desk.place.mailbox.mails[-1]
    text = back.get_content()
    assert back["To"] == HANDLER
    assert back["Auto-Submitted"] == "auto-replied"
    assert "2 项需要补充或更正" in text
    assert "【原因】" in text
    assert "【是否解决】" in text
    assert room.take(reply(desk.order(), ANSWER, n=2))
    assert desk.task_names() != ["查证处理"]


def test_a_forged_code_and_a_stranger_change_nothing(desk: Desk, room: Mailroom) -> None:
    assert room.take(reply(desk.order(), ANSWER, sender="stranger@example.net"))
    assert "不在工单" in desk.place.mailbox.mails[-1].get_content()
    forged = Mailroom(room.engine, replace(room.settings, receipt_key="another secret"))
    assert forged.take(reply(desk.order(), ANSWER, n=2))
    assert "回执码不对" in desk.place.mailbox.mails[-1].get_content()
    assert desk.task_names() == ["查证处理"]


def test_an_answer_too_late_comes_back(desk: Desk, room: Mailroom) -> None:
    order = desk.order()
    assert room.take(reply(order, ANSWER))
    assert room.take(reply(order, ANSWER, n=2))
    assert "现在不需要邮件反馈" in desk.place.mailbox.mails[-1].get_content()


def test_files_come_along(desk: Desk, room: Mailroom) -> None:
    answer = EmailMessage()
    answer["From"], answer["Message-ID"] = HANDLER, "<files@example.com>"
    answer["Subject"] = desk.order()["Subject"]
    answer.set_content(ANSWER)
    answer.add_attachment(
        "记录".encode(), maintype="text", subtype="plain", filename="测试记录.txt"
    )
    assert room.take(answer.as_bytes())
    with room.engine.read() as conn:
        [kept] = attachments.attached(conn, desk.key)
        assert kept.name == "测试记录.txt"
        assert b"".join(attachments.parts(conn, kept.key)) == "记录".encode()


def test_absence_notes_are_left_alone(desk: Desk, room: Mailroom) -> None:
    away = EmailMessage()
    away["From"], away["Message-ID"] = HANDLER, "<away@example.com>"
    away["Subject"], away["Auto-Submitted"] = f"自动回复: {desk.order()['Subject']}", "auto-replied"
    away.set_content("我在休假")
    before = len(desk.place.mailbox.mails)
    assert room.take(away.as_bytes())
    assert len(desk.place.mailbox.mails) == before


def mail_from_customer(text: str, n: int = 1) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "王芳 <wang@example.com>", "上网太慢"
    mail["Message-ID"] = f"<customer-{n}@example.com>"
    mail.set_content(text)
    return mail.as_bytes()


def found(engine: Engine, kind: str) -> tuple[cases.CaseRow, ...]:
    with engine.read() as conn:
        return cases.search(conn, kind=kind).rows


def test_mail_is_fetched_once_and_a_clerk_fills_in_the_order(
    room: Mailroom, postbox: Postbox
) -> None:
    fetching = replace(room, settings=replace(room.settings, imap=postbox.settings))
    postbox.put(mail_from_customer("晚上上网很慢，请尽快解决"))
    assert fetching.collect() == 1
    postbox.seen.clear()
    assert (fetching.collect(), fetching.collect()) == (1, 0)
    [contact] = found(room.engine, "contact")
    assert (contact.status, contact.title) == ("待登记", "上网太慢：晚上上网很慢，请尽快解决")
    with room.engine.unit("shouli01") as unit:
        [task] = work.open_tasks(unit.conn, contact.key)
        clerk = Person("shouli01", "受理员", groups=frozenset({"intake"}))
        tasks.claim(unit, task.key, clerk)
        tasks.complete(unit, task.key, {
            "register_as": "complaint", "customer_ref": "13800138000", "customer_name": "王芳",
            "customer_level": "ordinary", "region": "hangzhou", "category": "network",
            "subcategory": "network.speed", "description": "晚上上网很慢", "owner": "shouli01",
        }, clerk)
    runner = Runner(room.engine, room.settings, adapters.registry, "worker-1")
    query = select(jobs_table.c.key).where(jobs_table.c.type == "case.open")
    with room.engine.read() as conn:
        keys = list(conn.scalars(query))
    for key in keys:
        runner.run(key)
    [complaint] = found(room.engine, "complaint")
    assert complaint.received_at == contact.received_at.replace(microsecond=0)
    [contact] = found(room.engine, "contact")
    assert contact.status == "已登记"
    with room.engine.read() as conn:
        said = cases.view(conn, contact.key).data
    assert said["registered_number"] == complaint.number


def test_a_mail_in_lines_opens_the_complaint_by_itself(room: Mailroom) -> None:
    lines = (
        "【业务号码】13800138000\n【您的称呼】王芳\n【所在地市】杭州\n【哪方面的问题】网络质量\n"
        "【具体是】上网速率\n【请把事情经过和您的要求告诉我们】晚上上网很慢，请尽快解决\n"
    )
    assert room.take(mail_from_customer(lines))
    [complaint] = found(room.engine, "complaint")
    assert complaint.title.startswith("上网速率：晚上上网很慢")
    with room.engine.read() as conn:
        said = cases.view(conn, complaint.key).data
    assert said["channel"] == "e-mail"
    assert room.take(mail_from_customer(lines.replace("杭州", "火星"), 2))
    [contact] = found(room.engine, "contact")
    assert contact.status == "待登记"


def test_a_wrong_password_is_said_and_nothing_else_happens(
    room: Mailroom, postbox: Postbox
) -> None:
    postbox.put(mail_from_customer("慢"))
    wrong = replace(postbox.settings, password="wrong")
    assert replace(room, settings=replace(room.settings, imap=wrong)).collect() == 0
    assert postbox.seen == set()


def test_a_mail_that_fails_over_and_over_blocks_no_other_and_is_told_once(
    room: Mailroom, postbox: Postbox
) -> None:
    """Sixty answers that cannot be sent back (the SMTP server is away) are older than a customer's
    mail."""
    away = replace(room.settings.smtp, port=1)
    fetching = replace(room, settings=replace(
        room.settings, imap=postbox.settings, smtp=away))
    for n in range(60):
        postbox.put(answer_with_a_wrong_code(n))
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=True):
        assert fetching.collect() == 0
    last = postbox.put(mail_from_customer("晚上上网很慢，请尽快解决"))
    with time_machine.travel(now + timedelta(seconds=30), tick=True):
        assert fetching.collect() == 1
    assert postbox.seen == {last}
    with time_machine.travel(now + timedelta(minutes=10), tick=True):
        assert fetching.collect() == 0
    assert told(room.engine) == []
    for hours in (1, 2, 12, 48):
        with time_machine.travel(now + timedelta(hours=hours), tick=True):
            fetching.collect()
            fetching.collect()
    titles = told(room.engine)
    assert set(titles) == {"一封来信没有处理"}
    assert len(titles) == 60, "once for each mail"
    with time_machine.travel(now + timedelta(hours=100), tick=True):
        back = replace(fetching, settings=replace(fetching.settings, smtp=room.settings.smtp))
        assert back.collect() + back.collect() == 60
    with room.engine.read() as conn:
        assert conn.execute(select(mail_failures.c.ref)).all() == []


def test_a_mail_too_large_is_left_and_told_at_once(
    room: Mailroom, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "LARGEST", 2000)
    fetching = replace(room, settings=replace(room.settings, imap=postbox.settings))
    postbox.put(mail_from_customer("长" * 3000))
    postbox.put(mail_from_customer("短", 2))
    assert (fetching.collect(), fetching.collect()) == (1, 0)
    assert told(room.engine) == ["一封来信没有处理"]


def answer_with_a_wrong_code(n: int) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "someone@example.com", "tousu@example.com"
    mail["Subject"], mail["Message-ID"] = "Re: 派单", f"<late-{n}@example.com>"
    mail.set_content(f"{receipts.receipt('another secret', 7)}\n【处理结果】已恢复")
    return mail.as_bytes()


def told(engine: Engine) -> list[str]:
    """The titles of the administrator's unread notices."""
    with engine.read() as conn:
        return [one.title for one in notices.page(conn, people.get(conn, "admin"), limit=100).rows]
