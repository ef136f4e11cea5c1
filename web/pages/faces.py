"""A clock as a page shows it: how it stands, why it ends when it ends, and its line of time as a
small SVG (numbers only, drawn by the template)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import Connection

from engine import calendars, clocks
from engine.clocks import Change, Clock, Pause
from engine.errors import Invalid
from web.pages.display import duration

WIDTH = 320
_COLOURS = {
    "running": "bg-blue-lt", "warned": "bg-orange-lt", "breached": "bg-red-lt",
    "paused": "bg-yellow-lt", "met": "bg-green-lt", "late": "bg-red-lt",
    "cancelled": "bg-secondary-lt",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the line: ``kind`` counted, stopped, paused or late; ``title`` says what."""

    kind: str
    x: str
    width: str
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the line: start, warning, due, now, end."""

    kind: str
    x: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Face:
    """What the template draws. ``summary``: the counted time in words; ``pauses`` with names."""

    clock: Clock
    standing: str
    word: str
    colour: str
    sentence: str
    summary: str
    pieces: tuple[Piece, ...]
    marks: tuple[Mark, ...]
    pauses: tuple[tuple[Pause, str], ...]
    changes: tuple[tuple[Change, str], ...]
    soon: timedelta | None
    """So long before its end it is marked: since its warning."""
    suggested: str
    """The due time as an ``<input type=datetime-local>`` wants it."""


def faces(
    conn: Connection, found: Iterable[Clock], now: datetime, zone: ZoneInfo,
    names: Mapping[str, str],
) -> list[Face]:
    """The faces of clocks at ``now``; ``names``: login → name."""
    return [_face(conn, one, now, zone, names) for one in found]


def _face(
    conn: Connection, clock: Clock, now: datetime, zone: ZoneInfo, names: Mapping[str, str]
) -> Face:
    calendar = calendars.of(conn, clock.calendar_key)
    standing = clock.standing(now)
    explained = clocks.explain(calendar, clock)
    try:
        sentence = clocks.sentence(calendar, clock, names)[0]
    except Invalid as error:
        sentence = error.zh
    line = _Line(clock, now, zone)
    return Face(
        clock, standing, _words()[standing], _COLOURS[standing], sentence,
        _summary(clock, explained), line.pieces(explained.spans), line.marks(),
        tuple((one, _who(one.by, names)) for one in clock.pauses),
        tuple((one, _who(one.by, names)) for one in clock.changes),
        clock.due_at - clock.warn_at if clock.warn_at else None,
        f"{clock.due_at.astimezone(zone):%Y-%m-%dT%H:%M}",
    )


def _who(login: str, names: Mapping[str, str]) -> str:
    """A person's name; what acts for nobody is the system."""
    nobody = login.partition(":")[0] in ("system", "timer", "worker", "message")
    return names.get(login, _("系统") if nobody else login)


def _words() -> dict[str, str]:
    return {
        "running": _("计时中"), "warned": _("即将到期"), "breached": _("已超时"),
        "paused": _("已暂停"), "met": _("按时完成"), "late": _("超时完成"),
        "cancelled": _("已取消"),
    }


def _summary(clock: Clock, explained: clocks.Explanation) -> str:
    if explained.amount is None or clock.basis == "fixed":
        return ""
    counted = clocks.amount(clock, explained.counted)[0]
    paused = sum(
        (one.until - one.since for one in clock.pauses if one.until is not None), timedelta(0)
    )
    text = _("计入 %(much)s", much=counted)
    more = _("，暂停 %(much)s", much=duration(paused)) if paused else ""
    return f"{text}{more}"


class _Line:
    """Places moments on a line from the start to the due time, or to where it has come since."""

    def __init__(self, clock: Clock, now: datetime, zone: ZoneInfo) -> None:
        self.clock, self.zone = clock, zone
        self.now = clock.ended_at or now
        reached = [clock.due_at, self.now] if clock.ended_at or now > clock.due_at else [
            clock.due_at]
        self.start = clock.started_at
        self.end = max(*reached, self.start + timedelta(minutes=1))

    def pieces(self, spans: Iterable[clocks.Span]) -> tuple[Piece, ...]:
        found = [
            self._piece(one.kind, one.start, one.end, "、".join(zh for zh, _en in one.reasons))
            for one in spans
        ]
        last = self.clock.pauses[-1] if self.clock.pauses else None
        if last is not None and last.until is None and self.clock.open:
            found.append(self._piece("paused", last.since, self.now, _("暂停中")))
        elif self.now > self.clock.due_at and self.clock.state != "cancelled":
            found.append(self._piece("late", self.clock.due_at, self.now, _("超时")))
        return tuple(found)

    def marks(self) -> tuple[Mark, ...]:
        clock = self.clock
        wanted = [("start", clock.started_at, _("开始")), ("due", clock.due_at, _("到期"))]
        if clock.warn_at is not None and clock.warn_at > clock.started_at:
            wanted.append(("warn", clock.warn_at, _("预警")))
        if clock.ended_at is not None:
            wanted.append(("end", clock.ended_at, _("结束")))
        elif self.start <= self.now <= self.end:
            wanted.append(("now", self.now, _("现在")))
        wanted.sort(key=lambda one: one[1])
        return tuple(Mark(kind, self._x(at), label, at) for kind, at, label in wanted)

    def _piece(self, kind: str, start: datetime, end: datetime, reason: str) -> Piece:
        first, last = self._share(start) * WIDTH, self._share(end) * WIDTH
        title = f"{self._at(start)}–{self._at(end)} {reason or _('计时')}"
        return Piece(kind, f"{first:.1f}", f"{max(last - first, 0.5):.1f}", title)

    def _x(self, at: datetime) -> str:
        return f"{self._share(at) * WIDTH:.1f}"

    def _share(self, at: datetime) -> float:
        share = (at - self.start) / (self.end - self.start)
        return min(1.0, max(0.0, share))

    def _at(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%m-%d %H:%M}"
