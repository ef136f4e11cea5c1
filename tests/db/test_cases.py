"""Cases as intake, lists and the case page see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, select

from engine import Engine, cases, customers, deployment, history, run, tasks
from engine.errors import BihuanError, DeploymentRefused, ExpressionFailed, Invalid, NotFound
from engine.model import File, Json, Person
from engine.tables import history as history_table
from engine.tables import user_tasks
from tests.db import errand

WANG = Person("wang01", "王芳", frozenset({"staff"}), frozenset({"intake"}))
NOON = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 in Shanghai
DATA: dict[str, Json] = {
    "topic": "宽带断网",
    "phone": "13812345678",
    "name": "张三丰",
    "level": "high-star",
    "text": "昨晚起断网，请回电 13900001111。",
    "category": "net",
    "secret": "不属于案件",
}


@pytest.fixture(autouse=True)
def deployed(engine: Engine) -> None:
    errand.deploy(engine)


def open_case(engine: Engine, data: Mapping[str, Json] = DATA, **options: Any) -> int:
    with engine.unit("wang01") as unit:
        return cases.open_(unit, "errand", data, **options).case_id


def view(engine: Engine, case_id: int) -> cases.CaseView:
    with engine.read() as conn:
        return cases.view(conn, case_id)


def do_task(engine: Engine, case_id: int, element_id: str, data: Json) -> None:
    with engine.read() as conn:
        key = conn.execute(
            select(user_tasks.c.key).where(
                user_tasks.c.case_id == case_id, user_tasks.c.element_id == element_id
            )
        ).scalar_one()
    with engine.unit("wang01") as unit:
        tasks.claim(unit, key, WANG)
    with engine.unit("wang01") as unit:
        tasks.complete(unit, key, data, WANG)


def numbers(page: cases.Page) -> list[str]:
    return [row.number for row in page.rows]


# --- opening --------------------------------------------------------------------------------


def test_an_opened_case_has_number_title_customer_and_due_time(engine: Engine) -> None:
    with time_machine.travel(NOON, tick=False):
        found = view(engine, open_case(engine))
    row = found.row
    assert (row.number, row.title, row.status) == ("CS20261118-0001", "宽带断网", "查看中")
    assert (row.customer_name, row.customer_ref) == ("张**", "138****5678")
    assert row.customer_level == "high-star"
    assert row.received_at == NOON
    assert row.due_at == NOON + timedelta(hours=2)
    assert row.closed_at is None
    assert not row.late


def test_the_process_knows_its_case(engine: Engine) -> None:
    received = datetime(2026, 11, 1, 8, tzinfo=UTC)
    case_id = open_case(engine, received_at=received)
    with engine.read() as conn:
        variables = run.variables(conn, case_id)
    assert variables["case"] == {
        "key": str(case_id),
        "number": "CS20261101-0001",
        "kind": "errand",
        "received_at": "2026-11-01T16:00:00+08:00",
    }
    assert variables["secret"] == "不属于案件"
    assert "secret" not in view(engine, case_id).data


def test_numbers_go_on_and_stay_unique_among_threads(engine: Engine) -> None:
    start = Barrier(4)
    found: list[str] = []

    def clerk() -> None:
        start.wait()
        for _ in range(3):
            found.append(view(engine, open_case(engine)).row.number[-4:])

    threads = [Thread(target=clerk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [f"{n:04}" for n in range(1, 13)]
    with engine.read() as conn:
        customer = cases.of_customer(conn, "138-1234-5678")
    assert customer is not None
    assert len(customer.open) == 12


def test_a_record_of_a_source_becomes_one_case(engine: Engine) -> None:
    open_case(engine, source="old", source_ref="17")
    with pytest.raises(cases.AlreadyOpened):
        open_case(engine, source="old", source_ref="17")
    second = open_case(engine, source="other", source_ref="17")
    third = open_case(engine, source="other", source_ref="XZ-4711")
    do_task(engine, third, "look", {})
    with engine.read() as conn:
        assert len(cases.search(conn).rows) == 3
        assert [row.key for row in cases.search(conn, text="xz-4711").rows] == [third]
        assert second != third


def test_two_that_bring_the_same_record_at_once_make_one_case(engine: Engine) -> None:
    start = Barrier(2)
    refused: list[type[BihuanError]] = []

    def importer() -> None:
        start.wait()
        try:
            open_case(engine, source="old", source_ref="17")
        except cases.AlreadyOpened as error:
            refused.append(type(error))

    threads = [Thread(target=importer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [cases.AlreadyOpened]
    with engine.read() as conn:
        assert len(cases.search(conn).rows) == 1


@pytest.mark.parametrize(
    ("kind", "data", "options", "error"),
    [
        ("erand", DATA, {}, NotFound),
        ("errand", {"x": float("nan")}, {}, Invalid),
        ("errand", {"phone": "1" * 65}, {}, Invalid),
        ("errand", DATA, {"received_at": datetime(2999, 1, 1, tzinfo=UTC)}, Invalid),
    ],
)
def test_what_cannot_be_opened_leaves_nothing(
    engine: Engine, kind: str, data: Any, options: Any, error: type[BihuanError]
) -> None:
    with pytest.raises(error), engine.unit("wang01") as unit:
        cases.open_(unit, kind, data, **options)
    with engine.read() as conn:
        assert cases.search(conn).rows == ()
        assert customers.get(conn, "13812345678") is None


def test_an_expression_that_gives_no_time_says_so(engine: Engine) -> None:
    errand.deploy(engine, due="topic")
    with pytest.raises(ExpressionFailed) as failed:
        open_case(engine)
    assert "宽带断网" in failed.value.zh


# --- following the process ------------------------------------------------------------------


def test_the_case_follows_its_process_to_the_end(engine: Engine) -> None:
    case_id = open_case(engine)
    do_task(engine, case_id, "look", {"topic": "宽带断网两天", "amount": 12.5})
    found = view(engine, case_id)
    assert (found.row.title, found.row.status) == ("宽带断网两天", "答复中")
    assert found.data["amount"] == 12.5
    with engine.read() as conn:
        assert numbers(cases.search(conn, text="断网两天")) == [found.row.number]
    do_task(engine, case_id, "answer", {})
    closed = view(engine, case_id).row
    assert closed.status == "已办结"
    assert closed.closed_at is not None
    with engine.read() as conn:
        assert numbers(cases.search(conn, state="closed")) == [closed.number]
        assert numbers(cases.search(conn, state="open")) == []


def test_a_process_that_ends_at_once_closes_its_case(engine: Engine) -> None:
    instant = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        targetNamespace="t"><process id="errand" isExecutable="true">
        <startEvent id="start"><outgoing>a</outgoing></startEvent>
        <sequenceFlow id="a" sourceRef="start" targetRef="end"/>
        <endEvent id="end"><incoming>a</incoming></endEvent></process></definitions>"""
    with engine.unit("admin") as unit:
        deployment.deploy(unit, [File("errand.bpmn", instant.encode())])
    row = view(engine, open_case(engine)).row
    assert (row.status, row.title) == ("已办结", "宽带断网")
    assert row.closed_at is not None


