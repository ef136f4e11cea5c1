"""Boxed expressions → closures (DMN 1.5 §10.2). Each takes the FEEL scope it runs in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.dmn import elements as dmn
from engine.dmn.item_types import ItemTypes
from engine.dmn.table import Table
from engine.dmn.texts import Closure, Place, Texts, fitted, null, report
from engine.feel import FeelError, loops
from engine.feel.calls import invoke
from engine.feel.loops import index_at
from engine.feel.scope import MISSING, Frame
from engine.feel.types import Type
from engine.feel.values import Function, Value, kind


class Boxes(Texts):
    """Compiles the boxed expressions of one file."""

    def __init__(self, types: ItemTypes, members: Iterable[str]) -> None:
        super().__init__(types, members)
        self.tables: list[tuple[dmn.DecisionTable, Table]] = []

    def within(
        self, names: Mapping[str, Type | None], box: dmn.Boxed | None, *, opened: bool = False
    ) -> Closure:
        """The closure of a box where ``names`` are in scope as well, and others if ``opened``."""
        outer, closed = self.scope, self.closed
        self.scope = {**outer, **names}
        self.closed = closed and not opened
        try:
            return self.compile(box)
        finally:
            self.scope, self.closed = outer, closed

    def compile(self, box: dmn.Boxed | None) -> Closure:
        """The closure of a box, its value brought to the declared type."""
        if box is None:
            return null
        closure = _COMPILERS[type(box)](self, box)
        if isinstance(box, dmn.FunctionDefinition):
            return closure
        return self.typed(closure, box.type_ref, box.id)

    def literal(self, box: dmn.LiteralExpression) -> Closure:
        if box.language.strip("/").lower().rpartition("/")[2] not in _LANGUAGES:
            self.faults.append((Place(box.line, box.id), _other_language(box.language)))
            return null
        place = Place(box.line, box.id)
        return self.expression(box.text, place, self.types.named(box.type_ref))

    def context(self, box: dmn.Context) -> Closure:
        known: dict[str, Type | None] = {}
        entries: list[tuple[str | None, Closure]] = []
        for entry in box.entries:
            value = self.within(known, entry.value)
            entries.append((entry.name, self.typed(value, entry.type_ref, box.id)))
            if entry.name:
                known[entry.name] = self.types.named(entry.type_ref)

        def evaluate(frame: Frame) -> Value:
            made: dict[str, Value] = {}
            inner = frame.inner(made)
            for name, closure in entries:
                value = closure(inner)
                if name is None:
                    return value
                made[name] = value
            return made

        return evaluate

    def invocation(self, box: dmn.Invocation) -> Closure:
        callee = self.compile(box.callee)
        names = tuple(name for name, _ in box.bindings)
        arguments = [self.compile(value) for _, value in box.bindings]
        identity = box.id

        def evaluate(frame: Frame) -> Value:
            function = callee(frame)
            if kind(function) != "function":
                report(frame, "not-a-function", identity, "调用的不是函数。",
                        "What is invoked is no function.")  # fmt: skip
                return None
            values = [argument(frame) for argument in arguments]
            return invoke(function, values, names, frame.meter)

        return evaluate

    def relation(self, box: dmn.Relation) -> Closure:
        names = [name for name, _ in box.columns]
        rows = [
            [
                self.typed(self.compile(cell), reference, cell.id)
                for cell, (_, reference) in zip(row, box.columns, strict=False)
            ]
            for row in box.rows
        ]

        def evaluate(frame: Frame) -> Value:
            return [
                {name: cell(frame) for name, cell in zip(names, row, strict=False)} for row in rows
            ]

        return evaluate

    def list_(self, box: dmn.BoxedList) -> Closure:
        items = [self.compile(item) for item in box.items]
        return lambda frame: [item(frame) for item in items]

    def function(self, box: dmn.FunctionDefinition) -> Closure:
        return self.function_of(box, "", None)

    def function_of(self, box: dmn.FunctionDefinition, name: str, result: str | None) -> Closure:
        """The closure that makes the function ``box`` defines, called ``name``."""
        names = tuple(parameter for parameter, _ in box.parameters)
        types = tuple(self.types.named(reference) for _, reference in box.parameters)
        returned = self.types.named(result or box.type_ref)
        scope = dict(zip(names, types, strict=True))
        body: Closure = null
        if box.kind.upper() == "FEEL":
            body = self.within(scope, box.body)
        else:
            self.faults.append((Place(box.line, box.id), _other_kind(box.kind)))
        identity = box.id

        def define(frame: Frame) -> Value:
            def call(*arguments: Value) -> Value:
                values = _arguments(names, types, arguments, frame, identity)
                if values is None:
                    return None
                return fitted(body(frame.inner(values)), returned, frame, identity)

            return Function(name, names, call, types=types, result=returned, native=True)

        return define

    def conditional(self, box: dmn.Conditional) -> Closure:
        condition, then, otherwise = map(self.compile, (box.condition, box.then, box.otherwise))

        def evaluate(frame: Frame) -> Value:
            chosen = condition(frame)
            if chosen is not None and type(chosen) is not bool:
                return None
            return then(frame) if chosen is True else otherwise(frame)

        return evaluate

    def filter(self, box: dmn.Filter) -> Closure:
        names = dict.fromkeys(("item", *self.members))
        match = self.within(names, box.match, opened=True)
        return _filter(self.compile(box.source), match)

    def iteration(self, box: dmn.Iteration) -> Closure:
        source, body = (
            self.compile(box.source),
            self.within({box.variable: None, "partial": None}, box.body),
        )
        return _iteration(box.kind, box.variable, source, body)

    def table(self, box: dmn.DecisionTable) -> Closure:
        table = Table(self, box)
        self.tables.append((box, table))
        return table.evaluate


def _arguments(
    names: tuple[str, ...],
    types: tuple[Type | None, ...],
    arguments: tuple[Value, ...],
    frame: Frame,
    identity: str,
) -> dict[str, Value] | None:
    values: dict[str, Value] = {}
    for name, wanted, argument in zip(names, types, arguments, strict=True):
        value = fitted(argument, wanted, frame, identity)
        if value is None and argument is not None:
            return None
        values[name] = value
    return values


def _filter(source: Closure, match: Closure) -> Closure:
    def evaluate(frame: Frame) -> Value:
        value = source(frame)
        if value is None:
            return None
        items = value if type(value) is list else [value]
        kept: list[Value] = []
        for item in items:
            frame.meter.tick()
            scope = frame.inner({"item": item})
            result = match(scope.inner(item) if type(item) is dict else scope)
            at = index_at(items, result)
            if at is not MISSING:
                return at
            if result is not None and type(result) is not bool:
                return None
            if result is True:
                kept.append(item)
        return kept

    return evaluate


def _iteration(kind_: str, variable: str, source: Closure, body: Closure) -> Closure:
    iterators = [loops.Iterator(variable, source, None)]
    if kind_ == "for":
        return loops.for_(iterators, body, partial=True)
    return loops.quantified(iterators, body, every=kind_ == "every")


def _other_kind(kind_: str) -> FeelError:
    return FeelError(
        f"函数的种类是 {kind_}；只支持 FEEL 函数。",
        f"The function is of kind {kind_}; only FEEL functions are supported.",
    )


def _other_language(language: str) -> FeelError:
    return FeelError(
        f"表达式语言 {language} 不受支持，只支持 FEEL。",
        f"The expression language {language} is not supported; only FEEL is.",
    )


_LANGUAGES = ("", "feel", "feel:")
_COMPILERS: Mapping[type, Callable[[Any, Any], Closure]] = {
    dmn.LiteralExpression: Boxes.literal,
    dmn.Context: Boxes.context,
    dmn.Invocation: Boxes.invocation,
    dmn.Relation: Boxes.relation,
    dmn.BoxedList: Boxes.list_,
    dmn.FunctionDefinition: Boxes.function,
    dmn.Conditional: Boxes.conditional,
    dmn.Filter: Boxes.filter,
    dmn.Iteration: Boxes.iteration,
    dmn.DecisionTable: Boxes.table,
}
