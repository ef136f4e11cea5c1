from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import Calendar, explain
from engine.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_a_limit_over_the_national_day_tells_what_stood_still(calendar: Calendar) -> None:
    stretches = explain(calendar, at("2026-09-30 16:30"), at("2026-10-08 09:30"))
    told = [
        (s.counted, s.start, s.end, [zh for zh, _ in s.reasons]) for s in stretches
    ]
    assert told == [
        (True, at("2026-09-30 16:30"), at("2026-09-30 17:30"), []),
        (False, at("2026-09-30 17:30"), at("2026-10-08 08:30"), ["国庆节"]),
        (True, at("2026-10-08 08:30"), at("2026-10-08 09:30"), []),
    ]


def test_lunch_weekend_and_make_up_days_are_named(calendar: Calendar) -> None:
    stretches = explain(calendar, at("2026-10-09 11:00"), at("2026-10-12 09:00"))
    told = [(s.counted, [zh for zh, _ in s.reasons]) for s in stretches]
    assert told == [
        (True, []), (False, ["午休"]), (True, []),
        (False, ["下班时间"]), (True, ["国庆节调休上班"]),
        (False, ["午休"]), (True, ["国庆节调休上班"]),
        (False, ["周末"]), (True, []),
    ]


@given(
    st.datetimes(datetime(2025, 12, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=40)),
)
@settings(max_examples=100, deadline=None)
def test_the_stretches_join_up_and_add_up(
    calendar: Calendar, start: datetime, span: timedelta
) -> None:
    end = start + span
    stretches = explain(calendar, start, end)
    assert (stretches[0].start, stretches[-1].end) == (start, end)
    for one, other in pairwise(stretches):
        assert one.end == other.start
        assert one.counted != other.counted
    counted = sum((s.end - s.start for s in stretches if s.counted), timedelta(0))
    assert counted == calendar.between(start, end)


def test_a_span_that_nobody_would_read_is_refused(calendar: Calendar) -> None:
    with pytest.raises(Invalid):
        explain(calendar, at("2026-01-01 00:00"), at("2036-01-01 00:00"))
    with pytest.raises(Invalid):
        explain(calendar, at("2026-01-02 00:00"), at("2026-01-01 00:00"))
