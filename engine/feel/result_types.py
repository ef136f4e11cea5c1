"""The types of functions, operators and properties (DMN 1.5, tables 56–58, 65, §10.3.4)."""

from __future__ import annotations

from engine.feel.types import ANY, SIMPLE, ContextType, ListType, RangeType, Type

_RESULTS: dict[str, tuple[str, ...]] = {
    "number": (
        "count", "decimal", "floor", "ceiling", "round up", "round down", "round half up",
        "round half down", "modulo", "sqrt", "log", "exp", "number", "product", "median",
        "stddev", "string length", "day of year", "week of year", "random number",
    ),
    "string": (
        "string", "substring", "upper case", "lower case", "substring before",
        "substring after", "replace", "string join", "day of week", "month of year", "trim",
        "uuid", "to base64", "to json",
    ),
    "boolean": (
        "not", "contains", "starts with", "ends with", "matches", "list contains", "all", "any",
        "and", "or", "odd", "even", "is", "before", "after", "meets", "met by", "overlaps",
        "overlaps before", "overlaps after", "finishes", "finished by", "includes", "during",
        "starts", "started by", "coincides", "is defined", "is blank", "is empty",
    ),
    "date": ("date", "today", "last day of month"),
    "time": ("time",),
    "date and time": ("date and time", "now"),
    "years and months duration": ("years and months duration",),
    "context": ("context", "context put", "context merge", "put", "put all"),
    "list": (
        "append", "concatenate", "reverse", "union", "flatten", "sort", "sublist", "remove",
        "mode", "partition", "insert before", "list replace", "distinct values",
        "duplicate values", "index of", "get entries",
    ),
}  # fmt: skip

RESULTS: dict[str, Type] = {
    name: SIMPLE[kind] for kind, names in _RESULTS.items() for name in names
}
"""The type of a function's value by its name, where it is always the same."""
RESULTS["split"] = RESULTS["extract"] = ListType(SIMPLE["string"])

_DURATIONS = ("days and time duration", "years and months duration")
_MOMENTS = ("date", "date and time")


def arithmetic_type(symbol: str, left: Type, right: Type) -> Type | None:
    """The type of ``left symbol right``; None if it is not defined."""
    first, second = _single(left), _single(right)
    if "Null" in (first, second):
        return None
    if first == second == "number":
        return SIMPLE["number"]
    if symbol in ("+", "-"):
        return _sum_type(symbol, first, second)
    if symbol == "*" and {first, second} & set(_DURATIONS) and "number" in (first, second):
        return SIMPLE[first if second == "number" else second]
    if symbol == "/" and first in _DURATIONS:
        if second == "number":
            return SIMPLE[first]
        return SIMPLE["number"] if first == second else None
    return None


def property_type(base: Type, name: str) -> Type | None:
    """The type of a property of a date, time, duration or range; None if it has none such."""
    if isinstance(base, RangeType):
        return {"start": base.member, "end": base.member}.get(name) or _RANGE.get(name)
    found = _PROPERTIES.get(str(base), {}).get(name)
    return None if found is None else SIMPLE[found]


def _sum_type(symbol: str, first: str, second: str) -> Type | None:
    if first == second and first in _DURATIONS:
        return SIMPLE[first]
    if first == second == "string":
        return SIMPLE["string"] if symbol == "+" else None
    if second in _DURATIONS and _shifts(first, second):
        return SIMPLE[first]
    if symbol == "+":
        return SIMPLE[second] if first in _DURATIONS and _shifts(second, first) else None
    if first == second == "time" or (first in _MOMENTS and second in _MOMENTS):
        return SIMPLE["days and time duration"]
    return None


def _shifts(moment: str, duration: str) -> bool:
    return moment in _MOMENTS or (moment == "time" and duration == "days and time duration")


def _single(known: Type) -> str:
    """The name of the type; a list counts as its only member, a context by its shape."""
    if isinstance(known, ListType):
        return "list"
    return "context" if isinstance(known, ContextType) else str(known)


_CLOCK = {
    "hour": "number",
    "minute": "number",
    "second": "number",
    "time offset": "days and time duration",
    "timezone": "string",
}
_DAY = {"year": "number", "month": "number", "day": "number", "weekday": "number"}
_PROPERTIES: dict[str, dict[str, str]] = {
    "date": {**_DAY, **_CLOCK},
    "time": _CLOCK,
    "date and time": {**_DAY, **_CLOCK},
    "years and months duration": {"years": "number", "months": "number"},
    "days and time duration": dict.fromkeys(("days", "hours", "minutes", "seconds"), "number"),
    "range": {},
}
_RANGE: dict[str, Type] = {
    "start": ANY,
    "end": ANY,
    "start included": SIMPLE["boolean"],
    "end included": SIMPLE["boolean"],
}
