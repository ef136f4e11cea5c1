"""Whatever the calendar and the pauses: what an explanation counts is what the limit says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import calendar, clocks
from engine.calendar import Calendar, limits
from engine.clocks import Change, Clock, Rule
from engine.model import Basis

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLAN = Path(__file__).parents[3] / "processes" / "default.calendar.json"
OFFICE = calendar.parse(PLAN.read_bytes(), PLAN.name)

STARTS = st.datetimes(datetime(2025, 12, 1), datetime(2026, 10, 1), timezones=st.just(UTC))
GAPS = st.lists(
    st.tuples(
        st.timedeltas(timedelta(seconds=1), timedelta(days=2)),
        st.timedeltas(timedelta(seconds=1), timedelta(days=9)),
    ),
    max_size=5,
)
HOURS = [
    ["08:30-12:00", "13:30-17:30"], ["00:00-24:00"], ["09:00-21:00"],
    ["07:00-07:01", "22:00-24:00"],
]


def shift(week: list[str], saturday: list[str], zone: str) -> Calendar:
    """A calendar with these hours, a holiday and a day worked instead."""
    days = dict.fromkeys(["mon", "tue", "wed", "thu", "fri"], week)
    year = {
        "holidays": [{"name": "春节", "from": "2026-02-15", "to": "2026-02-23"}],
        "workdays": [{"name": "春节", "date": "2026-02-28"}],
    }
    plan = {
        "name": "班次", "zone": zone, "makeupHours": HOURS[0], "years": {"2026": year},
        "hours": days | {"sat": saturday, "sun": []},
    }
    return calendar.parse(json.dumps(plan).encode(), "shift.calendar.json")


CALENDARS = st.sampled_from([
    shift(week, saturday, zone)
    for week in HOURS for saturday in ([], HOURS[0])
    for zone in ("Asia/Shanghai", "Europe/Berlin")
])


def made(
    plan: Calendar, basis: Basis, start: datetime, span: str,
    gaps: Sequence[tuple[timedelta, timedelta]] = (),
) -> Clock:
    """A clock that ran and was paused by turns, as the gaps say."""
    length = clocks.clock.span_of(span)
    assert length is not None
    clock = Clock(
        1, 1, 1, "e", "回复", "", "running", basis, span, "due", 0, start,
        limits.due(plan, basis, start, length), "PT30M",
        rule=Rule("limit", 3, "limit-table", "时限表", 7),
    )
    moment = start
    for run, stop in gaps:
        clock = clock.paused(moment + run, "li", "等资料")
        moment += run + stop
        clock = clock.resumed(moment, plan)
    return clock


@given(CALENDARS, STARTS, st.integers(1, 60 * 30), GAPS, st.sampled_from(["working", "natural"]))
@settings(max_examples=200, deadline=None)
def test_what_is_counted_is_the_span(
    plan: Calendar, start: datetime, minutes: int, gaps: list[tuple[timedelta, timedelta]],
    basis: Basis,
) -> None:
    clock = made(plan, basis, start, f"PT{minutes}M", gaps)
    explained = clocks.explain(plan, clock)
    assert explained.counted == explained.amount == timedelta(minutes=minutes)
    assert (explained.spans[0].start, explained.spans[-1].end) == (start, clock.due_at)
    for one, other in pairwise(explained.spans):
        assert one.end == other.start
        assert one.kind != other.kind
    assert clocks.sentence(plan, clock)[0].startswith("应于 ")


@given(CALENDARS, STARTS, st.integers(1, 15), GAPS)
@settings(max_examples=100, deadline=None)
def test_what_is_counted_are_the_working_days(
    plan: Calendar, start: datetime, days: int, gaps: list[tuple[timedelta, timedelta]]
) -> None:
    clock = made(plan, "days", start, f"P{days}D", gaps)
    explained = clocks.explain(plan, clock)
    assert explained.counted == explained.amount == timedelta(days=days)


@given(STARTS, st.integers(1, 600), st.integers(1, 600), GAPS)
@settings(max_examples=100, deadline=None)
def test_another_span_keeps_the_pauses(
    start: datetime, minutes: int, others: int, gaps: list[tuple[timedelta, timedelta]]
) -> None:
    """A limit of another length, the pauses kept, still counts exactly its length."""
    clock = made(OFFICE, "working", start, f"PT{minutes}M", gaps)
    base = limits.due(OFFICE, "working", start, timedelta(minutes=others))
    due = clock.with_pauses(OFFICE, "working", base)
    moved = clock.moved(Change(start, "admin", "table", clock.due_at, due))
    again = clocks.explain(OFFICE, replace(moved, span=f"PT{others}M"))
    assert again.counted == again.amount == timedelta(minutes=others)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


RULE = "；时限表第 7 条，版本 3。"


@pytest.mark.parametrize(("basis", "start", "span", "zh"), [
    ("working", "2026-11-20 11:20", "PT120M",
     "应于 14:50 前回复：自 11:20 起 120 分钟工作时间，午休 12:00–13:30 不计"),
    ("natural", "2026-11-20 11:20", "PT2H",
     "应于 13:20 前回复：自 11:20 起 2 小时（自然时间）"),
    ("natural", "2026-11-20 11:20", "P15D",
     "应于 12月5日 11:20 前回复：自 11月20日 11:20 起 15 天（自然时间）"),
    ("working", "2026-09-30 16:30", "PT2H",
     "应于 10月8日 09:30 前回复：自 9月30日 16:30 起 2 小时工作时间，"
     "国庆节 9月30日 17:30–10月8日 08:30 不计"),
    ("days", "2026-09-28 10:00", "P5D",
     "应于 10月10日 17:30 前回复：自 9月28日 10:00 起第 5 个工作日下班前，"
     "当日 9月28日 与国庆节 10月1日–7日 不计"),
    ("working", "2026-11-16 08:30", "PT40H",
     "应于 11月23日 11:00 前回复：自 11月16日 08:30 起 40 小时工作时间，"
     "午休 5 段、下班时间 4 段 与周末 1 段 不计"),
])  # fmt: skip
def test_sentences(basis: Basis, start: str, span: str, zh: str) -> None:
    assert clocks.sentence(OFFICE, made(OFFICE, basis, at(start), span))[0] == zh + RULE


def test_a_pause_that_lasts_is_said_first() -> None:
    clock = made(OFFICE, "working", at("2026-11-20 11:20"), "PT120M")
    paused = clock.paused(at("2026-11-20 13:40"), "li", "等资料")
    zh, en = clocks.sentence(OFFICE, paused)
    assert zh.startswith("11月20日 13:40 起暂停，恢复后顺延；不计这次暂停，应于 14:50 前回复：")
    assert en.startswith("回复 paused since 2026-11-20 13:40; but for this pause due 14:50")


def test_pauses_after_an_agreement_are_told() -> None:
    clock = made(OFFICE, "working", at("2026-11-20 09:00"), "PT120M")
    agreed = clock.moved(Change(
        at("2026-11-20 10:00"), "li", "agreed", clock.due_at, at("2026-11-20 16:00"),
        consent={"by": "王先生", "how": "电话", "at": "2026-11-20T09:58:00+08:00"}))
    later = agreed.paused(at("2026-11-20 14:00"), "li", "").resumed(
        at("2026-11-20 14:30"), OFFICE)
    assert later.due_at == at("2026-11-20 16:30")
    assert clocks.sentence(OFFICE, later, {"li": "李四"})[0] == (
        "应于 16:30 前回复：11月20日 09:58 王先生（电话）同意，李四登记，"
        "此后挂起 1 次共 30 分钟，已顺延；原应于 11月20日 11:00；时限表第 7 条，版本 3。"
    )


def test_consent_to_the_limit_as_it_is_does_not_hide_its_rule() -> None:
    clock = made(OFFICE, "days", at("2026-11-20 09:00"), "P7D")
    agreed = clock.moved(Change(
        at("2026-11-20 10:00"), "li", "agreed", clock.due_at, clock.due_at,
        consent={"by": "客户本人", "how": "短信", "at": None}))
    zh = clocks.sentence(OFFICE, agreed, {"li": "李四"})[0]
    assert "第 7 个工作日下班前" in zh
    assert "11月20日 10:00 客户本人（短信）同意，李四登记；时限表第 7 条" in zh


def test_how_a_clock_stands() -> None:
    clock = made(OFFICE, "working", at("2026-11-20 11:20"), "PT120M")
    stands = [clock.standing(at(f"2026-11-20 {time}")) for time in ("12:00", "14:20", "14:51")]
    assert stands == ["running", "warned", "breached"]
    assert clock.stopped(at("2026-11-20 14:51"), "met").standing(at("2026-11-21 09:00")) == "late"
