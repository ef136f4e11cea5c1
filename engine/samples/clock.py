"""The present of an engine that plays samples."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """Moved from step to step, never beyond now."""

    def __init__(self) -> None:
        self._at: datetime | None = None

    def __call__(self) -> datetime:
        now = datetime.now(UTC)
        return now if self._at is None else min(self._at, now)

    def set(self, at: datetime) -> None:
        self._at = at
