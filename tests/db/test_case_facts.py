"""The derived columns of cases say what their data say."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from engine import Engine
from engine.store import migrate
from engine.tables import cases, customers, instances, user_tasks

SQL = Path(migrate.__file__).parent / "migrations/sql"
AT = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)

VALUES: dict[str, list[Any]] = {
    "kind": ["complaint", "opinion", None, 7, ["complaint"]],
    "category": ["network", "", None],
    "unit": ["network", "branch-hangzhou", None],
    "customer_level": ["vip", "ordinary", None],
    "urgent": [True, False, None, "true", 1],
    "escalated": [True, False, None, "yes"],
    "escalation_level": ["ministry", "none", None],
    "repeated": [True, None, 0],
    "intake_result": ["solved", "dispatch", "duplicate", None],
    "satisfaction": ["satisfied", None],
    "solved": ["yes", "no", None],
    "repeat_of": ["TS1", "", None],
    "urge_count": [0, 3, 2.5, "3", None, True],
    "transfer_count": [1, None],
    "reopen_count": [2, None],
    "vendor": ["sp-xinghe", None],
    "compensation_state": ["paid", "refused", None],
    "compensation_amount": [12.5, "12", None],
    "vendor_late": [True, "true", None],
    "compensated_at": ["2026-03-12T10:00:00+08:00", None],
    **{
        name: [
            "2026-03-11T08:00:00+08:00", "2026-03-11T00:00:00Z", "2099-01-01T00:00:00.123456+08:00",
            "2026-03-11T08:00:00", "2026-03-11T08:00", "2024-02-29T08:00:00+0800",
            "2026-02-29T08:00:00+08:00", "2026-03-11", "soon", "", 5, None,
            "2026-03-11T24:00:00+08:00", "2026-03-11T08:00:60+08:00", "2026-13-11T08:00:00+08:00",
            "2026-03-11T08:00:00+ab:cd", "abcd-ef-ghTij:kl:mn+op:qr",
        ]
        for name in ("reply_due_at", "dispatched_at", "answered_at", "revisited_at")
    },
}


@pytest.fixture
def many(engine: Engine) -> None:
    """400 cases whose data are drawn by chance, with processes, customers and first tasks."""
    chance = random.Random(18)
    with engine.unit("system") as unit:
        unit.conn.execute(customers.insert(), [
            {"key": 1, "ref": "1", "level": "high-star", "created_at": AT},
            {"key": 2, "ref": "2", "level": None, "created_at": AT},
        ])
        for n in range(1, 401):
            data = {name: chance.choice(values) for name, values in VALUES.items()}
            if data["intake_result"] == "solved":
                data["answered_at"] = None  # diagrams did not say it
            unit.conn.execute(cases.insert(), {
                "key": n, "kind": "complaint", "number": f"TS{n}", "status": "", "search": "",
                "data": {name: value for name, value in data.items() if value is not None},
                "customer_key": chance.choice([1, 2, None]), "received_at": AT, "opened_at": AT,
                "closed_at": chance.choice([None, AT + timedelta(days=3)]),
                "merged_into": chance.choice([None, None, 1]),
            })
            status = chance.choice(["active", "completed", "terminated", "error", "parked", None])
            if status:
                _instance(unit.conn, n, status)
            for m in range(chance.randrange(3)):
                _first_task(unit.conn, n, 10_000 + 10 * n + m, chance)


def _instance(conn: Connection, key: int, status: str) -> None:
    conn.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    conn.execute(text("SET LOCAL session_replication_role = replica"))  # no definition is needed
    conn.execute(instances.insert(), {
        "key": key, "case_id": key, "root_key": key, "definition_key": 0, "status": status,
        "started_at": AT, "started_by": "system",
    })
    conn.execute(text("SET LOCAL session_replication_role = origin"))


def _first_task(conn: Connection, case_id: int, key: int, chance: random.Random) -> None:
    conn.execute(user_tasks.insert(), {
        "key": key, "case_id": case_id, "instance_key": case_id, "token": str(key),
        "definition_key": 0, "name": "", "created_at": AT,
        "element_id": chance.choice(["pre_process", "check_order"]),
        "state": chance.choice(["completed", "cancelled"]),
        "ended_at": AT + timedelta(minutes=chance.randrange(600)),
    })


def _view(file: str, name: str) -> str:
    """The definition of a view in a migration, as a view of this session."""
    sql = (SQL / file).read_text("utf-8")
    begins = sql.index(f"VIEW {name} AS") + len(f"VIEW {name} AS")
    return f"CREATE TEMP VIEW old_view AS {sql[begins:sql.index(';', begins)]}"


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("name", "file"), [
    ("v_cases", "0005_customers.sql"), ("v_dimensions", "0012_assessments.sql"),
    ("v_vendors", "0010_vendors.sql"),
])
def test_the_views_say_what_they_said_when_they_read_the_data(
    engine: Engine, name: str, file: str
) -> None:
    with engine.pool.connect() as conn:
        conn.execute(text("SET LOCAL timezone = 'Asia/Shanghai'"))
        conn.exec_driver_sql(_view(file, name))
        before = conn.exec_driver_sql("SELECT * FROM old_view ORDER BY case_id").mappings().all()
        now = conn.exec_driver_sql(f"SELECT * FROM {name} ORDER BY case_id").mappings().all()
        assert len(before) > 200
        known = before[0].keys()
        assert [{one: row[one] for one in known} for row in now] == [dict(row) for row in before]
        conn.rollback()


@pytest.mark.parametrize(("said", "meant"), [
    ("0000-01-01T00:00:00Z", None), ("2026-03-11T08:00:00+99:00", None),
    ("2026-03-11T08:00:00", datetime(2026, 3, 11, tzinfo=UTC)),
    ("2026-03-11T00:00:00Z", datetime(2026, 3, 11, tzinfo=UTC)),
])
def test_a_moment_does_not_depend_on_the_session(
    engine: Engine, said: str, meant: datetime | None
) -> None:
    with engine.pool.connect() as conn:
        for zone in ("UTC", "America/New_York"):
            conn.execute(text(f"SET LOCAL timezone = '{zone}'"))
            assert conn.scalar(text("SELECT moment_of(:said)"), {"said": said}) == meant
        conn.rollback()
