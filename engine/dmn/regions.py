"""The input space of a decision table, cut into the pieces that its rules tell apart.

Each column is cut at the constants of its cells: numbers and dates into points and the spans
between them, texts into the constants and "anything else". A rule then is a box of pieces, and
gaps and overlaps are exact."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.dmn.index import Column
from engine.feel import UnaryTests
from engine.feel.compare import member, order
from engine.feel.constants import constant_tests
from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.text import to_literal
from engine.feel.values import Range, Value

_ORDERED = (Decimal, Date, DateTime, Time, DaysTime, YearsMonths)
_MAX_PIECES = 4000


@dataclass(frozen=True, slots=True)
class Axis:
    """One column. ``rules[p]`` are the rules (bit set) whose cell admits piece ``p``; ``labels``
    are (text, is a span) of the pieces in order; ``unknown`` the rules whose cell only the run
    decides: they are in every piece."""

    label: str
    rules: tuple[int, ...]
    labels: tuple[Piece, ...]
    unknown: int

    def describe(self, first: int, last: int) -> str:
        """The pieces ``first`` to ``last`` as a condition."""
        if first == 0 and last == len(self.labels) - 1:
            return ""
        if first == last:
            return f"{self.label} {self.labels[first].text}"
        low, high = self.labels[first], self.labels[last]
        if low.low is None and high.high is None:
            return ""
        if low.low is None:
            return f"{self.label} {'<=' if high.point else '<'} {high.high}"
        if high.high is None:
            return f"{self.label} {'>=' if low.point else '>'} {low.low}"
        left, right = "[" if low.point else "(", "]" if high.point else ")"
        return f"{self.label} in {left}{low.low}..{high.high}{right}"

    @property
    def is_line(self) -> bool:
        """Whether neighbouring pieces touch, so that they may be shown as one span."""
        return len(self.labels) > 1 and any(not piece.point for piece in self.labels)


@dataclass(frozen=True, slots=True)
class Piece:
    """``text``: a condition on the input; ``low``/``high`` its ends on a line, None: endless or
    not on a line; ``point``: it is one value."""

    text: str
    low: str | None
    high: str | None
    point: bool


def axis(label: str, column: Column, allowed: UnaryTests | None) -> Axis | None:
    """The column's axis; None if its constants are of several kinds or too many."""
    constants = [None if cell is None else constant_tests(cell.tree) for cell in column.cells]
    unknown = 0
    known: list[Value] = []
    for number, (cell, values) in enumerate(zip(column.cells, constants, strict=True)):
        if cell is not None and values is None:
            unknown |= 1 << number
        known += values or []
    domain = constant_tests(allowed.tree) if allowed is not None else None
    points = _points([*known, *(domain or [])])
    if points is None:
        return None
    samples = _samples(points)
    if domain and allowed is not None and not allowed.tree.negated:
        samples = [one for one in samples if _admits(one[0], domain, negated=False)]
    if not samples or len(samples) > _MAX_PIECES:
        return None
    rules = tuple(_rules(sample, column, constants, unknown) for sample, _ in samples)
    return Axis(label, rules, tuple(piece for _, piece in samples), unknown)


def _rules(
    sample: Value, column: Column, constants: Sequence[list[Value] | None], unknown: int
) -> int:
    """The rules whose cell admits ``sample`` or only the run decides; by the index where that
    knows all constants."""
    looked_up = column.find(sample) if column.open == unknown else None
    if looked_up is not None:
        return looked_up
    found = unknown
    for number, (cell, values) in enumerate(zip(column.cells, constants, strict=True)):
        if _cell_admits(sample, cell, values):
            found |= 1 << number
    return found


def _cell_admits(sample: Value, cell: UnaryTests | None, values: list[Value] | None) -> bool:
    if cell is None or not cell.tree.tests:
        return True
    return values is not None and _admits(sample, values, negated=cell.tree.negated)


def _admits(sample: Value, constants: Sequence[Value], *, negated: bool) -> bool:
    return any(member(sample, constant) is True for constant in constants) != negated


def _points(constants: Sequence[Value]) -> list[Value] | None:
    """The values at which the rules differ, in order; None if they are not of one kind."""
    ends: list[Value] = []
    spans = False
    for constant in constants:
        if type(constant) is Range:
            spans = spans or constant.operator not in ("=", "!=")
            ends += [end for end in (constant.low, constant.high) if end is not None]
        elif type(constant) is list:
            return None
        elif constant is not None:
            ends.append(constant)
    kinds = {type(end) for end in ends}
    if len(kinds) > 1 or (spans and not kinds <= set(_ORDERED)):
        return None
    distinct: list[Value] = []
    for end in sorted(ends, key=functools.cmp_to_key(lambda a, b: order(a, b) or 0)):
        if not distinct or (order(distinct[-1], end) != 0 and distinct[-1] != end):
            distinct.append(end)
    return distinct if kinds <= {str, bool, *_ORDERED} else None


def _samples(points: list[Value]) -> list[tuple[Value, Piece]]:
    """A value of each piece, and the piece."""
    if points and type(points[0]) is bool:
        return [(value, _point(value)) for value in (True, False)]
    if not points or type(points[0]) is str:
        others = ", ".join(to_literal(point) for point in points[:8])
        more = ", …" if len(points) > 8 else ""
        rest = Piece(f"not({others}{more})" if points else "-", None, None, False)
        return [*((point, _point(point)) for point in points), (_OTHER, rest)]
    samples = [(_beyond(points[0], -1), _open(None, points[0]))]
    for place, point in enumerate(points):
        following = points[place + 1] if place + 1 < len(points) else None
        samples.append((point, _point(point)))
        between = _between(point, following)
        if between is not None:
            samples.append((between, _open(point, following)))
    return samples


_OTHER = "\ufffe anything else \ufffe"


def _point(value: Value) -> Piece:
    text = to_literal(value)
    return Piece(f"= {text}", text, text, True)


def _open(low: Value, high: Value) -> Piece:
    below = None if low is None else to_literal(low)
    above = None if high is None else to_literal(high)
    if below is None:
        return Piece(f"< {above}", None, above, False)
    if above is None:
        return Piece(f"> {below}", below, None, False)
    return Piece(f"in ({below}..{above})", below, above, False)


def _beyond(value: Value, sign: int) -> Value:
    """A value below (-1) or above (1) all constants, where there is room."""
    if type(value) is Decimal:
        return value + sign
    if type(value) is Date:
        return Date.from_days(value.days + sign)
    if type(value) is DateTime:
        return DateTime(Date.from_days(value.date.days + sign), value.time)
    if type(value) is DaysTime:
        return DaysTime(value.nanos + sign * 1_000_000_000)
    if type(value) is YearsMonths:
        return YearsMonths(value.months + sign)
    return Time.from_nanos(0 if sign < 0 else 86_399_999_999_999, value.zone)


def _between(low: Value, high: Value | None) -> Value | None:
    """A value between two neighbours, None if there is none (whole days, months)."""
    if high is None:
        return _beyond(low, 1)
    if type(low) is Decimal:
        return (low + high) / 2
    if type(low) is Date:
        return Date.from_days(low.days + 1) if high.days - low.days > 1 else None
    if type(low) is DateTime:
        return DateTime.from_instant((low.instant + high.instant) // 2, low.zone)
    if type(low) is DaysTime:
        return DaysTime((low.nanos + high.nanos) // 2)
    if type(low) is YearsMonths:
        return YearsMonths(low.months + 1) if high.months - low.months > 1 else None
    return Time.from_nanos((low.nanos + high.nanos) // 2, low.zone)