def test_a_cancelled_case_is_closed_as_such(engine: Engine) -> None:
    case_id = open_case(engine)
    with engine.unit("wang01") as unit:
        run.cancel(unit, case_id, "客户撤诉")
    row = view(engine, case_id).row
    assert row.status == "已撤销"
    assert row.closed_at is not None


def test_a_customer_found_out_later_is_linked(engine: Engine) -> None:
    case_id = open_case(engine, {"topic": "匿名来信"})
    assert view(engine, case_id).row.customer_ref == ""
    do_task(engine, case_id, "look", {"phone": "138 1234 5678", "name": "李四"})
    row = view(engine, case_id).row
    assert (row.customer_ref, row.customer_name) == ("138****5678", "李*")


def test_an_expression_that_fails_later_does_not_stop_the_work(engine: Engine) -> None:
    case_id = open_case(engine)
    before = view(engine, case_id).row
    do_task(engine, case_id, "look", {"phone": "9" * 70})
    after = view(engine, case_id).row
    assert after.status == "答复中"
    assert (after.customer_ref, after.title) == (before.customer_ref, before.title)


def test_a_redeployed_kind_shows_older_cases_its_way(engine: Engine) -> None:
    case_id = open_case(engine)
    fields = [{"key": "secret", "label": "备注", "list": True}, *errand.KIND["fields"]]
    errand.deploy(engine, fields=fields)
    do_task(engine, case_id, "look", {})
    assert view(engine, case_id).data["secret"] == "不属于案件"


