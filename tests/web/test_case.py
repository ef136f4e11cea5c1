"""Opening cases, their page: masked data, story, diagram, buttons, incidents; the list."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from engine import history, run
from engine.wiring import Engine
from tests.web.conftest import Browser

Open = Callable[[str], Browser]
OpenCase = Callable[..., int]
TaskOf = Callable[[int], int]
HTMX = {"HX-Request": "true"}
CALL = {"customer_ref": "13800138000", "customer_name": "张三丰", "topic": "网络", "urgent": ""}


def test_a_new_case(browser_of: Open) -> None:
    li = browser_of("li")
    assert li.get("/new").location == "/new/desk"
    wrong = li.post("/new/desk", {**CALL, "customer_ref": "138-x", "topic": "资费"})
    assert wrong.status == 422
    assert "请填写 5–20 位数字" in wrong.words
    assert "争议金额" in wrong.words
    assert 'value="张三丰"' in wrong.text
    made = li.post("/new/desk", CALL)
    assert made.status == 303
    page = li.get(made.location).words
    assert "已受理。" in page
    assert re.search(r"案件 / FW\d{8}-\d{4}", page)
    assert "核对中" in page
    assert "“核对”等待 受理组 领取" in page
    assert "首问" not in page


def test_a_likely_duplicate_is_asked_about(browser_of: Open, open_case: OpenCase) -> None:
    open_case()
    li = browser_of("li")
    warned = li.post("/new/desk", CALL)
    assert warned.status == 422
    assert "可能重复" in warned.words
    assert 'value="13800138000"' in warned.text
    assert li.post("/new/desk", {**CALL, "topic": "资费", "amount": "3"}).status == 303
    assert li.post("/new/desk", {**CALL, "_confirmed": "1"}).status == 303


def test_the_customer_s_cases_appear_with_the_number(
    browser_of: Open, open_case: OpenCase
) -> None:
    open_case()
    li = browser_of("li")
    known = li.get("/new/desk/customer?customer_ref=138 0013 8000", headers=HTMX).words
    assert "客户 张**" in known
    assert "在办 1 件" in known
    assert "没有案件记录" in li.get("/new/desk/customer?customer_ref=13900000000").words
    assert "输入客户号码后" in li.get("/new/desk/customer?customer_ref=13").words


def test_personal_data_is_shown_for_a_reason_that_is_kept(
    desk: Engine, browser_of: Open, open_case: OpenCase
) -> None:
    case_id = open_case()
    li = browser_of("li")
    page = li.get(f"/cases/{case_id}")
    assert "138****8000" in page.words
    assert "13800138000" not in page.text
    assert li.post(f"/cases/{case_id}/reveal", {"field": "customer_ref"}).status == 422
    shown = li.post(f"/cases/{case_id}/reveal",
                    {"field": "customer_ref", "reason": "回电核实"}, headers=HTMX)
    assert "13800138000" in shown.words
    story = li.get(f"/cases/{case_id}").words
    assert "查看了“客户号码”" in story
    assert "原因：回电核实" in story
    with desk.read() as conn:
        (entry,) = [e for e in history.timeline(conn, case_id) if e.kind == "data.revealed"]
    assert entry.actor == "li"


def test_the_story_in_plain_words(
    browser_of: Open, open_case: OpenCase, task_of: TaskOf
) -> None:
    case_id = open_case()
    li = browser_of("li")
    key = task_of(case_id)
    li.post(f"/tasks/{key}/claim")
    li.post(f"/tasks/{key}/complete", {"verdict": "true"})
    zhao = browser_of("zhao")
    solve = task_of(case_id)
    zhao.post(f"/tasks/{solve}/claim")
    zhao.post(f"/tasks/{solve}/complete", {"result": "重启后恢复，已回电 13800138000"})
    words = zhao.get(f"/cases/{case_id}").words
    for line in ("“服务台”开始", "领取了任务“核对”", "办结了任务“处理”", "状态变为“处理中”",
                 "流程结束"):
        assert line in words
    assert "处理结果：重启后恢复，已回电 138****8000" in words
    assert "已完成" in words
    assert "zhao" not in words


def test_what_a_worker_did_names_no_machine(
    desk: Engine, browser_of: Open, open_case: OpenCase
) -> None:
    case_id = open_case()
    with desk.unit("worker:host-7-4711") as unit:
        history.record(unit, case_id, "job.completed", {}, element_id="Check")
    words = browser_of("li").get(f"/cases/{case_id}").words
    assert "由系统完成" in words
    assert "host-7" not in words


def test_the_diagram_s_state(browser_of: Open, open_case: OpenCase) -> None:
    case_id = open_case()
    li = browser_of("li")
    page = li.get(f"/cases/{case_id}").text
    address = re.search(r'data-state="([^"]+)"', page)
    xml = re.search(r'data-xml="([^"]+)"', page)
    assert address
    assert xml
    state = li.client.get(address.group(1)).get_json()
    assert [one["id"] for one in state["active"]] == ["Check"]
    assert state["done"] == ["Start"]
    assert state["taken"] == ["to_check"]
    assert "<bpmn:process id=\"desk\"" in li.get(xml.group(1)).text
    other = open_case(topic="资费")
    assert li.get(f"/cases/{other}/diagram/{case_id}").status == 404


def test_a_button_of_the_diagram(
    browser_of: Open, open_case: OpenCase, task_of: TaskOf
) -> None:
    case_id = open_case()
    li = browser_of("li")
    address = re.search(rf'href="(/cases/{case_id}/actions/\d+)">催办<', li.get(
        f"/cases/{case_id}").text)
    assert address
    assert "催办" not in browser_of("zhao").get(f"/cases/{case_id}").words
    assert browser_of("zhao").post(address.group(1), {"urge_note": "x"}).status == 403
    assert "催办说明" in li.get(address.group(1)).words
    assert li.post(address.group(1), {"urge_note": ""}).status == 422
    assert li.post(address.group(1), {"urge_note": "客户又来电"}).location == f"/cases/{case_id}"
    words = li.get(f"/cases/{case_id}").words
    assert "“催办”已提交" in words
    assert "催办说明：客户又来电" in words
    assert "核对" in words, "the task goes on"
    again = re.search(rf"/cases/{case_id}/actions/\d+", li.get(f"/cases/{case_id}").text)
    assert again, "a non-interrupting button stays"
    key = task_of(case_id)
    li.post(f"/tasks/{key}/claim")
    li.post(f"/tasks/{key}/complete", {"verdict": "true"})
    gone = li.post(again.group(), {"urge_note": "晚了"})
    assert gone.status == 409
    assert "不再可用" in gone.words


@pytest.mark.parametrize(("query", "seen"), [
    ("q=资费", "资费"), ("q=13800138000", "both"), ("status=核对中", "both"), ("state=closed", ""),
    ("late=1", ""), ("kind=desk", "both"),
])
def test_the_list(browser_of: Open, open_case: OpenCase, query: str, seen: str) -> None:
    open_case(topic="网络")
    open_case(topic="资费")
    page = browser_of("li").get(f"/cases?{query}", headers=HTMX).words
    assert ("：资费" in page, "：网络" in page) == (seen != "", seen == "both")


def test_a_case_that_is_not_there(browser_of: Open) -> None:
    assert browser_of("li").get("/cases/1").status == 404
    assert browser_of("li").get("/cases/99999999999999999999").status == 404
    assert browser_of("li").get("/new/nothing").status == 404


def test_incidents_are_seen_and_tried_again(
    desk: Engine, browser_of: Open, open_case: OpenCase
) -> None:
    open_case()
    page = browser_of("root").get("/incidents")
    assert "没有异常" in page.words
    missing = browser_of("root").post("/incidents/5/retry")
    assert missing.status == 404


def test_people_and_priorities_are_shown_in_words(
    browser_of: Open, open_case: OpenCase, task_of: TaskOf
) -> None:
    case_id = open_case(owner="wang", weight=90)
    li = browser_of("li")
    task = task_of(case_id)
    li.post(f"/tasks/{task}/claim")
    for page in (li.get(f"/cases/{case_id}").words, li.get(f"/tasks/{task}").words):
        assert "受理人 王五" in page
        assert "优先级 紧急" in page


def test_a_title_that_is_cut_says_so(browser_of: Open, open_case: OpenCase) -> None:
    case_id = open_case(topic="基站" * 150)
    (title,) = re.findall(r'page-title">([^<]+)<', browser_of("li").get(f"/cases/{case_id}").text)
    assert "：基站" in title
    assert title.endswith("…")
    assert len(title) == 200


def test_a_past_case_of_the_same_kind_is_offered_as_the_original(
    desk: Engine, browser_of: Open, open_case: OpenCase
) -> None:
    past, other = open_case(), open_case(topic="资费")
    for case_id in (past, other):
        with desk.unit("chief") as unit:
            run.cancel(unit, case_id, "办结")
    li = browser_of("li")
    asked = "/new/desk/customer?customer_ref=13800138000"
    assert "再次投诉此件" not in li.get(asked).words
    panel = li.get(f"{asked}&topic=网络")
    assert panel.words.count("再次投诉此件") == 1
    (number,) = re.findall(r'name="_repeat_of" value="([^"]+)"', panel.text)
    page = li.post("/new/desk", {**CALL, "_repeat_of": number})
    assert page.status == 200
    assert 'value="张三丰"' in page.text
    made = li.post("/new/desk", {**CALL, "repeat_of": number})
    assert f"原编号 {number}" in li.get(made.location).words
    assert re.search(rf'name="repeat_of"[^>]*value="{number}"', page.text)
