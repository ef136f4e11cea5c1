"""Sets of characters as intervals of code points, for what RE2's classes cannot say."""

from __future__ import annotations

import sys
from array import array
from functools import lru_cache

import re2

_Interval = tuple[int, int]


@lru_cache(maxsize=128)
def subtract(outer: str, inner: str) -> str:
    """The RE2 class of what ``outer`` matches and ``inner`` does not. Both are RE2 classes."""
    left = _intervals(outer)
    for low, high in _intervals(inner):
        left = [piece for interval in left for piece in _cut(interval, low, high)]
    if not left:
        return r"[^\x{0}-\x{10FFFF}]"
    return "[" + "".join(rf"\x{{{low:X}}}-\x{{{high:X}}}" for low, high in left) + "]"


def _cut(interval: _Interval, low: int, high: int) -> list[_Interval]:
    start, end = interval
    if high < start or low > end:
        return [interval]
    pieces = [(start, low - 1), (high + 1, end)]
    return [piece for piece in pieces if piece[0] <= piece[1]]


def _intervals(pattern: str) -> list[_Interval]:
    try:
        runs = re2.finditer(f"{pattern}+", _universe())
        return [piece for run in runs for piece in _without_surrogates(run.group(0))]
    except re2.error as error:
        raise ValueError("pattern") from error


def _without_surrogates(run: str) -> list[_Interval]:
    low, high = ord(run[0]), ord(run[-1])
    if low < 0xD800 and high > 0xDFFF:
        return [(low, 0xD7FF), (0xE000, high)]
    return [(low, high)]


@lru_cache(maxsize=1)
def _universe() -> str:
    """Every code point but the surrogates, in order."""
    points = array("I", (*range(0xD800), *range(0xE000, 0x110000)))
    return points.tobytes().decode("utf-32-le" if sys.byteorder == "little" else "utf-32-be")
