"""When a timer is due: ISO 8601 dates, durations and repeating intervals → instants.

The accepted texts are Zeebe's (docs.camunda.io, "Timer events"): a date-time with offset, zone
or neither (then in the zone of FEEL), ``PnYnMnDTnHnMnS``, ``R[n]/[start/]duration``, cron (in
the zone of FEEL; ``engine.bpmn.cron``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.bpmn import cron
from engine.bpmn.attributes import TimerKind
from engine.feel.zones import Local

_DURATION = re.compile(
    r"(?P<sign>[-+]?)P(?=[\dT])(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?"
    r"(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_MOST_PASSED_OVER = 20_000
"""How many times of a cycle a condition may rule out in a row."""
_ZONED = re.compile(r"(?P<local>[^@\[]+)(?:@(?P<at>[\w/+:-]+)|\[(?P<in>[\w/+:-]+)\])")


class TimingError(ValueError):
    """A text that is no moment, duration or cycle; ``zh``/``en`` say what it should be."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class Duration:
    """Months and days are kept apart from each other, as calendars need it."""

    months: int
    rest: timedelta

    def after(self, moment: datetime) -> datetime:
        """``moment`` plus this duration; the day of the month is cut to the month's length."""
        try:
            return _add_months(moment, self.months) + self.rest
        except (OverflowError, ValueError):
            raise TimingError(
                "时间超出了可表示的范围。", "the time lies beyond what can be represented."
            ) from None

    @property
    def positive(self) -> bool:
        return self.months >= 0 and self.rest >= timedelta(0) and bool(self.months or self.rest)


