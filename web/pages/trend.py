"""The line of a figure's months as a small SVG: numbers only, drawn by the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 240, 56
_EDGE = 5


@dataclass(frozen=True, slots=True)
class Trend:
    """``lines`` are the points of unbroken stretches, as SVG writes them; ``dots`` are (x, y)
    of each month that has a value, ``target`` the height of its line."""

    lines: tuple[str, ...]
    dots: tuple[tuple[str, str], ...]
    target: str | None
    width: int = WIDTH
    height: int = HEIGHT


def trend(values: Sequence[Decimal | None], target: Decimal | None) -> Trend:
    """Draw the values from left to right; a month without one breaks the line."""
    known = [float(one) for one in (*values, target) if one is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    reach = high - low or 1.0
    step = (WIDTH - 2 * _EDGE) / max(len(values) - 1, 1)

    def height(value: Decimal) -> str:
        return f"{HEIGHT - _EDGE - (float(value) - low) / reach * (HEIGHT - 2 * _EDGE):.1f}"

    stretches: list[list[tuple[str, str]]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append((f"{_EDGE + n * step:.1f}", height(value)))
    return Trend(
        tuple(" ".join(f"{x},{y}" for x, y in one) for one in stretches if len(one) > 1),
        tuple(dot for one in stretches for dot in one),
        None if target is None else height(target),
    )
