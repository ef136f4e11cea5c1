"""What a clock of a case is: a limit with its start, pauses, changes and the rule behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from engine.bpmn.timing import TimingError, duration
from engine.calendar import Calendar
from engine.calendar.limits import after_pause
from engine.model import Basis, Json

State = Literal["running", "paused", "met", "cancelled"]
Standing = Literal["running", "warned", "breached", "paused", "met", "late", "cancelled"]
"""What a reader sees: ``warned`` is near its end, ``breached`` past it, ``late`` met too late."""
Kind = Literal["agreed", "changed", "table", "again", "resumed"]
"""Why a due time moved: the customer agreed to another; a supervisor said so; a new version of
the table; the process asked the table again; the process itself said how far a pause moves it."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood still from ``since`` to ``until`` (None: it still does)."""

    since: datetime
    until: datetime | None
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """The due time went from ``before`` to ``after``. ``consent``: who of the customer agreed,
    by what channel and when (``{by, how, at}``)."""

    at: datetime
    by: str
    kind: Kind
    before: datetime
    after: datetime
    why: str = ""
    consent: dict[str, Json] | None = None

    @property
    def sets(self) -> bool:
        """Whether it set a moment, instead of another span or the consent to the one there is."""
        return self.kind in ("agreed", "changed", "resumed") and self.before != self.after


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a limit comes from: the decision asked, its version and what it was given; the table
    within it whose rule says the span. ``index`` counts from 1; 0: no table."""

    decision: str = ""
    version: int = 0
    table: str = ""
    name: str = ""
    index: int = 0
    id: str = ""
    annotation: str = ""
    inputs: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """``subject``: whose it is where several of a name run. ``span``: an ISO duration, "" where
    a moment was set. ``variable``: what holds the due time in the process. ``due_at`` of a
    paused clock does not contain the pause that lasts. ``calendar_key``: the version of the
    calendar it was computed with; 0: before any was deployed."""

    key: int
    case_id: int
    instance_key: int
    element_id: str
    name: str
    subject: str
    state: State
    basis: Basis
    span: str
    variable: str
    calendar_key: int
    started_at: datetime
    due_at: datetime
    warn_before: str
    ended_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    changes: tuple[Change, ...] = ()
    rule: Rule = Rule()

    @property
    def open(self) -> bool:
        return self.ended_at is None

    @property
    def warn_at(self) -> datetime | None:
        """When its warning comes."""
        length = span_of(self.warn_before)
        return self.due_at - length if length else None

    @property
    def set_by(self) -> Change | None:
        """The change that set the due time to a moment, unless a span was set since."""
        return self.changes[-1] if self.changes and self.changes[-1].sets else None

    @property
    def agreed(self) -> Change | None:
        """The agreement with the customer that the due time comes from."""
        found = next((one for one in reversed(self.changes) if one.kind != "resumed"), None)
        return found if found is not None and found.kind == "agreed" else None

    def standing(self, now: datetime) -> Standing:
        """How it looks at ``now``."""
        if self.state == "met":
            return "late" if self.ended_at is not None and self.ended_at > self.due_at else "met"
        if self.state != "running":
            return self.state
        if now > self.due_at:
            return "breached"
        return "warned" if self.warn_at is not None and now >= self.warn_at else "running"

    def paused(self, at: datetime, by: str, why: str) -> Clock:
        """It stands still from now on."""
        return replace(self, state="paused", pauses=(*self.pauses, Pause(at, None, by, why)))

    def resumed(self, at: datetime, calendar: Calendar) -> Clock:
        """It goes on; what was left is left."""
        last = self.pauses[-1]
        due = after_pause(calendar, self.basis, self.due_at, last.since, at)
        return replace(self._closed(at), state="running", due_at=due)

    def stopped(self, at: datetime, state: State) -> Clock:
        """It is over: "met" or "cancelled"."""
        return replace(self._closed(at), state=state, ended_at=at)

    def moved(self, change: Change) -> Clock:
        """The due time is another."""
        return replace(self, due_at=change.after, changes=(*self.changes, change))

    def with_pauses(self, calendar: Calendar, basis: Basis, due: datetime) -> datetime:
        """Where a limit ends, that without pauses would end at ``due``, after those of this
        clock that are over."""
        for pause in self.pauses:
            if pause.until is not None:
                due = after_pause(calendar, basis, due, pause.since, pause.until)
        return due

    def _closed(self, at: datetime) -> Clock:
        if not self.pauses or self.pauses[-1].until is not None:
            return self
        return replace(self, pauses=(*self.pauses[:-1], replace(self.pauses[-1], until=at)))


def span_of(text: str) -> timedelta | None:
    """The length of an ISO duration without months; None for "" and what is no duration."""
    try:
        found = duration(text)
    except TimingError:
        return None
    return None if found.months else found.rest


def to_row(clock: Clock) -> dict[str, Any]:
    """The clock as a row of ``case_clocks``."""
    row = {one.name: getattr(clock, one.name) for one in fields(clock)}
    row["pauses"] = [
        {"from": one.since, "to": one.until, "by": one.by, "why": one.why} for one in clock.pauses
    ]
    row["changes"] = [_plain(one) for one in clock.changes]
    row["rule"] = _plain(clock.rule)
    return row


def from_row(row: Mapping[str, Any]) -> Clock:
    """The clock of a row, whose moments may be ISO texts."""
    values = {one.name: row[one.name] for one in fields(Clock)}
    for name in ("started_at", "due_at", "ended_at"):
        values[name] = _moment(values[name])
    values["pauses"] = tuple(
        Pause(cast(datetime, _moment(one["from"])), _moment(one["to"]), one["by"], one["why"])
        for one in row["pauses"]
    )
    values["changes"] = tuple(
        Change(**{**one, **{name: _moment(one[name]) for name in ("at", "before", "after")}})
        for one in row["changes"]
    )
    values["rule"] = Rule(**row["rule"])
    return Clock(**values)


def _plain(value: Change | Rule) -> dict[str, Any]:
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
