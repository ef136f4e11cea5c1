"""Proleptic Gregorian calendar arithmetic on plain integers, for years Python's has not.

The algorithms are Howard Hinnant's ``days_from_civil`` and ``civil_from_days``
(https://howardhinnant.github.io/date_algorithms.html)."""

from __future__ import annotations

MAX_YEAR = 999_999_999
DAY_SECONDS = 86_400
NANO = 1_000_000_000
DAY_NANOS = DAY_SECONDS * NANO

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    """Days of ``month`` (1–12) in ``year``."""
    return 29 if month == 2 and is_leap(year) else _LENGTHS[month - 1]


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; negative before."""
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """(year, month, day) of the day ``days`` after 1970-01-01."""
    days += 719_468
    era = days // 146_097
    day_of_era = days - era * 146_097
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + (3 if shifted < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day


def weekday(days: int) -> int:
    """ISO weekday (Monday 1 … Sunday 7) of the day ``days`` after 1970-01-01, a Thursday."""
    return (days + 3) % 7 + 1


def iso_week(year: int, month: int, day: int) -> int:
    """ISO 8601 week number (1–53)."""
    days = days_from_civil(year, month, day)
    thursday = days + 4 - weekday(days)
    first = days_from_civil(civil_from_days(thursday)[0], 1, 1)
    return (thursday - first) // 7 + 1
