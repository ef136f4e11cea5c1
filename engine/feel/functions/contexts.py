"""Context functions (DMN 1.5, table 77)."""

from __future__ import annotations

from typing import Any

from engine.feel.registry import builtin
from engine.feel.values import Value

_Context = dict[str, Value]


@builtin("get value(m: context, key: string)")
def get_value(context: _Context, key: str) -> Value:
    return context.get(key)


@builtin("get value(m: context, keys: list)")
def get_value_by_path(context: _Context, keys: list[Value]) -> Value:
    """Camunda 8: the value at a path of keys."""
    value: Value = context
    for key in keys:
        if type(value) is not dict or type(key) is not str:
            return None
        value = value.get(key)
    return value


@builtin("get entries(m: context)")
def get_entries(context: _Context) -> list[_Context]:
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context(entries: list)")
def context(entries: list[Value]) -> _Context | None:
    made: _Context = {}
    for entry in entries:
        if type(entry) is not dict or not {"key", "value"} <= entry.keys():
            return None
        key = entry["key"]
        if type(key) is not str or key in made:
            return None
        made[key] = entry["value"]
    return made


@builtin("context put(context: context, key: string, value: any)")
def context_put(context: _Context, key: str, value: Value) -> _Context:
    return {**context, key: value}


@builtin("context put(context: context, keys: list, value: any)")
def context_put_at(context: _Context, keys: list[Value], value: Value) -> _Context | None:
    if not keys or not all(type(key) is str for key in keys):
        return None
    return _put(context, keys, value)


def _put(context: _Context, keys: list[Any], value: Value) -> _Context | None:
    if len(keys) == 1:
        return {**context, keys[0]: value}
    inner = context.get(keys[0])
    if type(inner) is not dict:
        return None
    changed = _put(inner, keys[1:], value)
    return None if changed is None else {**context, keys[0]: changed}


@builtin("context merge(contexts: list)")
def context_merge(contexts: list[Value]) -> _Context | None:
    if not all(type(context) is dict for context in contexts):
        return None
    return {key: value for context in contexts for key, value in context.items()}
