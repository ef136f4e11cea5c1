"""Range functions (DMN 1.5, table 78, after Allen's interval algebra) and ``range()``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.feel.compare import order
from engine.feel.constants import constant_range
from engine.feel.registry import builtin
from engine.feel.values import Range, Value


@dataclass(frozen=True, slots=True)
class _Span:
    low: Value
    high: Value
    low_in: bool
    high_in: bool


_Relation = Callable[[_Span, _Span], bool]


def _span(value: Value) -> _Span:
    if type(value) is Range:
        return _Span(value.low, value.high, value.low_included, value.high_included)
    return _Span(value, value, True, True)


def _less(left: Value, right: Value) -> bool:
    return order(left, right) == -1


def _same(left: Value, right: Value) -> bool:
    return order(left, right) == 0


def _before(a: _Span, b: _Span) -> bool:
    return _less(a.high, b.low) or (_same(a.high, b.low) and not (a.high_in and b.low_in))


def _meets(a: _Span, b: _Span) -> bool:
    return a.high_in and b.low_in and _same(a.high, b.low)


def _reaches(a: _Span, b: _Span) -> bool:
    """a ends at or after the point where b begins."""
    return _less(b.low, a.high) or (_same(b.low, a.high) and a.high_in and b.low_in)


def _overlaps(a: _Span, b: _Span) -> bool:
    return _reaches(a, b) and _reaches(b, a)


def _overlaps_before(a: _Span, b: _Span) -> bool:
    begins = _less(a.low, b.low) or (_same(a.low, b.low) and a.low_in and not b.low_in)
    ends = _less(a.high, b.high) or (_same(a.high, b.high) and (not a.high_in or b.high_in))
    return begins and _reaches(a, b) and ends


def _overlaps_after(a: _Span, b: _Span) -> bool:
    begins = _less(b.low, a.low) or (_same(b.low, a.low) and b.low_in and not a.low_in)
    ends = _less(b.high, a.high) or (_same(b.high, a.high) and (not b.high_in or a.high_in))
    return begins and _reaches(b, a) and ends


def _finishes(a: _Span, b: _Span) -> bool:
    begins = _less(b.low, a.low) or (_same(a.low, b.low) and (not a.low_in or b.low_in))
    return _same(a.high, b.high) and a.high_in == b.high_in and begins


def _starts(a: _Span, b: _Span) -> bool:
    ends = _less(a.high, b.high) or (_same(a.high, b.high) and (not a.high_in or b.high_in))
    return _same(a.low, b.low) and a.low_in == b.low_in and ends


def _includes(a: _Span, b: _Span) -> bool:
    begins = _less(a.low, b.low) or (_same(a.low, b.low) and (a.low_in or not b.low_in))
    ends = _less(b.high, a.high) or (_same(a.high, b.high) and (a.high_in or not b.high_in))
    return begins and ends


def _coincides(a: _Span, b: _Span) -> bool:
    return (
        _same(a.low, b.low)
        and _same(a.high, b.high)
        and (a.low_in, a.high_in) == (b.low_in, b.high_in)
    )


def _swapped(relation: _Relation) -> _Relation:
    return lambda a, b: relation(b, a)


def _relation(name: str, relation: _Relation, forms: str) -> None:
    """Register ``name`` for the argument forms in ``forms``: r range, p point."""

    def evaluate(left: Value, right: Value) -> bool | None:
        if left is None or right is None:
            return None
        form = ("r" if type(left) is Range else "p") + ("r" if type(right) is Range else "p")
        if form not in forms.split():
            return None
        a, b = _span(left), _span(right)
        if order(_known_end(a), _known_end(b)) is None:
            return None
        return relation(a, b)

    for form in forms.split():
        builtin(f"{name}({_PARAMETERS[form]})")(evaluate)


_PARAMETERS = {
    "rr": "range1: any, range2: any",
    "rp": "range: any, point: any",
    "pr": "point: any, range: any",
    "pp": "point1: any, point2: any",
}


def _known_end(span: _Span) -> Value:
    return span.low if span.low is not None else span.high


_relation("before", _before, "pp pr rp rr")
_relation("after", _swapped(_before), "pp pr rp rr")
_relation("meets", _meets, "rr")
_relation("met by", _swapped(_meets), "rr")
_relation("overlaps", _overlaps, "rr")
_relation("overlaps before", _overlaps_before, "rr")
_relation("overlaps after", _overlaps_after, "rr")
_relation("finishes", _finishes, "pr rr")
_relation("finished by", _swapped(_finishes), "rp rr")
_relation("includes", _includes, "rp rr")
_relation("during", _swapped(_includes), "pr rr")
_relation("starts", _starts, "pr rr")
_relation("started by", _swapped(_starts), "rp rr")
_relation("coincides", _coincides, "pp rr")


@builtin("range(from: string)")
def range_(text: str) -> Range | None:
    """The range a literal with constant ends writes; null if it is none or ends before it
    starts."""
    return constant_range(text)
