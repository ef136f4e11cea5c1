"""Months in addresses and on pages."""

from __future__ import annotations

import re
from datetime import date, datetime

from engine.errors import Invalid
from web import session


def asked(text: str) -> date:
    """The first day of the month "2026-03"; of the present one where nothing is asked. Invalid."""
    if not text:
        now = datetime.now(session.engine().zone)
        return date(now.year, now.month, 1)
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    if not found:
        raise Invalid(
            f"月份“{text[:20]}”应写成 2026-03 的样子。",
            f"The month {text[:20]!r} must read like 2026-03.",
        )
    return date(int(found[1]), int(found[2]), 1)


def moved(month: date, by: int) -> date:
    """The first day of the month so many months later."""
    years, rest = divmod(month.month - 1 + by, 12)
    return date(month.year + years, rest + 1, 1)


def begins(month: date) -> datetime:
    """Its first moment, in the zone of the installation."""
    return datetime(month.year, month.month, 1, tzinfo=session.engine().zone)
