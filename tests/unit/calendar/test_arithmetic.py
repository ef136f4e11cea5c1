"""Working time against hand-computed examples and against a slow, obvious model."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import Calendar, Hours, Quiet, Year, plain
from engine.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "work", "due"),
    [
        # within a stretch, over lunch, over night, over a weekend
        ("2026-11-18 09:00", timedelta(hours=2), "2026-11-18 11:00"),
        ("2026-11-18 11:00", timedelta(hours=2), "2026-11-18 14:30"),
        ("2026-11-18 17:00", timedelta(hours=1), "2026-11-19 09:00"),
        ("2026-11-20 17:00", timedelta(hours=1), "2026-11-23 09:00"),
        # the limit ends with the stretch, not at the start of the next
        ("2026-11-18 16:30", timedelta(hours=1), "2026-11-18 17:30"),
        # received at night, on a Sunday
        ("2026-11-18 22:13", timedelta(hours=1), "2026-11-19 09:30"),
        ("2026-11-22 12:00", timedelta(minutes=30), "2026-11-23 09:00"),
        # 国庆节 1–7 October 2026 off, Saturday 10 October worked, Sunday 20 September worked
        ("2026-09-30 16:30", timedelta(hours=2), "2026-10-08 09:30"),
        ("2026-10-09 17:00", timedelta(hours=1), "2026-10-10 09:00"),
        ("2026-09-19 10:00", timedelta(hours=1), "2026-09-20 09:30"),
        # 春节 2026: Saturday 14 February is worked, then nine days off
        ("2026-02-13 17:00", timedelta(hours=8), "2026-02-14 17:30"),
        ("2026-02-13 17:00", timedelta(hours=8, minutes=1), "2026-02-24 08:31"),
        # backwards: the moment to warn at
        ("2026-11-19 09:00", timedelta(hours=-1), "2026-11-18 17:00"),
        ("2026-10-08 08:30", timedelta(minutes=-30), "2026-09-30 17:00"),
        ("2026-11-19 13:30", timedelta(minutes=-30), "2026-11-19 11:30"),
    ],
)
def test_a_limit_in_working_time(
    calendar: Calendar, start: str, work: timedelta, due: str
) -> None:
    assert calendar.add(at(start), work) == at(due)


def test_no_work_leaves_the_moment(calendar: Calendar) -> None:
    assert calendar.add(at("2026-11-22 12:00"), timedelta(0)) == at("2026-11-22 12:00")


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-18 08:30", "2026-11-18 17:30", 7.5),
        ("2026-11-18 12:10", "2026-11-18 13:20", 0),
        ("2026-11-20 17:00", "2026-11-23 09:00", 1),
        ("2026-09-30 00:00", "2026-10-09 00:00", 15),
        ("2026-11-23 09:00", "2026-11-20 17:00", -1),
        # 2026 has 365 days, 104 on weekends; 19 weekdays are holidays, 6 weekend days are
        # worked: 248 working days of 7.5 hours.
        ("2026-01-01 00:00", "2027-01-01 00:00", 248 * 7.5),
    ],
)
def test_time_worked_between(calendar: Calendar, start: str, end: str, hours: float) -> None:
    assert calendar.between(at(start), at(end)) == timedelta(hours=hours)


@pytest.mark.parametrize(("year", "days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_the_years_have_as_many_working_days_as_the_notices_give(
    calendar: Calendar, year: int, days: int
) -> None:
    first = date(year, 1, 1)
    span = (date(year + 1, 1, 1) - first).days
    counted = sum(calendar.is_working_day(first + timedelta(days=n)) for n in range(span))
    assert counted == days


def test_a_year_without_arrangement_has_its_weekends_only(calendar: Calendar) -> None:
    assert calendar.is_working_day(date(2031, 10, 1))
    assert not calendar.is_working_day(date(2031, 10, 4))


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-18 09:00", 1, "2026-11-19 17:30"),
        ("2026-11-18 23:00", 10, "2026-12-02 17:30"),
        ("2026-09-30 10:00", 1, "2026-10-08 17:30"),
        ("2026-10-08 10:00", 2, "2026-10-10 17:30"),
        ("2026-11-18 09:00", 0, "2026-11-18 17:30"),
        ("2026-11-21 09:00", 0, "2026-11-23 17:30"),
        ("2026-11-21 09:00", 1, "2026-11-23 17:30"),
    ],
)
def test_a_limit_in_working_days(calendar: Calendar, start: str, days: int, due: str) -> None:
    assert calendar.add_days(at(start), days) == at(due)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-11-18 19:59:59", "2026-11-18 19:59:59"),
        ("2026-11-18 20:00", "2026-11-19 08:00"),
        ("2026-11-18 23:30", "2026-11-19 08:00"),
        ("2026-11-19 00:00", "2026-11-19 08:00"),
        ("2026-11-19 07:59:59", "2026-11-19 08:00"),
        ("2026-11-19 08:00", "2026-11-19 08:00"),
    ],
)
def test_nobody_is_called_from_20_to_8(calendar: Calendar, moment: str, allowed: str) -> None:
    assert calendar.contact_time(at(moment)) == at(allowed)


def test_moments_of_other_zones_mean_the_same_instant(calendar: Calendar) -> None:
    utc = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # 17:00 in Shanghai
    assert calendar.add(utc, timedelta(hours=1)) == at("2026-11-19 09:00")
    assert calendar.contact_time(datetime(2026, 11, 18, 13, tzinfo=UTC)) == at("2026-11-19 08:00")


def test_naive_moments_are_refused(calendar: Calendar) -> None:
    with pytest.raises(ValueError, match="naive"):
        calendar.add(datetime(2026, 11, 18, 9), timedelta(hours=1))


def test_a_reach_of_centuries_is_refused_with_a_reason(calendar: Calendar) -> None:
    with pytest.raises(Invalid, match="too far"):
        calendar.add(at("2026-11-18 09:00"), timedelta(days=365 * 400))
    with pytest.raises(Invalid, match="too far"):
        calendar.between(at("1026-11-18 09:00"), at("2026-11-18 09:00"))
    with pytest.raises(Invalid, match="too far"):
        calendar.add_days(at("2026-11-18 09:00"), 10**9)
    with pytest.raises(Invalid, match="negative"):
        calendar.add_days(at("2026-11-18 09:00"), -1)


def round_the_clock(zone: ZoneInfo) -> Calendar:
    always = (Hours(time(0), time(0)),)
    return Calendar("", zone, (always,) * 7, always, {}, Quiet(time(1), time(3)))


def test_daylight_saving_counts_real_hours() -> None:
    berlin = round_the_clock(BERLIN)
    spring = datetime(2026, 3, 29, tzinfo=BERLIN)  # 23 hours long
    assert berlin.between(spring, datetime(2026, 3, 30, tzinfo=BERLIN)) == timedelta(hours=23)
    autumn = datetime(2026, 10, 25, tzinfo=BERLIN)  # 25 hours long
    assert berlin.between(autumn, datetime(2026, 10, 26, tzinfo=BERLIN)) == timedelta(hours=25)
    assert berlin.add(spring, timedelta(hours=3)) == datetime(2026, 3, 29, 4, tzinfo=BERLIN)


# --- properties -----------------------------------------------------------------------------


def shift_work() -> Calendar:
    """Work at odd times, across midnight, with a holiday and a worked Sunday."""
    night = (Hours(time(0), time(6)), Hours(time(9, 7), time(9, 8)), Hours(time(22), time(0)))
    day = (Hours(time(8), time(16)),)
    year = Year({date(2026, 3, 4): "h", date(2026, 3, 5): "h"}, {date(2026, 3, 8): "w"})
    weekly = (night, day, night, day, (), night, ())
    return Calendar("", SHANGHAI, weekly, day, {2026: year})


CALENDARS = [plain(), shift_work(), round_the_clock(BERLIN), round_the_clock(SHANGHAI)]
moments = st.datetimes(
    datetime(2025, 11, 1), datetime(2027, 3, 1), timezones=st.just(UTC)
)
works = st.timedeltas(timedelta(days=-200), timedelta(days=200))


@given(st.sampled_from(CALENDARS), moments, works)
@settings(max_examples=400, deadline=None)
def test_adding_then_measuring_gives_what_was_added(
    calendar: Calendar, start: datetime, work: timedelta
) -> None:
    due = calendar.add(start, work)
    assert calendar.between(start, due) == work
    assert (due >= start) == (work >= timedelta(0))


@given(st.sampled_from(CALENDARS), moments, works)
@settings(max_examples=200, deadline=None)
def test_a_limit_falls_at_the_tightest_moment(
    calendar: Calendar, start: datetime, work: timedelta
) -> None:
    if not work:
        return
    due = calendar.add(start, work)
    nearer = due - timedelta(microseconds=1 if work > timedelta(0) else -1)
    assert abs(calendar.between(start, nearer)) < abs(work)


@given(st.sampled_from(CALENDARS), moments, moments, moments)
@settings(max_examples=200, deadline=None)
def test_time_worked_adds_up(
    calendar: Calendar, one: datetime, two: datetime, three: datetime
) -> None:
    whole = calendar.between(one, three)
    assert whole == calendar.between(one, two) + calendar.between(two, three)


def worked_by_the_minute(calendar: Calendar, start: datetime, minutes: int) -> int:
    """The slow model: look at each minute whether somebody works in it."""
    counted = 0
    for n in range(minutes):
        local = (start + timedelta(minutes=n)).astimezone(calendar.zone)
        for hours in calendar.hours(local.date()):
            after_start = hours.start <= local.time()
            before_end = local.time() < hours.end or hours.end == time(0)
            counted += after_start and before_end
    return counted


@given(
    st.sampled_from(CALENDARS),
    st.integers(0, 400 * 24 * 60), st.integers(0, 6 * 24 * 60),
)
@settings(max_examples=60, deadline=None)
def test_time_worked_is_what_counting_minutes_gives(
    calendar: Calendar, offset: int, minutes: int
) -> None:
    start = datetime(2025, 12, 1, tzinfo=UTC) + timedelta(minutes=offset)
    expected = worked_by_the_minute(calendar, start, minutes)
    measured = calendar.between(start, start + timedelta(minutes=minutes))
    assert measured == timedelta(minutes=expected)


@given(moments)
def test_contact_time_is_never_quiet_and_never_earlier(moment: datetime) -> None:
    berlin = round_the_clock(BERLIN)
    allowed = berlin.contact_time(moment)
    assert moment <= allowed <= moment + timedelta(hours=3)
    assert not time(1) <= allowed.time() < time(3)
