"""A calendar file: read strictly, with every fault named by its place (docs/calendar.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendar.arithmetic import MIDNIGHT, Calendar, Hours, Quiet, Year
from engine.errors import Invalid
from engine.json_file import JsonReader
from engine.model import Finding, Json

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_LONGEST_HOLIDAY_DAYS = 31
_NEXT_YEAR_IS_KNOWN_FROM_MONTH = 11
"""The State Council publishes the next year's arrangement in autumn, mostly in November."""

_OFFICE = ("08:30-12:00", "13:30-17:30")


def parse(content: bytes, filename: str) -> Calendar:
    """The calendar of a ``NAME.calendar.json``; Invalid, its ``findings`` in the details, if
    anything in it is wrong."""
    reader = _Reader(filename)
    calendar = reader.calendar(content)
    if reader.findings or calendar is None:
        first = reader.findings[0]
        raise Invalid(
            f"日历文件 {filename} 有 {len(reader.findings)} 处错误：{first.zh}",
            f"The calendar {filename} has {len(reader.findings)} errors: {first.en}",
            findings=tuple(reader.findings),
        )
    return calendar


def check(content: bytes, filename: str) -> list[Finding]:
    """What is wrong with the file (errors), and which year's holidays are missing (warnings)."""
    reader = _Reader(filename)
    calendar = reader.calendar(content)
    if calendar is None or reader.findings:
        return reader.findings
    today = datetime.now(calendar.zone).date()
    wanted = [today.year]
    if today.month >= _NEXT_YEAR_IS_KNOWN_FROM_MONTH:
        wanted.append(today.year + 1)
    return [_missing(year, filename) for year in wanted if year not in calendar.years]


def plain(zone: str = "Asia/Shanghai") -> Calendar:
    """Monday to Friday 08:30–12:00 and 13:30–17:30, no holidays: before any is deployed."""
    office = tuple(_hours(text) for text in _OFFICE)
    return Calendar(
        name="", zone=ZoneInfo(zone), weekly=(office,) * 5 + ((),) * 2, makeup=office, years={},
    )


def _missing(year: int, filename: str) -> Finding:
    return Finding(
        "calendar-year-missing", "warning", filename,
        f"没有 {year} 年的节假日和调休安排，这一年只按周末计算。",
        f"No holidays and make-up workdays for {year}; only its weekends count.",
        f"在 years 中加入 {year} 年，依据国务院办公厅的放假通知。",
        f"Add {year} to years, from the State Council's notice.",
    )


def _hours(text: str) -> Hours:
    start, end = text.split("-")
    return Hours(_clock(start), MIDNIGHT if end == "24:00" else _clock(end))


