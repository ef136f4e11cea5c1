"""The customer's page: masked, logged, marks, numbers, merging."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import customers, deployment
from engine.model import File
from engine.wiring import Engine
from tests.db.matters import MARKS
from tests.web.conftest import FILES, Browser

Open = Callable[[str], Browser]
SECRETS = ("13800138000", "13900139000", "Zhang@")


@pytest.fixture(autouse=True)
def marked(desk: Engine) -> None:
    """The desk's kind, with marks."""
    kind = json.loads((FILES / "desk.case.json").read_text("utf-8"))
    kind |= {
        "counted": "true",
        "marks": {"all": ["A", "B1", "C1"], "automatic": "by-count", "mark": "of-mark"},
    }
    files = [
        File("desk.case.json", json.dumps(kind, ensure_ascii=False).encode()),
        File("attention.dmn", MARKS.encode()),
    ]
    with desk.unit("root") as unit:
        deployment.deploy(unit, files)


def key_of(desk: Engine, ref: str = "13800138000") -> int:
    with desk.read() as conn:
        found = customers.get(conn, ref)
    assert found is not None
    return found.key


def test_a_customer_is_found_by_his_whole_number_only(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    open_case()
    browser = browser_of("li")
    words = browser.get("/customers?q=138-0013-8000").words
    assert "张** 138****8000 — — 在办 1 / 共 1 件" in words
    assert "没有符合条件的客户" in browser.get("/customers?q=138001").words
    assert "没有符合条件的客户" in browser.get("/customers?mark=B1").words
    page = browser.get("/customers?q=张三丰")
    assert f"/customers/{key_of(desk)}" in page.text
    assert page.text.count("张三丰") == 1  # what was typed
    assert not any(secret in page.text for secret in SECRETS)


def test_the_page_shows_cases_and_hides_who_it_is(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    case_id = open_case()
    open_case(topic="资费")
    browser = browser_of("li")
    page = browser.get(f"/customers/{key_of(desk)}")
    assert page.status == 200
    assert "在办 2 件" in page.words
    assert f"/cases/{case_id}" in page.text
    assert not any(secret in page.text for secret in SECRETS)
    assert browser.get("/customers/999999").status == 404


def test_who_looks_and_who_sees_more_is_written_down(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    open_case()
    key = key_of(desk)
    li, wang = browser_of("li"), browser_of("wang")
    li.get(f"/customers/{key}")
    li.get(f"/customers/{key}")
    asked = {"field": f"record:{key}", "reason": ""}
    assert wang.post(f"/customers/{key}/reveal", asked).status == 422
    shown = wang.post(f"/customers/{key}/reveal", asked | {"reason": "客户要求回电"})
    assert (shown.status, "13800138000" in shown.text) == (200, True)
    name = wang.post(f"/customers/{key}/reveal", {"field": "name", "reason": "核对姓名"})
    assert "张三丰" in name.text
    assert wang.post(
        f"/customers/{key}/reveal", {"field": "record:1", "reason": "别人的"}
    ).status == 404
    words = browser_of("chief").get(f"/customers/{key}").words
    assert words.count("李四 查看了客户页") == 1
    assert "王五 查看了明文 号码 原因：客户要求回电" in words
    assert "王五 查看了明文 姓名 原因：核对姓名" in words


def test_marks_are_set_by_staff_and_taken_away_by_supervisors(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    case_id = open_case()
    key = key_of(desk)
    li, chief = browser_of("li"), browser_of("chief")
    assert li.post(f"/customers/{key}/marks", {"mark": "B1", "reason": "x"}).status == 422
    assert li.post(f"/customers/{key}/marks", {"mark": "A", "reason": "三次"}).status == 422
    assert li.post(f"/customers/{key}/marks", {"mark": "B1", "reason": "多次辱骂"}).status == 303
    words = li.get(f"/customers/{key}").words
    assert "B1 非常客户 多次辱骂 · 李四" in words
    assert "长期有效" in words
    assert ">B1<" in li.get(f"/cases/{case_id}").text
    assert "B1" in li.get("/new/desk/customer?customer_ref=13800138000").words
    assert "张**" in li.get("/customers?mark=B1").words
    with desk.read() as conn:
        mark_key = conn.exec_driver_sql("SELECT key FROM customer_marks").scalar_one()
    lift = f"/customers/{key}/marks/{mark_key}/lift"
    assert li.post(lift, {"reason": "客户道歉"}).status == 403
    assert chief.post(lift, {"reason": "客户道歉"}).status == 303
    assert chief.post(lift, {"reason": "客户道歉"}).status == 409
    words = li.get(f"/customers/{key}").words
    assert "没有生效的标记" in words
    assert "以往的标记（1）" in words


def test_further_numbers_and_wishes(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    open_case()
    open_case(customer_ref="13700000000", customer_name="李四维")
    key = key_of(desk)
    li = browser_of("li")
    numbers = f"/customers/{key}/numbers"
    assert li.post(numbers, {"kind": "phone", "value": "13900139000"}).status == 303
    assert li.post(numbers, {"kind": "email", "value": "Zhang@Example.com"}).status == 303
    assert li.post(numbers, {"kind": "phone", "value": "139-0013-9000"}).status == 409
    taken = li.post(numbers, {"kind": "phone", "value": "13700000000"})
    assert (taken.status, "合并客户" in taken.words) == (409, True)
    assert li.post(numbers, {"kind": "email", "value": "zhang"}).status == 422
    again = open_case(customer_ref="+86 139 0013 9000", customer_name="")
    assert key_of(desk, "zhang@example.com") == key
    page = li.get(f"/customers/{key}")
    assert f"/cases/{again}" in page.text
    assert "139****9000" in page.text
    assert not any(secret in page.text for secret in SECRETS)
    wishes = {"level": "", "star": "4", "night": "1", "from": "18:30", "to": ""}
    unknown = li.post(f"/customers/{key}/describe", wishes | {"to": "21:00", "level": "皇冠"})
    assert (unknown.status, "没有这个客户级别" in unknown.words) == (422, True)
    assert li.post(f"/customers/{key}/describe", wishes).status == 422
    nobody = li.post(
        f"/customers/{key}/describe", wishes | {"to": "21:00", "manager": "nobody"})
    assert (nobody.status, "没有在用的工号 nobody" in nobody.words) == (422, True)
    good = wishes | {"to": "21:00", "manager": "Zhao"}
    assert li.post(f"/customers/{key}/describe", good).status == 303
    assert "客户经理 赵六" in li.get(f"/customers/{key}").words
    words = li.get(f"/customers/{key}").words
    assert "4 星" in words
    assert "要求夜间也可联系 18:30–21:00" in words


def test_two_records_of_one_person_are_merged_and_taken_apart(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    first = open_case()
    second = open_case(customer_ref="13700000000", customer_name="张三丰")
    key, other = key_of(desk), key_of(desk, "13700000000")
    li, chief = browser_of("li"), browser_of("chief")
    asked = {"number": "13700000000", "reason": "同一人的两个号码"}
    assert li.post(f"/customers/{key}/merge", asked).status == 403
    assert chief.post(f"/customers/{key}/merge", asked | {"number": "10086"}).status == 422
    assert chief.post(f"/customers/{key}/merge", asked).status == 303
    assert chief.post(f"/customers/{key}/merge", asked).status == 409
    assert key_of(desk, "13700000000") == key
    page = chief.get(f"/customers/{other}")
    assert "在办 2 件" in page.words
    assert f"/cases/{first}" in page.text
    assert f"/cases/{second}" in page.text
    assert li.get("/customers").text.count("<tr data-href") == 1
    with desk.read() as conn:
        merge_key = conn.exec_driver_sql("SELECT key FROM customer_merges").scalar_one()
    undo = f"/customers/{key}/merges/{merge_key}/undo"
    assert chief.post(undo, {"reason": "不是同一人"}).status == 303
    assert chief.post(undo, {"reason": "不是同一人"}).status == 409
    assert key_of(desk, "13700000000") == other
    page = chief.get(f"/customers/{key}")
    assert "在办 1 件" in page.words
    assert f"/cases/{second}" not in page.text


def test_a_number_entered_by_several_at_once_is_entered_once(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    open_case()
    numbers = f"/customers/{key_of(desk)}/numbers"
    asked = {"kind": "phone", "value": "13911112222"}
    browsers = [browser_of("li") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(lambda li: li.post(numbers, asked).status, browsers))
    assert found == [303, 409, 409, 409]


def test_a_damaged_address_of_a_following_page_is_told(browser_of: Open) -> None:
    li = browser_of("li")
    for after in ("9" * 30, "-1", "１２", "x"):
        assert li.get(f"/customers?after={after}").status == 422
