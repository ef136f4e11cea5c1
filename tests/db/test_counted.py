"""Cases from before marks were counted count, by the rule that their kind has."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from engine import Engine, deployment
from engine.model import File
from engine.store import migrate
from engine.tables import cases

SQL = Path(migrate.__file__).parent / "migrations/sql/0022_counted.sql"
SHIPPED = Path(__file__).parents[2] / "processes/complaint/complaint.case.json"
NOW = datetime.now(UTC)


def _deploy(engine: Engine, rule: str | None, mark: str = "") -> None:
    rule_said = {"counted": rule} if rule else {}
    content = json.dumps({
        "id": "complaint", "name": f"投诉{mark}", "process": "p", "number": "T{seq}",
        "title": "=kind", "customer": {"ref": "=ref"}, "statuses": ["受理"],
        "fields": [{"key": "kind", "label": "类别", "type": "text"}], **rule_said,
    })
    process = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        targetNamespace="t"><process id="p" isExecutable="true"><startEvent id="s"/>
        <sequenceFlow id="f" sourceRef="s" targetRef="e"/><endEvent id="e"/></process>
        </definitions>"""
    with engine.unit("system") as unit:
        deployment.deploy(unit, [
            File("complaint.case.json", content.encode()), File("p.bpmn", process.encode()),
        ])


def _counted(engine: Engine) -> set[str]:
    """Which of four cases that nobody has judged count after the migration."""
    rows = {
        "complaint": ({"kind": "complaint"}, NOW), "unsaid": ({}, NOW),
        "inquiry": ({"kind": "inquiry"}, NOW),
        "long ago": ({"kind": "complaint"}, NOW - timedelta(days=400)),
    }
    with engine.unit("system") as unit:
        for n, (name, (data, at)) in enumerate(rows.items()):
            unit.conn.execute(insert(cases).values(
                key=n, kind="complaint", number=name, status="受理", data=data,
                received_at=at, opened_at=at,
            ))
        unit.conn.exec_driver_sql(SQL.read_text("utf-8").replace("%", "%%"))
    with engine.read() as conn:
        return set(conn.scalars(select(cases.c.number).where(cases.c.counted)))


def test_the_shipped_rule_is_the_one_of_the_migration() -> None:
    rule = json.loads(SHIPPED.read_text("utf-8"))["counted"]
    assert f"'{rule}'" in SQL.read_text("utf-8")


@pytest.mark.parametrize("rule", [
    None, '=kind = null or kind = "complaint" or kind = "opinion"',
])
def test_old_cases_count_by_the_shipped_rule(engine: Engine, rule: str | None) -> None:
    _deploy(engine, "=false", "（旧）")
    _deploy(engine, rule)
    assert _counted(engine) == {"complaint", "unsaid"}


def test_a_rule_of_ones_own_is_not_guessed_at(engine: Engine) -> None:
    _deploy(engine, '=kind = "complaint" and category = "network"')
    assert _counted(engine) == set()


def test_without_a_file_nothing_is_said(engine: Engine) -> None:
    assert _counted(engine) == set()
