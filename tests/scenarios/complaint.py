"""The shipped complaint process and its scenarios, read once."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

from engine.scenarios import Library, TestCase, load, read

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "processes" / "complaint"

START = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
"""A Monday morning: when the scenarios begin at the earliest."""


@cache
def library() -> Library:
    return load([FOLDER])


@cache
def cases() -> tuple[TestCase, ...]:
    return tuple(
        case
        for path in sorted(FOLDER.glob("*.test.json"))
        for case in read(path.read_bytes(), path.name)
    )
