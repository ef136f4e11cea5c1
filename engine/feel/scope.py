"""Where names get their values while an expression runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.feel.convert import from_json
from engine.feel.limits import Meter
from engine.feel.values import Value

MISSING: Any = object()


class Frame:
    """One scope. The outermost (``parent`` None) holds the caller's variables as they are and
    converts what is read; all others hold FEEL values."""

    __slots__ = ("meter", "parent", "values")

    def __init__(self, values: Mapping[str, Any], parent: Frame | None, meter: Meter) -> None:
        self.values = values
        self.parent = parent
        self.meter = meter

    def inner(self, values: Mapping[str, Value]) -> Frame:
        """A scope within this one."""
        return Frame(values, self, self.meter)

    def read(self, name: str) -> Value:
        """The value of ``name`` in the nearest scope that has it, or MISSING."""
        frame = self
        while frame.parent is not None:
            value = frame.values.get(name, MISSING)
            if value is not MISSING:
                return value
            frame = frame.parent
        value = frame.values.get(name, MISSING)
        return value if value is MISSING else frame.adopt(value)

    def is_outside(self, name: str) -> bool:
        """Whether only the caller's variables, if anything, have ``name``."""
        frame = self
        while frame.parent is not None:
            if name in frame.values:
                return False
            frame = frame.parent
        return True

    def adopt(self, value: Any) -> Value:
        """The FEEL value of a caller's value; lists and contexts are converted once (the cache
        keeps the original, too, so that its id stays its own)."""
        if type(value) is not list and type(value) is not dict:
            return from_json(value)
        cache = self.meter.cache
        known = cache.get(id(value))
        if known is None:
            known = cache[id(value)] = (value, from_json(value))
        return known[1]


def outermost(variables: Mapping[str, Any], meter: Meter) -> Frame:
    """The scope of the caller's variables."""
    return Frame(variables, None, meter)


def native(values: Mapping[str, Value], meter: Meter) -> Frame:
    """An outermost scope whose values are FEEL values already."""
    return Frame(values, Frame({}, None, meter), meter)