# --- lists ----------------------------------------------------------------------------------


def test_search_finds_pieces_of_chinese_numbers_and_names(engine: Engine) -> None:
    one = view(engine, open_case(engine)).row.number
    other = view(
        engine,
        open_case(
            engine,
            DATA
            | {
                "topic": "多扣费",
                "phone": "13912340000",
                "name": "李四",
                "category": "bill",
                "text": "100%_退费",
            },
        ),
    ).row.number
    expected = {
        "断网": [one],
        "宽带 断网": [one],
        "宽带 扣费": [],
        "8123456": [one],
        "李四": [other],
        "账单": [other],
        one.lower(): [one],
        "网": [one],
        "%": [other],
        "_退": [other],
        "": [other, one],
        "不存在": [],
    }
    with engine.read() as conn:
        for text, found in expected.items():
            assert numbers(cases.search(conn, text=text)) == found, text


def test_lists_are_filtered_and_paged(engine: Engine) -> None:
    with time_machine.travel(NOON, tick=False):
        made = [
            view(engine, open_case(engine, received_at=NOON - timedelta(hours=n // 2))).row.number
            for n in range(7)
        ]
    with time_machine.travel(NOON + timedelta(hours=1), tick=False), engine.read() as conn:
        seen: list[str] = []
        cursor = None
        while True:
            page = cases.search(conn, after=cursor, limit=3)
            seen += numbers(page)
            cursor = page.next
            if cursor is None:
                break
        assert sorted(seen) == sorted(made)
        received = [row.received_at for row in cases.search(conn).rows]
        assert received == sorted(received, reverse=True)
        late = cases.search(conn, late=True)
        assert {row.received_at for row in late.rows} == {
            NOON - timedelta(hours=3),
            NOON - timedelta(hours=2),
        }
        assert all(row.late for row in late.rows)
        assert len(cases.search(conn, statuses=["查看中"]).rows) == 7
        assert cases.search(conn, statuses=["答复中"]).rows == ()
        assert cases.search(conn, kind="other").rows == ()
        with pytest.raises(Invalid):
            cases.search(conn, after="x_y")


def test_intake_sees_the_customers_open_and_past_cases(engine: Engine) -> None:
    past = open_case(engine)
    with engine.unit("wang01") as unit:
        run.cancel(unit, past, "重复")
    current = open_case(engine)
    open_case(engine, DATA | {"phone": "13900000000"})
    with engine.read() as conn:
        found = cases.of_customer(conn, "+86 138 1234 5678")
        assert cases.of_customer(conn, "10086") is None
    assert found is not None
    assert (found.name, found.level) == ("张**", "high-star")
    assert [row.key for row in found.open] == [current]
    assert [row.key for row in found.past] == [past]


def test_a_second_complaint_of_the_same_matter_is_noticed(engine: Engine) -> None:
    first = open_case(engine)
    with engine.read() as conn:

        def same(**change: Json) -> list[int]:
            return [row.key for row in cases.duplicates(conn, "errand", DATA | change)]

        assert same() == [first]
        assert same(phone="138-1234-5678") == [first]
        assert same(category="bill") == []
        assert same(category=None) == []
        assert same(phone="13900000000") == []
        assert same(phone=None) == []
    with engine.unit("wang01") as unit:
        run.cancel(unit, first, "重复")
    with engine.read() as conn:
        assert cases.duplicates(conn, "errand", DATA) == ()


# --- personal data --------------------------------------------------------------------------


def test_personal_data_is_masked_everywhere(engine: Engine) -> None:
    case_id = open_case(engine)
    found = view(engine, case_id)
    assert found.data["phone"] == "138****5678"
    assert found.data["name"] == "张**"
    assert found.data["text"] == "昨晚起断网，请回电 139****1111。"
    assert found.hidden == {"phone", "name", "text"}
    with engine.read() as conn:
        shown = [
            cases.search(conn),
            cases.of_customer(conn, "13812345678"),
            cases.duplicates(conn, "errand", DATA),
        ]
    for plain in ("13812345678", "张三丰", "13900001111"):
        assert plain not in repr(shown)


def test_revealing_needs_a_reason_and_leaves_a_trace(engine: Engine) -> None:
    case_id = open_case(engine)
    for reason in ("", "  ", "x", "x" * 201):
        with pytest.raises(Invalid), engine.unit("wang01") as unit:
            cases.reveal(unit, case_id, "phone", reason)
    with engine.unit("wang01") as unit:
        assert cases.reveal(unit, case_id, "phone", " 回电核实 ") == "13812345678"
        assert cases.reveal(unit, case_id, "customer.name", "回电核实") == "张三丰"
        for field in ("secret", "nothing"):
            with pytest.raises(NotFound):
                cases.reveal(unit, case_id, field, "回电核实")
        with pytest.raises(NotFound):
            cases.reveal(unit, 1, "phone", "回电核实")
    with engine.read() as conn:
        rows = conn.execute(
            select(history_table.c.actor, history_table.c.data)
            .where(history_table.c.case_id == case_id, history_table.c.kind == "data.revealed")
            .order_by(history_table.c.seq)
        ).all()
        assert [(row.actor, row.data["field"], row.data["reason"]) for row in rows] == [
            ("wang01", "phone", "回电核实"),
            ("wang01", "customer.name", "回电核实"),
        ]
        assert history.verify(conn, case_id)


# --- kinds ----------------------------------------------------------------------------------


def test_a_wrong_kind_is_not_deployed(engine: Engine) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        errand.deploy(engine, number="TS")
    errors = [found for found in refused.value.findings if found.severity == "error"]
    assert [found.rule for found in errors] == ["case-kind"]


def test_kinds_are_listed_by_id(engine: Engine) -> None:
    with engine.read() as conn:
        assert [kind.id for kind in cases.kinds(conn)] == ["errand"]
        assert cases.kind(conn, "errand").name == "差事"
        with pytest.raises(NotFound):
            cases.kind(conn, "erand")


# --- cost -----------------------------------------------------------------------------------


def test_opening_and_looking_cost_few_statements(engine: Engine) -> None:
    for _ in range(2):
        case_id = open_case(engine)
    sent: list[str] = []
    event.listen(
        engine.pool, "before_cursor_execute", lambda *arguments: sent.append(arguments[2])
    )

    def cost(do: Callable[[], object]) -> int:
        sent.clear()
        do()
        return len(sent)

    assert cost(lambda: open_case(engine)) <= 9
    with engine.read() as conn:
        assert cost(lambda: cases.search(conn, text="断网")) <= 3
        assert cost(lambda: cases.view(conn, case_id)) <= 2
        assert cost(lambda: cases.of_customer(conn, "13812345678")) <= 4
        assert cost(lambda: cases.duplicates(conn, "errand", DATA)) <= 3
