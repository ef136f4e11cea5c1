"""How many random cases: few in every run of the tests, all of them in `make properties`."""

from __future__ import annotations

import os

FULL = os.environ.get("BIHUAN_PROPERTIES") == "full"
FIRST = int(os.environ.get("BIHUAN_SEED", "0")) * 1_000_000
"""Where the seeds begin: another number plays other cases."""


def parts(full: int, few: int, size: int) -> list[range]:
    """Seeds in parts, so that several processes share them."""
    end = FIRST + (full if FULL else few)
    return [range(first, min(first + size, end)) for first in range(FIRST, end, size)]
