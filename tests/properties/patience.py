"""A limit to what one case may cost: a hang becomes a failure that names the case."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 20
"""Of processor time, so that a busy machine makes no difference."""


class Hung(AssertionError):
    """The case did not come to an end."""


@contextmanager
def patience() -> Iterator[None]:
    """Raise Hung in the block after ``SECONDS`` of processor time."""
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Hung(f"more than {SECONDS} s of processor time")
