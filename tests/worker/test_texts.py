"""Texts that come in and reports of those that went out, over HTTP on loopback in both ways."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

import adapters
import forms
from engine import (
    cases, deployment, duties, history, housekeeping, notices, organisation, people, tasks, texts,
)
from engine.cases import work
from engine.model import Json, Person
from engine.tables import incidents
from engine.tables import jobs as jobs_table
from engine.wiring import Engine
from tests.gateway import Gateway
from tests.mailbox import Place
from web.app import create_app
from web.commands import shipped
from web.commands.sample import ORGANISATION
from web.settings import Settings
from web.worker import Runner

TYPES = frozenset(duties.DUTIES) | {"sms.send", "mail.send"}
TOKEN = "a token of the gateway"
PHONE = "13800138000"
LINES = (
    "【您的称呼】王芳【所在地市】杭州【哪方面的问题】网络质量【具体是】上网速率"
    "【请把事情经过和您的要求告诉我们】晚上上网很慢，请尽快解决"
)


@pytest.fixture(scope="module")
def shipped_files() -> list[Any]:
    return shipped.files()


@pytest.fixture
def engine(database: str, shipped_files: list[Any]) -> Iterator[Engine]:
    engine = Engine(database, local_job_types=TYPES, checks={".form": forms.findings})
    with engine.unit("system:install") as unit:
        organisation.load(unit, ORGANISATION.read_bytes(), ORGANISATION.name)
        deployment.deploy(unit, shipped_files)
    yield engine
    engine.close()


class Phone:
    """The customer's side: texts go in over HTTP, ours come out of the gateway."""

    def __init__(self, engine: Engine, gateway: Gateway, smtp: adapters.Smtp, address: str) -> None:
        self.engine, self.gateway, self.address = engine, gateway, address
        settings = adapters.Settings(sms=gateway.settings, smtp=smtp)
        self.runner = Runner(engine, settings, adapters.registry, "worker-1")
        self.count = 0

    def post(self, path: str, said: object, token: str = TOKEN) -> httpx.Response:
        return self.post_text(json.dumps(said), path, token)

    def post_text(self, content: str, path: str = "sms", token: str = TOKEN) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(f"{self.address}/gateway/{path}", content=content, headers=headers)

    def text(self, text: str, id_: str = "", sender: str = PHONE) -> dict[str, Json]:
        self.count += 1
        said = {"id": id_ or f"in-{self.count}", "from": sender, "text": text}
        answer = self.post("sms", said)
        assert answer.status_code == 200, answer.text
        self.work()
        found: dict[str, Json] = answer.json()
        return found

    def report(self, status: str, id_: str, reason: str = "") -> dict[str, Json]:
        answer = self.post("sms/reports", {"id": id_, "status": status, "reason": reason})
        found: dict[str, Json] = answer.json()
        return found

    def work(self) -> None:
        """All jobs; each text gets an id of its own from the gateway."""
        query = select(jobs_table.c.key, jobs_table.c.type).where(jobs_table.c.state == "created")
        for _round in range(20):
            with self.engine.read() as conn:
                found = list(conn.execute(query.where(jobs_table.c.type.in_(TYPES))))
            for key, _type in found:
                self.gateway.body = f'{{"id": "out-{len(self.gateway.sent) + 1}"}}'.encode()
                self.runner.run(key)
            if not found:
                break
        with self.engine.read() as conn:
            assert conn.scalars(select(incidents.c.zh)).all() == []

    @property
    def got(self) -> list[str]:
        return [str(one["text"]) for one in self.gateway.sent.values()]

    def row(self, kind: str) -> cases.CaseRow:
        with self.engine.read() as conn:
            [found] = cases.search(conn, kind=kind).rows
        return found

    def data(self, kind: str) -> dict[str, Json]:
        with self.engine.read() as conn:
            found: dict[str, Json] = dict(cases.view(conn, self.row(kind).key).data)
        return found

    def told(self, kind: str) -> list[str]:
        with self.engine.read() as conn:
            return [one.text for one in history.timeline(conn, self.row(kind).key)]

    def complete(self, kind: str, data: dict[str, Json], login: str = "shouli01") -> None:
        with self.engine.unit(login) as unit:
            [task] = work.open_tasks(unit.conn, self.row(kind).key)
            boss = Person(login, "受理员", groups=frozenset(task.groups))
            if task.assignee != login:
                tasks.claim(unit, task.key, boss)
            tasks.complete(unit, task.key, data, boss)
        self.work()


