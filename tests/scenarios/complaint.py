"""The shipped complaint process and its scenarios, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.scenarios import Library, TestCase, load, read

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "processes" / "complaint"


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
