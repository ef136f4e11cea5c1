"""Values of constant FEEL: cells of decision tables, what ``range("[1..5]")`` reads."""

from __future__ import annotations

from engine.feel import tree
from engine.feel.compare import order
from engine.feel.errors import FeelError
from engine.feel.limits import Meter
from engine.feel.parser import Outside, Parser
from engine.feel.scope import native
from engine.feel.values import Range, Value

_CONVERSIONS = frozenset({"date", "time", "date and time", "duration"})


def constant_tests(tests: tree.Tests) -> list[Value] | None:
    """The values a cell compares with, if all are constants; None if it must be evaluated."""
    from engine.feel.compiler import Compiler

    if not all(_constant(test) for test in tests.tests):
        return None
    frame = native({}, Meter())
    return [Compiler({}, ()).compile(test)(frame) for test in tests.tests]


def constant_value(node: tree.Node) -> tuple[bool, Value]:
    """(True, value) of a constant expression, else (False, None)."""
    from engine.feel.compiler import Compiler

    if not _constant(node):
        return False, None
    return True, Compiler({}, ()).compile(node)(native({}, Meter()))


def constant_range(text: str) -> Range | None:
    """The range that ``text`` writes with constant ends, or None."""
    from engine.feel.compiler import Compiler

    try:
        node = Parser(text, Outside(tuple(_CONVERSIONS))).parse()
    except FeelError:
        return None
    if not isinstance(node, tree.Interval):
        return None
    if not (_constant(node.low) and _constant(node.high)):
        return None
    value: Value = Compiler({}, ()).compile(node)(native({}, Meter()))
    if type(value) is not Range or value.low is None or value.high is None:
        return None
    return value if order(value.low, value.high) in (-1, 0) else None


def _constant(node: tree.Node) -> bool:
    if isinstance(node, tree.Negation):
        return _constant(node.operand)
    if isinstance(node, tree.HalfInterval):
        return _constant(node.operand)
    if isinstance(node, tree.Interval):
        return _constant(node.low) and _constant(node.high)
    if isinstance(node, tree.ListOf):
        return all(_constant(item) for item in node.items)
    if isinstance(node, tree.Call):
        callee = node.callee
        named = isinstance(callee, tree.Name) and callee.name in _CONVERSIONS
        return named and all(isinstance(item, tree.Literal) for item in node.arguments)
    return isinstance(node, tree.Literal)
