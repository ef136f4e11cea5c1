"""String functions (DMN 1.5, table 69). Positions count code points from 1."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.feel import regex
from engine.feel.arithmetic import whole
from engine.feel.registry import builtin
from engine.feel.limits import Meter


@builtin("substring(string: string, start position: number, length?: number)")
def substring(text: str, start: Decimal, length: Decimal | None) -> str | None:
    place = whole(start)
    if place == 0 or abs(place) > len(text) or (length is not None and length < 1):
        return None
    begin = place - 1 if place > 0 else len(text) + place
    return text[begin:] if length is None else text[begin : begin + whole(length)]


@builtin("string length(string: string)")
def string_length(text: str) -> Decimal:
    return Decimal(len(text))


@builtin("upper case(string: string)")
def upper_case(text: str) -> str:
    return text.upper()


@builtin("lower case(string: string)")
def lower_case(text: str) -> str:
    return text.lower()


@builtin("substring before(string: string, match: string)")
def substring_before(text: str, match: str) -> str:
    before, found, _ = text.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after(string: string, match: string)")
def substring_after(text: str, match: str) -> str:
    return text.partition(match)[2] if match else text


@builtin("contains(string: string, match: string)")
def contains(text: str, match: str) -> bool:
    return match in text


@builtin("starts with(string: string, match: string)")
def starts_with(text: str, match: str) -> bool:
    return text.startswith(match)


@builtin("ends with(string: string, match: string)")
def ends_with(text: str, match: str) -> bool:
    return text.endswith(match)


@builtin("matches(input: string, pattern: string, flags?: string)", metered=True)
def matches(meter: Meter, text: str, pattern: str, flags: str | None) -> bool:
    return regex.matches(meter, text, pattern, flags or "")


@builtin(
    "replace(input: string, pattern: string, replacement: string, flags?: string)", metered=True
)
def replace(
    meter: Meter, text: str, pattern: str, replacement: str, flags: str | None
) -> str | None:
    return regex.replace(meter, text, pattern, replacement, flags or "")


@builtin("split(string: string, delimiter: string)", metered=True)
def split(meter: Meter, text: str, delimiter: str) -> list[str]:
    return regex.split(meter, text, delimiter)


@builtin("string join(list: list, delimiter?: string)", metered=True)
@builtin(
    "string join(list: list, delimiter: string?, prefix: string?, suffix: string?)", metered=True
)
def string_join(
    meter: Meter,
    items: list[Any],
    delimiter: str | None,
    prefix: str | None = None,
    suffix: str | None = None,
) -> str | None:
    """With ``prefix`` and ``suffix`` it is Camunda 8's."""
    parts = [item for item in items if item is not None]
    if not all(type(part) is str for part in parts):
        return None
    glue, before, after = delimiter or "", prefix or "", suffix or ""
    size = sum(map(len, parts)) + len(glue) * len(parts)
    meter.text(size + len(before) + len(after))
    return f"{before}{glue.join(parts)}{after}"
