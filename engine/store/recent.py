"""A bounded memory of the most recently used, safe among threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

V = TypeVar("V")


class Recent:
    """Keeps the ``size`` values used last. Values must be immutable or safe to share."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """Return the value of ``key``, made by ``make`` where it is not known.

        Two threads may both make it; the first one's is kept. A ``make`` that raises leaves
        nothing behind.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return cast(V, self._values[key])
        made = make()
        with self._lock:
            value = cast(V, self._values.setdefault(key, made))
            self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)
            return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
