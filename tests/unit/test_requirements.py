"""The acceptance list in docs/requirements.md: every row once, and all it names exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "requirements.md"
LAST = {
    "A": 8, "B": 5, "C": 2, "D": 10, "E": 6, "F": 4, "G": 3, "H": 4, "I": 6, "J": 7, "K": 1, "L": 4,
}  # fmt: skip
ROWS = [f"{part}{number}" for part, last in LAST.items() for number in range(1, last + 1)]


@cache
def rows() -> dict[str, list[str]]:
    """The cells of each row; a row that stands twice fails here."""
    found: dict[str, list[str]] = {}
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"[A-L]\d+", cells[0]):
            assert cells[0] not in found, f"{cells[0]} stands twice"
            found[cells[0]] = cells
    return found


@cache
def cases(path: Path) -> frozenset[str]:
    return frozenset(one["name"] for one in json.loads(path.read_bytes())["testCases"])


def quoted(text: str) -> Iterator[str]:
    yield from re.findall(r"`([^`]+)`", text)


def test_every_row_stands_there_in_order() -> None:
    assert list(rows()) == ROWS


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_where_it_lives_and_what_shows_it(row: str) -> None:
    _, says, where, shown, _ = rows()[row]
    assert says
    files = [one for one in quoted(where) if "/" in one]
    assert files, "no file named"
    for one in files:
        assert (ROOT / one).is_file(), one
    tests = list(quoted(shown))
    assert tests, "no test named"
    for one in tests:
        _exists(one)


def _exists(shown: str) -> None:
    """A test function, or a test case of a scenario file."""
    if "::" in shown:
        path, name = shown.split("::")
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), shown
        return
    path, name = shown.split(": ", 1)
    assert name in cases(ROOT / "processes" / path), shown
