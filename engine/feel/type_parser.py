"""Types as text: ``number``, ``list<string>``, ``context<a: date>``, ``function<Any> -> Any``.

DMN 1.5 §10.3.1.2, grammar rules 65–70."""

from __future__ import annotations

from collections.abc import Mapping

from engine.feel.errors import FeelSyntaxError, nearest
from engine.feel.stream import Stream
from engine.feel.types import SIMPLE, ContextType, FunctionType, ListType, RangeType, Type

_LONG = ("date and time", "days and time duration", "years and months duration")


def parse_type(stream: Stream, types: Mapping[str, Type]) -> Type:
    """Read one type at the cursor; ``types`` are the named ones. FeelSyntaxError if none."""
    start = stream.index
    long = _long_name(stream)
    if long is not None:
        return SIMPLE[long]
    name = _named(stream, types)
    if name in types:
        return types[name]
    if name in ("list", "range", "context", "function") and stream.at("<"):
        return _generic(stream, name, types)
    if name in SIMPLE:
        return SIMPLE[name]
    raise _unknown(stream.tokens[start].start, name, types)


def _generic(stream: Stream, name: str, types: Mapping[str, Type]) -> Type:
    stream.need("<")
    if name == "context":
        return ContextType(_fields(stream, types))
    if name != "function":
        member = parse_type(stream, types)
        stream.need(">")
        return ListType(member) if name == "list" else RangeType(member)
    parameters: list[Type] = []
    while not stream.take(">"):
        parameters.append(parse_type(stream, types))
        if not stream.at(">"):
            stream.need(",")
    stream.need("->")
    return FunctionType(tuple(parameters), parse_type(stream, types))


def _fields(stream: Stream, types: Mapping[str, Type]) -> tuple[tuple[str, Type], ...]:
    fields: list[tuple[str, Type]] = []
    while not stream.take(">"):
        start = stream.index
        while not stream.at(":"):
            if stream.token.kind == "end":
                stream.fail(":")
            stream.index += 1
        name = stream.spell(start, stream.index)
        stream.need(":")
        fields.append((name.strip('"`'), parse_type(stream, types)))
        if not stream.at(">"):
            stream.need(",")
    return tuple(fields)


def _long_name(stream: Stream) -> str | None:
    for name in _LONG:
        words = name.split()
        found = [token.text for token in stream.tokens[stream.index : stream.index + len(words)]]
        if found == words:
            stream.index += len(words)
            return name
    return None


def _named(stream: Stream, types: Mapping[str, Type]) -> str:
    """The longest known type name here, or one word."""
    if stream.token.kind != "word":
        stream.fail("a type")
    start = stream.index
    best = start + 1
    for end in range(start + 2, min(start + 12, len(stream.tokens))):
        if stream.spell(start, end) in types:
            best = end
    stream.index = best
    return stream.spell(start, best)


def _unknown(position: int, name: str, types: Mapping[str, Type]) -> FeelSyntaxError:
    guess = nearest(name, [*SIMPLE, *types])
    zh, en = (f"是不是“{guess}”？", f" Did you mean {guess!r}?") if guess else ("", "")
    return FeelSyntaxError(
        f"第 {position + 1} 个字符处的类型“{name}”不存在。{zh}",
        f"Character {position + 1}: there is no type {name!r}.{en}",
        position,
        tuple(SIMPLE),
    )
