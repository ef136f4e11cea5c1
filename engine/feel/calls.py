"""Calling functions: overloads of built-ins, named arguments, limits."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.feel.convert import from_json
from engine.feel.limits import Meter
from engine.feel.temporal import OutOfRange
from engine.feel.values import Function, Value, kind


@dataclass(frozen=True, slots=True)
class Parameter:
    """``kinds``: Python classes of the values it takes, empty for any. ``rest``: takes all
    further arguments as a list."""

    name: str
    kinds: frozenset[type] = frozenset()
    optional: bool = False
    rest: bool = False
    nullable: bool = False

    def fits(self, value: Value) -> bool:
        if value is None:
            return self.nullable or self.optional or not self.kinds
        return not self.kinds or type(value) in self.kinds


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a built-in: ``text`` is its signature as documented."""

    text: str
    parameters: tuple[Parameter, ...]
    call: Callable[..., Value]
    metered: bool
    required: int
    rest: bool


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A function of the language with its overloads, tried in order."""

    name: str
    overloads: tuple[Overload, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.overloads[0].parameters)

    def takes(self, count: int) -> bool:
        """Whether it can be called with ``count`` arguments."""
        return any(
            overload.required <= count and (overload.rest or count <= len(overload.parameters))
            for overload in self.overloads
        )

    def __str__(self) -> str:
        return f"function {self.name}"


def invoke(
    function: Any,
    arguments: Sequence[Value],
    names: tuple[str, ...] | None,
    meter: Meter,
    position: int | None = None,
) -> Value:
    """Call ``function``; null (with a warning) where it cannot take the arguments."""
    if type(function) is Builtin:
        return _invoke_builtin(function, arguments, names, meter, position)
    if type(function) is not Function:
        meter.warn(
            position,
            f"这里调用的不是函数，而是{kind(function)}。",
            f"What is called here is no function but {kind(function)}.",
        )
        return None
    ordered = _in_order(function, arguments, names)
    if ordered is None:
        meter.warn(
            position,
            f"函数 {function.name} 需要参数 {', '.join(function.parameters)}。",
            f"{function.name} takes the arguments {', '.join(function.parameters)}.",
        )
        return None
    meter.enter()
    result = function.call(*ordered)
    meter.leave()
    return result if function.native else from_json(result)


def _in_order(
    function: Function, arguments: Sequence[Value], names: tuple[str, ...] | None
) -> Sequence[Value] | None:
    wanted = function.parameters
    if names is not None:
        given = dict(zip(names, arguments, strict=True))
        if given.keys() != set(wanted):
            return None
        return [given[name] for name in wanted]
    if function.variadic:
        return arguments
    return arguments if len(arguments) == len(wanted) else None


def _invoke_builtin(
    function: Builtin,
    arguments: Sequence[Value],
    names: tuple[str, ...] | None,
    meter: Meter,
    position: int | None,
) -> Value:
    meter.tick()
    for overload in function.overloads:
        if names is None:
            bound = _bind(overload, arguments)
        else:
            bound = _bind_named(overload, arguments, names)
        if bound is None:
            continue
        try:
            result = overload.call(meter, *bound) if overload.metered else overload.call(*bound)
        except (decimal.DecimalException, OutOfRange, ValueError, OverflowError):
            result = None
        if result is None and meter.warnings is not None:
            _warn_result(function, arguments, meter, position)
        return meter.made_value(result)
    if meter.warnings is not None:
        _warn_arguments(function, arguments, meter, position)
    return None


def _bind(overload: Overload, arguments: Sequence[Value]) -> list[Value] | None:
    count = len(arguments)
    parameters = overload.parameters
    if count < overload.required:
        return None
    if overload.rest:
        return _bind_rest(overload, arguments)
    if count > len(parameters):
        return None
    bound: list[Value] = []
    for index, parameter in enumerate(parameters):
        if index >= count:
            bound.append(None)
            continue
        value = arguments[index]
        if not parameter.fits(value):
            fits, value = _adapt(parameter, value)
            if not fits:
                return None
        bound.append(value)
    return bound


def _bind_rest(overload: Overload, arguments: Sequence[Value]) -> list[Value] | None:
    fixed = len(overload.parameters) - 1
    bound: list[Value] = []
    for parameter, value in zip(overload.parameters[:fixed], arguments, strict=False):
        fits, value = (True, value) if parameter.fits(value) else _adapt(parameter, value)
        if not fits:
            return None
        bound.append(value)
    rest = overload.parameters[-1]
    others: list[Value] = []
    for value in arguments[fixed:]:
        fits, value = (True, value) if rest.fits(value) else _adapt(rest, value)
        if not fits:
            return None
        others.append(value)
    return [*bound, others]


def _bind_named(
    overload: Overload, arguments: Sequence[Value], names: tuple[str, ...]
) -> list[Value] | None:
    given = dict(zip(names, arguments, strict=True))
    ordered: list[Value] = []
    for parameter in overload.parameters:
        if parameter.name in given:
            value = given.pop(parameter.name)
            if parameter.rest and type(value) is not list:
                value = [value]
        elif parameter.optional:
            value = None
        elif parameter.rest:
            value = []
        else:
            return None
        ordered.append(value)
    if given:
        return None
    if overload.rest:
        return _bind_rest(overload, [*ordered[:-1], *ordered[-1]])
    return _bind(overload, ordered)


def _adapt(parameter: Parameter, value: Value) -> tuple[bool, Value]:
    """The implicit conversions of DMN: a list of one to its member and back."""
    if type(value) is list and len(value) == 1 and type(value[0]) in parameter.kinds:
        return True, value[0]
    if list in parameter.kinds and value is not None:
        return True, [value]
    return False, None


def _warn_arguments(
    function: Builtin, arguments: Sequence[Value], meter: Meter, position: int | None
) -> None:
    given = ", ".join(kind(value) for value in arguments)
    wanted = " | ".join(overload.text for overload in function.overloads)
    meter.warn(
        position,
        f"函数 {function.name} 不接受参数（{given}），应为 {wanted}。",
        f"{function.name} does not take ({given}); it is {wanted}.",
    )


def _warn_result(
    function: Builtin, arguments: Sequence[Value], meter: Meter, position: int | None
) -> None:
    if any(value is None for value in arguments):
        return
    meter.warn(
        position,
        f"函数 {function.name} 对这些参数没有结果。",
        f"{function.name} has no result for these arguments.",
    )
