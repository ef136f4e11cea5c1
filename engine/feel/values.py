"""The values of FEEL and their kinds.

null None · boolean bool · number Decimal · string str · list list · context dict · the classes
of ``temporal`` · range Range · function Function. Values are never changed once made."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths

Value = Any

DECIMAL128 = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
"""IEEE 754-2008 decimal128, as DMN 1.5 §10.3.2.3.1 asks."""


@dataclass(frozen=True, slots=True)
class Range:
    """``operator`` is set for a unary comparison: with ``<`` and the like the other end is None
    and means endless; ``=`` and ``!=`` have the value at both ends. Without an operator a null
    end is one that is not known."""

    low: Value
    high: Value
    low_included: bool
    high_included: bool
    operator: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """Something an expression can call. ``call`` gets one FEEL value per parameter and returns
    one (Python numbers, dates and the like are converted, unless ``native`` says that it
    returns FEEL values only); it may raise FeelError to refuse."""

    name: str
    parameters: tuple[str, ...]
    call: Callable[..., Value]
    variadic: bool = False
    types: tuple[Any, ...] = ()
    result: Any = None
    native: bool = False

    def __str__(self) -> str:
        return f"function({', '.join(self.parameters)})"


KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    Date: "date",
    Time: "time",
    DateTime: "date and time",
    YearsMonths: "years and months duration",
    DaysTime: "days and time duration",
    Range: "range",
    Function: "function",
}


def kind(value: Value) -> str:
    """The name of the value's FEEL type; functions of every sort are ``function``."""
    return KINDS.get(type(value)) or "function"
