"""The examples of the calendar's page are true."""

from __future__ import annotations

from pathlib import Path

from engine.calendar import Calendar, functions
from engine.feel import compile_expression

PAGE = Path(__file__).parents[3] / "docs" / "calendar.md"


def test_every_example_holds(calendar: Calendar) -> None:
    block = PAGE.read_text("utf-8").split("```")[1]
    examples = [line for line in block.splitlines() if line.strip()]
    assert len(examples) >= 3
    for example in examples:
        expression = compile_expression(example, functions=functions(calendar))
        assert expression.evaluate({}) is True, example


def test_every_function_is_documented(calendar: Calendar) -> None:
    page = PAGE.read_text("utf-8")
    for name in functions(calendar):
        if " " in name:
            assert f"`{name}(" in page, name