def _clock(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


class _Reader(JsonReader):
    rule = "calendar-file"

    def calendar(self, content: bytes) -> Calendar | None:
        data = self._json(content)
        if not self.findings and not isinstance(data, dict):
            self._wrong("", "文件的内容应当是一个对象。", "The file must hold one object.")
        if not isinstance(data, dict):
            return None
        self._keys("", data, {"name", "zone", "hours", "makeupHours", "years", "quiet", "about"})
        zone = self._zone(data.get("zone"))
        weekly = self._weekly(data.get("hours"))
        makeup = self._day("makeupHours", data["makeupHours"]) if "makeupHours" in data else None
        years = self._years(data.get("years", {}))
        quiet = self._quiet(data.get("quiet"))
        name = self._text("name", data.get("name"))
        if self.findings or zone is None:
            return None
        return Calendar(
            name=name, zone=zone, weekly=weekly,
            makeup=makeup or next(hours for hours in weekly if hours),
            years=MappingProxyType(years), quiet=quiet,
        )

    def _keys(self, place: str, data: Mapping[str, Any], known: set[str]) -> None:
        for key in data:
            if key in known:
                continue
            close = get_close_matches(key, known, 1)
            zh = f"未知的键，是否指 {close[0]}？" if close else "未知的键。"
            en = f"Unknown key; did you mean {close[0]}?" if close else "Unknown key."
            self._wrong(f"{place}.{key}".lstrip("."), zh, en)

    def _zone(self, value: Json) -> ZoneInfo | None:
        try:
            return ZoneInfo(value)
        except (KeyError, ValueError, TypeError, OSError):
            self._wrong(
                "zone", f"没有时区 {value!r}，例如 \"Asia/Shanghai\"。",
                f"No time zone {value!r}; write one like \"Asia/Shanghai\".",
            )
            return None

    def _weekly(self, value: Json) -> tuple[tuple[Hours, ...], ...]:
        if not isinstance(value, dict):
            self._wrong("hours", "缺少每周的工作时间。", "The weekly working hours are missing.")
            return ()
        self._keys("hours", value, set(_DAYS))
        weekly = tuple(self._day(f"hours.{day}", value.get(day, [])) for day in _DAYS)
        if not any(weekly) and not self.findings:
            self._wrong("hours", "一周里没有任何工作时间。", "The week has no working hours.")
        return weekly

    def _day(self, place: str, value: Json) -> tuple[Hours, ...]:
        if not isinstance(value, list):
            self._wrong(
                place, "应当是时间段的列表，例如 [\"08:30-12:00\", \"13:30-17:30\"]。",
                "Must be a list of stretches like [\"08:30-12:00\", \"13:30-17:30\"].",
            )
            return ()
        found: list[Hours] = []
        for text in value:
            if not isinstance(text, str) or not _HOURS.fullmatch(text):
                self._wrong(
                    place, f"{text!r} 不是时间段，应写成 08:30-12:00。",
                    f"{text!r} is no stretch of time like 08:30-12:00.",
                )
                continue
            hours = _hours(text)
            if hours.end != MIDNIGHT and hours.end <= hours.start:
                self._wrong(
                    place, f"{text} 的终点不在起点之后；跨夜请写成到 24:00 和次日 00:00 起两段。",
                    f"{text} ends before it starts; write a night as two stretches.",
                )
            if found and (found[-1].end == MIDNIGHT or hours.start < found[-1].end):
                self._wrong(
                    place, f"{text} 与前一段重叠或次序颠倒。",
                    f"{text} overlaps the stretch before it or is out of order.",
                )
            found.append(hours)
        return tuple(found)

    def _quiet(self, value: Json) -> Quiet | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            self._wrong("quiet", "应写成 {\"from\": \"20:00\", \"to\": \"08:00\"}。",
                        "Write {\"from\": \"20:00\", \"to\": \"08:00\"}.")
            return None
        self._keys("quiet", value, {"from", "to"})
        ends = []
        for key in ("from", "to"):
            text = value.get(key)
            if not isinstance(text, str) or not _CLOCK.fullmatch(text):
                self._wrong(f"quiet.{key}", f"{text!r} 不是时刻，应写成 20:00。",
                            f"{text!r} is no time of day like 20:00.")
            else:
                ends.append(_clock(text))
        return Quiet(*ends) if len(ends) == 2 else None

    def _years(self, value: Json) -> dict[int, Year]:
        if not isinstance(value, dict):
            self._wrong("years", "应当是年份到安排的对象。", "Must map years to arrangements.")
            return {}
        years = {}
        for text, data in value.items():
            place = f"years.{text}"
            if not re.fullmatch(r"[12]\d{3}", text):
                self._wrong(place, "不是四位数的年份。", "Not a year of four digits.")
            elif not isinstance(data, dict):
                self._wrong(place, "应当是一个对象。", "Must be an object.")
            else:
                years[int(text)] = self._year(place, int(text), data)
        return years

    def _year(self, place: str, year: int, data: dict[str, Json]) -> Year:
        self._keys(place, data, {"source", "holidays", "workdays"})
        holidays: dict[date, str] = {}
        for at, name, day in self._spans(f"{place}.holidays", data.get("holidays")):
            self._dated(at, day, year, holidays, name)
        workdays: dict[date, str] = {}
        for at, name, day in self._spans(f"{place}.workdays", data.get("workdays")):
            self._dated(at, day, year, workdays, name)
            if day in holidays:
                self._wrong(at, f"{day} 既是假日又是调休上班日。",
                            f"{day} is a holiday and a make-up workday at once.")
        source = data.get("source", "")
        if not isinstance(source, str):
            self._wrong(f"{place}.source", "应当是文字。", "Must be a text.")
        return Year(MappingProxyType(holidays), MappingProxyType(workdays), str(source))

    def _dated(
        self, place: str, day: date, year: int, days: dict[date, str], name: str
    ) -> None:
        if day.year != year:
            self._wrong(place, f"{day} 不在 {year} 年。", f"{day} is not in {year}.")
        if day in days:
            self._wrong(place, f"{day} 写了两次。", f"{day} is given twice.")
        days[day] = name

    def _spans(self, place: str, value: Json) -> Iterator[tuple[str, str, date]]:
        """(place, name, day) for each day of entries ``{"name", "date"}`` or
        ``{"name", "from", "to"}``."""
        if not isinstance(value, list):
            self._wrong(place, "缺少列表（没有时写 []）。", "A list is missing; write [] for none.")
            return
        for n, entry in enumerate(value):
            at = f"{place}[{n}]"
            if not isinstance(entry, dict):
                self._wrong(at, "应当是一个对象。", "Must be an object.")
                continue
            self._keys(at, entry, {"name", "date", "from", "to"})
            name = self._text(f"{at}.name", entry.get("name"))
            for day in self._days(at, entry):
                yield at, name, day

    def _days(self, place: str, entry: dict[str, Json]) -> list[date]:
        if ("date" in entry) == ("from" in entry or "to" in entry):
            self._wrong(place, "应写 date，或者 from 和 to。", "Give either date, or from and to.")
            return []
        first = self._date(f"{place}.from", entry.get("date", entry.get("from")))
        last = self._date(f"{place}.to", entry.get("date", entry.get("to")))
        if first is None or last is None:
            return []
        if not first <= last < first + timedelta(days=_LONGEST_HOLIDAY_DAYS):
            self._wrong(
                place, f"从 {first} 到 {last} 次序颠倒或超过 {_LONGEST_HOLIDAY_DAYS} 天。",
                f"{first} to {last} is out of order or longer than {_LONGEST_HOLIDAY_DAYS} days.",
            )
            return []
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def _date(self, place: str, value: Json) -> date | None:
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self._wrong(place, f"{value!r} 不是日期，应写成 2026-10-01。",
                        f"{value!r} is no date like 2026-10-01.")
            return None
