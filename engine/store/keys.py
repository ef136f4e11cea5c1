"""Keys: 64-bit integers in blocks of ``tables.KEY_BLOCK`` from one sequence (hi/lo).

A key never repeats; keys of one process rise, keys of several processes interleave. A block
that a crash leaves half used is lost, which costs nothing: the numbers last for ages.
"""

from __future__ import annotations

import threading

from sqlalchemy import Connection

from engine.tables import KEY_BLOCK, keys


class Keys:
    """Gives out keys to all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0
        self._end = 0

    def take(self, conn: Connection) -> int:
        """Return a new key; asks the database once a block."""
        with self._lock:
            if self._next == self._end:
                start = conn.execute(keys.next_value()).scalar_one()
                self._next, self._end = start, start + KEY_BLOCK
            key = self._next
            self._next += 1
            return key