@dataclass(frozen=True, slots=True)
class Due:
    """An instant, and for cycles what follows: ``every`` is the interval as ISO text or the
    cron text, ``left`` how often it fires from now on, this time included (None: without
    end)."""

    at: datetime
    every: str | None = None
    left: int | None = 1

    def following(self, now: datetime) -> Due | None:
        """The next firing after this one, or None. A counted cycle makes up for each missed
        firing; an endless one skips what has passed, so that a long stop causes no storm."""
        if self.every is None or self.left == 1:
            return None
        if cron.is_cron(self.every):
            return _next_by_cron(self.every, max(self.at, now - timedelta(microseconds=1)))
        step = duration(self.every)
        at = step.after(self.at)
        if self.left is not None:
            return Due(at, self.every, self.left - 1)
        if at < now and not step.months:
            at += ((now - at) // step.rest) * step.rest
            at = at if at > now else at + step.rest
        while at < now:
            at = step.after(at)
        return Due(at, self.every, None)

    def begun(self, now: datetime) -> Due:
        """This firing of a start event that is armed at ``now``: a counted cycle whose start has
        passed begins now instead of making up for what nobody was there to miss."""
        counted = self.every is not None and self.left is not None
        return replace(self, at=now) if counted and self.at < now else self

    def fitting(self, fits: Callable[[datetime], bool]) -> Due:
        """This firing or the next one whose time ``fits``; those passed over do not count.
        Raises TimingError."""
        planned: Due | None = replace(self, left=None)
        for _ in range(_MOST_PASSED_OVER):
            if planned is None:
                break
            if fits(planned.at):
                return replace(planned, left=self.left)
            planned = planned.following(planned.at)
        raise TimingError(
            f"循环“{self.every}”接下来的 {_MOST_PASSED_OVER} 个时间都不满足 timer.condition。",
            f"none of the next {_MOST_PASSED_OVER} times of the cycle “{self.every}” meets its "
            "timer.condition.",
        )


def due(kind: TimerKind, text: object, now: datetime) -> Due:
    """When a timer with this (evaluated) text fires first. Raises TimingError."""
    if not isinstance(text, str) or not text.strip():
        raise TimingError(
            f"需要{_KINDS[kind][0]}，得到的是空值或其他类型。",
            f"{_KINDS[kind][1]} is needed, but it is null or of another type.",
        )
    text = text.strip()
    if kind == "date":
        return Due(moment(text))
    if kind == "duration":
        return Due(duration(text).after(now))
    return _cycle(text, now)


def moment(text: str) -> datetime:
    """A date-time, or a date (its midnight). Raises TimingError."""
    found = _ZONED.fullmatch(text)
    local, name = (found["local"], found["at"] or found["in"]) if found else (text, None)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", local):
            return datetime.combine(date.fromisoformat(local), datetime.min.time(), _zone(name))
        value = datetime.fromisoformat(local)
    except ValueError:
        raise TimingError(
            f"“{text}”不是日期时间（应如 2026-01-31T09:00:00+08:00）。",
            f"“{text}” is no date and time (such as 2026-01-31T09:00:00+08:00).",
        ) from None
    return value if value.tzinfo is not None else value.replace(tzinfo=_zone(name))


def duration(text: str) -> Duration:
    """An ISO 8601 duration. Raises TimingError."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise TimingError(
            f"“{text}”不是时长（应如 PT4H 或 P2D）。",
            f"“{text}” is no duration (such as PT4H or P2D).",
        )
    sign = -1 if found["sign"] == "-" else 1
    part = {name: float(found[name] or 0) for name in ("weeks", "days", "hours", "minutes")}
    try:
        rest = timedelta(**part, seconds=float(found["seconds"] or 0))
    except OverflowError:
        raise TimingError(f"时长“{text}”太长。", f"The duration “{text}” is too long.") from None
    months = int(found["years"] or 0) * 12 + int(found["months"] or 0)
    return Duration(sign * months, sign * rest)


def _cycle(text: str, now: datetime) -> Due:
    if cron.is_cron(text):
        return _next_by_cron(text, now)
    head, *rest = text.split("/")
    if not re.fullmatch(r"R\d*", head) or len(rest) not in (1, 2):
        raise TimingError(
            f"“{text}”不是循环时间（应如 R3/PT1H、R/P1D 或 cron 0 0 9 * * MON-FRI）。",
            f"“{text}” is no repeating interval (such as R3/PT1H or R/P1D) and no cron text "
            "(such as 0 0 9 * * MON-FRI).",
        )
    every = rest[-1]
    step = duration(every)
    if not step.positive or step.rest < timedelta(0):
        raise TimingError(
            f"循环间隔“{every}”必须大于零。", f"The interval “{every}” must be above 0."
        )
    left = int(head[1:]) if head[1:] else None
    if left == 0:
        raise TimingError("循环次数不能为 0。", "A cycle cannot repeat 0 times.")
    if len(rest) == 1:
        return Due(step.after(now), every, left)
    first = Due(moment(rest[0]), every, left)
    if left is None and first.at < now:
        return first.following(now) or first
    return first


def _next_by_cron(text: str, after: datetime) -> Due:
    try:
        return Due(cron.read(text).after(after, Local.zone.tzinfo()), text, None)
    except cron.CronError as error:
        raise TimingError(error.zh, error.en) from None


def _zone(name: str | None) -> tzinfo:
    if name is None:
        return Local.zone.tzinfo()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise TimingError(f"没有时区“{name}”。", f"There is no time zone “{name}”.") from None


def _add_months(moment_: datetime, months: int) -> datetime:
    if not months:
        return moment_
    year, month = divmod(moment_.year * 12 + moment_.month - 1 + months, 12)
    for day in range(moment_.day, 27, -1):
        try:
            return moment_.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment_.replace(year=year, month=month + 1)


def local(moment_: datetime) -> datetime:
    """The same instant in the zone of FEEL."""
    return moment_.astimezone(Local.zone.tzinfo())


def utc(moment_: datetime) -> datetime:
    return moment_.astimezone(UTC)


_KINDS: dict[TimerKind, tuple[str, str]] = {
    "date": ("日期时间", "a date and time"),
    "duration": ("时长", "a duration"),
    "cycle": ("循环时间", "a repeating interval"),
}
