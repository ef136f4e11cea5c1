"""docs/feel.md: every example gives what the page says, and every function has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.feel import compile_expression, compile_unary_tests
from engine.feel.compare import identity
from engine.feel.functions import BUILTINS
from engine.feel.text import to_literal

PAGE = Path(__file__).parents[3] / "docs" / "feel.md"
EXAMPLE = re.compile(r"^\|(?: `[^`]*` \|)? `([^`]+)` \| `([^`]+)` \|$", re.M)


def examples() -> list[tuple[str, str]]:
    return EXAMPLE.findall(PAGE.read_text("utf-8"))


@pytest.mark.parametrize(("text", "value"), examples())
def test_an_example_gives_its_value(text: str, value: str) -> None:
    actual = compile_expression(text).evaluate({})
    expected = compile_expression(value).evaluate({})
    assert identity(actual) == identity(expected), to_literal(actual)


def test_every_function_has_an_example() -> None:
    shown = "\n".join(text for text, _ in examples())
    called = {name for name in BUILTINS if re.search(rf"(?<![\w ]){re.escape(name)}\(", shown)}
    assert set(BUILTINS) - called == set()


def test_every_documented_function_exists() -> None:
    named = re.findall(r"^\| `([A-Za-z][\w ]*)\(", PAGE.read_text("utf-8"), re.M)
    known = {*BUILTINS, "starts with", "date"}
    assert [name for name in named if name not in known] == []


def test_the_cells_of_the_page_compile() -> None:
    section = PAGE.read_text("utf-8").partition("## Unary tests")[2].partition("## Functions")[0]
    cells = re.findall(r"^\| `([^`]+)` \| [^`]", section, re.M)
    assert len(cells) >= 7
    for cell in cells:
        compile_unary_tests(cell)
