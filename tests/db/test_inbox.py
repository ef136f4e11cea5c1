"""The inbox: whose task shows where, in which order, and who may look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, text, update

from engine import Engine, cases, inbox, run, tasks
from engine.errors import Forbidden, Invalid, NotFound
from engine.model import Person
from engine.tables import user_tasks
from tests.db import errand
from tests.db.play import BOSS, LI, WANG, ZHAO, Play, steps
from tests.unit.bpmn.drawing import definitions, end, flows, process, start, user

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def opened(engine: Engine, topic: str = "断网", **data: object) -> int:
    """The case of a new errand."""
    values = {"topic": topic, "phone": "13800000001", "name": "陈先生", **data}
    with engine.unit("li") as unit:
        return cases.open_(unit, "errand", values).case_id


def page(engine: Engine, person: Person = WANG, view: str = "groups", **more: object) -> inbox.Page:
    with engine.read() as conn:
        return inbox.page(conn, person, view, **more)  # type: ignore[arg-type]


def titles(found: inbox.Page) -> list[str]:
    return [row.title for row in found.rows]


def claim(engine: Engine, key: int, person: Person = WANG) -> None:
    with engine.unit(person.login) as unit:
        tasks.claim(unit, key, person)


def due(engine: Engine, case_id: int, moment: datetime | None, priority: int = 50) -> None:
    with engine.unit("test") as unit:
        unit.conn.execute(
            update(user_tasks)
            .where(user_tasks.c.case_id == case_id)
            .values(due_at=moment, priority=priority)
        )


def test_a_task_moves_from_the_group_to_me_to_done(engine: Engine, play: Play) -> None:
    errand.deploy(engine)
    case_id = opened(engine)
    (row,) = page(engine).rows
    assert (row.name, row.title, row.status, row.case_id) == ("查看", "断网", "查看中", case_id)
    assert row.number.startswith("CS")
    assert page(engine, LI).rows == ()
    claim(engine, row.key)
    assert page(engine, ZHAO).rows == ()
    assert [one.key for one in page(engine, view="mine").rows] == [row.key]
    play.complete(row.key, {}, WANG)
    assert page(engine, view="mine").rows == ()
    (done,) = page(engine, view="done").rows
    assert (done.key, done.state, done.ended_by) == (row.key, "completed", "wang")
    assert page(engine, ZHAO, "done").rows == ()


def test_personal_data_is_masked(engine: Engine) -> None:
    errand.deploy(engine)
    opened(engine)
    (row,) = page(engine).rows
    assert "陈先生" not in row.customer_name


def test_the_most_urgent_comes_first_and_pages_join_up(engine: Engine) -> None:
    errand.deploy(engine)
    for n, hours in enumerate([3, 1, None, 2, 1, None]):
        moment = None if hours is None else NOON + timedelta(hours=hours)
        due(engine, opened(engine, f"事{n}"), moment)
    whole = titles(page(engine))
    assert whole == ["事1", "事4", "事3", "事0", "事2", "事5"]
    paged: list[str] = []
    after: str | None = None
    while True:
        found = page(engine, after=after, limit=2)
        paged += titles(found)
        after = found.next
        if after is None:
            break
    assert paged == whole


def test_what_is_done_comes_latest_first_and_pages_join_up(engine: Engine, play: Play) -> None:
    errand.deploy(engine)
    for n in range(5):
        case_id = opened(engine, f"事{n}")
        key = play.open(case_id)["look"]
        claim(engine, key)
        play.complete(key, {}, WANG)
    first = page(engine, view="done", limit=3)
    second = page(engine, view="done", limit=3, after=first.next)
    assert titles(first) + titles(second) == ["事4", "事3", "事2", "事1", "事0"]
    assert second.next is None


@pytest.mark.parametrize(
    ("search", "found"),
    [("断网", 1), ("13800000002", 1), ("断 0002", 1), ("查看", 2), ("没有", 0), ("%", 0)],
)
@pytest.mark.parametrize("few", [1000, 0])
def test_search(
    engine: Engine, search: str, found: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words are found alike, whether they stand in few cases or in many."""
    monkeypatch.setattr(inbox, "_FEW_CASES", few)
    errand.deploy(engine)
    opened(engine, "宽带断网", phone="13800000002")
    opened(engine, "资费")
    assert len(page(engine, search=search).rows) == found


def test_search_by_number(engine: Engine) -> None:
    errand.deploy(engine)
    opened(engine)
    opened(engine)
    number = page(engine).rows[1].number
    assert [row.number for row in page(engine, search=number[-6:].lower()).rows] == [number]


def test_filters(engine: Engine) -> None:
    errand.deploy(engine)
    with time_machine.travel(NOON, tick=False):
        due(engine, opened(engine, "迟"), NOON - timedelta(hours=1), priority=80)
        due(engine, opened(engine, "早"), NOON + timedelta(hours=1))
        due(engine, opened(engine, "无"), None, priority=20)

        def by(**filters: object) -> list[str]:
            return titles(page(engine, filters=filters))

        assert by(late=True) == ["迟"]
        assert by(late=False) == ["早", "无"]
        assert by(priority=50) == ["迟", "早"]
        assert by(due_before=NOON + timedelta(hours=2)) == ["迟", "早"]
        assert by(element_name="查看", group="intake") == ["迟", "早", "无"]
        assert by(element_name="答复") == []
        assert by(kind="errand", status="查看中", late=True) == ["迟"]
        assert [row.late for row in page(engine).rows] == [True, False, False]
        with pytest.raises(Invalid, match="colour"):
            by(colour="red")
    with pytest.raises(Invalid):
        page(engine, view="all")
    with pytest.raises(Invalid):
        page(engine, after="nonsense")


