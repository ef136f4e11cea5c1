from __future__ import annotations

from pathlib import Path

import pytest

from engine.calendar import Calendar, parse

SHIPPED = Path(__file__).parents[3] / "processes" / "default.calendar.json"


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    return parse(SHIPPED.read_bytes(), SHIPPED.name)
