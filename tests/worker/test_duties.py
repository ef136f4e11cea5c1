"""Jobs that the engine does itself: lists and figures read, notices sent, or refused as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

import adapters
from engine import deployment, duties, groups, notices, people, run
from engine.errors import DeploymentRefused, Forbidden, NotFound
from engine.model import File, Person
from engine.store.unit import Unit
from engine.tables import cases, history, instances
from engine.tables import incidents as incidents_table
from engine.tables import jobs as jobs_table
from engine.wiring import Engine
from web.worker import Runner

FILES = Path(__file__).parent / "files"
FIGURE = Path(__file__).parents[2] / "processes/complaint/figures/on-spot.figure.sql"
LIST = """-- title: 各单位在途
-- about: 未结案的投诉
-- parameter at_least: number 至少几件
SELECT unit, count(*) AS open, min(received_at) AS oldest
FROM v_cases WHERE closed_at IS NULL GROUP BY unit
HAVING count(*) >= coalesce(:at_least, 0) ORDER BY unit
"""


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = Engine(database, local_job_types=frozenset(duties.DUTIES))
    diagram = FILES / "telling.bpmn"
    with engine.unit("test") as unit:
        groups.set_names(unit, {"intake": "受理", "empty": "空组"})
        people.add(unit, "li", "李四", groups=["intake"])
        people.add(unit, "wang", "王五", groups=["intake"])
        people.add(unit, "gone", "已离职", groups=["intake"])
        people.add(unit, "boss", "主管", roles=["supervisor"])
        people.set_active(unit, "gone", False)
        deployment.deploy(unit, [
            File(diagram.name, diagram.read_bytes()), File(FIGURE.name, FIGURE.read_bytes()),
            File("open-by-unit.list.sql", LIST.encode()),
        ])
        for n, place in enumerate(("network", "network", "marketing")):
            write_case(unit, f"TS{n}", unit=place, kind="complaint")
    yield engine
    engine.close()


def write_case(in_: Unit, number: str, **data: str) -> None:
    in_.conn.execute(cases.insert(), [{
        "key": in_.key(), "kind": "complaint", "number": number, "status": "处理中", "title": "",
        "data": data, "search": "", "received_at": in_.now, "opened_at": in_.now,
        "sample": False,
    }])


def person(engine: Engine, login: str) -> Person:
    with engine.read() as conn:
        return people.get(conn, login)


def play(engine: Engine, **variables: Any) -> int:
    """Start the process and have its jobs done, one after the other; gives the instance's key."""
    given = {"groups": ["intake"], "to": [], "at_least": None, **variables}
    with engine.unit("test") as unit:
        key = run.start(unit, "telling", given).instance_key
    runner = Runner(engine, adapters.Settings(), adapters.registry, "worker-1")
    for _ in range(3):
        with engine.read() as conn:
            open_ = conn.execute(select(jobs_table.c.key).where(jobs_table.c.state == "created"))
            for job in open_.scalars().all():
                runner.run(job)
    return key


def only(engine: Engine, login: str, view: str = "unread") -> notices.Notice:
    with engine.read() as conn:
        [found] = notices.page(conn, person(engine, login), view).rows
    return found


def test_rows_and_figures_become_a_notice(engine: Engine) -> None:
    key = play(engine)
    with engine.read() as conn:
        assert conn.execute(select(instances.c.status).where(instances.c.key == key)).scalar() == (
            "completed")
        completed = select(history.c.data).where(history.c.kind == "job.completed")
        assert len(conn.execute(completed).all()) == 3
    assert only(engine, "li").title == "在途 3 件"
    with engine.unit("li") as unit:
        notice = notices.open_(unit, only(engine, "li").key, person(engine, "li"))
    assert notice.tables == ({"title": "各单位", "columns": ["单位", "在途"],
                              "rows": [["marketing", 1], ["network", 2]]},)
    assert notice.text == "客户 138****8000 来电催问"
    with engine.read() as conn:
        assert notices.unread(conn, person(engine, "li")) == 0
        assert notices.unread(conn, person(engine, "wang")) == 1
        assert notices.unread(conn, person(engine, "gone")) == 0


def test_a_parameter_narrows_the_list(engine: Engine) -> None:
    play(engine, at_least=2)
    assert only(engine, "li").title == "在途 2 件"


def test_reports_are_for_leaders_too(engine: Engine) -> None:
    play(engine)
    boss = person(engine, "boss")
    report = only(engine, "boss", "reports")
    assert (report.series, report.mine) == ("在途通报", False)
    with engine.unit("boss") as unit:
        assert notices.open_(unit, report.key, boss).title == "在途 3 件"
        assert notices.series(unit.conn, boss) == ["在途通报"]
        with pytest.raises(NotFound):
            notices.open_(unit, 12, boss)
    with engine.unit("test") as unit:
        people.add(unit, "clerk", "坐席")
    with engine.unit("clerk") as unit, pytest.raises(Forbidden):
        notices.open_(unit, report.key, person(engine, "clerk"))


def test_who_is_in_the_group_and_named_gets_one(engine: Engine) -> None:
    play(engine, to="li， boss")
    with engine.read() as conn:
        rows = conn.execute(text("SELECT login FROM notice_people ORDER BY login")).scalars().all()
    assert rows == ["boss", "li", "wang"]


def test_an_empty_group_is_no_fault(engine: Engine) -> None:
    key = play(engine, groups="empty")
    with engine.read() as conn:
        told = select(history.c.element_id).where(
            history.c.case_id == key, history.c.element_id == "told")
        assert conn.execute(told).scalars().first() == "told"


def test_unknown_receivers_are_thrown_and_nothing_is_sent(engine: Engine) -> None:
    key = play(engine, groups=["intake", "nobody"], to=["li", "ghost"])
    with engine.read() as conn:
        said = select(history.c.data).where(
            history.c.case_id == key, history.c.kind == "job.error")
        message = conn.execute(said).scalar_one()["message"]
        assert message == "通知的收件人不存在：工号 ghost、组 nobody。"
        assert conn.execute(text("SELECT count(*) FROM notices")).scalar() == 0


def test_a_parameter_of_the_wrong_type_is_an_incident(engine: Engine) -> None:
    play(engine, at_least="viele")
    with engine.read() as conn:
        [incident] = conn.execute(select(incidents_table)).all()
    assert incident.element_id == "read"
    with engine.read() as conn:
        said = conn.execute(
            select(history.c.data).where(history.c.kind == "job.error")).scalar_one()
    assert "at_least" in said["message"]


@pytest.mark.parametrize(("statement", "said"), [
    ("DELETE FROM v_cases", "DELETE"),
    ("SELECT login FROM people", "people"),
    ("SELECT number FROM v_cases WHERE unit = :who", ":who"),
    ("SELECT no_such FROM v_cases", "no_such"),
])
def test_lists_read_the_views_only(engine: Engine, statement: str, said: str) -> None:
    file = File("bad.list.sql", f"-- title: 清单\n\n{statement}\n".encode())
    with engine.unit("test") as unit, pytest.raises(DeploymentRefused) as caught:
        deployment.deploy(unit, [file])
    finding = caught.value.findings[0]
    assert finding.line == 3
    assert said in finding.zh
