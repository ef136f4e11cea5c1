from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import Calendar, limits
from engine.errors import Invalid
from engine.model import Basis

SHANGHAI = ZoneInfo("Asia/Shanghai")
STARTS = st.datetimes(datetime(2025, 12, 1), datetime(2026, 11, 1), timezones=st.just(UTC))
GAPS = st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=4)), max_size=8)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_a_pause_moves_a_limit_by_the_working_time_in_it(calendar: Calendar) -> None:
    due = limits.due(calendar, "working", at("2026-11-20 11:20"), timedelta(minutes=120))
    assert due == at("2026-11-20 14:50")
    moved = limits.after_pause(
        calendar, "working", due, at("2026-11-20 13:40"), at("2026-11-20 14:10")
    )
    assert moved == at("2026-11-20 15:20")


def test_a_pause_over_a_weekend_moves_working_days_by_the_working_days_in_it(
    calendar: Calendar,
) -> None:
    due = limits.due(calendar, "days", at("2026-11-20 10:00"), timedelta(days=4))
    assert due == at("2026-11-26 17:30")
    moved = limits.after_pause(
        calendar, "days", due, at("2026-11-20 15:00"), at("2026-11-24 09:00")
    )
    assert moved == at("2026-11-30 17:30")


def test_what_is_over_and_what_was_set_do_not_move(calendar: Calendar) -> None:
    due = at("2026-11-20 14:50")
    late = (at("2026-11-20 15:00"), at("2026-11-20 16:00"))
    for basis in ("working", "natural", "days", "fixed"):
        assert limits.after_pause(calendar, basis, due, *late) == due
    early = (at("2026-11-20 13:00"), at("2026-11-20 14:00"))
    assert limits.after_pause(calendar, "fixed", due, *early) == due


def test_an_unknown_clock_is_refused() -> None:
    with pytest.raises(Invalid, match="工作时间"):
        limits.basis_of("日历时间")


@given(STARTS, st.timedeltas(timedelta(minutes=1), timedelta(hours=60)), GAPS,
       st.sampled_from(["working", "natural"]))
@settings(max_examples=150, deadline=None)
def test_what_is_left_outside_of_the_pauses_is_the_span(
    calendar: Calendar, start: datetime, span: timedelta, gaps: list[timedelta], basis: Basis
) -> None:
    due = limits.due(calendar, basis, start, span)
    pauses: list[tuple[datetime, datetime]] = []
    moment = start
    for run, stop in zip(gaps[::2], gaps[1::2], strict=False):
        paused, resumed = moment + run, moment + run + stop
        if paused < due:
            pauses.append((paused, resumed))
        due = limits.after_pause(calendar, basis, due, paused, resumed)
        moment = resumed
    def counted(since: datetime, until: datetime) -> timedelta:
        return calendar.between(since, until) if basis == "working" else until - since
    stood = sum((counted(*one) for one in pauses), timedelta(0))
    assert counted(start, due) - stood == span
