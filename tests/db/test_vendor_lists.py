"""The monthly statement of vendors on real rows, with values counted by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine import Engine, deployment, lists
from engine.model import File
from engine.tables import cases, groups

FOLDER = Path(__file__).parents[2] / "processes/complaint"
MARCH = {"since": "2026-03-01T00:00:00+08:00", "until": "2026-04-01T00:00:00+08:00"}


@pytest.fixture
def deployed(engine: Engine) -> Engine:
    files = [File(path.name, path.read_bytes()) for path in FOLDER.glob("vendor-*.list.sql")]
    with engine.unit("system") as unit:
        deployment.deploy(unit, files)
        unit.conn.execute(groups.insert(), [{"id": "sp-xinghe", "name": "星河数字内容"}])
    return engine


def _case(engine: Engine, received: str, **data: Any) -> None:
    with engine.unit("system") as unit:
        key = unit.key()
        at = datetime.fromisoformat(f"{received}T10:00:00+08:00")
        unit.conn.execute(cases.insert(), [{
            "key": key, "kind": "complaint", "number": f"TS{received}", "status": "处理中",
            "title": "", "data": data, "search": "", "received_at": at, "opened_at": at,
            "sample": False,
        }])


def _paid(day: str, amount: float, **data: Any) -> dict[str, Any]:
    return {
        "vendor": "sp-xinghe", "fault_party": "vendor", "compensation_state": "paid",
        "compensation_amount": amount, "compensated_at": f"{day}T12:00:00+08:00", **data,
    }


def _run(engine: Engine, name: str) -> list[dict[str, Any]]:
    with engine.read() as conn:
        return lists.run(conn, name, MARCH)


def test_orders_count_by_receipt_and_payments_by_their_own_month(deployed: Engine) -> None:
    _case(deployed, "2026-03-02", vendor="sp-xinghe", vendor_late=True, solved="no")
    _case(deployed, "2026-03-05", **_paid("2026-03-06", 30), solved="yes")
    _case(deployed, "2026-02-27", **_paid("2026-03-01", 45.5))
    _case(deployed, "2026-03-31", **_paid("2026-04-01", 500), solved="yes")
    _case(deployed, "2026-03-10", description="no vendor at all")

    assert _run(deployed, "vendor-statement") == [{
        "vendor": "sp-xinghe", "vendor_name": "星河数字内容", "orders": 3,
        "late_rate": pytest.approx(0.3333), "unsolved_rate": pytest.approx(0.3333),
        "payments": 2, "amount": 75.5,
    }]
    assert [(row["number"], row["paid_on"], row["amount"])
            for row in _run(deployed, "vendor-payments")] == [
        ("TS2026-02-27", "2026-03-01", 45.5), ("TS2026-03-05", "2026-03-06", 30),
    ]


def test_only_what_vendors_owe_us_is_settled(deployed: Engine) -> None:
    """Refunds that vendors paid themselves, our own fault, and refused claims are not."""
    _case(deployed, "2026-03-02", **_paid("2026-03-03", 10, compensation_state="refunded"))
    _case(deployed, "2026-03-03", **_paid("2026-03-03", 20, fault_party="company"))
    _case(deployed, "2026-03-04", **_paid("2026-03-04", 40, compensation_state="refused"))
    _case(deployed, "2026-03-05", **_paid("2026-03-05", 80, vendor=None, fault_party="outbound"))

    found = {row["vendor"]: (row["payments"], row["amount"])
             for row in _run(deployed, "vendor-statement")}
    assert found == {"sp-xinghe": (0, 0), "vendors": (1, 80)}
    assert [row["amount"] for row in _run(deployed, "vendor-payments")] == [80]
