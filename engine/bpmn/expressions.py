"""The texts of a diagram: FEEL where they begin with ``=``, static strings otherwise.

The only module of this room that speaks to engine.feel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from engine.errors import ExpressionFailed, Invalid
from engine.feel import Expression, FeelError, Function, compile_expression, to_json
from engine.feel.limits import Remark
from engine.model import Json

_PLAIN = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class Trouble(ExpressionFailed):
    """An element cannot go on. ``kind`` is Zeebe's error type (IO_MAPPING_ERROR …); the token
    waits with an incident until it is retried."""

    def __init__(self, kind: str, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.kind = kind


class Text:
    """A compiled text. ``what`` names its place in messages, as (zh, en)."""

    __slots__ = ("expression", "source", "static", "what")

    def __init__(
        self, source: str, functions: Mapping[str, Function], what: tuple[str, str]
    ) -> None:
        """Raises engine.feel.FeelSyntaxError."""
        self.source = source
        self.what = what
        self.static: str | None = None
        self.expression: Expression | None = None
        if source.startswith("="):
            self.expression = compile_expression(source[1:], functions=functions)
        else:
            self.static = source

    def evaluate(self, context: Mapping[str, Any], kind: str = "EXTRACT_VALUE_ERROR") -> Json:
        """The value as plain JSON. Raises Trouble of ``kind``."""
        if self.expression is None:
            return self.static
        try:
            return plain(to_json(self.expression.evaluate(context)))
        except FeelError as error:
            raise self._trouble(kind, error.zh, error.en) from None
        except Invalid as error:
            raise self._trouble(kind, error.zh, error.en) from None

    def string(self, context: Mapping[str, Any]) -> str | None:
        """A string or None; numbers become strings. Raises Trouble for anything else."""
        value = self.evaluate(context)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise self.expected("字符串", "a string", value, context)

    def strings(self, context: Mapping[str, Any]) -> tuple[str, ...]:
        """A list of strings; a static or computed string is split at commas."""
        value = self.evaluate(context)
        if value is None:
            return ()
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(dict.fromkeys(value))
        raise self.expected("字符串列表", "a list of strings", value, context)

    def truth(self, context: Mapping[str, Any]) -> bool:
        """A condition's true or false. Raises Trouble for null and anything else."""
        value = self.evaluate(context)
        if isinstance(value, bool):
            return value
        raise self.expected("true 或 false", "true or false", value, context)

    def integer(self, context: Mapping[str, Any]) -> int:
        value = self.evaluate(context)
        if isinstance(value, str) and value.strip().lstrip("-").isdigit():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self.expected("整数", "a whole number", value, context)

    def expected(
        self, zh: str, en: str, value: Json, context: Mapping[str, Any] | None = None
    ) -> Trouble:
        """The Trouble that says what this place needs, what it got, and why it is null where
        FEEL knows (with the ``context`` it was evaluated in)."""
        reason = self._reason(context) if value is None and context is not None else None
        more, more_en = (reason.zh, f" {reason.en}") if reason else ("", "")
        got = short(value)
        return self._trouble(
            "EXTRACT_VALUE_ERROR",
            f"结果应为{zh}，得到的是 {got}。{more}",
            f"it should be {en}, but it is {got}.{more_en}",
        )

    def _reason(self, context: Mapping[str, Any]) -> Remark | None:
        if self.expression is None:
            return None
        try:
            return next(iter(self.expression.explain(context)[1]), None)
        except FeelError:
            return None

    def _trouble(self, kind: str, zh: str, en: str) -> Trouble:
        where_zh, where_en = self.what
        return Trouble(
            kind, f"{where_zh}“{self.source}”：{zh}", f"{where_en} “{self.source}”: {en}"
        )


def known_functions(functions: Mapping[str, Function]) -> dict[str, Function]:
    """``functions`` and those that only diagrams have: Zeebe's ``cycle([repetitions,]
    interval)``, the text of a repeating timer."""
    cycle = Function("cycle", ("repetitions", "interval"), _cycle, variadic=True)
    return {"cycle": cycle, **functions}


def _cycle(*arguments: Any) -> str | None:
    if len(arguments) not in (1, 2):
        return None
    count = None if len(arguments) == 1 else to_json(arguments[0])
    interval = to_json(arguments[-1])
    whole = count is None or (isinstance(count, int) and not isinstance(count, bool))
    if not isinstance(interval, str) or not whole:
        return None
    return f"R{'' if count is None else count}/{interval}"


def plain(value: Json) -> Json:
    """A deep copy of ``value``, proven to be JSON that can be stored. Raises Invalid."""
    try:
        return orjson.loads(orjson.dumps(value, option=_PLAIN))
    except (orjson.JSONEncodeError, orjson.JSONDecodeError) as error:
        raise Invalid(
            f"值不能保存为 JSON（{error}）。只接受空值、布尔、64 位以内的整数、小数、字符串、"
            "列表和以字符串为键的对象；更长的数字请写成字符串。",
            f"The value cannot be stored as JSON ({error}). Only null, booleans, integers of "
            "64 bits, decimals, strings, lists and objects with string keys can; write longer "
            "numbers as strings.",
        ) from None


def variables_of(values: Any) -> dict[str, Json]:
    """``plain`` for a set of variables. Raises Invalid unless it is an object."""
    if not values:
        return {}
    if not isinstance(values, Mapping):
        raise Invalid(
            f"变量应是一个对象，得到的是 {short(values)}。",
            f"Variables must be an object, got {short(values)}.",
        )
    copy: dict[str, Json] = plain(dict(values))
    return copy


def short(value: Json) -> str:
    """A value for a message: JSON, cut after 80 characters."""
    try:
        text = orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def nested(pairs: Iterable[tuple[str, Json]], base: Mapping[str, Json]) -> dict[str, Json]:
    """The variables that (path, value) pairs make. A path ``a.b`` sets ``b`` in a copy of the
    object ``a``: of an earlier pair, else of ``base``, else a new one."""
    made: dict[str, Json] = {}
    for path, value in pairs:
        name, *rest = path.split(".")
        if not rest:
            made[name] = value
            continue
        place = made[name] = _copied(made.get(name, base.get(name)))
        for step in rest[:-1]:
            place[step] = _copied(place.get(step))
            place = place[step]
        place[rest[-1]] = value
    return made


def _copied(value: Json) -> dict[str, Json]:
    return dict(value) if isinstance(value, dict) else {}
