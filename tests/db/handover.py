"""A case handed over three times whose diagram assesses the work before, with the shipped rules."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import select

from engine import Engine, cases, deployment, groups, people, tasks
from engine.groups import Group
from engine.model import File, Json, Person
from engine.tables import user_tasks
from tests.unit.bpmn.drawing import definitions, end, flows, io, process, start, user, z

SHIPPED = Path(__file__).parents[2] / "processes"
ALL = ("intake", "review", "sp-xinghe")
WANG = Person("wang01", "王芳", groups=frozenset(ALL), unit="intake")
SUN = Person("sun01", "孙强", groups=frozenset(ALL), unit="review")
HE = Person("he01", "何亮", groups=frozenset(ALL), unit="sp-xinghe")
LEAD = Person("lead01", "林组长", unit="intake")
BOSS = Person("boss01", "主管", roles=frozenset({"supervisor"}))
UPSTREAM = {f"upstream_{name}": "=null" for name in ("score", "reasons", "note")}
SCORED = {f"assess.{name}": f"=upstream_{name}" for name in ("score", "reasons", "note")}
FAULT = {
    "assess.kind": "=kind", "assess.unit": "=at_fault", "assess.role": "责任单位",
    "assess.reasons": '=if at_fault = null then null else ["公司有责"]', "assess.points": "=off",
    "assess.person": "=who",
}
KIND = {
    "id": "desk", "name": "差事", "process": "desk", "number": "CS{date}-{seq:04}",
    "title": "=topic", "customer": {"ref": "phone", "name": "name"},
    "fields": [{"key": "topic", "label": "事由"}], "statuses": ["新建", "已办结"],
    "ended": {"completed": "已办结"},
}


def deploy(engine: Engine) -> None:
    """Diagram, kind, rules and calendar; three units, one a vendor, and their people."""
    rules = SHIPPED / "complaint"
    files = [
        File("desk.bpmn", _diagram()), File("desk.case.json", json.dumps(KIND).encode()),
        File("default.calendar.json", (SHIPPED / "default.calendar.json").read_bytes()),
        *(File(name, (rules / name).read_bytes()) for name in (
            "assessment.dmn", "targets.dmn", "vendor.dmn", "vendor-statement.list.sql")),
    ]
    with engine.unit("system") as unit:
        deployment.deploy(unit, files)
        groups.set_names(unit, {"intake": "受理中心", "review": "复核", "sp-xinghe": "星河数字"})
        groups.set_units(unit, [
            Group("intake", "受理中心", "desk", lead="lead01"), Group("review", "复核", "desk"),
            Group("sp-xinghe", "星河数字", "vendor"),
        ])
        for one in (WANG, SUN, HE, LEAD, BOSS):
            people.add(unit, one.login, one.name, groups=one.groups, department=one.unit)


def hand_over(engine: Engine, *steps: tuple[str, Person, Json]) -> int:
    """A new case brought forward by steps: element, who does it, with which data."""
    with engine.unit(WANG.login) as unit:
        case_id = cases.open_(unit, "desk", {"topic": "断网"}).case_id
    for element, person, data in steps:
        do(engine, case_id, element, person, data)
    return case_id


def do(engine: Engine, case_id: int, element: str, person: Person, data: Json) -> None:
    query = select(user_tasks.c.key).where(
        user_tasks.c.case_id == case_id, user_tasks.c.element_id == element
    )
    with engine.unit(person.login) as unit:
        key = unit.conn.execute(query).scalar_one()
        tasks.claim(unit, key, person)
    with engine.unit(person.login) as unit:
        tasks.complete(unit, key, data, person)


def _diagram() -> bytes:
    group = z("assignmentDefinition", candidateGroups="intake")

    def scores(id_: str, name: str, of: str, role: str) -> str:
        said = {"assess.of": of, "assess.role": role, **SCORED}
        return user(id_, group, io(UPSTREAM), _properties(said), name=name)

    return definitions(process(
        start(), user("take", group, name="受理"), scores("check", "复核", "take", "受理"),
        scores("serve", "处理", "check", "派单"), scores("judge", "认定", "serve", "处理"),
        user("close", group, _properties(FAULT), name="归档"), end(),
        flows("start take check serve judge close end"), id_="desk",
    ))  # fmt: skip


def _properties(said: dict[str, str]) -> str:
    return z("properties", *(z("property", name=name, value=it) for name, it in said.items()))
