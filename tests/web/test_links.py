"""Linking and merging on the case's page."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from engine import history
from engine.wiring import Engine
from tests.web.conftest import Browser

Open = Callable[[str], Browser]


def number_of(desk: Engine, case_id: int) -> str:
    with desk.read() as conn:
        return str(conn.exec_driver_sql(
            "SELECT number FROM cases WHERE key = %s", (case_id,)
        ).scalar_one())


def test_a_link_shows_in_both_cases_until_it_is_undone(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    one, other = open_case(), open_case(topic="资费")
    li = browser_of("li")
    asked = {"kind": "part", "to": number_of(desk, other), "why": "同一次割接"}
    assert li.post(f"/cases/{one}/links", asked | {"to": "FW-none"}).status == 404
    assert li.post(f"/cases/{one}/links", asked | {"kind": "duplicate"}).status == 422
    assert li.post(f"/cases/{one}/links", asked | {"to": number_of(desk, one)}).status == 422
    assert li.post(f"/cases/{one}/links", asked).status == 303
    assert "属于 张三丰：资费" in li.get(f"/cases/{one}").words
    page = li.get(f"/cases/{other}")
    assert "包含 张三丰：网络" in page.words
    assert "同一次割接" in page.words
    assert "核对中 1" in page.words
    with desk.read() as conn:
        key = conn.exec_driver_sql("SELECT key FROM case_links").scalar_one()
    assert li.post(f"/cases/{other}/links/{key}/undo").status == 303
    assert li.post(f"/cases/{other}/links/{key}/undo").status == 409
    assert "没有关联的案件" in li.get(f"/cases/{one}").words


def test_a_case_is_merged_into_its_original_and_taken_back(
    desk: Engine, browser_of: Open, open_case: Callable[..., int],
    task_of: Callable[[int], int],
) -> None:
    original, again = open_case(), open_case()
    chief, li = browser_of("chief"), browser_of("zhao")
    asked = {"into": number_of(desk, original), "why": "客户就同一件事又来电"}
    assert "并入原单" not in li.get(f"/cases/{again}").words
    assert li.post(f"/cases/{again}/merge", asked).status == 403
    assert "并入原单" in chief.get(f"/cases/{again}").words
    assert chief.post(f"/cases/{again}/merge", asked | {"why": ""}).status == 422
    key = task_of(again)
    assert chief.post(f"/cases/{again}/merge", asked).status == 303
    words = chief.get(f"/cases/{again}").words
    assert f"本件已并入 {asked['into']}" in words
    assert "撤销并单" in words
    assert chief.post(f"/tasks/{key}/claim").status in (404, 409)
    words = chief.get(f"/cases/{original}").words
    assert "客户联系 2 次" in words
    assert "答复时一并告知" in words
    assert f"{number_of(desk, again)} 并入本件：客户就同一件事又来电" in words
    assert "138****8000" in words
    undo = f"/cases/{again}/unmerge"
    assert li.post(undo, {"why": "不是同一件事"}).status == 403
    assert chief.post(undo, {"why": "不是同一件事"}).status == 303
    assert task_of(again) == key
    assert "本件已并入" not in chief.get(f"/cases/{again}").words


def test_a_duplicate_is_recorded_and_merged_at_intake(
    desk: Engine, browser_of: Open, open_case: Callable[..., int],
    task_of: Callable[[int], int],
) -> None:
    original = open_case()
    number = number_of(desk, original)
    li = browser_of("li")
    asked = {"customer_ref": "13800138000", "customer_name": "张三丰", "topic": "网络"}
    warned = li.post("/new/desk", asked)
    assert (warned.status, f'name="_merge_into" value="{number}"' in warned.text) == (422, True)
    answer = li.post("/new/desk", asked | {"_merge_into": number})
    assert answer.status == 303
    page = li.get(answer.location)
    assert f"本件已并入 {number}" in page.words
    assert "受理时判定为重复" in page.words
    assert "客户联系 2 次" in li.get(f"/cases/{original}").words
    assert li.post("/new/desk", asked | {"_merge_into": "FW-none"}).status == 404
    aside = li.get(f"/cases/{original}/aside").words
    assert "并入本件" in aside
    assert "解除" not in aside
    with desk.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM cases").scalar() == 2


def test_a_link_is_made_once_by_however_many_at_once(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    one, other = open_case(), open_case(topic="资费")
    asked = {"kind": "repeat", "to": number_of(desk, other)}
    browsers = [browser_of("li") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda li: li.post(f"/cases/{one}/links", asked).status, browsers))
    assert found == [303] * 4
    with desk.read() as conn:
        told = [entry for entry in history.timeline(conn, one) if entry.kind == "case.linked"]
        assert len(told) == 1
