"""Cases that belong together: links both ways, merging a case into its original, and undoing it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from sqlalchemy import select, update

from engine import Engine, cases, history, housekeeping, messages, people, run, tasks
from engine.cases import linking, merging
from engine.cases.work import open_tasks
from engine.errors import BihuanError, Conflict, Forbidden, Invalid, NotFound
from engine.model import Json, Person
from engine.tables import instances, user_tasks
from tests.db import matters
from tests.db.test_cases import DATA, WANG, do_task

NOON = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
CHIEF = Person("chief", "主管陈", frozenset({"supervisor"}), frozenset())
OTHER = Person("zhao", "赵六", frozenset({"staff"}), frozenset({"intake"}))


@pytest.fixture(autouse=True)
def deployed(engine: Engine) -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        matters.deploy(engine)
        yield


def open_case(engine: Engine, **data: Json) -> int:
    with engine.unit("wang01") as unit:
        return cases.open_(unit, "errand", DATA | data).case_id


def view(engine: Engine, case_id: int) -> cases.CaseView:
    with engine.read() as conn:
        return cases.view(conn, case_id)


def number(engine: Engine, case_id: int) -> str:
    return view(engine, case_id).row.number


def merge(engine: Engine, case_id: int, into: Json, person: Person = CHIEF) -> int:
    with engine.unit(person.login) as unit:
        return merging.merge(unit, case_id, into, "同一件事", person)


def unmerge(engine: Engine, case_id: int, person: Person = CHIEF) -> None:
    with engine.unit(person.login) as unit:
        merging.unmerge(unit, case_id, "不是同一件事", person)


def links(engine: Engine, case_id: int) -> list[tuple[str, int]]:
    with engine.read() as conn:
        return [(one.text, one.row.key) for one in linking.of_case(conn, case_id)]


def texts(engine: Engine, case_id: int) -> list[str]:
    with engine.read() as conn:
        assert history.verify(conn, case_id)
        return [entry.text for entry in history.timeline(conn, case_id)]


def tasks_of(engine: Engine, case_id: int) -> list[str]:
    with engine.read() as conn:
        return [one.name for one in open_tasks(conn, case_id)]


# --- links ----------------------------------------------------------------------------------


def test_a_repeat_is_linked_where_its_number_is_said(engine: Engine) -> None:
    past = open_case(engine)
    again = open_case(engine, repeat_of=number(engine, past))
    later = open_case(engine)
    do_task(engine, later, "look", {"repeat_of": number(engine, past).lower()})
    open_case(engine, repeat_of="TS-of-another-system")
    assert links(engine, again) == [("重复投诉，原件", past)]
    assert links(engine, past) == [("客户再次投诉", later), ("客户再次投诉", again)]
    assert f"本件是 {number(engine, past)} 的重复投诉" in texts(engine, again)


def test_a_matter_binds_cases_and_counts_them(engine: Engine) -> None:
    first, second = open_case(engine), open_case(engine)
    do_task(engine, second, "look", {})
    matter = open_case(engine)
    parts = [number(engine, first), str(second), "CS-none"]
    do_task(engine, matter, "look", {"parts": parts})
    assert links(engine, matter) == [("包含", second), ("包含", first)]
    assert links(engine, first) == [("属于", matter)]
    with engine.read() as conn:
        assert sorted(linking.parts(conn, matter)) == [("查看中", 1), ("答复中", 1)]
        row = conn.exec_driver_sql(
            "SELECT matter, contacts FROM v_cases WHERE case_id = %s", (first,)
        ).one()
    assert row.matter == number(engine, matter)
    assert "没有找到要关联的案件：CS-none" in texts(engine, matter)


def test_links_made_by_hand_are_undone(engine: Engine) -> None:
    one, other = open_case(engine), open_case(engine)
    with engine.unit("wang01") as unit:
        linking.link(unit, one, other, "related", "同一小区")
    with engine.unit("wang01") as unit:
        linking.link(unit, other, one, "related", "又来一次")
    assert links(engine, one) == [("相关", other)]
    with engine.read() as conn:
        key = linking.of_case(conn, other)[0].key
    with engine.unit("wang01") as unit:
        linking.unlink(unit, other, key)
    assert links(engine, one) == links(engine, other) == []
    assert f"解除关联：与 {number(engine, one)} 相关" in texts(engine, other)
    with pytest.raises(Conflict), engine.unit("wang01") as unit:
        linking.unlink(unit, other, key)
    with pytest.raises(Invalid), engine.unit("wang01") as unit:
        linking.link(unit, one, one, "related")


# --- merging by hand ------------------------------------------------------------------------


def test_a_merged_case_waits_for_nothing_and_counts_on_its_original(engine: Engine) -> None:
    original, again = open_case(engine), open_case(engine)
    do_task(engine, again, "look", {})
    assert merge(engine, again, number(engine, original)) == original
    row = view(engine, again).row
    assert (row.status, row.closed_at, row.merged) == ("已并单", NOON, True)
    assert view(engine, original).contacts == 2
    assert tasks_of(engine, again) == []
    with engine.unit("x") as unit:
        assert messages.publish(unit, "urge", row.number, {}) == 0
    with time_machine.travel(NOON + timedelta(hours=3), tick=False):
        assert housekeeping.tick(engine) == 0
    assert links(engine, again) == [("并入", original)]
    assert links(engine, original) == [("并入本件", again)]
    assert f"{row.number} 并入本件：同一件事" in texts(engine, original)
    with engine.read() as conn:
        told = run.variables(conn, original)["merged_cases"]
        assert cases.duplicates(conn, "errand", DATA)[0].key == original
        assert cases.repeats(conn, "errand", DATA) == ()
        merged = conn.exec_driver_sql(
            "SELECT merged, merged_into, contacts FROM v_cases WHERE case_id = %s", (again,)
        ).one()
    assert [(one["number"], one["ref"]) for one in told] == [(row.number, "13812345678")]
    assert tuple(merged) == (True, number(engine, original), 1)


def test_nothing_can_be_done_in_a_merged_case(engine: Engine) -> None:
    original, again = open_case(engine), open_case(engine)
    with engine.read() as conn:
        key = conn.execute(
            select(user_tasks.c.key).where(user_tasks.c.case_id == again)
        ).scalar_one()
    merge(engine, again, original)
    with pytest.raises(Conflict), engine.unit("wang01") as unit:
        tasks.claim(unit, key, WANG)
    with pytest.raises(Conflict) as refused, engine.unit("wang01") as unit:
        run.set_variables(unit, again, {"x": 1})
    assert "已并入" in refused.value.zh


def test_undoing_brings_the_case_back_as_it_was(engine: Engine) -> None:
    original, again = open_case(engine), open_case(engine)
    do_task(engine, again, "look", {})
    merge(engine, again, original)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        unmerge(engine, again)
    row = view(engine, again).row
    assert (row.status, row.closed_at, row.merged) == ("答复中", None, False)
    assert view(engine, original).contacts == 1
    assert tasks_of(engine, again) == ["答复"]
    assert links(engine, original) == []
    with engine.unit("x") as unit:
        assert messages.publish(unit, "urge", row.number, {}) == 1
    with time_machine.travel(NOON + timedelta(hours=3), tick=False):
        assert housekeeping.tick(engine) == 1
        do_task(engine, again, "answer", {})
    assert view(engine, again).row.status == "已办结"
    with engine.read() as conn:
        assert run.variables(conn, original)["merged_cases"] == []
    told = f"撤销并单，不再并入 {number(engine, original)}：不是同一件事"
    assert told in texts(engine, again)


def test_a_merging_cannot_be_undone_once_the_original_is_closed(engine: Engine) -> None:
    original, again = open_case(engine), open_case(engine)
    merge(engine, again, original)
    with engine.unit("wang01") as unit:
        run.cancel(unit, original, "客户撤诉")
    with engine.read() as conn:
        found = merging.merged(conn, again)
    assert found is not None
    assert "已经结案" in found.obstacle
    with pytest.raises(Conflict):
        unmerge(engine, again)


def test_merged_into_what_is_merged_later(engine: Engine) -> None:
    top, middle, low = open_case(engine), open_case(engine), open_case(engine)
    merge(engine, low, middle)
    merge(engine, middle, top)
    assert view(engine, top).contacts == 3
    with engine.read() as conn:
        told = run.variables(conn, top)["merged_cases"]
    assert [one["number"] for one in told] == [number(engine, middle), number(engine, low)]
    unmerge(engine, low)
    assert (view(engine, top).contacts, view(engine, middle).contacts) == (2, 1)
    assert tasks_of(engine, low) == ["查看"]


def test_what_cannot_be_merged(engine: Engine) -> None:
    original, again, closed = open_case(engine), open_case(engine), open_case(engine)
    with engine.unit("wang01") as unit:
        run.cancel(unit, closed, "客户撤诉")

    def refused(error: type[BihuanError], case_id: int, into: Json, by: Person = CHIEF) -> None:
        with pytest.raises(error):
            merge(engine, case_id, into, by)

    refused(Invalid, again, again)
    refused(NotFound, again, "CS-none")
    refused(Conflict, again, closed)
    refused(Conflict, closed, original)
    refused(Forbidden, again, original, OTHER)
    merge(engine, again, original)
    refused(Conflict, again, original)
    refused(Conflict, original, again)
    with pytest.raises(Forbidden):
        unmerge(engine, again, OTHER)
    unmerge(engine, again)
    with pytest.raises(Conflict):
        unmerge(engine, again)


def test_who_works_on_it_may_merge_and_undo(engine: Engine) -> None:
    original, again = open_case(engine), open_case(engine)
    with engine.read() as conn:
        key = open_tasks(conn, again)[0].key
    with engine.unit("zhao") as unit:
        tasks.claim(unit, key, OTHER)
    merge(engine, again, original, OTHER)
    unmerge(engine, again, OTHER)
    with engine.read() as conn:
        assert open_tasks(conn, again)[0].assignee == "zhao"


def test_two_cases_merged_into_each_other_at_once(engine: Engine) -> None:
    one, other = open_case(engine), open_case(engine)
    start = Barrier(2)
    failed: list[type[BihuanError]] = []

    def act(case_id: int, into: int) -> None:
        start.wait()
        try:
            merge(engine, case_id, into)
        except BihuanError as error:
            failed.append(type(error))

    threads = [Thread(target=act, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [Conflict]
    assert sorted([view(engine, one).row.merged, view(engine, other).row.merged]) == [False, True]


def clocks_of(engine: Engine, case_id: int) -> list[str]:
    with engine.read() as conn:
        query = "SELECT state FROM case_clocks WHERE case_id = %s"
        return list(conn.exec_driver_sql(query, (case_id,)).scalars())


def test_clocks_stand_still_while_a_case_is_merged(engine: Engine) -> None:
    original, by_hand, by_itself = open_case(engine), open_case(engine), open_case(engine)
    do_task(engine, by_hand, "look", {})
    merge(engine, by_hand, original)
    do_task(engine, by_itself, "look", {"original": number(engine, original)})
    for case_id in (by_hand, by_itself):
        assert clocks_of(engine, case_id) == ["cancelled"]
        unmerge(engine, case_id)
        assert clocks_of(engine, case_id) == ["running"]
    do_task(engine, by_hand, "answer", {})
    assert clocks_of(engine, by_hand) == ["cancelled"]


# --- merging by a diagram -------------------------------------------------------------------


def test_a_process_that_merges_ends_and_begins_again_when_that_is_undone(engine: Engine) -> None:
    original, again = open_case(engine), open_case(engine)
    do_task(engine, again, "look", {"original": number(engine, original), "topic": "说错了"})
    row = view(engine, again).row
    assert (row.status, row.merged, row.title) == ("已并单", True, "说错了")
    with engine.read() as conn:
        assert conn.execute(
            select(instances.c.status).where(instances.c.key == again)
        ).scalar() == "completed"
    assert view(engine, original).contacts == 2
    unmerge(engine, again)
    row = view(engine, again).row
    assert (row.status, row.merged, row.closed_at) == ("查看中", False, None)
    assert row.title == DATA["topic"]
    with engine.read() as conn:
        key = open_tasks(conn, again)[0].key
        assert "original" not in run.variables(conn, again)
    with engine.unit("wang01") as unit:
        tasks.claim(unit, key, WANG)
    with engine.unit("wang01") as unit:
        tasks.complete(unit, key, {}, WANG)
    assert view(engine, again).row.status == "答复中"
    assert "流程重新开始" in texts(engine, again)


def test_a_wrong_number_is_said_to_who_typed_it_and_nothing_is_lost(engine: Engine) -> None:
    again = open_case(engine)
    for wrong in ("CS-none", number(engine, again)):
        with pytest.raises(BihuanError):
            do_task(engine, again, "look", {"original": wrong})
        with engine.unit("wang01") as unit:
            key = open_tasks(unit.conn, again)[0].key
            tasks.release(unit, key, WANG)
    assert tasks_of(engine, again) == ["查看"]
    assert not view(engine, again).row.merged


def test_an_answered_case_is_offered_for_repeats_not_for_duplicates(engine: Engine) -> None:
    answered = open_case(engine)
    do_task(engine, answered, "look", {})
    with engine.read() as conn:
        assert cases.duplicates(conn, "errand", DATA) == ()
        assert [row.key for row in cases.repeats(conn, "errand", DATA)] == [answered]


def test_who_merged_it_and_why_is_shown(engine: Engine) -> None:
    with engine.unit("system") as unit:
        people.add(unit, "chief", "主管陈", roles=("supervisor",), groups=())
    original, again = open_case(engine), open_case(engine)
    merge(engine, again, original)
    with engine.read() as conn:
        found = merging.merged(conn, again)
    assert found is not None
    assert (found.into, found.made_by, found.why, found.obstacle) == (
        original, "主管陈", "同一件事", ""
    )


# --- what the customer is told --------------------------------------------------------------


def test_the_customer_sees_where_his_complaint_stands(engine: Engine) -> None:
    original, again = open_case(engine), open_case(engine, reply="请稍候，13900001111 会联系您")
    said = number(engine, again)
    with engine.read() as conn:
        found = cases.standing(conn, said.lower(), "138-1234-5678")
        assert cases.standing(conn, said, "13900000000") is None
        assert cases.standing(conn, "CS-none", "13812345678") is None
        assert cases.standing(conn, said, "") is None
    assert found is not None
    assert (found.number, found.said, found.original) == (said, "正在了解情况", None)
    assert [(one.label, value) for one, value in found.answers] == [
        ("答复", "请稍候，13900001111 会联系您")
    ]
    merge(engine, again, original)
    do_task(engine, original, "look", {"reply": "已修好"})
    with engine.read() as conn:
        found = cases.standing(conn, said, "13812345678")
    assert found is not None
    assert (found.number, found.said, found.original, found.closed_at) == (
        said, "正在处理", number(engine, original), None
    )
    assert [value for _, value in found.answers] == ["已修好"]


def test_a_case_parked_before_a_migration_comes_back(engine: Engine) -> None:
    """Rows that were set aside know nothing of columns that came later."""
    original, again = open_case(engine), open_case(engine)
    do_task(engine, again, "look", {})
    merge(engine, again, original)
    with engine.unit("x") as unit:
        unit.conn.exec_driver_sql(
            "UPDATE case_merges SET parked = jsonb_set(parked, '{subscriptions}', ("
            " SELECT jsonb_agg(one - 'properties' - 'interrupting' - 'kind' || '{\"gone\": 1}')"
            " FROM jsonb_array_elements(parked -> 'subscriptions') AS one)) WHERE case_id = %s",
            (again,),
        )
    unmerge(engine, again)
    assert tasks_of(engine, again) == ["答复"]
    with engine.unit("x") as unit:
        assert messages.publish(unit, "urge", number(engine, again), {}) == 1
    with time_machine.travel(NOON + timedelta(hours=3), tick=False):
        assert housekeeping.tick(engine) == 1


def test_undoing_waits_for_the_case_that_came_from_the_same_meanwhile(engine: Engine) -> None:
    original, again, newer = open_case(engine), open_case(engine), open_case(engine)
    with engine.unit("x") as unit:
        unit.conn.execute(
            update(instances).where(instances.c.key == again).values(start_key="errand:138"))
    merge(engine, again, original)
    with engine.unit("x") as unit:
        unit.conn.execute(
            update(instances).where(instances.c.key == newer).values(start_key="errand:138"))
    with pytest.raises(Conflict) as refused:
        unmerge(engine, again)
    assert f"案件 {number(engine, newer)}" in refused.value.zh
    assert view(engine, again).row.merged
    merge(engine, newer, original)
    unmerge(engine, again)
    assert tasks_of(engine, again) == ["查看"]
