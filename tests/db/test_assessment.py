"""Those downstream score the work they were handed; worked examples with sums done by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import text

from engine import Engine, assessment, cases, deployment, groups, history, people, run
from engine.assessment import Assessment, Line
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.model import File, Json, Person
from tests.db import handover
from tests.db.handover import BOSS, HE, LEAD, SUN, WANG, hand_over

NOON = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)  # Tuesday, 10:00 in Shanghai
SINCE, UNTIL = datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)
TAKEN: tuple[str, Person, Json] = ("take", WANG, {})


@pytest.fixture(autouse=True)
def deployed(engine: Engine) -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        handover.deploy(engine)
        yield


def checked(engine: Engine, score: str | None, *reasons: str) -> int:
    """A case taken by Wang, checked and scored by Sun."""
    data = {"upstream_score": score, "upstream_reasons": list(reasons)}
    return hand_over(engine, TAKEN, ("check", SUN, data))


def given(engine: Engine, person: Person = BOSS) -> tuple[Assessment, ...]:
    with engine.read() as conn:
        return assessment.given(conn, person, SINCE, UNTIL)


def sheet(engine: Engine, by: str, person: Person = BOSS) -> dict[str | None, Line]:
    with engine.read() as conn:
        return {one.value: one for one in assessment.sheet(conn, person, SINCE, UNTIL, by)}


def told(engine: Engine, case_id: int) -> list[str]:
    with engine.read() as conn:
        return [one.text for one in history.timeline(conn, case_id, main_only=True)]


def test_a_score_is_the_last_doer_s(engine: Engine) -> None:
    case_id = checked(engine, "2", "要素不全", "分类不准")

    (found,) = given(engine)
    assert found.case_id == case_id
    assert found.kind == "score"
    assert found.role == "受理"
    assert found.person == "wang01"
    assert found.person_name == "王芳"
    assert found.unit == "intake"
    assert found.score == 2
    assert found.points == 1
    assert not found.veto
    assert found.reasons == ("要素不全", "分类不准")
    assert found.given_by == "sun01"
    # Five working days from Tuesday the 10th: the end of Tuesday the 17th.
    assert found.appeal_until is not None
    assert found.appeal_until.astimezone(UTC).date().isoformat() == "2026-11-17"
    assert "考核 受理、wang01：2 分（要素不全、分类不准）" in told(engine, case_id)


@pytest.mark.parametrize(
    ("department", "members", "unit"),
    [
        ("受理中心", ("review",), "intake"),  # by the name of the unit
        ("某处", ("all", "review", "sp-xinghe"), "sp-xinghe"),  # the vendor among the groups
        (None, ("all", "review"), "review"),  # "all" is no unit
        (None, (), None),
    ],
)  # fmt: skip
def test_whose_people_somebody_is(
    engine: Engine, department: str | None, members: tuple[str, ...], unit: str | None
) -> None:
    with engine.unit("system") as work:
        groups.set_names(work, {"all": "全体"})
        people.add(work, "new01", "新人", groups=members, department=department)
        found = text("SELECT unit FROM v_people WHERE person = 'new01'")
        assert work.conn.execute(found).scalar_one() == unit


def test_scoring_is_optional_and_leaves_nothing_in_the_case(engine: Engine) -> None:
    silent = checked(engine, None)
    scored = checked(engine, "5")

    assert [one.case_id for one in given(engine)] == [scored]
    with engine.read() as conn:
        for case_id in (silent, scored):
            assert not any(name.startswith("upstream") for name in run.variables(conn, case_id))


def test_a_score_that_is_none_stops_nobody(engine: Engine) -> None:
    case_id = checked(engine, "7")

    assert given(engine) == ()
    assert "没有登记考核：评分 7 不是 1 到 5 的整数。" in told(engine, case_id)
    with engine.read() as conn:
        assert cases.view(conn, case_id).row.number.startswith("CS")


def test_each_step_scores_the_one_before(engine: Engine) -> None:
    hand_over(
        engine, TAKEN, ("check", SUN, {"upstream_score": "5"}),
        ("serve", HE, {"upstream_score": 4}), ("judge", SUN, {"upstream_score": "3"}),
    )  # fmt: skip

    rows = {one.role: (one.person, one.unit, one.vendor, one.score) for one in given(engine)}
    assert rows == {
        "受理": ("wang01", "intake", None, 5), "派单": ("sun01", "review", None, 4),
        "处理": ("he01", "sp-xinghe", "sp-xinghe", 3),
    }


def test_a_month_of_a_unit(engine: Engine) -> None:
    """5 + 4 + 2 + 1 = 12 in 4 scores: 3.00. 1 and 2 points off: 97. To reach 4.5 with n scores of
    5: (12 + 5 n) / (4 + n) ≥ 4.5, n ≥ 12."""
    for score in ("5", "4", "2", "1"):
        checked(engine, score, "要素不全")

    line = sheet(engine, "unit")["intake"]

    assert line.name == "受理中心"
    assert line.scores == 4
    assert line.low == 2
    assert line.mean == 3
    assert line.points == 3
    assert line.result == 97
    assert line.grade == "良好"
    assert line.target == Decimal("4.5")
    assert line.missing == 12
    assert sheet(engine, "role")["受理"].mean == 3
    assert sheet(engine, "person")["wang01"].name == "王芳"


def test_attitude_vetoes_the_month(engine: Engine) -> None:
    faulty = {"kind": "attitude", "at_fault": "review", "off": 10}
    hand_over(
        engine, TAKEN, ("check", SUN, {}), ("serve", HE, {}), ("judge", SUN, {}),
        ("close", WANG, faulty),
    )  # fmt: skip

    line = sheet(engine, "unit")["review"]
    assert line.vetoes == 1
    assert line.result == 0
    assert line.grade == "一票否决"


def test_the_points_of_a_fault_are_the_diagram_s(engine: Engine) -> None:
    """Six points off by the standard of responsibility: 94."""
    faulty = {"kind": "fault", "at_fault": "review", "off": 6}
    hand_over(
        engine, TAKEN, ("check", SUN, {}), ("serve", HE, {}), ("judge", SUN, {}),
        ("close", WANG, faulty),
    )  # fmt: skip

    line = sheet(engine, "unit")["review"]
    assert line.points == 6
    assert line.result == 94
    assert line.vetoes == 0
    assert line.scores == 0


@pytest.mark.parametrize(("who", "person"), [(" sun01 ", "sun01"), ("nobody", None)])
def test_a_person_at_fault_is_named_where_there_is_one(
    engine: Engine, who: str, person: str | None
) -> None:
    faulty = {"kind": "attitude", "at_fault": "review", "off": 10, "who": who}
    hand_over(
        engine, TAKEN, ("check", SUN, {}), ("serve", HE, {}), ("judge", SUN, {}),
        ("close", WANG, faulty),
    )  # fmt: skip

    (found,) = given(engine)
    assert found.person == person
    assert found.unit == "review"
    assert found.veto


def test_vendors_stand_on_their_sheet_only(engine: Engine) -> None:
    hand_over(
        engine, TAKEN, ("check", SUN, {"upstream_score": "5"}), ("serve", HE, {}),
        ("judge", SUN, {"upstream_score": "2", "upstream_reasons": ["厂家答复不完整"]}),
    )  # fmt: skip

    found = sheet(engine, "vendor")
    assert list(found) == ["sp-xinghe"]
    assert found["sp-xinghe"].name == "星河数字"
    assert found["sp-xinghe"].mean == 2


def test_a_vendor_s_orders_are_seen_by_who_leads_it_and_by_those_who_see_all(
    engine: Engine,
) -> None:
    with engine.unit("system") as unit:
        key = unit.key()
        unit.conn.execute(text(
            "INSERT INTO cases (key, kind, number, status, data, received_at, opened_at)"
            " VALUES (:key, 'complaint', 'TS1', '处理中', CAST(:data AS jsonb), :at, :at)"
        ), {"key": key, "at": NOON, "data": '{"vendor": "sp-xinghe", "solved": "no"}'})
        groups.set_units(unit, [groups.Group("sp-xinghe", "星河数字", "vendor", lead="he01")])

    everything = sheet(engine, "vendor")
    assert everything["sp-xinghe"].orders is not None
    assert everything["sp-xinghe"].orders.orders == 1
    assert sheet(engine, "vendor", HE).keys() == {"sp-xinghe"}
    assert sheet(engine, "vendor", SUN) == {}
    assert sheet(engine, "vendor", LEAD) == {}


def test_an_appeal_that_is_granted(engine: Engine) -> None:
    case_id = checked(engine, "1", "要素不全")
    checked(engine, "5")
    key = next(one.key for one in given(engine) if one.score == 1)
    with engine.unit("wang01") as unit:
        assessment.appeal(unit, key, WANG, "要素已补全，见附件")
    assert sheet(engine, "unit")["intake"].appeals == 1
    with engine.read() as conn:
        assert [one.key for one in assessment.pending(conn, BOSS)] == [key]

    with engine.unit("boss01") as unit:
        assessment.decide(unit, key, BOSS, False, "核实无误，撤销")

    line = sheet(engine, "unit")["intake"]
    assert line.scores == 1
    assert line.mean == 5
    assert line.points == 0
    assert line.result == 100
    assert line.appeals == 0
    assert line.taken_back == 1
    said = told(engine, case_id)
    assert "对“受理”的考核提出申诉：要素已补全，见附件" in said
    assert "考核申诉成立，撤销考核：核实无误，撤销" in said


def test_who_may_appeal_and_decide(engine: Engine) -> None:
    checked(engine, "1", "要素不全")
    (found,) = given(engine)
    with pytest.raises(Forbidden), engine.unit("sun01") as unit:
        assessment.appeal(unit, found.key, SUN, "不是我的")
    with pytest.raises(Invalid), engine.unit("wang01") as unit:
        assessment.appeal(unit, found.key, WANG, "  ")
    with engine.unit("lead01") as unit:
        assessment.appeal(unit, found.key, LEAD, "代本组申诉")
    with pytest.raises(Conflict), engine.unit("wang01") as unit:
        assessment.appeal(unit, found.key, WANG, "再申诉")
    with pytest.raises(Forbidden), engine.unit("wang01") as unit:
        assessment.decide(unit, found.key, WANG, False, "自己同意")
    boss = Person("sun01", "孙强", roles=frozenset({"supervisor"}))
    with pytest.raises(Forbidden), engine.unit("sun01") as unit:
        assessment.decide(unit, found.key, boss, True, "评分人自己复议")
    with engine.unit("boss01") as unit:
        assessment.decide(unit, found.key, BOSS, True, "维持")
    with pytest.raises(Conflict), engine.unit("boss01") as unit:
        assessment.decide(unit, found.key, BOSS, False, "再议")


def test_an_appeal_comes_too_late(engine: Engine) -> None:
    checked(engine, "1", "要素不全")
    (found,) = given(engine)
    later = time_machine.travel(NOON + timedelta(days=9), tick=False)
    refused = pytest.raises(Conflict, match="Appeals were possible until 2026-11-17 17:30")
    with later, refused, engine.unit("wang01") as unit:
        assessment.appeal(unit, found.key, WANG, "晚了")


def test_everybody_sees_his_own_only(engine: Engine) -> None:
    checked(engine, "3", "要素不全")
    (found,) = given(engine)

    assert [one.key for one in given(engine, WANG)] == [found.key]
    assert [one.key for one in given(engine, LEAD)] == [found.key]
    assert [one.key for one in given(engine, SUN)] == [found.key]  # he gave it
    assert given(engine, HE) == ()
    assert sheet(engine, "person", HE) == {}
    with pytest.raises(NotFound), engine.read() as conn:
        assessment.get(conn, HE, found.key)


def test_an_end_of_appeals_that_is_no_moment_is_told_and_stops_nobody(engine: Engine) -> None:
    rule = (handover.SHIPPED / "complaint/assessment.dmn").read_text("utf-8")
    wrong = re.sub(r"<text>[^<]*workingDaysDue[^<]*</text>", '<text>"five days"</text>', rule)
    assert wrong != rule
    with engine.unit("system") as unit:
        deployment.deploy(unit, [File("assessment.dmn", wrong.encode())])

    case_id = checked(engine, "2", "要素不全")

    (found,) = given(engine)
    assert found.score == 2
    assert found.appeal_until is None
    assert any("“five days”不是日期时间" in line for line in told(engine, case_id))
