"""Values as FEEL text: the function ``string()`` and messages."""

from __future__ import annotations

from decimal import Decimal

from engine.feel.errors import FeelLimitError
from engine.feel.lexer import is_identifier
from engine.feel.limits import Limits, Meter, too_deep
from engine.feel.values import DECIMAL128, Range, Value, kind

_OUT = Limits(steps=1_000_000, seconds=5)
_SHORT = Limits(steps=1_000)


def to_text(value: Value) -> str:
    """The value as ``string()`` shows it; strings without quotes."""
    return value if type(value) is str else to_literal(value)


def to_literal(value: Value) -> str:
    """The value as an expression would write it; strings in quotes. FeelLimitError if it has
    more than a million parts or nests too deeply."""
    if type(value) is list or type(value) is dict:
        Meter(_OUT).weigh(value)
    try:
        return _literal(value)
    except RecursionError:
        raise too_deep() from None


def short_text(value: Value, most: int = 40) -> str:
    """The value for a message: at most ``most`` characters, of a large list or context only its
    size."""
    if type(value) is list or type(value) is dict:
        try:
            Meter(_SHORT).weigh(value)
        except FeelLimitError:
            return f"[… {len(value)} …]" if type(value) is list else f"{{… {len(value)} …}}"
    text = to_literal(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def _literal(value: Value) -> str:
    shape = kind(value)
    if shape == "null":
        return "null"
    if shape == "boolean":
        return "true" if value else "false"
    if shape == "number":
        return number_text(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if shape == "list":
        return f"[{', '.join(_literal(item) for item in value)}]"
    if shape == "context":
        return f"{{{', '.join(f'{_key(key)}: {_literal(item)}' for key, item in value.items())}}}"
    if shape == "range":
        return range_text(value)
    return str(value)


def number_text(value: Decimal) -> str:
    """Plain decimal notation without superfluous zeros."""
    return format(value.normalize(DECIMAL128), "f") if value else "0"


def range_text(value: Range) -> str:
    """``[1..5)``; half-open ones as comparisons, ``(>=5)``."""
    if value.operator:
        end = value.high if value.low is None else value.low
        return f"({value.operator}{to_literal(end)})"
    left = "[" if value.low_included else "("
    right = "]" if value.high_included else ")"
    return f"{left}{to_literal(value.low)}..{to_literal(value.high)}{right}"


def _key(key: str) -> str:
    if is_identifier(key) or all(is_identifier(word) for word in key.split(" ")):
        return key
    return to_literal(key)
