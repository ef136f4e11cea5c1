"""One consistent answer: two complaints of one customer about one matter, on the page of the
reply (requirement G3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import cases, deployment, groups, housekeeping, people, tasks
from engine.cases.work import open_tasks
from engine.customers import merging
from engine.model import File, Json
from engine.resources import kind_of
from engine.wiring import Engine
from tests.web.conftest import Browser

Open = Callable[[str], Browser]
PROJECT = Path(__file__).parents[2]
ORDER = {
    "channel": "hotline", "kind": "complaint", "owner": "zhou", "customer_ref": "13800000001",
    "customer_name": "王芳", "customer_level": "ordinary", "region": "hangzhou",
    "category": "billing", "subcategory": "billing.dispute", "description": "多扣了三十元。",
    "escalation_source": "none", "urgency": "normal", "contact_at_night": True,
}
DONE = {
    "受理预处理": {"intake_result": "dispatch"},
    "复核工单": {"review_result": "pass", "unit": "support-centre", "team": None},
    "查证处理": {
        "handling": "answer", "handler": "李强", "course": "核对账单", "cause": "重复扣费",
        "result": "退 30 元", "result_certain": "yes", "solved": "yes", "company_fault": "yes",
    },
    "反馈核对": {"feedback_ok": "yes"},
}
GROUPS = {
    "intake": "受理组", "review": "复核组", "support-centre": "支撑中心", "reply-centre": "回复组",
    "support-centre.billing": "账务班",
}
REACHED = {
    "contact_result": "reached", "reply_method": "phone", "replied_at": "2026-11-20T10:30",
    "customer_accepts": "yes",
}


@pytest.fixture
def replier(desk: Engine, browser_of: Open) -> Browser:
    """周敏, who does every step, with the complaint as it is shipped."""
    paths = [
        *(PROJECT / "processes").glob("*.calendar.json"),
        *(PROJECT / "processes/complaint").iterdir(), *(PROJECT / "forms").glob("*.form"),
    ]
    with desk.unit("system") as unit:
        deployment.deploy(unit, [File(p.name, p.read_bytes()) for p in paths if kind_of(p.name)])
        groups.set_names(unit, GROUPS)
        people.add(unit, "zhou", "周敏", roles=("staff",), groups=tuple(GROUPS))
    return browser_of("zhou")


def to_be_answered(desk: Engine, **more: Json) -> int:
    """A complaint that has come as far as its reply."""
    with desk.unit("zhou") as unit:
        case_id = cases.open_(unit, "complaint", {**ORDER, **more}).case_id
    for name, values in DONE.items():
        key = task_key(desk, case_id, name)
        with desk.unit("zhou") as unit:
            zhou = people.get(unit.conn, "zhou")
            tasks.claim(unit, key, zhou)
            tasks.complete(unit, key, values, zhou)
    return case_id


def task_key(desk: Engine, case_id: int, name: str = "回复客户") -> int:
    with desk.read() as conn:
        return next(t.key for t in open_tasks(conn, case_id) if t.name == name)


def number(desk: Engine, case_id: int) -> str:
    with desk.read() as conn:
        return cases.view(conn, case_id).row.number


def status(desk: Engine, case_id: int) -> str:
    with desk.read() as conn:
        return cases.view(conn, case_id).row.status


def answer(browser: Browser, desk: Engine, case_id: int, **said: str) -> int:
    key = task_key(desk, case_id)
    browser.post(f"/tasks/{key}/claim")
    sent = browser.post(f"/tasks/{key}/complete", said).status
    while housekeeping.tick(desk):
        pass
    return sent


def test_alone_there_is_nothing_to_compare(desk: Engine, replier: Browser) -> None:
    to_be_answered(desk, customer_ref="13900000009")
    other = to_be_answered(desk, subcategory="billing.package")
    case_id = to_be_answered(desk)

    page = replier.get(f"/tasks/{task_key(desk, case_id)}")
    assert "同一客户同一事项" not in page.words, "another customer's, and another matter"
    assert "已核对：没有其他人员" not in page.words, "the page itself has looked"
    assert other != case_id
    assert answer(replier, desk, case_id, reply_text="退 30 元。", **REACHED) == 303


def test_the_second_waits_for_the_first_and_says_the_same(desk: Engine, replier: Browser) -> None:
    first, second = to_be_answered(desk), to_be_answered(desk)
    page = replier.get(f"/tasks/{task_key(desk, second)}")
    assert f"/cases/{first}" in page.text
    assert f"{number(desk, first)} 回复中， 正在答复" in page.words
    assert answer(replier, desk, second, reply_text="不退。", **REACHED) == 422, (
        "nobody answers past the other without saying how"
    )

    sent = answer(
        replier, desk, second, consistency="wait", same_as=number(desk, first)
    )
    assert sent == 303
    assert status(desk, second) == "待统一答复"

    page = replier.get(f"/tasks/{task_key(desk, first)}")
    assert "同一客户同一事项" not in page.words, "the first waits for nobody"
    assert answer(replier, desk, first, reply_text="已退 30 元，下月到账。", **REACHED) == 303

    assert status(desk, second) == "回复中"
    page = replier.get(f"/tasks/{task_key(desk, second)}")
    assert "已答复：已退 30 元，下月到账。" in page.words
    assert re.search(r"<textarea[^>]*>\s*已退 30 元，下月到账。", _all_shown(replier, desk, second))


def test_one_answer_for_both_by_merging(desk: Engine, replier: Browser) -> None:
    first, second = to_be_answered(desk), to_be_answered(desk)
    replier.post(f"/tasks/{task_key(desk, second)}/claim")
    merged = replier.post(
        f"/cases/{second}/merge", {"into": number(desk, first), "why": "同一诉求"}
    )
    assert merged.status == 303
    assert status(desk, second) == "已并单"
    page = replier.get(f"/tasks/{task_key(desk, first)}")
    assert "同一客户同一事项" not in page.words
    assert f"并入的工单 ：{number(desk, second)}，一并答复" in page.words


def _all_shown(browser: Browser, desk: Engine, case_id: int) -> str:
    key = task_key(desk, case_id)
    said = {"consistency": "same", "contact_result": "reached"}
    return browser.post(f"/tasks/{key}/form", said).text


def test_the_customer_is_the_person_whatever_the_number(desk: Engine, replier: Browser) -> None:
    first, second = to_be_answered(desk), to_be_answered(desk, customer_ref="13900000009")
    page = replier.get(f"/tasks/{task_key(desk, second)}")
    assert "同一客户同一事项" not in page.words
    with desk.unit("chief") as unit:
        mine, other = (cases.view(unit.conn, key).customer_key for key in (second, first))
        assert mine is not None
        assert other is not None
        merging.merge(unit, mine, other, "同一人的两个号码", people.get(unit.conn, "chief"))
    page = replier.get(f"/tasks/{task_key(desk, second)}")
    assert f"{number(desk, first)} 回复中， 正在答复" in page.words
