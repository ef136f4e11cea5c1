"""Marks of attention: those that hold by count, and those that people and diagrams set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from engine import Engine, cases, customers, history, run
from engine.cases import marking
from engine.customers import identities, log, marks, merging, viewing
from engine.errors import Conflict, Invalid
from engine.model import Json, Person
from tests.db import matters
from tests.db.test_cases import DATA, do_task

NOON = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)  # Tuesday, 10:00 in Shanghai


@pytest.fixture(autouse=True)
def deployed(engine: Engine) -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        matters.deploy(engine)
        yield


def open_at(engine: Engine, at: datetime, **data: Json) -> int:
    with time_machine.travel(at, tick=False), engine.unit("wang01") as unit:
        return cases.open_(unit, "errand", DATA | data).case_id


def known(engine: Engine, case_id: int) -> dict[str, Any]:
    with engine.read() as conn:
        found: dict[str, Any] = run.variables(conn, case_id)["customer"]
    return found


def person(engine: Engine, at: datetime = NOON) -> customers.Known:
    with engine.read() as conn:
        found = customers.glance(conn, "13812345678", at)
    assert found is not None
    return found


def test_the_process_knows_the_customer(engine: Engine) -> None:
    open_at(engine, NOON - timedelta(days=40))
    about = known(engine, open_at(engine, NOON))
    assert about == {
        "ref": "13812345678", "name": "张三丰", "level": "high-star", "star": None,
        "contact": None, "marks": [], "month": 1, "half_year": 2, "open": 1, "past": 0,
        "manager": None,
    }
    assert run_without_number(engine)["customer"] is None


def run_without_number(engine: Engine) -> dict[str, Any]:
    with engine.unit("wang01") as unit:
        case_id = cases.open_(unit, "errand", {"topic": "匿名"}).case_id
    with engine.read() as conn:
        return run.variables(conn, case_id)


def test_the_third_of_a_month_makes_a_sensitive_customer_until_its_end(engine: Engine) -> None:
    first = datetime(2026, 10, 31, 17, 0, tzinfo=UTC)  # 1 November, 01:00 in Shanghai
    open_at(engine, first - timedelta(hours=2))
    assert known(engine, open_at(engine, first))["marks"] == []
    assert known(engine, open_at(engine, NOON))["marks"] == []
    third = known(engine, open_at(engine, NOON))
    assert (third["month"], third["half_year"], third["marks"]) == (3, 4, ["A"])
    december = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert person(engine, december - timedelta(seconds=1)).marks == ("A",)
    assert person(engine, december).marks == ()


def test_what_does_not_count_makes_no_mark(engine: Engine) -> None:
    for _ in range(4):
        about = known(engine, open_at(engine, NOON, category="ask"))
    assert (about["month"], about["marks"]) == (0, [])


def test_ten_in_six_months_hold_until_the_first_of_them_is_older(engine: Engine) -> None:
    for n in range(9):
        open_at(engine, NOON - timedelta(days=20 * (9 - n)))
    tenth = known(engine, open_at(engine, NOON))
    assert (tenth["half_year"], tenth["marks"]) == (10, ["B2"])
    oldest = NOON - timedelta(days=180)  # 14 May, so half a year old on 14 November
    gone = datetime(2026, 11, oldest.day, 2, 0, tzinfo=UTC)
    assert person(engine, gone - timedelta(seconds=1)).marks == ("B2",)
    assert person(engine, gone).marks == ()
    open_at(engine, NOON + timedelta(days=2))
    with engine.read() as conn:
        held = marks.of(conn, [person(engine).key])
    assert len(held) == 1
    assert held[0].expires_at == datetime(2026, 12, 3, 2, 0, tzinfo=UTC)  # 3 June


def test_a_diagram_marks_the_customer_for_as_long_as_the_table_says(engine: Engine) -> None:
    case_id = open_at(engine, NOON)
    do_task(engine, case_id, "look", {})
    do_task(engine, case_id, "answer", {"happy": False})
    assert person(engine).marks == ("C1",)
    next_year = datetime(2027, 11, 10, 2, 0, tzinfo=UTC)
    assert person(engine, next_year - timedelta(seconds=1)).marks == ("C1",)
    assert person(engine, next_year).marks == ()
    assert known(engine, open_at(engine, NOON))["marks"] == ["C1"]
    with engine.read() as conn:
        texts = [entry.text for entry in history.timeline(conn, case_id)]
        assert cases.view(conn, case_id).marks == ("C1",)
        assert history.verify(conn, case_id)
    assert "客户标记为 C1：答复时不满意" in texts


def test_one_person_with_two_numbers_is_counted_together_until_taken_apart(
    engine: Engine,
) -> None:
    chief = Person("chief", "主管陈", frozenset({"supervisor"}), frozenset())
    first = open_at(engine, NOON)
    open_at(engine, NOON, phone="13900000000")
    with engine.read() as conn:
        other = customers.get(conn, "13900000000")
    assert other is not None
    with engine.unit("chief") as unit:
        merging.merge(unit, other.key, person(engine).key, "同一人", chief)
    about = known(engine, open_at(engine, NOON, phone="139-0000-0000", level=None))
    assert (about["month"], about["marks"], about["open"]) == (3, ["A"], 2)
    assert about["level"] == "high-star"
    with engine.read() as conn:
        mine = cases.of_customer(conn, "13900000000")
        key = merging.of(conn, [other.key])[0].key
        assert len(cases.siblings(conn, first)) == 2
    assert mine is not None
    assert (mine.key, len(mine.open), mine.marks) == (person(engine).key, 3, ("A",))
    with engine.unit("chief") as unit:
        merging.unmerge(unit, key, "不是同一人", chief)
    assert known(engine, open_at(engine, NOON, phone="13900000000"))["marks"] == ["A"]
    about = known(engine, open_at(engine, NOON))
    assert (about["month"], about["marks"]) == (2, [])
    assert person(engine).marks == ()


def test_a_case_by_a_further_number_is_the_customers(engine: Engine) -> None:
    open_at(engine, NOON)
    with engine.unit("wang01") as unit:
        identities.add(unit, person(engine).key, "account", "ACC 0001")
    about = known(engine, open_at(engine, NOON, phone="ACC0001"))
    assert (about["ref"], about["half_year"]) == ("ACC0001", 2)
    with engine.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM customers").scalar() == 1
        assert [row.ref for row in viewing.search(conn, "ACC0001", at=NOON).rows] == [
            "138****5678"
        ]


def test_figures_see_marks_without_knowing_whose(engine: Engine) -> None:
    case_id = open_at(engine, NOON)
    do_task(engine, case_id, "look", {})
    do_task(engine, case_id, "answer", {"happy": False})
    with engine.read() as conn:
        case = conn.exec_driver_sql("SELECT customer_id, marks, contacts FROM v_cases").one()
        mark = conn.exec_driver_sql(
            "SELECT customer_id, mark, automatic, in_force FROM v_marks"
        ).one()
    key = person(engine).key
    assert tuple(case) == (key, ["C1"], 1)
    assert tuple(mark) == (key, "C1", False, True)


def test_a_happy_customer_is_not_marked_and_an_unknown_mark_stops_nobody(engine: Engine) -> None:
    first, second = open_at(engine, NOON), open_at(engine, NOON)
    for case_id, answer in ((first, {"happy": True}), (second, {"happy": True, "mark": "Z"})):
        do_task(engine, case_id, "look", {})
        do_task(engine, case_id, "answer", answer)
    assert person(engine).marks == ()
    with engine.read() as conn:
        assert cases.view(conn, second).row.status == "已办结"
        texts = [entry.text for entry in history.timeline(conn, second)]
    assert "没有设置客户标记：没有标记 Z。" in texts


def test_marks_set_by_hand_are_kept_renewed_and_lifted(engine: Engine) -> None:
    open_at(engine, NOON)
    key = person(engine).key
    with engine.unit("wang01") as unit:
        marking.mark(unit, key, "B1", "多次辱骂坐席")
        marking.mark(unit, key, "C1", "回复不满意")
    with time_machine.travel(NOON + timedelta(days=30), tick=False), engine.unit("li") as unit:
        marking.mark(unit, key, "C1", "再次表示不满")
    assert person(engine, NOON + timedelta(days=4000)).marks == ("B1",)
    assert person(engine, NOON + timedelta(days=390)).marks == ("B1", "C1")
    with engine.read() as conn:
        held = next(one for one in marks.of(conn, [key]) if one.mark == "B1")
    with engine.unit("li") as unit:
        marks.lift(unit, key, held.key, "客户已道歉")
    with pytest.raises(Conflict), engine.unit("li") as unit:
        marks.lift(unit, key, held.key, "再取消一次")
    assert person(engine).marks == ("C1",)
    with engine.read() as conn:
        kept = marks.of(conn, [key])
        told = [(entry.kind, entry.actor) for entry in log.entries(conn, [key])]
    assert [(one.mark, one.lifted_why) for one in kept] == [
        ("C1", None), ("C1", "续期"), ("B1", "客户已道歉")
    ]
    assert sorted(told) == [("lifted", "li"), ("marked", "li"), ("marked", "wang01"),
                            ("marked", "wang01")]


@pytest.mark.parametrize(("mark", "why"), [("A", "三次投诉"), ("X", "没有"), ("B1", " ")])
def test_what_cannot_be_set_by_hand(engine: Engine, mark: str, why: str) -> None:
    open_at(engine, NOON)
    with pytest.raises(Invalid), engine.unit("wang01") as unit:
        marking.mark(unit, person(engine).key, mark, why)
    assert person(engine).marks == ()


def test_the_rules_are_those_of_the_table(engine: Engine) -> None:
    with engine.read() as conn:
        found = marking.rules(conn)
    assert [(one.mark, one.label, one.automatic, one.months) for one in found] == [
        ("A", "敏感客户", True, None), ("B1", "非常客户", False, None),
        ("B2", "多次投诉", True, None), ("C1", "回复不满意", False, 12),
    ]


def test_people_are_found_by_mark_number_and_name(engine: Engine) -> None:
    open_at(engine, NOON)
    other = open_at(engine, NOON, phone="13900000000", name="李四")
    key = person(engine).key
    with engine.unit("wang01") as unit:
        marking.mark(unit, key, "B1", "多次辱骂坐席")
    with engine.read() as conn:
        other_key = cases.view(conn, other).customer_key

        def found(text: str = "", **how: Any) -> list[int]:
            return [row.key for row in viewing.search(conn, text, at=NOON, **how).rows]

        assert found() == [other_key, key]
        assert found("138 1234 5678") == found("张三丰") == found(mark="B1") == found(mark="*")
        assert found("张三丰") == [key]
        assert found("李四", mark="B1") == found("王五") == found("!") == []
        first = viewing.search(conn, at=NOON, limit=1)
        assert [row.key for row in first.rows] == [other_key]
        assert found(after=first.next) == [key]
        row = viewing.search(conn, "张三丰", at=NOON).rows[0]
    assert (row.name, row.ref, row.marks, row.open, row.all) == (
        "张**", "138****5678", ("B1",), 1, 1
    )
