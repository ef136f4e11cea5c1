"""What figures and lists count, and what they leave out: values computed by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine import Engine, deployment, lists
from engine.assessment_tables import assessments
from engine.figures import Filters
from engine.model import File, Json
from engine.tables import cases, definitions, groups, instances
from tests.db.test_figures import APRIL, FOLDER, MARCH, YEAR, Desk

PROCESSES = Path(__file__).parents[2] / "processes"
WEEK = timedelta(days=7)
MAY = APRIL + timedelta(days=30)


class Floor(Desk):
    """The desk, with processes that end in some way, merged orders, and the lists."""

    def ended(self, case_id: int, how: str) -> int:
        with self.engine.unit("system") as unit:
            definition = unit.conn.execute(select(definitions.c.key).limit(1)).scalar_one()
            unit.conn.execute(instances.insert(), {
                "key": case_id, "case_id": case_id, "root_key": case_id,
                "definition_key": definition, "status": how, "started_at": MARCH,
                "started_by": "system",
            })
        return case_id

    def merged(self, case_id: int, into: int) -> int:
        with self.engine.unit("system") as unit:
            unit.conn.execute(
                cases.update().where(cases.c.key == case_id).values(merged_into=into)
            )
        return case_id

    def closed(self, case_id: int, at: datetime) -> int:
        with self.engine.unit("system") as unit:
            unit.conn.execute(cases.update().where(cases.c.key == case_id).values(closed_at=at))
        return case_id

    def old(self, case_id: int) -> int:
        """Received before, so that it counts by its revisit alone."""
        with self.engine.unit("system") as unit:
            unit.conn.execute(
                cases.update().where(cases.c.key == case_id).values(received_at=MARCH - WEEK)
            )
        return case_id

    def error(self, case_id: int, at: datetime) -> None:
        with self.engine.unit("system") as unit:
            unit.conn.execute(assessments.insert(), {
                "key": unit.key(), "case_id": case_id, "kind": "error", "role": "受理",
                "given_at": at, "given_by": "fuhe01", "stands": True,
            })

    def rows(self, list_id: str, **parameters: Json) -> list[dict[str, Json]]:
        with self.engine.read() as conn:
            return lists.run(conn, list_id, parameters)

    def in_march(self, list_id: str) -> list[dict[str, Json]]:
        return self.rows(list_id, since=MARCH.isoformat(), until=APRIL.isoformat())


@pytest.fixture
def floor(engine: Engine) -> Floor:
    paths = [*FOLDER.iterdir(), *PROCESSES.glob("*/*.list.sql")]
    with engine.unit("system") as unit:
        deployment.deploy(unit, [File(path.name, path.read_bytes()) for path in sorted(paths)])
        unit.conn.execute(groups.insert(), [
            {"id": "network", "name": "网络部"}, {"id": "marketing", "name": "市场部"},
            {"id": "review", "name": "复核派单"},
        ])
    return Floor(engine)


@pytest.mark.parametrize("figure", ["satisfaction", "solved"])
def test_revisits_of_merged_and_withdrawn_orders_are_not_missing(
    floor: Floor, figure: str
) -> None:
    """9 of 10 are revisited: nothing is missing. The tenth of a merged order, of a withdrawn one
    and of an opinion that was called after its SMS do not count."""
    done = [floor.revisited("ordinary", "satisfied") for _ in range(9)]
    floor.revisited("ordinary", None)
    floor.merged(floor.revisited("ordinary", None), done[0])
    floor.ended(floor.revisited("ordinary", "dissatisfied", "no"), "terminated")
    floor.revisited("ordinary", "dissatisfied", "no", kind="opinion")

    found = floor.run(figure)

    assert found.total.columns["shortfall"] == 0
    assert found.total.value == 100
    assert len(floor.behind(figure, "未回访")) == 1


def test_withdrawn_orders_count_in_no_figure_by_receipt(floor: Floor) -> None:
    floor.ended(floor.case(repeated=True, escalated=True), "terminated")
    floor.ended(floor.case(urge_count=5), "error")
    kept = floor.ended(floor.case(urge_count=1), "completed")

    assert floor.run("received").total.value == 1
    assert floor.run("urged").total.value == 1
    assert floor.run("repeated").total.value == 0
    assert floor.run("escalated").total.value == 0
    assert floor.behind("received") == {kept}


def test_opinions_and_inquiries_are_no_complaints(floor: Floor) -> None:
    """Opinions belong to what may be solved on the spot, inquiries do not."""
    floor.case(intake_result="solved")
    floor.case(kind="opinion", intake_result="dispatch")
    floor.case(kind="inquiry", intake_result="dispatch")

    assert floor.run("received").total.value == 1
    assert floor.run("repeated").total.columns["received"] == 1
    assert floor.run("on-spot").total.value == 50


def test_an_escalation_counts_in_its_own_month(floor: Floor) -> None:
    """Received in March and escalated on 1 April 00:00: April's, 1 of 2; March has 1 ordinary
    complaint left. One that came by the regulator is of the month of its receipt."""
    later = floor.case(escalated=True, escalated_at=APRIL.isoformat())
    floor.case()
    floor.case(APRIL + WEEK)
    at_once = floor.case(MAY, escalated=True, escalation_level="province")
    floor.case(escalated=False, escalated_at=APRIL.isoformat())

    assert floor.run("escalated").total.value == 0
    assert floor.run("escalated").total.columns["ordinary"] == 2
    april = Filters(APRIL, MAY)
    assert floor.run("escalated", april).total.value == 50
    assert floor.behind("escalated", "升级投诉", april) == {later}
    months = floor.run("escalated", YEAR).months
    assert [(f"{one.month:%m}", f"{one.value:.0f}") for one in months] == [
        ("03", "0"), ("04", "50"), ("05", "100")]
    assert floor.behind("escalated", "省级", YEAR) == {at_once}


def test_a_month_is_the_same_by_itself_and_in_a_year(floor: Floor) -> None:
    """Reviewed in March with an error and again in April without: 1 of 1, then 0 of 1."""
    first, second = MARCH + WEEK, APRIL + WEEK
    case_id = floor.case(tasks=(
        ("check_order", first, first, None), ("check_order", second, second, None),
    ))
    floor.error(case_id, first)

    year = floor.run("recording-errors", YEAR)

    assert [(f"{one.month:%m}", f"{one.value:.0f}") for one in year.months] == [
        ("03", "100"), ("04", "0")]
    assert year.total.value == 50
    assert year.total.columns["checked"] == 2
    for month, value in ((Filters(MARCH, APRIL), 100), (Filters(APRIL, MAY), 0)):
        assert floor.run("recording-errors", month).total.value == value


def test_units_side_by_side(floor: Floor) -> None:
    """网络部: 2 received, 1 of them late; 3 answered within the month (2, 4 and 12 hours after
    receipt, 6 h), though one of them came before and is still open; of 10 due revisits 9 are
    owed, 8 done: 6 satisfied / (8 + 1) = 66.7 %. 市场部: a closed one alone."""
    due = (MARCH + timedelta(hours=3)).isoformat()
    floor.answered(MARCH, 2, unit="network", reply_due_at=due)
    floor.answered(MARCH, 4, unit="network", reply_due_at=due)
    floor.answered(MARCH - timedelta(hours=6), 12, unit="network")
    for n in range(10):
        told = None if n > 7 else "satisfied" if n < 6 else "neutral"
        floor.old(floor.revisited("ordinary", told, unit="network"))
    floor.merged(floor.case(unit="network"), 1)
    floor.case(unit="network", kind="inquiry")
    floor.ended(floor.case(unit="network"), "terminated")
    floor.case(MARCH - WEEK, unit="network")
    floor.closed(floor.case(MARCH - WEEK, unit="marketing"), APRIL - timedelta(seconds=1))
    floor.closed(floor.case(MARCH - WEEK, unit="outside"), APRIL)

    assert floor.in_march("units-compared") == [
        {"unit": "network", "name": "网络部", "received": 2, "closed": 0, "late": 1, "hours": 6,
         "satisfied": 66.7},
        {"unit": "marketing", "name": "市场部", "received": 0, "closed": 1, "late": 0,
         "hours": None, "satisfied": None},
    ]


def test_channels_side_by_side(floor: Floor) -> None:
    """热线: 1 of 2 on the spot; 1 of 2 revisits of high-star customers is done, 2 are due:
    1 / (1 + 1) = 50 %. 传真: only a revisit of what came before, none done: 0 / 1."""
    floor.case(channel="hotline", intake_result="solved")
    floor.case(channel="hotline")
    floor.old(floor.revisited("high-star", "satisfied", channel="hotline"))
    floor.old(floor.revisited("vip", None, channel="hotline"))
    floor.old(floor.revisited("ordinary", None, channel="fax"))
    floor.merged(floor.case(channel="hall"), 1)

    assert floor.in_march("channels-compared") == [
        {"channel": "热线坐席", "received": 2, "on_spot": 50, "satisfied": 50},
        {"channel": "传真", "received": 0, "on_spot": None, "satisfied": 0},
    ]


def test_every_open_order_is_published(floor: Floor) -> None:
    """One whose unit nobody knows is looked after by the review; nothing is left out."""
    floor.case(unit="network")
    lost = floor.case(unit="gone")
    floor.case()
    floor.merged(floor.case(unit="network"), lost)

    found = floor.rows("open-by-unit", soon=APRIL.isoformat())
    assert [(one["name"], one["open"]) for one in found] == [("复核派单", 2), ("网络部", 1)]
    told = floor.rows("open-of-unit", unit="review")
    assert f"TS{lost}" in {one["number"] for one in told}
    assert len(told) == 2


def test_the_day_counts_no_order_twice(floor: Floor) -> None:
    original = floor.case(unit="network", channel="hotline")
    again = floor.merged(floor.case(unit="network", channel="hotline"), original)
    floor.closed(again, MARCH + WEEK)
    since = {"since": MARCH.isoformat()}

    for name in ("day-by-unit", "day-by-kind", "day-by-channel"):
        [row] = floor.rows(name, **since)
        assert row["received"] == 1
        assert row.get("closed", 0) == 0


def test_what_vendors_are_assessed_by(floor: Floor) -> None:
    """Of four orders one was merged and one withdrawn: 2, one of them late."""
    first = floor.case(vendor="sp-xinghe", vendor_late=True)
    floor.case(vendor="sp-xinghe")
    floor.merged(floor.case(vendor="sp-xinghe"), first)
    floor.ended(floor.case(vendor="sp-xinghe", vendor_late=True), "terminated")

    [row] = floor.in_march("vendor-statement")
    assert (row["orders"], row["late_rate"]) == (2, 0.5)


def test_the_effect_of_a_rectification_leaves_out_what_was_merged(floor: Floor) -> None:
    asked: dict[str, Any] = {
        "subcategory": "network.speed", "since": (MARCH + 2 * WEEK).isoformat(), "days": 14,
    }
    first = floor.case(MARCH, subcategory="network.speed")
    floor.merged(floor.case(MARCH, subcategory="network.speed"), first)
    floor.case(MARCH - timedelta(seconds=1), subcategory="network.speed")
    floor.case(MARCH + 4 * WEEK, subcategory="network.speed")
    floor.case(MARCH + 2 * WEEK, subcategory="network.speed")

    assert floor.rows("rectification-effect", **asked) == [{"count_before": 1, "count_after": 1}]
