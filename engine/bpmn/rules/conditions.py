"""What conditions say together: whether one of them always holds, whether two can hold at once.

Comparisons of a value with literals are tried at every literal, between them and beyond them;
what cannot be read that way counts as a proposition of its own. Null is left out: a comparison
with it is null in FEEL, which stops the token whatever else is drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, pairwise, product
from math import prod

from engine.feel import FeelError, Function, compile_expression
from engine.feel.tree import (
    Between,
    Call,
    Comparison,
    HalfInterval,
    In,
    Interval,
    Literal,
    Logic,
    Name,
    Negation,
    Node,
    Path,
)

Point = Mapping[str, object]
Truth = Callable[[Point], bool]

_MOST_POINTS = 5000
_POSITION = re.compile(r"position=\d+(, )?")
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_OTHER = object()
"""A value that equals no literal."""


def always_one(conditions: Sequence[str], functions: Mapping[str, Function]) -> bool:
    """Whether at every moment one of the conditions is true, as far as it can be proved."""
    known = _Points(conditions, functions)
    return known.readable and all(any(one(at) for one in known.truths) for at in known.points())


def disjoint(
    conditions: Sequence[str], functions: Mapping[str, Function]
) -> frozenset[frozenset[int]]:
    """The pairs (by position) that can be proved never to be true together."""
    known = _Points(conditions, functions)
    if not known.readable:
        return frozenset()
    apart = {frozenset(pair) for pair in combinations(range(len(conditions)), 2)}
    for at in known.points():
        true = [index for index, one in enumerate(known.truths) if one(at)]
        apart -= {frozenset(pair) for pair in combinations(true, 2)}
    return frozenset(apart)


class _Points:
    """Some conditions as functions of the values that tell them apart."""

    def __init__(self, conditions: Sequence[str], functions: Mapping[str, Function]) -> None:
        self.literals: dict[str, set[object]] = {}
        self.ordered: set[str] = set()
        try:
            trees = [
                compile_expression(one.removeprefix("="), functions=functions).tree
                for one in conditions
            ]
        except FeelError:
            trees = []
        self.truths = [self._truth(tree) for tree in trees]
        self.values = {key: self._values(key) for key in self.literals}
        few = prod(len(one) for one in self.values.values()) <= _MOST_POINTS
        self.readable = bool(trees) and few

    def points(self) -> Iterator[Point]:
        for values in product(*self.values.values()):
            yield dict(zip(self.values, values, strict=True))

    def _values(self, key: str) -> list[object]:
        found = self.literals[key]
        if key in self.ordered:
            steps = sorted(one for one in found if isinstance(one, Decimal))
            between = [(one + two) / 2 for one, two in pairwise(steps)]
            return [steps[0] - 1, *steps, *between, steps[-1] + 1]
        if any(isinstance(one, bool) for one in found):
            return [True, False, *(one for one in found if not isinstance(one, bool))]
        return [*found, _OTHER]

    def _truth(self, node: Node) -> Truth:
        if isinstance(node, Literal) and isinstance(node.value, bool):
            value = node.value
            return lambda at: value
        if isinstance(node, Logic):
            parts = [self._truth(one) for one in node.operands]
            together = all if node.conjunction else any
            return lambda at: together(one(at) for one in parts)
        if isinstance(node, Call) and _is_not(node.callee) and len(node.arguments) == 1:
            inner = self._truth(node.arguments[0])
            return lambda at: not inner(at)
        if isinstance(node, Comparison):
            return self._comparison(node.operator, node.left, node.right)
        if isinstance(node, Between):
            low = self._comparison(">=", node.value, node.low)
            high = self._comparison("<=", node.value, node.high)
            return lambda at: low(at) and high(at)
        if isinstance(node, In):
            tests = [self._test(node.value, one) for one in node.tests]
            return lambda at: any(one(at) for one in tests)
        return self._proposition(node)

    def _proposition(self, node: Node) -> Truth:
        key = _key(node)
        self.literals.setdefault(key, set()).update((True, False))
        return lambda at: at[key] is True

    def _test(self, value: Node, test: Node) -> Truth:
        if isinstance(test, HalfInterval):
            return self._comparison(test.operator, value, test.operand)
        if isinstance(test, Interval):
            low = self._comparison(">=" if test.low_included else ">", value, test.low)
            high = self._comparison("<=" if test.high_included else "<", value, test.high)
            return lambda at: low(at) and high(at)
        if _literal(test) is not None:
            return self._comparison("=", value, test)
        return self._proposition(In(0, value, (test,)))

    def _comparison(self, operator: str, left: Node, right: Node) -> Truth:
        if _literal(left) is not None:
            operator, left, right = _FLIPPED[operator], right, left
        found = _literal(right)
        number = found is not None and isinstance(found.value, Decimal)
        if found is None or (operator not in ("=", "!=") and not number):
            return self._opposites(operator, left, right)
        key, value = _key(left), found.value
        self.literals.setdefault(key, set()).add(value)
        if operator not in ("=", "!="):
            self.ordered.add(key)
        return lambda at: _compare(operator, at[key], value)

    def _opposites(self, operator: str, left: Node, right: Node) -> Truth:
        """A comparison of which only the opposite is known."""
        plain = {">=": "<", ">": "<=", "!=": "="}.get(operator, operator)
        inner = self._proposition(Comparison(0, plain, left, right))
        return inner if plain == operator else lambda at: not inner(at)


def _compare(operator: str, one: object, two: object) -> bool:
    if operator == "=":
        return type(one) is type(two) and one == two
    if operator == "!=":
        return type(one) is not type(two) or one != two
    if not isinstance(one, Decimal) or not isinstance(two, Decimal):
        return False
    return {"<": one < two, "<=": one <= two, ">": one > two, ">=": one >= two}[operator]


def _literal(node: Node) -> Literal | None:
    if isinstance(node, Negation):
        inner = _literal(node.operand)
        number = inner is not None and isinstance(inner.value, Decimal)
        return Literal(0, -inner.value) if inner is not None and number else None
    return node if isinstance(node, Literal) else None


def _is_not(node: Node) -> bool:
    return isinstance(node, Name) and node.name == "not"


def _key(node: Node) -> str:
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Path):
        return f"{_key(node.base)}.{node.name}"
    return _POSITION.sub("", repr(node))
