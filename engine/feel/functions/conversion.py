"""Conversion functions (DMN 1.5, table 66) and ``not``."""

from __future__ import annotations

import re
from decimal import Decimal

from engine.feel.registry import builtin
from engine.feel.limits import Meter
from engine.feel.text import to_text
from engine.feel.values import DECIMAL128, Value

_NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?", re.A)


@builtin("not(negand: any)")
def not_(value: Value) -> bool | None:
    return not value if type(value) is bool else None


@builtin("string(from: any)", metered=True)
def string(meter: Meter, value: Value) -> str | None:
    if value is None:
        return None
    if type(value) in (list, dict):
        meter.weigh(value)
    return to_text(value)


@builtin("number(from: string, grouping separator?: string, decimal separator?: string)")
def number(text: str, grouping: str | None, separator: str | None) -> Decimal | None:
    if grouping not in (None, " ", ",", ".") or separator not in (None, ".", ","):
        return None
    if grouping is not None and grouping == separator:
        return None
    if grouping:
        text = text.replace(grouping, "")
    if separator:
        text = text.replace(separator, ".")
    if not _NUMBER.fullmatch(text):
        return None
    return DECIMAL128.create_decimal(text)


@builtin("number(from: number)")
def same_number(value: Decimal) -> Decimal:
    return value
