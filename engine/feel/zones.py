"""Time zones of FEEL values: a fixed offset or a region of the tz database."""

from __future__ import annotations

import datetime as py
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.feel.calendar import DAY_SECONDS, civil_from_days

MAX_OFFSET = 18 * 3600


@dataclass(frozen=True, slots=True)
class Zone:
    """``seconds`` east of UTC, or a ``region`` such as ``Asia/Shanghai`` (then seconds is 0)."""

    seconds: int = 0
    region: str = ""

    def offset(self, local_seconds: int) -> int:
        """Seconds east of UTC at the local time ``local_seconds`` after 1970-01-01T00:00."""
        if not self.region:
            return self.seconds
        return _shift(_moment(local_seconds, _zone_info(self.region)))

    def offset_at(self, utc_seconds: int) -> int:
        """Seconds east of UTC at the instant ``utc_seconds`` after 1970-01-01T00:00Z."""
        if not self.region:
            return self.seconds
        return _shift(_moment(utc_seconds, py.UTC).astimezone(_zone_info(self.region)))

    def tzinfo(self) -> py.tzinfo:
        """The same zone for Python's own datetime."""
        if self.region:
            return _zone_info(self.region)
        return py.timezone(py.timedelta(seconds=self.seconds))

    def __str__(self) -> str:
        if self.region:
            return f"@{self.region}"
        if not self.seconds:
            return "Z"
        minutes, seconds = divmod(abs(self.seconds), 60)
        text = f"{'-' if self.seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
        return f"{text}:{seconds:02}" if seconds else text


UTC = Zone()


def region(key: str) -> Zone | None:
    """The zone of the tz database called ``key``, or None."""
    try:
        _zone_info(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return Zone(region=key)


def from_tzinfo(moment: py.datetime) -> Zone | None:
    """The zone of an aware datetime; None for a naive one."""
    if moment.tzinfo is None:
        return None
    key = getattr(moment.tzinfo, "key", None)
    if isinstance(key, str):
        return Zone(region=key)
    delta = moment.utcoffset()
    return Zone(int(delta.total_seconds())) if delta is not None else None


class Local:
    """The zone of ``now()`` and ``today()``; one per process, set at its start."""

    zone = Zone(region="Asia/Shanghai")


def set_zone(key: str) -> None:
    """Make ``key`` the zone of ``now()`` and ``today()``. ValueError if there is no such zone."""
    zone = region(key)
    if zone is None:
        raise ValueError(f"no time zone {key!r}")
    Local.zone = zone


@lru_cache(maxsize=600)
def _zone_info(key: str) -> ZoneInfo:
    return ZoneInfo(key)


def _moment(seconds: int, zone: py.tzinfo) -> py.datetime:
    days, rest = divmod(seconds, DAY_SECONDS)
    year, month, day = civil_from_days(days)
    return py.datetime(
        _ruled(year), month, day, rest // 3600, rest // 60 % 60, rest % 60, tzinfo=zone
    )


def _shift(moment: py.datetime) -> int:
    delta = moment.utcoffset()
    return 0 if delta is None else int(delta.total_seconds())


def _ruled(year: int) -> int:
    """A year of Python's range with the same calendar; rules of far years repeat every 400."""
    if 1 < year < 9999:
        return year
    return 2000 + year % 400 if year > 0 else 400 + year % 400
