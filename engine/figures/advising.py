"""What stands out in a figure that was taken apart, and what the deployed table advises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from engine import decisions
from engine.errors import NotFound
from engine.figures.reading import Figure
from engine.figures.running import Filters, Part, apart

DECISION = "improvement-advice"
"""The decision that says of ``figure``, ``category``, ``growth`` and ``share`` (fractions; null
where they mean nothing) what to do: a text, null for nothing."""
_MOST = 3
_COUNTS = frozenset({"件", "次", "个"})


@dataclass(frozen=True, slots=True)
class Advice:
    """``before`` is the value of the period before; ``growth`` and ``share`` (of the total, of
    figures that count) are fractions; ``text`` "" where the table says nothing."""

    part: Part
    before: Decimal | None
    growth: Decimal | None
    share: Decimal | None
    text: str


def advise(
    conn: Connection, figure: Figure, filters: Filters, before: Filters, by: Sequence[str],
    parts: Sequence[Part],
) -> tuple[Advice, ...]:
    """On the three that stand out most: of a figure that counts, the ones with the most; of a
    rate or a mean, the ones farthest from their target, or the worst where there is none. Raises
    FigureFailed, ExpressionFailed."""
    known = {one.values: one.value for one in apart(conn, figure, before, by)}
    chosen = [one for one in parts if one.value is not None and None not in one.values]
    counts = figure.unit in _COUNTS
    if not counts:
        chosen = [one for one in chosen if one.reached is not True]
    chosen.sort(key=lambda one: _badness(figure, one), reverse=True)
    total = sum((one.value for one in parts if one.value is not None), Decimal())
    return tuple(
        _advice(conn, figure, filters, by, one, known.get(one.values), total if counts else None)
        for one in chosen[:_MOST]
    )


def _badness(figure: Figure, part: Part) -> Decimal:
    value = part.value or Decimal()
    if figure.unit in _COUNTS:
        return value
    away = value - (part.target or Decimal())
    return -away if figure.rising else away


def _advice(
    conn: Connection, figure: Figure, filters: Filters, by: Sequence[str], part: Part,
    before: Decimal | None, total: Decimal | None,
) -> Advice:
    value = part.value or Decimal()
    growth = (value - before) / before if before else None
    share = value / total if total else None
    places = dict(zip(by, part.values, strict=True))
    text = _said(conn, {
        "figure": figure.id, "category": places.get("category") or filters.chosen.get("category"),
        "growth": None if growth is None else float(growth),
        "share": None if share is None else float(share),
    })
    return Advice(part, before, growth, share, text)


def _said(conn: Connection, seen: Mapping[str, object]) -> str:
    try:
        return str(decisions.decide(conn, DECISION, seen) or "")
    except NotFound:
        return ""
