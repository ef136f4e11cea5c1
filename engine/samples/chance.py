"""Chance that repeats itself: what is drawn depends on a text alone, not on what was drawn before.

So a played year comes out the same whatever the number of workers, and one that was broken off
goes on as it would have gone.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """The draws that belong to a text (seed, case, step, moment)."""

    def __init__(self, *about: object) -> None:
        self._random = random.Random("/".join(str(one) for one in about))

    def share(self) -> float:
        """A number from 0 to below 1."""
        return self._random.random()

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def weighted(self, weights: Mapping[str, float]) -> str:
        """One of the keys, each as often as its weight says."""
        return self._random.choices(list(weights), list(weights.values()))[0]

    def among(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        return self._random.choices(options, weights)[0]

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def around(self, low: float, usual: float, high: float) -> float:
        """From ``low`` to ``high``, most often near ``usual``."""
        return self._random.triangular(low, high, usual)
