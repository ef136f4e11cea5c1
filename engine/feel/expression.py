"""Compiled expressions and unary tests: what the rest of the product holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from engine.feel import tree
from engine.feel.compiler import Closure, Compiler
from engine.feel.errors import FeelSyntaxError
from engine.feel.functions import BUILTINS
from engine.feel.limits import DEFAULT, Limits, Meter, Remark, too_deep
from engine.feel.name_reader import Outside
from engine.feel.names import Names
from engine.feel.parser import Parser
from engine.feel.scope import Frame
from engine.feel.types import Type
from engine.feel.values import Function, Value

Context = Mapping[str, Any]
_Node = TypeVar("_Node", bound=tree.Node)
_NO_FUNCTIONS: Mapping[str, Function] = {}
_NO_TYPES: Mapping[str, Type] = {}


class Expression:
    """A compiled expression; safe to share between threads. ``variables`` are the free
    top-level names its text reads (functions of the language are not among them);
    ``possible`` are names that may be variables or something else (in filters entries of what
    is filtered, or functions of the language that are not called);
    ``calls`` are names it calls that are no function of the language or given at compilation."""

    __slots__ = ("_closure", "calls", "possible", "text", "tree", "variables")

    def __init__(self, text: str, node: tree.Node, closure: Closure, compiler: Compiler) -> None:
        self.text = text
        self.tree = node
        self._closure = closure
        self.variables = frozenset(compiler.variables)
        self.possible = frozenset(compiler.possible)
        self.calls = frozenset(compiler.calls)

    def evaluate(self, context: Context, *, limits: Limits = DEFAULT) -> Value:
        """The value for these variables (plain JSON or FEEL values). What FEEL cannot compute
        is null; FeelError is raised when a limit is passed or ``assert`` fails."""
        return self.run(Frame(context, None, Meter(limits)))

    def explain(self, context: Context, *, limits: Limits = DEFAULT) -> tuple[Value, list[Remark]]:
        """Like ``evaluate``, with the reasons why parts of the expression became null."""
        remarks: list[Remark] = []
        return self.run(Frame(context, None, Meter(limits, remarks))), remarks

    def run(self, frame: Frame) -> Value:
        """The value in a scope made before; several runs may share its meter."""
        try:
            return self._closure(frame)
        except RecursionError:
            raise too_deep() from None
        except MemoryError:
            raise too_deep() from None


class UnaryTests:
    """A compiled cell of a decision table; ``variables`` and ``possible`` as of Expression."""

    __slots__ = ("_closure", "calls", "possible", "text", "tree", "variables")

    def __init__(self, text: str, node: tree.Tests, closure: Closure, compiler: Compiler) -> None:
        self.text = text
        self.tree = node
        self._closure = closure
        self.variables = frozenset(compiler.variables)
        self.possible = frozenset(compiler.possible)
        self.calls = frozenset(compiler.calls)

    def test(self, value: Any, context: Context, *, limits: Limits = DEFAULT) -> bool | None:
        """Whether ``value`` passes; ``?`` in the text stands for it."""
        frame = Frame(context, None, Meter(limits))
        return self.run(frame.adopt(value), frame)

    def run(self, value: Value, frame: Frame) -> bool | None:
        """Like ``test`` for a FEEL value in a scope made before."""
        try:
            result: bool | None = self._closure(frame.inner({"?": value}))
        except RecursionError:
            raise too_deep() from None
        return result


def compile_expression(
    text: str,
    *,
    names: Iterable[str] = (),
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
    types: Mapping[str, Type] = _NO_TYPES,
    members: Iterable[str] = (),
    unknown_functions: bool = False,
) -> Expression:
    """Compile FEEL. ``names``: variables known from outside (needed for names with operators or
    keywords in them, and for variables that hold functions); ``members``: likewise entries of
    contexts; ``functions``: functions added to the language; ``types``: named types. Calling a
    function that is none of these is an error unless ``unknown_functions``, which leaves it to
    the variables of the evaluation. FeelSyntaxError if ``text`` is not FEEL."""
    outside = _outside(names, functions, types, members)
    if functions or types or unknown_functions:
        return _expression(text, outside, functions, unknown_functions)
    return _cached_expression(text, outside.names, outside.members)


def compile_unary_tests(
    text: str,
    *,
    names: Iterable[str] = (),
    functions: Mapping[str, Function] = _NO_FUNCTIONS,
    types: Mapping[str, Type] = _NO_TYPES,
    members: Iterable[str] = (),
    unknown_functions: bool = False,
) -> UnaryTests:
    """Compile a cell: ``-``, ``not(…)``, or tests separated by commas. As compile_expression."""
    outside = _outside(names, functions, types, members)
    if functions or types or unknown_functions:
        return _unary_tests(text, outside, functions, unknown_functions)
    return _cached_unary_tests(text, outside.names, outside.members)


def compile_uncached(text: str, *, names: Iterable[str] = ()) -> Expression:
    """``compile_expression`` as it is the first time, for measuring."""
    return _expression(text, _outside(names, _NO_FUNCTIONS, _NO_TYPES, ()), _NO_FUNCTIONS)


def _outside(
    names: Iterable[str],
    functions: Mapping[str, Function],
    types: Mapping[str, Type],
    members: Iterable[str],
) -> Outside:
    known = tuple(sorted({*names, *functions}))
    return Outside(known, tuple(sorted(members)), types, _LANGUAGE)


@lru_cache(maxsize=4096)
def _cached_expression(text: str, names: tuple[str, ...], members: tuple[str, ...]) -> Expression:
    return _expression(text, Outside(names, members, _NO_TYPES, _LANGUAGE), _NO_FUNCTIONS)


@lru_cache(maxsize=4096)
def _cached_unary_tests(text: str, names: tuple[str, ...], members: tuple[str, ...]) -> UnaryTests:
    return _unary_tests(text, Outside(names, members, _NO_TYPES, _LANGUAGE), _NO_FUNCTIONS)


def _expression(
    text: str,
    outside: Outside,
    functions: Mapping[str, Function],
    unknown_functions: bool = False,
) -> Expression:
    compiler = Compiler(functions, None if unknown_functions else outside.names)
    node, closure = _compiled(text, Parser.parse, outside, compiler)
    return Expression(text, node, closure, compiler)


def _unary_tests(
    text: str,
    outside: Outside,
    functions: Mapping[str, Function],
    unknown_functions: bool = False,
) -> UnaryTests:
    compiler = Compiler(functions, None if unknown_functions else outside.names)
    node, closure = _compiled(text, Parser.parse_unary_tests, outside, compiler)
    return UnaryTests(text, node, closure, compiler)


def _compiled(
    text: str, parse: Callable[[Parser], _Node], outside: Outside, compiler: Compiler
) -> tuple[_Node, Closure]:
    try:
        node = parse(Parser(text, outside))
        return node, compiler.compile(node)
    except FeelSyntaxError as error:
        raise error.within(text) from None
    except RecursionError:
        raise too_deep() from None


_LANGUAGE = Names((*BUILTINS, "time offset", "start included", "end included"))