def test_of_the_same_due_time_the_higher_priority_comes_first(
    engine: Engine, play: Play
) -> None:
    errand.deploy(engine)
    soon = datetime.now(UTC) + timedelta(hours=1)
    tasks_of = {}
    for priority, moment in ((40, soon), (90, soon), (95, soon + timedelta(hours=1)), (60, None)):
        case_id = opened(engine)
        due(engine, case_id, moment, priority)
        tasks_of[play.open(case_id)["look"]] = priority
    found: list[int] = []
    after: str | None = None
    with engine.read() as conn:
        while True:
            page = inbox.page(conn, WANG, "groups", after=after, limit=1)
            found += [tasks_of[row.key] for row in page.rows]
            after = page.next
            if after is None:
                break
    assert found == [90, 40, 95, 60]


def test_counts_in_one_statement(engine: Engine, play: Play) -> None:
    errand.deploy(engine)
    keys = []
    for hours in (-1, 1, -2, 3):
        case_id = opened(engine)
        due(engine, case_id, datetime.now(UTC) + timedelta(hours=hours))
        keys.append(play.open(case_id)["look"])
    claim(engine, keys[0])
    statements: list[str] = []
    event.listen(engine.pool, "before_cursor_execute", lambda *a: statements.append(a[2]))
    with engine.read() as conn:
        found = inbox.counts(conn, WANG)
    assert found == {"mine": 1, "mine_late": 1, "groups": 3, "groups_late": 1, "unread": 0}
    assert len(statements) == 1


def test_a_page_takes_one_statement(engine: Engine) -> None:
    errand.deploy(engine)
    for _ in range(5):
        opened(engine)
    statements: list[str] = []
    event.listen(engine.pool, "before_cursor_execute", lambda *a: statements.append(a[2]))
    assert len(page(engine).rows) == 5
    assert len(statements) == 1


def test_the_groups_are_looked_up_by_index(engine: Engine) -> None:
    with engine.pool.connect() as conn:
        conn.execute(
            text(
                "INSERT INTO user_tasks (key, case_id, instance_key, token, definition_key,"
                " element_id, name, state, candidates, created_at)"
                " SELECT n, n, n, 't', 1, 'a', 'A', 'created', ARRAY['g:' || n % 100], now()"
                " FROM generate_series(1, 5000) AS n"
            )
        )
        # What waits to be sorted into the index makes it dear until the next clean-up of its own.
        conn.execute(text("SELECT gin_clean_pending_list('ix_user_tasks_candidates')"))
        conn.execute(text("ANALYZE user_tasks"))
        plan = conn.execute(
            text(
                "EXPLAIN SELECT FROM user_tasks WHERE state = 'created' AND assignee IS NULL"
                " AND candidates && CAST(ARRAY['*', 'g:7'] AS varchar[])"
            )
        ).scalars()
        assert "ix_user_tasks_candidates" in "\n".join(plan)


def test_the_steps_of_a_view(engine: Engine, play: Play) -> None:
    errand.deploy(engine)
    first = opened(engine)
    opened(engine)
    key = play.open(first)["look"]
    claim(engine, key)
    play.complete(key, {}, WANG)
    with engine.read() as conn:
        assert inbox.steps(conn, WANG, "groups") == ["查看", "答复"]
        assert inbox.steps(conn, WANG, "mine") == []
        assert inbox.steps(conn, WANG, "done") == ["查看"]


def test_the_steps_done_are_those_of_late(
    engine: Engine, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filter does not read all that somebody has ever done."""
    errand.deploy(engine)
    case_id = opened(engine)
    for element in ("look", "answer"):
        key = play.open(case_id)[element]
        claim(engine, key)
        play.complete(key, {}, WANG)
    with engine.read() as conn:
        assert inbox.steps(conn, WANG, "done") == ["查看", "答复"]
        monkeypatch.setattr(inbox, "_DONE_LOOKED_AT", 1)
        assert inbox.steps(conn, WANG, "done") == ["答复"]


def test_a_task_without_candidates_is_everybodys(engine: Engine, play: Play) -> None:
    alone = definitions(process(start(), user("a"), end(), flows("start a end")))
    play.deploy({"p.bpmn": alone})
    key = play.open(play.start().case_id)["a"]
    assert [row.key for row in page(engine, ZHAO).rows] == [key]
    claim(engine, key, ZHAO)
    play.complete(key, {}, ZHAO)


def test_one_task_with_all_that_is_visible(engine: Engine, play: Play) -> None:
    errand.deploy(engine)
    case_id = opened(engine, "断网", category="net")
    key = play.open(case_id)["look"]
    with engine.read() as conn:
        view = inbox.task(conn, key, WANG)
        assert inbox.task(conn, key, BOSS).row.key == key
        with pytest.raises(Forbidden):
            inbox.task(conn, key, LI)
        with pytest.raises(NotFound):
            inbox.task(conn, 4711, WANG)
    assert view.variables["category"] == "net"
    assert view.case is not None
    assert view.case.row.key == case_id
    claim(engine, key)
    with engine.read() as conn, pytest.raises(Forbidden):
        inbox.task(conn, key, ZHAO)
    play.complete(key, {"cause": "光缆"}, WANG)
    with engine.read() as conn:
        done = inbox.task(conn, key, WANG)
        assert done.variables["cause"] == "光缆"
    with engine.unit("boss") as unit:
        run.cancel(unit, case_id, "撤诉")
    with engine.read() as conn:
        assert inbox.task(conn, key, WANG).variables["cause"] == "光缆"


def test_a_process_without_a_case_has_tasks_too(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": steps("a")})
    play.start()
    (row,) = page(engine, LI, "mine").rows
    assert (row.number, row.title, row.customer_name) == ("", "", "")
    with engine.read() as conn:
        assert inbox.task(conn, row.key, LI).case is None
