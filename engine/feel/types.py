"""Types of FEEL: what ``instance of``, typed parameters and DMN's item definitions test.

DMN 1.5 §10.3.2.9 (type conformance, coercion)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from engine.feel.temporal import Date
from engine.feel.values import Function, Range, Value, kind


class Type(Protocol):
    """A set of values. Every type also admits null; ``instance of`` asks that itself."""

    def admits(self, value: Value, *, allowed: bool = True) -> bool:
        """Whether a value that is not null belongs to the type; without ``allowed`` the allowed
        values of item definitions are not asked."""
        ...

    def conforms(self, other: Type) -> bool:
        """Whether every value of this type is one of ``other``."""
        ...

    def __str__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Simple:
    """A built-in type without parameters; ``Any`` admits everything."""

    name: str

    def admits(self, value: Value, *, allowed: bool = True) -> bool:
        return self.name == "Any" or kind(value) == self.name

    def conforms(self, other: Type) -> bool:
        other = resolved(other)
        if isinstance(other, Simple):
            return self.name == "Null" or other.name in ("Any", self.name)
        return self.name == "Null"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListType:
    member: Type

    def admits(self, value: Value, *, allowed: bool = True) -> bool:
        return type(value) is list and all(
            item is None or self.member.admits(item, allowed=allowed) for item in value
        )

    def conforms(self, other: Type) -> bool:
        other = resolved(other)
        if isinstance(other, ListType):
            return self.member.conforms(other.member)
        return other in (ANY, Simple("list"))

    def __str__(self) -> str:
        return f"list<{self.member}>"


@dataclass(frozen=True, slots=True)
class RangeType:
    member: Type

    def admits(self, value: Value, *, allowed: bool = True) -> bool:
        return type(value) is Range and all(
            end is None or self.member.admits(end, allowed=allowed)
            for end in (value.low, value.high)
        )

    def conforms(self, other: Type) -> bool:
        other = resolved(other)
        if isinstance(other, RangeType):
            return self.member.conforms(other.member)
        return other in (ANY, Simple("range"))

    def __str__(self) -> str:
        return f"range<{self.member}>"


@dataclass(frozen=True, slots=True)
class ContextType:
    """A context that has at least these entries; ``name`` is what messages call it."""

    fields: tuple[tuple[str, Type], ...]
    name: str = field(default="", compare=False)

    def admits(self, value: Value, *, allowed: bool = True) -> bool:
        return type(value) is dict and all(
            name in value and (value[name] is None or member.admits(value[name], allowed=allowed))
            for name, member in self.fields
        )

    def conforms(self, other: Type) -> bool:
        other = resolved(other)
        if not isinstance(other, ContextType):
            return other in (ANY, Simple("context"))
        own = dict(self.fields)
        return all(name in own and own[name].conforms(kind) for name, kind in other.fields)

    def __str__(self) -> str:
        fields = ", ".join(f"{name}: {kind}" for name, kind in self.fields)
        return self.name or f"context<{fields}>"


@dataclass(frozen=True, slots=True)
class FunctionType:
    parameters: tuple[Type, ...]
    result: Type

    def admits(self, value: Value, *, allowed: bool = True) -> bool:
        if isinstance(value, Function):
            return type_of_function(value).conforms(self)
        return kind(value) == "function" and bool(value.takes(len(self.parameters)))

    def conforms(self, other: Type) -> bool:
        other = resolved(other)
        if not isinstance(other, FunctionType):
            return other in (ANY, Simple("function"))
        return (
            len(self.parameters) == len(other.parameters)
            and all(
                wanted.conforms(own)
                for own, wanted in zip(self.parameters, other.parameters, strict=True)
            )
            and self.result.conforms(other.result)
        )

    def __str__(self) -> str:
        return f"function<{', '.join(map(str, self.parameters))}> -> {self.result}"


@dataclass(frozen=True, slots=True, eq=False)
class Restricted:
    """A base type narrowed to allowed values."""

    name: str
    base: Type
    allows: Callable[[Value], bool]

    def admits(self, value: Value, *, allowed: bool = True) -> bool:
        return self.base.admits(value, allowed=allowed) and (not allowed or self.allows(value))

    def conforms(self, other: Type) -> bool:
        other = resolved(other)
        return other is self or self.base.conforms(other)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False)
class Deferred:
    """A type known by name before it is defined, so that definitions may come in any order."""

    name: str
    resolve: Callable[[], Type]

    def admits(self, value: Value, *, allowed: bool = True) -> bool:
        return self.resolve().admits(value, allowed=allowed)

    def conforms(self, other: Type) -> bool:
        return self.resolve().conforms(other)

    def __str__(self) -> str:
        return self.name


ANY = Simple("Any")
NULL = Simple("Null")
NAMES = (
    "number",
    "string",
    "boolean",
    "date",
    "time",
    "date and time",
    "days and time duration",
    "years and months duration",
    "list",
    "context",
    "function",
    "range",
    "Any",
    "Null",
)
SIMPLE: dict[str, Type] = {name: Simple(name) for name in NAMES}


def resolved(kind: Type) -> Type:
    """The type itself behind references."""
    while isinstance(kind, Deferred):
        kind = kind.resolve()
    return kind


def type_of_function(function: Function) -> FunctionType:
    """The declared type of a function; what is not declared is Null as a result, which fits
    every type, and Any as a parameter, which takes every value."""
    declared = function.types or (None,) * len(function.parameters)
    return FunctionType(tuple(kind or ANY for kind in declared), function.result or NULL)


def coerce(value: Value, wanted: Type | None) -> tuple[bool, Value]:
    """(True, value) when ``value`` belongs to ``wanted`` as it is or after the implicit
    conversions of DMN (to and from a list of one, date to date and time); else (False, None)."""
    if value is None or wanted is None or wanted.admits(value):
        return True, value
    if type(value) is list and len(value) == 1:
        if value[0] is None or wanted.admits(value[0]):
            return True, value[0]
    elif type(value) is not list and wanted.admits([value]):
        return True, [value]
    if type(value) is Date and resolved(wanted) == Simple("date and time"):
        return True, value.midnight()
    return False, None
