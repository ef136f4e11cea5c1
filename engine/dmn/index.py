"""An index over one column of a decision table: which rules a value can match, as a bit set.

Cells with constants are looked up; only the others are evaluated, and only for the rules that
all columns leave."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal

from engine.feel import UnaryTests
from engine.feel.compare import in_range, member
from engine.feel.constants import constant_tests
from engine.feel.values import Range, Value

_INDEXED = frozenset({str, Decimal, bool, type(None)})
_MAX_CELLS = 400_000
"""Rules times segments up to which number ranges are laid out beforehand."""


class Column:
    """``cells``: the compiled cells of a column, None for "-". ``open``: the rules whose cell
    must be evaluated; ``find`` gives the rules whose cell the value satisfies, or may."""

    def __init__(self, cells: Sequence[UnaryTests | None]) -> None:
        self.cells = cells
        self.open = 0
        self._any = 0
        self._equal: dict[tuple[type, Value], int] = {}
        self._except: dict[tuple[type, Value], int] = {}
        self._negated = 0
        self._null = 0
        ranges: list[tuple[int, Range]] = []
        for number, cell in enumerate(cells):
            self._add(1 << number, cell, ranges)
        self._points, self._segments = _segments(ranges)
        if len(ranges) * (2 * len(self._points) + 1) > _MAX_CELLS:
            self._give_up(ranges)

    def find(self, value: Value) -> int | None:
        """The rules to look at; None if every cell must be evaluated for such a value."""
        shape = type(value)
        if shape not in _INDEXED:
            return None
        if value is None:
            return self._any | self.open | self._null
        key = (shape, value)
        rules = self._any | self.open | self._equal.get(key, 0)
        rules |= self._negated & ~self._except.get(key, 0)
        if shape is Decimal and self._points:
            place = bisect_left(self._points, value)
            exact = place < len(self._points) and self._points[place] == value
            rules |= self._segments[2 * place + exact]
        return rules

    def _add(self, bit: int, cell: UnaryTests | None, ranges: list[tuple[int, Range]]) -> None:
        if cell is None or not cell.tree.tests:
            self._any |= bit
            return
        constants = constant_tests(cell.tree)
        if constants is None or not all(_fits(item, cell.tree.negated) for item in constants):
            self.open |= bit
            return
        if (not cell.tree.negated) == any(member(None, item) is True for item in constants):
            self._null |= bit
        if cell.tree.negated:
            self._negated |= bit
        where = self._except if cell.tree.negated else self._equal
        for item in constants:
            if type(item) is Range and item.operator != "=":
                ranges.append((bit, item))
            else:
                constant = item.low if type(item) is Range else item
                key = (type(constant), constant)
                where[key] = where.get(key, 0) | bit

    def _give_up(self, ranges: Sequence[tuple[int, Range]]) -> None:
        for bit, _ in ranges:
            self.open |= bit
        self._points, self._segments = [], []


def _fits(constant: Value, negated: bool) -> bool:
    if type(constant) is not Range:
        return type(constant) in _INDEXED
    if constant.operator in ("=", "!="):
        return constant.operator == "=" and type(constant.low) in _INDEXED
    ends = [end for end in (constant.low, constant.high) if end is not None]
    return not negated and all(type(end) is Decimal for end in ends)


def _segments(ranges: Sequence[tuple[int, Range]]) -> tuple[list[Decimal], list[int]]:
    """The ends of all ranges in order, and the rules whose range holds each segment: below the
    first end, at it, between it and the second, at that, …"""
    ends = {end for _, item in ranges for end in (item.low, item.high) if end is not None}
    points = sorted(ends)
    if not points or len(ranges) * (2 * len(points) + 1) > _MAX_CELLS:
        return points, []
    samples = [points[0] - 1]
    for left, right in zip(points, [*points[1:], points[-1] + 2], strict=True):
        samples += [left, (left + right) / 2]
    return points, [sum(bit for bit, item in _distinct(ranges, sample)) for sample in samples]


def _distinct(ranges: Sequence[tuple[int, Range]], sample: Decimal) -> list[tuple[int, Range]]:
    found = {bit: item for bit, item in ranges if in_range(sample, item) is True}
    return list(found.items())
