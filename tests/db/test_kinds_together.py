"""All kinds of cases on one database: each opens, one becomes another, many are one matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

import forms
from engine import (
    cases, clocks, deployment, duties, housekeeping, messages, notices, organisation, run,
)
from engine.model import Json
from engine.tables import incidents, user_tasks
from engine.tasks import answer
from engine.wiring import Engine
from tests.db.test_reports import Office
from web.commands import shipped
from web.commands.sample import ORGANISATION

NOON = datetime.fromisoformat("2026-03-10T12:00:00+08:00")
CALLER = {
    "customer_ref": "13800138000", "customer_name": "王芳", "customer_level": "ordinary",
    "region": "hangzhou", "channel": "hotline", "owner": "shouli01",
}
NETWORK = {"category": "network", "subcategory": "network.speed"}
COMPLAINT = {
    **CALLER, **NETWORK, "kind": "complaint", "description": "晚上上网很慢", "place": "文三路",
    "occurred": "晚上", "escalation_source": "none", "urgency": "normal",
}
FIRST: dict[str, tuple[dict[str, Json], str]] = {
    "opinion": ({**CALLER, **NETWORK, "description": "排队太久"}, "分析中"),
    "suggestion": ({**CALLER, **NETWORK, "description": "账单写明到期日"}, "分派中"),
    "service-request": ({**CALLER, "service": "transfer", "description": "过户"}, "核验中"),
    "appointment": ({**CALLER, "service": "install", "unit": "branch-hangzhou",
                     "wished_at": "2026-03-12T10:00:00+08:00"}, "安排中"),
    "inquiry": ({**CALLER, **NETWORK, "description": "漫游怎么收费"}, "解答中"),
    "rectification": ({"problem": "上网慢", "basis": "42 件", **NETWORK, "unit": "network",
                       "deadline": "2026-04-10T17:30:00+08:00", "advice": "扩容"}, "待确认"),
    "matter": ({"name": "核心网中断", "matter_type": "network", "scope": "杭州",
                "summary": "数据中断", "unit": "network"}, "拟定口径"),
}


@pytest.fixture(scope="module")
def shipped_files() -> list[Any]:
    return shipped.files()


@pytest.fixture
def office(database: str, shipped_files: list[Any]) -> Iterator[Office]:
    engine = Engine(database, local_job_types=frozenset(duties.DUTIES),
                    checks={".form": forms.findings})
    with time_machine.travel(NOON, tick=False) as traveller:
        with engine.unit("system:install") as unit:
            organisation.load(unit, ORGANISATION.read_bytes(), ORGANISATION.name)
            deployment.deploy(unit, shipped_files)
        yield Office(engine, traveller)
    engine.close()


def open_(office: Office, kind: str, data: dict[str, Json], **options: Any) -> str:
    with office.engine.unit("shouli01") as unit:
        key = cases.open_(unit, kind, data, **options).case_id
    office.work()
    return number_of(office, key)


def number_of(office: Office, key: int) -> str:
    with office.engine.read() as conn:
        return cases.view(conn, key).row.number


def rows(office: Office, kind: str) -> tuple[cases.CaseRow, ...]:
    with office.engine.read() as conn:
        return cases.search(conn, kind=kind).rows


def test_each_kind_opens_with_its_first_step(office: Office) -> None:
    for kind, (data, status) in FIRST.items():
        open_(office, kind, data)
        [row] = rows(office, kind)
        assert row.status == status, kind
        assert row.title, kind
    with office.engine.read() as conn:
        assert conn.execute(select(incidents.c.zh)).scalars().all() == []


def test_an_opinion_becomes_a_complaint(office: Office) -> None:
    open_(office, "opinion", FIRST["opinion"][0])
    office.do("analyse", "zhiliang01", analysis="客户要求解决", opinion_result="complaint")
    [complaint] = rows(office, "complaint")
    [opinion] = rows(office, "opinion")
    assert complaint.number.startswith("TS")
    assert opinion.closed_at is not None
    assert opinion.status == "已转投诉"
    assert complaint.data["customer_ref"] == "138****8000"
    assert not complaint.sample


def test_what_a_sample_opens_is_a_sample(office: Office) -> None:
    open_(office, "opinion", FIRST["opinion"][0], sample=True)
    office.do("analyse", "zhiliang01", analysis="客户要求解决", opinion_result="complaint")
    [complaint] = rows(office, "complaint")
    assert complaint.sample


def test_a_limit_that_somebody_sets_is_a_clock(office: Office) -> None:
    open_(office, "opinion", FIRST["opinion"][0])
    office.do("analyse", "zhiliang01", analysis="窗口少", opinion_result="handle",
              unit="branch-hangzhou", handle_days=3)
    key = rows(office, "opinion")[0].key
    due = datetime.fromisoformat("2026-03-13T17:30:00+08:00")
    with office.engine.read() as conn:
        [clock] = clocks.of_case(conn, key)
    assert (clock.name, clock.due_at, clock.standing(NOON)) == ("处理", due, "running")
    assert rows(office, "opinion")[0].due_at == due
    office.do("handle", "hangzhou01", measure="加开窗口")
    with office.engine.read() as conn:
        assert clocks.of_case(conn, key)[0].standing(NOON) == "met"


def in_handling(office: Office) -> None:
    """The first complaint has been dispatched to its unit; the second is still at intake."""
    with office.engine.read() as conn:
        query = select(user_tasks.c.key).where(user_tasks.c.element_id == "pre_process")
        key = conn.execute(query.order_by(user_tasks.c.key).limit(1)).scalar_one()
    data = {"intake_result": "dispatch", **NETWORK, "description": "晚上上网很慢"}
    with office.engine.unit("shouli01") as unit:
        answer(unit, key, office.person("shouli01"), lambda _asked: data)
    office.do("check_order", "fuhe01", review_result="pass", unit="network", team="无线优化班")


def test_many_complaints_are_one_matter(office: Office) -> None:
    first, second = (open_(office, "complaint", COMPLAINT) for _ in range(2))
    matter = open_(office, "matter", FIRST["matter"][0] | {"complaints": f" {first}，"})
    office.do("draft", "zhuguan01", statement="正在抢修", unit="network",
              handle_due_at="2026-03-10T18:00:00+08:00")
    office.do("approve", "lingdao01", approval="yes")
    assert f"统一口径（{matter}）：核心网中断" in office.told("shouli01")
    with office.engine.unit("zhuguan01") as unit:
        waiting = messages.waiting(unit.conn, rows(office, "matter")[0].key)
        bind = next(one for one in waiting if one.element_id == "bind")
        messages.deliver(unit, bind.key, {"more_complaints": second}, office.person("zhuguan01"))
    parts = office.rows("matter-complaints", matter=matter)
    assert [one["number"] for one in parts] == [first, second]
    in_handling(office)
    office.do("handle", "wangluo01", course="12:40 恢复", cause="板卡故障",
              company_fault="yes", answer="故障已恢复，深表歉意")
    told = [one for one in office.told("shouli01") if one.startswith("按统一口径答复")]
    assert sorted(told) == [f"按统一口径答复 {first}", f"按统一口径答复 {second}"]
    with office.engine.read() as conn:
        own = notices.page(conn, office.person("shouli01"), search="按统一口径").rows
        assert {one.case_number for one in own} == {first, second}
    for _ in range(2):
        housekeeping.tick(office.engine)
    with office.engine.read() as conn:
        answered = cases.search(conn, kind="complaint", text=first).rows[0]
        waits = cases.search(conn, kind="complaint", text=second).rows[0]
        assert (answered.status, waits.status) == ("反馈核对", "受理中")
        found = run.variables(conn, answered.key)
    assert (found["result"], found["cause"]) == ("故障已恢复，深表歉意", "板卡故障")
    assert found["matter_number"] == matter
