"""Functions of Camunda 8's FEEL that DMN has not and that do not contradict it."""

from __future__ import annotations

import base64
import json
import random
import uuid
from decimal import Decimal
from typing import Any

from engine.feel import regex
from engine.feel.convert import from_json, to_json
from engine.feel.errors import FeelEvaluationError
from engine.feel.registry import builtin
from engine.feel.limits import Meter
from engine.feel.text import short_text
from engine.feel.values import Value


@builtin("is defined(value: any)")
def is_defined(value: Value) -> bool:
    return value is not None


@builtin("get or else(value: any, default: any)")
def get_or_else(value: Value, default: Value) -> Value:
    return default if value is None else value


@builtin("assert(value: any, condition: any, cause?: string)")
def assert_(value: Value, condition: Value, cause: str | None) -> Value:
    if condition is True:
        return value
    shown = cause or short_text(value)
    raise FeelEvaluationError(f"断言不成立：{shown}", f"The assertion does not hold: {shown}")


@builtin("is blank(string: string)")
def is_blank(text: str) -> bool:
    return not text.strip()


@builtin("trim(string: string)")
def trim(text: str) -> str:
    return text.strip()


@builtin("to base64(value: string)")
def to_base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")


@builtin("extract(string: string, pattern: string)", metered=True)
def extract(meter: Meter, text: str, pattern: str) -> list[str]:
    return regex.extract(meter, text, pattern)


@builtin("is empty(list: list)")
def is_empty(items: list[Value]) -> bool:
    return not items


@builtin("partition(list: list, size: number)")
def partition(items: list[Value], size: Decimal) -> list[Any] | None:
    if size != size.to_integral_value() or not 1 <= size <= 1_000_000:
        return None
    step = int(size)
    return [items[start : start + step] for start in range(0, len(items), step)]


@builtin("put(context: context, key: string, value: any)")
def put(context: dict[str, Value], key: str, value: Value) -> dict[str, Value]:
    return {**context, key: value}


@builtin("put all(*contexts: context)")
def put_all(contexts: list[dict[str, Value]]) -> dict[str, Value]:
    return {key: value for context in contexts for key, value in context.items()}


@builtin("from json(value: string)", metered=True)
def from_json_(meter: Meter, text: str) -> Value:
    """Null if the text is no JSON; NaN and infinities are none."""
    meter.tick(len(text) // 16)
    return from_json(json.loads(text, parse_float=Decimal, parse_constant=_refuse))


@builtin("to json(value: any)", metered=True)
def to_json_(meter: Meter, value: Value) -> str:
    if type(value) is list or type(value) is dict:
        meter.weigh(value)
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"))


def _refuse(constant: str) -> Value:
    raise ValueError(constant)


@builtin(
    "fromAi(value: any, description?: string, type?: string, schema?: context, options?: context)"
)
def from_ai(value: Value, *notes: Value) -> Value:
    """The value; the other arguments are notes for tools that read diagrams."""
    return value


@builtin("uuid()")
def uuid_() -> str:
    return str(uuid.uuid4())


@builtin("random number()")
def random_number() -> Decimal:
    """At least 0 and below 1."""
    return Decimal(repr(random.random()))