@pytest.fixture
def phone(engine: Engine, gateway: Gateway, place: Place) -> Iterator[Phone]:
    sms = adapters.Sms(token_in=TOKEN)
    settings = Settings(secret_key="k" * 40, adapters=adapters.Settings(sms=sms))
    httpd = make_server("127.0.0.1", 0, create_app(settings, engine), threaded=True)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield Phone(engine, gateway, place.smtp, f"http://127.0.0.1:{httpd.server_port}")
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_lines_open_the_complaint_and_the_number_comes_back(phone: Phone) -> None:
    answer = phone.text(LINES)
    row = phone.row("complaint")
    assert answer == {"result": "opened", "number": row.number}
    said = phone.data("complaint")
    assert (said["channel"], said["region"]) == ("sms", "hangzhou")
    assert said["customer_ref"] == "138****8000"
    assert phone.got == [
        f"您反映的问题已受理，编号 {row.number}。回复短信并写上编号可以补充说明。"
    ]
    assert phone.text(LINES, "in-1") == {**answer, "again": True}
    assert len(phone.got) == 1


def test_a_free_text_is_filled_in_by_a_clerk_and_then_has_its_number(phone: Phone) -> None:
    assert phone.text("你们的网太慢了")["result"] == "opened"
    contact = phone.row("contact")
    assert contact.title == "你们的网太慢了"
    assert phone.got == [f"您的短信已收到，编号 {contact.number}，我们会尽快与您联系。"]
    phone.complete("contact", {
        "register_as": "complaint", "customer_ref": PHONE, "customer_name": "王芳",
        "customer_level": "ordinary", "region": "hangzhou", "category": "network",
        "subcategory": "network.speed", "description": "晚上上网很慢", "owner": "shouli01",
    })
    number = phone.row("complaint").number
    assert phone.got[-1].startswith(f"您反映的问题已受理，编号 {number}。")


def at_the_unit(phone: Phone) -> None:
    """A complaint that is being handled; our receipt is days old."""
    phone.text(LINES)
    with phone.engine.unit("test") as unit:
        unit.conn.exec_driver_sql("UPDATE texts_out SET at = at - interval '5 days'")
    phone.complete("complaint", {"intake_result": "dispatch", "description": "上网很慢"})
    phone.complete("complaint", {"review_result": "pass", "unit": "network"})


def test_an_urging_text_urges_the_case(phone: Phone) -> None:
    at_the_unit(phone)
    number = phone.row("complaint").number
    assert phone.text("都两天了还没人管，请尽快！") == {"result": "answered", "number": number}
    assert phone.data("complaint")["urge_count"] == 1
    assert "客户回复短信：都两天了还没人管，请尽快！" in phone.told("complaint")


def test_a_text_that_names_the_number_is_a_remark(phone: Phone) -> None:
    at_the_unit(phone)
    number = phone.row("complaint").number
    assert phone.text(f"{number} 白天请打办公室电话")["result"] == "remarked"
    assert f"客户补充说明：{number} 白天请打办公室电话" in phone.told("complaint")
    with phone.engine.read() as conn:
        login = next(one.person.login for one in people.list_(conn)
                     if "network" in one.person.groups)
        titles = [one.title for one in notices.page(conn, people.get(conn, login)).rows]
    assert f"客户补充说明：{number}" in titles


def test_another_matter_is_not_lost_in_an_old_case(phone: Phone) -> None:
    at_the_unit(phone)
    assert phone.text("我家宽带也断了")["result"] == "opened"
    said = phone.data("contact")
    assert (said["register_as"], said["contact_text"]) == ("existing", "我家宽带也断了")
    with phone.engine.read() as conn:
        [task] = work.open_tasks(conn, phone.row("contact").key)
    assert task.name == "填写工单"
    assert phone.text("宽带是昨晚断的")["result"] == "remarked", "to the text of just now"
    assert "客户补充说明：宽带是昨晚断的" in phone.told("contact")


def opinion_thanked(phone: Phone) -> None:
    with phone.engine.unit("shouli01") as unit:
        cases.open_(unit, "opinion", {
            "customer_ref": PHONE, "customer_name": "王芳", "customer_level": "ordinary",
            "region": "hangzhou", "channel": "hall", "category": "attitude",
            "subcategory": "attitude.hall", "description": "排队太久", "owner": "shouli01",
            "contact_at_night": True,
        })
    phone.work()
    phone.complete("opinion", {"opinion_result": "thank", "analysis": "已转营业厅"})
    with phone.engine.unit("test") as unit:
        unit.conn.exec_driver_sql("UPDATE timers SET due_at = now() WHERE element_id = 'window'")
    housekeeping.tick(phone.engine)
    phone.work()


