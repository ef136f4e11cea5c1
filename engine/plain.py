"""Variables at the door: what comes from outside is plain JSON that PostgreSQL can hold."""

from __future__ import annotations

import math

from engine.errors import Invalid
from engine.model import Json

MAX_DEPTH = 100
MAX_BYTES = 4 * 1024 * 1024
_MAX_INT = 2**63


def variables(values: Json) -> dict[str, Json]:
    """Return ``values`` unchanged if they are a JSON object of names; else raise Invalid.

    Refused with the place: other types than JSON's, NaN and infinities, whole numbers beyond
    64 bits, the NUL character, lone surrogates, more than MAX_DEPTH levels or MAX_BYTES.
    """
    if not isinstance(values, dict):
        raise _invalid("", "应为“变量名: 值”的对象", "must be an object of names and values")
    if _check(values, "", 0) > MAX_BYTES:
        raise _invalid(
            "",
            f"超过 {MAX_BYTES // 1024 // 1024} MB；大的内容请存为附件，变量里只放它的编号",
            f"exceed {MAX_BYTES // 1024 // 1024} MB; keep large content elsewhere",
        )
    return values


def _check(value: Json, place: str, depth: int) -> int:
    """Check ``value`` and return about how many bytes it is."""
    if value is None or isinstance(value, bool):
        return 5
    if isinstance(value, str):
        return _check_text(value, place)
    if isinstance(value, int):
        if not -_MAX_INT <= value < _MAX_INT:
            raise _invalid(place, "整数超过 64 位", "holds a whole number beyond 64 bits")
        return 8
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _invalid(place, "不是有限的数", "holds a number that is not finite")
        return 8
    if depth >= MAX_DEPTH:
        raise _invalid(place, f"嵌套超过 {MAX_DEPTH} 层", f"nests deeper than {MAX_DEPTH}")
    if isinstance(value, list):
        return 2 + sum(_check(item, f"{place}[{n}]", depth + 1) for n, item in enumerate(value))
    if isinstance(value, dict):
        return 2 + sum(_check_entry(key, item, place, depth) for key, item in value.items())
    raise _invalid(
        place, f"类型 {type(value).__name__} 不是 JSON", f"holds a {type(value).__name__}"
    )


def _check_entry(key: object, value: Json, place: str, depth: int) -> int:
    if not isinstance(key, str):
        raise _invalid(place, "名称不是文字", "holds a name that is no text")
    inner = f"{place}.{key}" if place else key
    return _check_text(key, inner) + _check(value, inner, depth + 1)


def _check_text(value: str, place: str) -> int:
    if value.isascii():
        size = len(value)
    else:
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise _invalid(place, "含有残缺的字符", "holds a broken character") from None
    if "\x00" in value:
        raise _invalid(place, "含有空字符（NUL）", "holds the NUL character")
    return size + 2


def _invalid(place: str, zh: str, en: str) -> Invalid:
    zh_place, en_place = (
        (f"变量“{place}”", f"Variable {place!r}") if place else ("变量", "Variables")
    )
    return Invalid(f"{zh_place}{zh}。", f"{en_place} {en}.", place=place)
