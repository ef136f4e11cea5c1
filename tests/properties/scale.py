"""How many random cases: few in every run of the tests, all of them in `make properties`."""

from __future__ import annotations

import os

FULL = os.environ.get("BIHUAN_PROPERTIES") == "full"


def parts(full: int, few: int, size: int) -> list[range]:
    """Seeds in parts, so that several processes share them."""
    count = full if FULL else few
    return [range(first, min(first + size, count)) for first in range(0, count, size)]
