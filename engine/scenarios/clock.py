"""The simulated clock of a test case, and FEEL's ``now``/``today`` reading it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from engine.bpmn.timing import TimingError, duration
from engine.bpmn.timing import moment as moment_of
from engine.errors import Invalid
from engine.feel import Function


class Clock:
    """Stands still unless moved. ``now`` is aware, in the zone of the calendar."""

    def __init__(self, zone: ZoneInfo, start: datetime | None = None) -> None:
        self.zone = zone
        self._now = (start or datetime.now(UTC)).astimezone(zone)

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        self._now = moment.astimezone(self.zone)

    def reset(self) -> None:
        """Back to the real present."""
        self.set(datetime.now(UTC))

    def functions(self) -> dict[str, Function]:
        """Stand-ins for FEEL's own functions of the present."""
        def now() -> datetime:
            return self._now

        def today() -> date:
            return self._now.date()

        return {"now": Function("now", (), now), "today": Function("today", (), today)}


def later(moment: datetime, text: str) -> datetime:
    """``moment`` plus an ISO 8601 duration (``PT90M``, ``P3D``, ``P1M``). Raises Invalid."""
    try:
        return duration(text).after(moment)
    except TimingError as error:
        raise Invalid(error.zh, error.en) from error


def instant(text: str) -> datetime:
    """An ISO 8601 moment; one without offset is in FEEL's zone. Raises Invalid."""
    try:
        return moment_of(text)
    except TimingError as error:
        raise Invalid(error.zh, error.en) from error
