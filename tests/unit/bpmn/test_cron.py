"""Cron texts to instants."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn import cron
from engine.bpmn.timing import Due, TimingError, due

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, 17, 0, tzinfo=SHANGHAI)


def times(text: str, after: datetime, count: int) -> list[str]:
    """The next firings, as the clock shows them."""
    zone = after.tzinfo
    assert zone is not None
    found = []
    for _ in range(count):
        after = cron.read(text).after(after, zone)
        found.append(after.astimezone(zone).strftime("%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 9-17 * * MON-FRI", ["03-03 09:00:00", "03-03 10:00:00"]),
        ("0 0 9,12,14,17 * * *", ["03-03 09:00:00", "03-03 12:00:00"]),
        ("*/20 * * * * *", ["03-02 17:00:20", "03-02 17:00:40", "03-02 17:01:00"]),
        ("30 10/25 * * * ?", ["03-02 17:10:30", "03-02 17:35:30", "03-02 18:10:30"]),
        ("0 5-15/5 8 * * *", ["03-03 08:05:00", "03-03 08:10:00", "03-03 08:15:00"]),
        ("0 0 0 1 JAN-JUN/2 ?", ["05-01 00:00:00", "01-01 00:00:00"]),
        ("0 0 6,19 * * 0,sat", ["03-07 06:00:00", "03-07 19:00:00", "03-08 06:00:00"]),
        ("0 0 0 * * 7", ["03-08 00:00:00", "03-15 00:00:00"]),
        ("0 0 0 * * SUN-MON", ["03-08 00:00:00", "03-09 00:00:00"]),
        ("0 0 0 13 * FRI", ["03-13 00:00:00", "11-13 00:00:00"]),
        ("0 0 0 L * *", ["03-31 00:00:00", "04-30 00:00:00"]),
        ("0 0 0 L-3 * *", ["03-28 00:00:00", "04-27 00:00:00"]),
        ("0 0 0 1W,15W * *", ["03-16 00:00:00", "04-01 00:00:00", "04-15 00:00:00"]),
        ("0 0 0 1W 8 *", ["08-03 00:00:00"]),
        ("0 0 0 31W 5 *", ["05-29 00:00:00"]),
        ("0 0 0 LW * *", ["03-31 00:00:00", "04-30 00:00:00", "05-29 00:00:00"]),
        ("0 0 0 * * FRIL", ["03-27 00:00:00", "04-24 00:00:00"]),
        ("0 0 0 ? * 5L", ["03-27 00:00:00", "04-24 00:00:00"]),
        ("0 0 0 * * MON#1", ["04-06 00:00:00", "05-04 00:00:00"]),
        ("0 0 0 * * 1#5", ["03-30 00:00:00", "06-29 00:00:00"]),
        ("@yearly", ["01-01 00:00:00"]),
        ("@annually", ["01-01 00:00:00"]),
        ("@monthly", ["04-01 00:00:00"]),
        ("@weekly", ["03-08 00:00:00"]),
        ("@Daily", ["03-03 00:00:00"]),
        ("@midnight", ["03-03 00:00:00"]),
        ("@hourly", ["03-02 18:00:00"]),
    ],
)
def test_next_times(text: str, expected: list[str]) -> None:
    assert times(text, MONDAY, len(expected)) == expected


def test_a_leap_day_on_a_monday_comes_after_decades() -> None:
    assert cron.read("0 0 0 29 2 MON").after(MONDAY, SHANGHAI).year == 2044


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("0 9 * * *", "六段"),
        ("0 0 9 * * MON 2026", "六段"),
        ("@reboot", "@daily"),
        ("60 0 9 * * *", "60"),
        ("0 0 24 * * *", "24"),
        ("0 0 9 0 * *", "“0”"),
        ("0 0 9 * 13 *", "13"),
        ("0 0 9 * * 8", "“8”"),
        ("? 0 9 * * *", "“?”"),
        ("0 0 9-5 * * *", "9-5"),
        ("0 0/0 9 * * *", "0/0"),
        ("0 0 9 * * L", "“L”"),
        ("0 0 9 * * MON#6", "1#6"),
        ("0 0 9 0W * *", "0W"),
        ("0 0 9 , * *", "“”"),
        ("0 0 9 31 2 *", "永远不会"),
        ("0 0 9 * * １", "１"),
    ],
)
def test_what_is_no_cron(text: str, named: str) -> None:
    with pytest.raises(TimingError) as error:
        due("cycle", text, MONDAY)
    assert named in error.value.zh


def test_an_hour_that_is_left_out_fires_an_hour_later() -> None:
    eve = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert times("0 30 2 * * *", eve, 2) == ["03-29 03:30:00", "03-30 02:30:00"]
    early = datetime(2026, 3, 29, 1, 40, tzinfo=BERLIN)
    assert times("0 0/30 * * * *", early, 3) == [
        "03-29 03:00:00", "03-29 03:30:00", "03-29 04:00:00",
    ]  # fmt: skip
    assert times("0 30,0 2,3 * * *", early, 2) == ["03-29 03:00:00", "03-29 03:30:00"]


def test_an_hour_that_comes_twice_counts_once_unless_every_hour_counts() -> None:
    eve = datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    assert times("0 30 2 * * *", eve, 2) == ["10-25 02:30:00", "10-26 02:30:00"]
    at = datetime(2026, 10, 25, 1, 45, tzinfo=BERLIN)
    found = []
    for _ in range(5):
        at = cron.read("0 0/30 * * * *").after(at, BERLIN)
        found.append(at.astimezone(UTC).strftime("%H:%M"))
    assert found == ["00:00", "00:30", "01:00", "01:30", "02:00"]


def test_a_long_stop_is_skipped() -> None:
    first = due("cycle", "0 0 9 * * *", MONDAY)
    assert first == Due(datetime(2026, 3, 3, 9, tzinfo=SHANGHAI), "0 0 9 * * *", None)
    later = first.following(MONDAY + timedelta(days=30))
    assert later is not None
    assert later.at == datetime(2026, 4, 2, 9, tzinfo=SHANGHAI)
    exactly = first.following(later.at)
    assert exactly == later


def test_times_that_do_not_fit_are_passed_over_without_counting() -> None:
    weekdays = due("cycle", "R3/PT24H", MONDAY).fitting(lambda at: at.day % 2 == 0)
    assert (weekdays.at, weekdays.left) == (MONDAY.replace(day=4), 3)
    with pytest.raises(TimingError) as error:
        due("cycle", "@daily", MONDAY).fitting(lambda at: False)
    assert "timer.condition" in error.value.zh


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)),
    st.sampled_from(["0 */7 * * * *", "15 30 2 * * *", "0 0 1-4 * * *", "0 0 0 L * *", "@weekly"]),
)
def test_the_next_time_is_later_and_is_one_the_text_means(after: datetime, text: str) -> None:
    moment = after.replace(tzinfo=BERLIN)
    at = cron.read(text).after(moment, BERLIN)
    assert at > moment
    assert cron.read(text).after(at - timedelta(microseconds=1), BERLIN) == at


@given(st.text("0123456789*/,-?LW#@adily ", max_size=24))
def test_any_text_is_a_time_or_an_error(text: str) -> None:
    with suppress(cron.CronError):
        assert cron.read(text).after(MONDAY, SHANGHAI) > MONDAY
