"""Tree → closures. Each closure takes the ``Frame`` it runs in and returns a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from engine.feel import loops, operators, tree
from engine.feel.calls import Builtin, invoke
from engine.feel.compare import at_most, member
from engine.feel.errors import FeelEvaluationError, FeelSyntaxError, nearest
from engine.feel.functions import BUILTINS
from engine.feel.paths import property_of
from engine.feel.scope import MISSING, Frame
from engine.feel.types import Type, coerce
from engine.feel.values import Function, Value

Closure = Callable[[Frame], Value]
_EXACT = 10**34
"""Integers below it have no more digits than a decimal128."""
_Scope = frozenset[str] | None
"""The names a scope declares; None where only the run knows them (the members of a filter)."""


class Compiler:
    """Compiles one tree. ``known``: names from outside that may be functions, None if any may;
    ``functions``: functions added to the language.

    After ``compile``, ``variables`` are the free names it reads, ``possible`` those that may
    be something else (in filters entries of what is filtered, or functions), and ``calls`` the
    names it calls that are no function of the language."""

    def __init__(self, functions: Mapping[str, Function], known: Iterable[str] | None) -> None:
        self.functions = functions
        self.known = None if known is None else frozenset(known)
        self.variables: set[str] = set()
        self.possible: set[str] = set()
        self.calls: set[str] = set()
        self._scopes: list[_Scope] = []

    def compile(self, node: tree.Node) -> Closure:
        """The closure of ``node`` in the current scope."""
        return _COMPILERS[type(node)](self, node)

    def within(self, scope: _Scope, node: tree.Node) -> Closure:
        """The closure of ``node`` in a further scope."""
        self._scopes.append(scope)
        try:
            return self.compile(node)
        finally:
            self._scopes.pop()

    # names

    def _is_local(self, name: str) -> bool:
        return any(scope is not None and name in scope for scope in self._scopes)

    def _is_open(self) -> bool:
        return None in self._scopes

    def name(self, node: tree.Name) -> Closure:
        name = node.name
        fallback = self.functions.get(name) or BUILTINS.get(name)
        if not self._is_local(name):
            unsure = fallback is not None or self._is_open()
            (self.possible if unsure else self.variables).add(name)
        if not self._scopes and fallback is None:
            return _global(name, node.position)
        return _lookup(name, fallback, node.position)

    def callee(self, node: tree.Node) -> Closure:
        """What is called. Data of the name of a function gives way to the function; a null that
        the expression itself put there does not."""
        if not isinstance(node, tree.Name):
            return self.compile(node)
        name = node.name
        fallback: Any = self.functions.get(name) or BUILTINS.get(name)
        if fallback is None:
            return self._unknown_callee(node)

        def find(frame: Frame) -> Value:
            value = frame.read(name)
            if type(value) is Function or (value is None and not frame.is_outside(name)):
                return value
            return fallback

        return find

    def _unknown_callee(self, node: tree.Name) -> Closure:
        name = node.name
        known = self.known is None or name in self.known
        if not (known or self._is_local(name) or self._is_open()):
            raise self._no_function(node)
        if self._is_local(name):
            return _lookup(name, None, node.position)
        self.calls.add(name)
        return _needed(name, self._no_function(node))

    def _no_function(self, node: tree.Name) -> FeelSyntaxError:
        guess = nearest(node.name, [*BUILTINS, *self.functions, *(self.known or ())])
        zh, en = (f"是不是“{guess}”？", f" Did you mean {guess!r}?") if guess else ("", "")
        return FeelSyntaxError(
            f"第 {node.position + 1} 个字符处的函数“{node.name}”不存在。{zh}",
            f"Character {node.position + 1}: there is no function {node.name!r}.{en}",
            node.position,
            (guess,) if guess else (),
        )

    # values

    def literal(self, node: tree.Literal) -> Closure:
        value = node.value
        return lambda frame: value

    def list_of(self, node: tree.ListOf) -> Closure:
        items = [self.compile(item) for item in node.items]
        return lambda frame: [item(frame) for item in items]

    def context_of(self, node: tree.ContextOf) -> Closure:
        keys = [key for key, _ in node.entries]
        entries = [
            (key, self.within(frozenset(keys[:index]), value))
            for index, (key, value) in enumerate(node.entries)
        ]

        def build(frame: Frame) -> Value:
            made: dict[str, Value] = {}
            inner = frame.inner(made)
            for key, entry in entries:
                made[key] = entry(inner)
            return dict(made)

        return build

    def interval(self, node: tree.Interval) -> Closure:
        low, high = self.compile(node.low), self.compile(node.high)
        return operators.interval(low, high, node.low_included, node.high_included, node.position)

    def half_interval(self, node: tree.HalfInterval) -> Closure:
        return operators.half_interval(node.operator, self.compile(node.operand))

    # operators

    def chain(self, node: tree.Chain) -> Closure:
        rest = [(symbol, self.compile(operand)) for symbol, operand in node.rest]
        return operators.chain(self.compile(node.first), rest, node.position)

    def negation(self, node: tree.Negation) -> Closure:
        return operators.negation(self.compile(node.operand), node.position)

    def logic(self, node: tree.Logic) -> Closure:
        operands = [self.compile(operand) for operand in node.operands]
        return operators.logic(operands, conjunction=node.conjunction)

    def comparison(self, node: tree.Comparison) -> Closure:
        left = self.compile(node.left)
        if isinstance(node.right, tree.Literal) and node.right.value is not None:
            return operators.comparison_with(node.operator, left, node.right.value, node.position)
        return operators.comparison(node.operator, left, self.compile(node.right), node.position)

    def between(self, node: tree.Between) -> Closure:
        value, low, high = map(self.compile, (node.value, node.low, node.high))

        def test(frame: Frame) -> Value:
            subject = value(frame)
            above, below = at_most(low(frame), subject), at_most(subject, high(frame))
            if above is False or below is False:
                return False
            return None if above is None or below is None else True

        return test

    def membership(self, node: tree.In) -> Closure:
        value = self.compile(node.value)
        tests = [self.compile(test) for test in node.tests]

        def test_all(frame: Frame) -> Value:
            subject = value(frame)
            unknown = False
            for test in tests:
                wanted = test(frame)
                if type(wanted) is list:
                    frame.meter.weigh(wanted)
                result = member(subject, wanted)
                if result is True:
                    return True
                unknown = unknown or result is None
            return None if unknown and len(tests) == 1 else False

        return test_all

    def instance_of(self, node: tree.InstanceOf) -> Closure:
        value, wanted = self.compile(node.value), node.type

        def test(frame: Frame) -> Value:
            subject = value(frame)
            if type(subject) is list or type(subject) is dict:
                frame.meter.weigh(subject)
            return subject is not None and wanted.admits(subject, allowed=False)

        return test

    # control

    def if_(self, node: tree.If) -> Closure:
        condition, then, otherwise = map(self.compile, (node.condition, node.then, node.otherwise))
        return lambda frame: then(frame) if condition(frame) is True else otherwise(frame)

    def for_(self, node: tree.For) -> Closure:
        iterators, names = self._iterators(node.iterators)
        body = self.within(names | {"partial"}, node.body)
        return loops.for_(iterators, body, partial=_reads(node, "partial"))

    def quantified(self, node: tree.Quantified) -> Closure:
        iterators, names = self._iterators(node.iterators)
        return loops.quantified(iterators, self.within(names, node.condition), every=node.every)

    def _iterators(
        self, nodes: tuple[tree.Iterator, ...]
    ) -> tuple[list[loops.Iterator], frozenset[str]]:
        names: frozenset[str] = frozenset()
        found: list[loops.Iterator] = []
        for node in nodes:
            domain = self.within(names, node.domain)
            end = self.within(names, node.end) if node.end is not None else None
            found.append(loops.Iterator(node.name, domain, end))
            names |= {node.name}
        return found, names

    # paths, filters, functions

    def path(self, node: tree.Path) -> Closure:
        if not self._scopes:
            raw = self._raw(node)
            if raw is not None:
                return _converted(raw)
        base, name, position = self.compile(node.base), node.name, node.position
        return lambda frame: property_of(base(frame), name, frame.meter, position)

    def _raw(self, node: tree.Node) -> Closure | None:
        """A closure that walks the caller's variables without converting them; None if
        ``node`` is no chain of names."""
        if isinstance(node, tree.Name):
            if node.name in self.functions or node.name in BUILTINS:
                return None
            self.variables.add(node.name)
            return _raw_global(node.name, node.position)
        if not isinstance(node, tree.Path):
            return None
        base = self._raw(node.base)
        return None if base is None else _raw_step(base, node.name, node.position)

    def filter(self, node: tree.Filter) -> Closure:
        base = self.compile(node.base)
        if isinstance(node.condition, tree.Literal):
            return loops.index(base, node.condition.value)
        return loops.filter_(base, self.within(None, node.condition))

    def call(self, node: tree.Call) -> Closure:
        callee = self.callee(node.callee)
        arguments = [self.compile(argument) for argument in node.arguments]
        names, position = node.names, node.position

        def call(frame: Frame) -> Value:
            values = [argument(frame) for argument in arguments]
            return invoke(callee(frame), values, names, frame.meter, position)

        return call

    def definition(self, node: tree.Definition) -> Closure:
        names = tuple(name for name, _ in node.parameters)
        types: tuple[Type | None, ...] = tuple(kind for _, kind in node.parameters)
        if node.external:
            raise _external(node)
        body = self.within(frozenset(names), node.body)

        def define(frame: Frame) -> Value:
            def call(*arguments: Value) -> Value:
                values: dict[str, Value] = {}
                for name, wanted, argument in zip(names, types, arguments, strict=True):
                    if wanted is not None and (type(argument) is list or type(argument) is dict):
                        frame.meter.weigh(argument)
                    fits, value = coerce(argument, wanted)
                    if not fits:
                        return None
                    values[name] = value
                return body(frame.inner(values))

            return Function("", names, call, types=types, native=True)

        return define

    def tests(self, node: tree.Tests) -> Closure:
        """A cell: true, false or null for the input value, which is ``?``."""
        if not node.tests:
            return lambda frame: True
        self._scopes.append(frozenset({"?"}))
        tests = [self._test(test) for test in node.tests]
        self._scopes.pop()
        return operators.any_test(tests, negated=node.negated)

    def _test(self, node: tree.Node) -> Callable[[Frame, Value], Value]:
        closure = self.compile(node)
        asks = _reads(node, "?")
        decides = isinstance(node, _DECIDING)

        def test(frame: Frame, subject: Value) -> Value:
            value = closure(frame)
            if asks and (value is None or type(value) is bool):
                return value
            if decides and type(value) is bool and type(subject) is not bool:
                return value
            if type(value) is list:
                frame.meter.weigh(value)
            return member(subject, value)

        return test


def _external(node: tree.Definition) -> FeelSyntaxError:
    return FeelSyntaxError(
        f"第 {node.position + 1} 个字符处的外部函数（external）不受支持。",
        f"Character {node.position + 1}: external functions are not supported.",
        node.position,
    )


def _global(name: str, position: int) -> Closure:
    def read(frame: Frame) -> Value:
        if frame.parent is not None:
            value = frame.read(name)
        else:
            value = frame.values.get(name, MISSING)
            shape = type(value)
            if shape is int and -_EXACT < value < _EXACT:
                return Decimal(value)
            if shape is not str and value is not MISSING:
                return frame.adopt(value)
        return value if value is not MISSING else _unknown(frame, name, position)

    return read


def _lookup(name: str, fallback: Function | Builtin | None, position: int) -> Closure:
    def read(frame: Frame) -> Value:
        value = frame.read(name)
        if value is not MISSING:
            return value
        return fallback if fallback is not None else _unknown(frame, name, position)

    return read


def _needed(name: str, error: FeelSyntaxError) -> Closure:
    """A function that only the run has; without it the call must not become a silent null."""

    def read(frame: Frame) -> Value:
        value = frame.read(name)
        if value is MISSING:
            raise FeelEvaluationError(error.zh, error.en, error.position)
        return value

    return read


def _raw_global(name: str, position: int) -> Closure:
    def read(frame: Frame) -> Any:
        value = frame.values.get(name, MISSING) if frame.parent is None else frame.read(name)
        return value if value is not MISSING else _unknown(frame, name, position)

    return read


def _raw_step(base: Closure, name: str, position: int) -> Closure:
    def step(frame: Frame) -> Any:
        value = base(frame)
        if type(value) is dict:
            return value[name] if name in value else property_of(value, name, frame.meter, position)
        native = value if frame.parent is not None else frame.adopt(value)
        return property_of(native, name, frame.meter, position)

    return step


def _converted(raw: Closure) -> Closure:
    def read(frame: Frame) -> Value:
        value = raw(frame)
        if type(value) is str or frame.parent is not None:
            return value
        return frame.adopt(value)

    return read


def _unknown(frame: Frame, name: str, position: int) -> None:
    meter = frame.meter
    if meter.warnings is None:
        return
    outer = frame
    known: list[str] = []
    while True:
        known.extend(outer.values)
        if outer.parent is None:
            break
        outer = outer.parent
    guess = nearest(name, known)
    zh, en = (f"是不是“{guess}”？", f" Did you mean {guess!r}?") if guess else ("", "")
    meter.warn(position, f"变量“{name}”没有值。{zh}", f"There is no variable {name!r}.{en}")


def _reads(node: object, name: str) -> bool:
    """Whether ``name`` is read anywhere in the tree."""
    if isinstance(node, tree.Name):
        return node.name == name
    if isinstance(node, tuple):
        return any(_reads(item, name) for item in node)
    if isinstance(node, tree.Node | tree.Iterator):
        slots = [slot for kind in type(node).__mro__ for slot in getattr(kind, "__slots__", ())]
        return any(_reads(getattr(node, slot), name) for slot in slots)
    return False


_DECIDING = (tree.Logic, tree.Comparison, tree.Between, tree.In, tree.Quantified, tree.Call)
"""What in a cell decides by itself when it is boolean and the input is not."""

_COMPILERS: dict[type, Callable[[Any, Any], Closure]] = {
    tree.Literal: Compiler.literal,
    tree.Name: Compiler.name,
    tree.Path: Compiler.path,
    tree.Filter: Compiler.filter,
    tree.Call: Compiler.call,
    tree.Chain: Compiler.chain,
    tree.Negation: Compiler.negation,
    tree.Logic: Compiler.logic,
    tree.Comparison: Compiler.comparison,
    tree.Between: Compiler.between,
    tree.In: Compiler.membership,
    tree.If: Compiler.if_,
    tree.For: Compiler.for_,
    tree.Quantified: Compiler.quantified,
    tree.Definition: Compiler.definition,
    tree.ListOf: Compiler.list_of,
    tree.ContextOf: Compiler.context_of,
    tree.Interval: Compiler.interval,
    tree.HalfInterval: Compiler.half_interval,
    tree.InstanceOf: Compiler.instance_of,
    tree.Tests: Compiler.tests,
}
