"""Timer texts to instants."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.attributes import TimerKind
from engine.bpmn.timing import Due, TimingError, due, duration, moment
from tests.unit.bpmn.harness import NOW


@pytest.mark.parametrize(
    ("text", "months", "rest"),
    [
        ("PT4H", 0, timedelta(hours=4)),
        ("P1DT2H3M4.5S", 0, timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("P2W", 0, timedelta(weeks=2)),
        ("P1Y2M", 14, timedelta()),
        ("-P1M1D", -1, timedelta(days=-1)),
        ("PT0S", 0, timedelta()),
    ],
)
def test_durations(text: str, months: int, rest: timedelta) -> None:
    assert (duration(text).months, duration(text).rest) == (months, rest)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "4h", "PT4", "P4H", "PT-4H", "P1.5D", "1 Tag", "P9999999999D"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(TimingError):
        duration(text)


def test_months_end_on_the_last_day() -> None:
    assert duration("P1M").after(datetime(2026, 1, 31, tzinfo=UTC)).day == 28
    assert duration("P1M").after(datetime(2028, 1, 31, tzinfo=UTC)).day == 29
    assert duration("-P1M").after(datetime(2026, 1, 31, tzinfo=UTC)).month == 12


def test_moments_without_offset_are_in_the_zone_of_feel() -> None:
    assert moment("2026-03-02T17:00:00") == NOW
    assert moment("2026-03-02T10:00:00+01:00[Europe/Berlin]") == NOW
    assert moment("2026-03-02T10:00:00@Europe/Berlin") == NOW
    assert moment("2026-03-02").astimezone(UTC) == datetime(2026, 3, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-03-02T10:00:00@Mars/Base", ""])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(TimingError):
        moment(text)


@pytest.mark.parametrize(
    "text", ["R3", "R0/PT1H", "R/PT0S", "R/-PT1H", "3/PT1H", "R3/a/b/c", "R/P"]
)
def test_what_is_no_cycle(text: str) -> None:
    with pytest.raises(TimingError):
        due("cycle", text, NOW)


@pytest.mark.parametrize("value", [None, 5, True, [], {}, "  "])
def test_a_timer_needs_text(value: object) -> None:
    with pytest.raises(TimingError):
        due("duration", value, NOW)


def test_a_counted_cycle_ends() -> None:
    at: Due | None = due("cycle", "R2/PT1H", NOW)
    assert at is not None
    second = at.following(NOW)
    assert second == Due(NOW + timedelta(hours=2), "PT1H", 1)
    assert second.following(NOW) is None


def test_an_endless_cycle_that_began_long_ago_waits_for_its_next_time() -> None:
    assert due("cycle", "R/2026-01-01T00:00:00Z/P1D", NOW).at == NOW.replace(day=3, hour=0)
    counted = due("cycle", "R2/2026-01-01T00:00:00Z/P1D", NOW)
    assert counted.at < NOW


def test_an_endless_monthly_cycle_skips_what_has_passed() -> None:
    first = due("cycle", "R/P1M", NOW)
    following = first.following(NOW.replace(month=11))
    assert following is not None
    assert following.at == NOW.replace(month=11)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_timing_error(text: str) -> None:
    kinds: tuple[TimerKind, ...] = ("date", "duration", "cycle")
    for kind in kinds:
        with suppress(TimingError):
            assert due(kind, text, NOW).at.tzinfo is not None


@given(
    st.integers(1, 10**6),
    st.integers(0, 10**8),
)
def test_the_next_of_an_endless_cycle_is_not_past_and_on_its_grid(every: int, gone: int) -> None:
    first = due("cycle", f"R/PT{every}S", NOW)
    now = first.at + timedelta(seconds=gone)
    following = first.following(now)
    assert following is not None
    assert now <= following.at
    assert following.at - now <= timedelta(seconds=every)
    assert (following.at - first.at) % timedelta(seconds=every) == timedelta()
    assert following.at > first.at
