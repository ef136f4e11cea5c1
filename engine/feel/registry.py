"""How a built-in function is declared: by its signature as DMN writes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from engine.feel.calls import Builtin, Overload, Parameter
from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.values import Function, Range

_KINDS: dict[str, tuple[type, ...]] = {
    "any": (),
    "string": (str,),
    "number": (Decimal,),
    "boolean": (bool,),
    "list": (list,),
    "context": (dict,),
    "range": (Range,),
    "function": (Function, Builtin),
    "date": (Date,),
    "time": (Time,),
    "date and time": (DateTime,),
    "days and time duration": (DaysTime,),
    "years and months duration": (YearsMonths,),
    "duration": (DaysTime, YearsMonths),
}
_PARAMETER = re.compile(r"(\*)?([^:?]+)(\?)?: ([^?]+)(\?)?")

Implementation = Callable[..., Any]
_F = TypeVar("_F", bound=Implementation)

BUILTINS: dict[str, Builtin] = {}
"""Every function of the language by name."""


def builtin(*signatures: str, metered: bool = False) -> Callable[[_F], _F]:
    """Register a function under the name in its signatures, tried in order.

    ``name(p: type, q?: type, *rest: type)``; ``type|type`` is a union, ``type?`` takes null. The
    function gets None for what is left out and the meter first when ``metered``; it returns None
    or raises ValueError, OverflowError or DecimalException where FEEL says null."""

    def register(call: _F) -> _F:
        for signature in signatures:
            name, overload = _read(signature, call, metered)
            known = BUILTINS.get(name)
            before = known.overloads if known else ()
            BUILTINS[name] = Builtin(name, (*before, overload))
        return call

    return register


def alias(name: str, existing: str) -> None:
    """Make ``name`` another name of a function."""
    BUILTINS[name] = BUILTINS[existing]


def _read(signature: str, call: Implementation, metered: bool) -> tuple[str, Overload]:
    name, _, rest = signature.partition("(")
    texts = [text for text in rest.removesuffix(")").split(", ") if text]
    parameters = tuple(_parameter(text) for text in texts)
    has_rest = bool(parameters) and parameters[-1].rest
    required = sum(1 for parameter in parameters if not parameter.optional)
    return name, Overload(signature, parameters, call, metered, required, has_rest)


def _parameter(text: str) -> Parameter:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise ValueError(f"bad parameter {text!r}")
    rest, name, optional, kinds, nullable = match.groups()
    classes = frozenset(kind for part in kinds.split("|") for kind in _KINDS[part])
    return Parameter(name, classes, bool(optional), bool(rest), bool(nullable))
