"""The customer's own pages, on the shipped processes: file, look up, urge, add, answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

import forms
from engine import (
    cases,
    customers,
    deployment,
    duties,
    history,
    notices,
    organisation,
    people,
    tasks,
)
from engine.cases import merging, work
from engine.model import Json, Person
from engine.wiring import Engine
from tests.web.conftest import Answer, Browser
from web.app import create_app
from web.commands import shipped
from web.commands.sample import ORGANISATION
from web.settings import Settings

FILED = {
    "customer_ref": "13800138000", "customer_name": "王芳", "region": "hangzhou",
    "category": "network", "subcategory": "network.speed",
    "description": "晚上上网很慢，连续三天了", "once": "one-form",
}


@pytest.fixture(scope="module")
def shipped_files() -> list[Any]:
    return shipped.files()


@pytest.fixture
def office(database: str, shipped_files: list[Any]) -> Iterator[Engine]:
    engine = Engine(database, local_job_types=frozenset(duties.DUTIES),
                    checks={".form": forms.findings})
    with engine.unit("system:install") as unit:
        organisation.load(unit, ORGANISATION.read_bytes(), ORGANISATION.name)
        deployment.deploy(unit, shipped_files)
    yield engine
    engine.close()


@pytest.fixture
def site(office: Engine) -> Flask:
    return create_app(Settings(secret_key="k" * 40, demo=True), office)


@pytest.fixture
def customer(site: Flask) -> Browser:
    return Browser(site.test_client())


def file(browser: Browser, kind: str = "complaint", **more: str) -> Answer:
    return browser.post(f"/service/new/{kind}", FILED | more)


def number_in(answer: Answer) -> str:
    found = re.search(r'class="service-number">([A-Z0-9-]+)<', answer.text)
    assert found, answer.words
    return found.group(1)


def row(office: Engine, kind: str = "complaint") -> cases.CaseRow:
    with office.read() as conn:
        [found] = cases.search(conn, kind=kind).rows
    return found


def data_of(office: Engine, kind: str = "complaint") -> Json:
    with office.read() as conn:
        return cases.view(conn, row(office, kind).key).data


def test_a_customer_files_and_sees_where_it_stands(office: Engine, customer: Browser) -> None:
    start = customer.get("/service")
    assert "我要投诉 服务、质量或收费有问题，要求解决和答复" in start.words
    assert "整改" not in start.words
    answer = file(customer)
    assert (answer.status, answer.location) == (303, "/service/status")
    stands = customer.get("/service/status")
    number = number_in(stands)
    assert number == row(office).number
    assert "已受理，正在了解情况" in stands.words
    assert "预计" in stands.words
    assert "13800138000" not in stands.text
    assert data_of(office)["channel"] == "web"
    with office.read() as conn:
        [task] = work.open_tasks(conn, row(office).key)
        told = history.timeline(conn, row(office).key)
    assert (task.name, task.groups) == ("受理预处理", ("intake",))
    assert "客户（网上）" in {entry.actor_name for entry in told}


def test_sending_the_form_twice_opens_one_case(office: Engine, customer: Browser) -> None:
    assert [file(customer).status, file(customer).status] == [303, 303]
    assert row(office).kind == "complaint"


def test_what_is_missing_is_said_and_nothing_is_lost(office: Engine, customer: Browser) -> None:
    answer = file(customer, customer_ref="138-0013", description="慢")
    assert answer.status == 422
    assert "请填写 5–20 位数字的号码" in answer.words
    assert "王芳" in answer.text
    with office.read() as conn:
        assert cases.search(conn).rows == ()


@pytest.mark.parametrize("kind", ["opinion", "suggestion", "inquiry", "service-request"])
def test_the_other_kinds_open_too(office: Engine, customer: Browser, kind: str) -> None:
    assert file(customer, kind, service="transfer").status == 303
    assert customer.get("/service/status").status == 200
    assert data_of(office, kind)["customer_level"] == "ordinary"


def test_internal_kinds_cannot_be_opened(office: Engine, customer: Browser) -> None:
    for kind in ("matter", "rectification", "nothing"):
        assert customer.get(f"/service/new/{kind}").status == 404
        assert file(customer, kind).status == 404


def test_the_level_of_a_known_customer_stays(office: Engine, customer: Browser) -> None:
    said = {key: value for key, value in FILED.items() if key != "once"}
    with office.unit("shouli01") as unit:
        cases.open_(unit, "opinion", {**said, "customer_level": "vip", "channel": "hall"})
    file(customer)
    assert data_of(office)["customer_level"] == "vip"


def test_number_and_phone_open_it_and_wrong_ones_look_alike(
    office: Engine, site: Flask, customer: Browser
) -> None:
    file(customer)
    number = row(office).number
    other = Browser(site.test_client())
    assert "受理编号" in other.get("/service/status").words
    wrong = other.post("/service/status", {"number": number, "phone": "13900139000"})
    unknown = other.post("/service/status", {"number": "TS20200101000001", "phone": "13800138000"})
    assert (wrong.status, unknown.status) == (422, 422)
    said = re.sub(re.escape(number), "", wrong.words)
    assert said == re.sub("TS20200101000001", "", unknown.words)
    assert other.post("/service/remark", {"text": "让我看看"}).location == "/service/status"
    spelt = {"number": f" {number.lower()} ", "phone": "138-0013-8000"}
    found = other.post("/service/status", spelt)
    assert found.location == "/service/status"
    assert number_in(other.get("/service/status")) == number
    other.post("/service/leave")
    assert number not in other.get("/service/status").text


def test_guessing_is_held_up(office: Engine, customer: Browser) -> None:
    file(customer)
    number = row(office).number
    for n in range(10):
        assert customer.post(
            "/service/status", {"number": number, "phone": f"1390013900{n}"}
        ).status == 422
    right = customer.post("/service/status", {"number": number, "phone": "13800138000"})
    assert right.status == 429


def test_a_remark_reaches_who_works_on_it(office: Engine, customer: Browser) -> None:
    file(customer)
    assert customer.post("/service/remark", {"text": "  "}).status == 422
    assert customer.post("/service/remark", {"text": "白天请打办公室电话"}).status == 303
    with office.read() as conn:
        told = [entry.text for entry in history.timeline(conn, row(office).key)]
        login = next(one.person.login for one in people.list_(conn)
                     if "intake" in one.person.groups)
        waiting = notices.page(conn, people.get(conn, login)).rows
    assert "客户补充说明：白天请打办公室电话" in told
    assert f"客户补充说明：{row(office).number}" in [one.title for one in waiting]


def test_urging_is_offered_while_it_is_handled_and_counts(
    office: Engine, customer: Browser
) -> None:
    file(customer)
    assert "催促办理" not in customer.get("/service/status").words
    complete(office, {"intake_result": "dispatch", "description": FILED["description"]})
    complete(office, {"review_result": "pass", "unit": "network"})
    stands = customer.get("/service/status")
    assert "正在处理" in stands.words
    assert "催促办理" in stands.words
    assert customer.get("/service/do/complaint-supervise").status == 404
    assert customer.post("/service/do/complaint-supervise", {}).status == 404
    assert customer.post("/service/do/complaint-urge", {"urge_note": ""}).status == 422
    assert customer.post("/service/do/complaint-urge", {"urge_note": "请快一点"}).status == 303
    assert data_of(office)["urge_count"] == 1


def complete(office: Engine, data: dict[str, Json]) -> None:
    """Its one open task, by somebody of whichever desk it is."""
    boss = Person("shouli01", "受理员", groups=frozenset({"intake", "review"}))
    with office.unit(boss.login) as unit:
        [task] = work.open_tasks(unit.conn, row(office).key)
        tasks.claim(unit, task.key, boss)
        tasks.complete(unit, task.key, data, boss)


def test_nobody_is_renamed_by_who_knows_the_number(office: Engine, customer: Browser) -> None:
    file(customer)
    file(Browser(customer.client.application.test_client()), customer_name="别人", once="other")
    with office.read() as conn:
        known = customers.get(conn, FILED["customer_ref"])
    assert known is not None
    assert known.name == "王芳"


def test_a_remark_finds_somebody_or_is_refused(office: Engine, customer: Browser) -> None:
    file(customer)
    case_id = row(office).key
    with office.unit("test") as unit:
        task = work.open_tasks(unit.conn, case_id)[0].key
        clerk = next(one.person for one in people.list_(unit.conn, active_only=True)
                     if "supervisor" in one.person.roles)
        tasks.assign(unit, task, clerk.login, clerk)
        unit.conn.exec_driver_sql(
            "UPDATE user_tasks SET state = 'completed', ended_at = now(), ended_by = assignee"
            " WHERE key = %s", (task,),
        )
    customer.post("/service/remark", {"text": "周末也可以联系我"})
    with office.read() as conn:
        told = [one.title for one in notices.page(conn, clerk).rows]
        assert f"客户补充说明：{row(office).number}" in told
    with office.unit("test") as unit:
        unit.conn.exec_driver_sql("UPDATE cases SET closed_at = now() WHERE key = %s", (case_id,))
    assert "提交补充说明" not in customer.get("/service/status").words
    assert customer.post("/service/remark", {"text": "还有"}).status == 409


@pytest.mark.parametrize("same", [True, False])
def test_who_was_merged_into_another_customer_s_case_urges_but_rates_and_reads_nothing(
    office: Engine, customer: Browser, same: bool
) -> None:
    file(customer)
    original = row(office)
    complete(office, {"intake_result": "dispatch", "description": FILED["description"]})
    complete(office, {"review_result": "pass", "unit": "network"})
    number = FILED["customer_ref"] if same else "13911112222"
    second = Browser(customer.client.application.test_client())
    file(second, customer_ref=number, customer_name="另一位", once="second",
         subcategory="network.coverage")
    with office.unit("zhuguan01") as unit:
        boss = people.get(unit.conn, "zhuguan01")
        mine = next(one.key for one in cases.search(unit.conn, kind="complaint").rows
                    if one.key != original.key)
        merging.merge(unit, mine, original.number, "同一处故障", boss)
        unit.conn.exec_driver_sql(
            "UPDATE cases SET data = data || '{\"reply_text\": \"王女士，退费 38 元已到账\"}'"
            " WHERE key = %s", (original.key,))
        unit.conn.exec_driver_sql(
            "INSERT INTO subscriptions (key, case_id, instance_key, token, element_id, kind, name,"
            " correlation_key, interrupting, created_at) SELECT 1, %s, %s, 't', 'wait', 'message',"
            " '短信回访', %s, true, now()", (original.key, original.key, original.number))
    stands = second.get("/service/status").words
    assert "催促办理" in stands
    assert ("评价这次处理" in stands) is same
    assert ("38 元" in stands) is same
    rated = second.get("/service/do/短信回访")
    assert rated.status == (200 if same else 404)
    assert second.post("/service/do/complaint-urge", {"urge_note": "请快一点"}).status == 303
    with office.read() as conn:
        assert cases.view(conn, original.key).data["urge_count"] == 1


def test_one_number_files_six_times_an_hour(customer: Browser) -> None:
    answers = [file(customer, "opinion", once=f"o{n}") for n in range(7)]
    assert [one.status for one in answers] == [303] * 6 + [429]
    assert file(customer, "opinion", once="x", customer_ref="13900139000").status == 303