@pytest.mark.parametrize(("text", "rating"), [
    ("1", "satisfied"), ("３", "dissatisfied"), ("满意，谢谢", "satisfied"),
    ("不满意！排队还是久", "dissatisfied"), ("回复2", "neutral"), ("1满意", "satisfied"),
])
def test_the_answer_to_a_revisit_reaches_it(phone: Phone, text: str, rating: str) -> None:
    opinion_thanked(phone)
    assert "满意请回复 1" in phone.got[-1]
    number = phone.row("opinion").number
    assert phone.text(text) == {"result": "answered", "number": number}
    row = phone.row("opinion")
    assert phone.data("opinion")["satisfaction"] == rating
    assert row.closed_at is not None


@pytest.mark.parametrize("text", ["不太满意", "1 不满意", "满意个鬼，不满意", "4", "11", "谁？"])
def test_what_a_person_has_to_read_is_a_remark(phone: Phone, text: str) -> None:
    opinion_thanked(phone)
    assert phone.text(text)["result"] == "remarked"
    assert phone.row("opinion").closed_at is None
    assert f"客户补充说明：{text}" in phone.told("opinion")


def test_an_appointment_is_moved_by_text(phone: Phone) -> None:
    slot = phone.engine.now() + timedelta(days=3)
    with phone.engine.unit("shouli01") as unit:
        cases.open_(unit, "appointment", {
            "customer_ref": PHONE, "customer_name": "王芳", "customer_level": "ordinary",
            "region": "hangzhou", "channel": "hall", "service": "repair", "owner": "shouli01",
            "unit": "branch-hangzhou", "wished_at": slot.isoformat(), "place": "文三路",
        })
    phone.complete("appointment", {
        "slot_from": slot.isoformat(), "slot_to": slot.isoformat(), "visitor": "王师傅",
    })
    assert "或回复短信说明" in phone.got[-1]
    assert phone.text("那天没空，能改到周末吗")["result"] == "answered"
    assert phone.data("appointment")["change_note"] == "那天没空，能改到周末吗"
    assert phone.row("appointment").status == "安排中"


def test_another_number_does_not_answer(phone: Phone) -> None:
    opinion_thanked(phone)
    assert phone.text("1", sender="13900139000")["result"] == "opened"
    assert phone.row("opinion").closed_at is None


def test_reports_stand_at_the_case_and_a_failure_is_told(phone: Phone) -> None:
    phone.text(LINES)
    number = phone.row("complaint").number
    assert phone.report("failed", "out-1", "号码停机") == {"taken": 1, "new": 1}
    assert phone.report("failed", "out-1", "号码停机") == {"taken": 1, "new": 0}
    assert "短信没有送达 138****8000：号码停机" in phone.told("complaint")
    with phone.engine.read() as conn:
        login = next(one.person.login for one in people.list_(conn)
                     if "intake" in one.person.groups)
        titles = [one.title for one in notices.page(conn, people.get(conn, login)).rows]
    assert f"短信没有送达：{number}" in titles
    with phone.engine.read() as conn:
        [out] = texts.of_case(conn, phone.row("complaint").key)
    assert (out.number, out.state, out.reason) == ("138****8000", "failed", "号码停机")
    assert phone.report("delivered", "out-1")["new"] == 1
    assert "短信已送达 138****8000" in phone.told("complaint")
    phone.report("failed", "out-1", "停" * 5000)
    assert f"短信没有送达 138****8000：{'停' * 300}" in phone.told("complaint"), "no essay"


def test_a_report_before_we_know_the_id_is_kept(phone: Phone) -> None:
    assert phone.report("delivered", "out-1") == {"taken": 1, "new": 1}
    phone.text(LINES)
    assert "短信已送达 138****8000" in phone.told("complaint")


def test_who_may_and_what_is_refused(phone: Phone) -> None:
    good = {"id": "1", "from": PHONE, "text": "慢"}
    assert phone.post("sms", good, "wrong").status_code == 401
    wrongs: tuple[Any, ...] = (
        [], "x", {**good, "id": ""}, {**good, "text": "\0 "}, {**good, "from": "  "},
        {**good, "text": "慢" * 2001},
    )
    for wrong in wrongs:
        assert phone.post("sms", wrong).status_code == 422
    assert phone.post("sms/reports", [{"id": "1", "status": "maybe"}]).status_code == 422
    assert phone.post_text("[" * 100_000).status_code == 422
    odd = phone.post("sms", {"id": "odd", "from": PHONE, "text": "\ud800\x01网慢"})
    assert odd.status_code == 200
    for n in range(29):
        phone.post("sms", {**good, "id": f"n{n}", "text": "慢"})
    late = phone.post("sms", {**good, "id": "late"})
    assert (late.status_code, late.headers["Retry-After"]) == (429, "600")
    for _n in range(30):
        phone.post("sms", good, "wrong")
    assert phone.post("sms", {**good, "from": "13900139000"}).status_code == 429
