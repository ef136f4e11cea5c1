"""Looking at an expression without running it: types that conflict, names that are not there.

Only what is certain is reported: a part whose type is not known is never blamed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.feel import tree
from engine.feel.errors import nearest
from engine.feel.limits import Remark
from engine.feel.registry import BUILTINS
from engine.feel.result_types import RESULTS, arithmetic_type, property_type
from engine.feel.types import (
    ANY,
    SIMPLE,
    ContextType,
    FunctionType,
    ListType,
    RangeType,
    Restricted,
    Type,
    resolved,
)
from engine.feel.values import KINDS, kind

Known = Type | None
"""A type, or None where it cannot be known."""
_NUMBER, _BOOLEAN = SIMPLE["number"], SIMPLE["boolean"]


def check(node: tree.Node, types: Mapping[str, Known], *, closed: bool = False) -> list[Remark]:
    """What is certainly wrong in an expression. ``types`` are the variables that are known;
    if ``closed`` there are no others. Remarks are in order of the text."""
    inference = _Inference(types, closed)
    inference.type_of(node)
    return sorted(inference.remarks, key=lambda remark: remark.position or 0)


def type_of(node: tree.Node, types: Mapping[str, Known]) -> Known:
    """The type an expression has, where it can be known."""
    return _Inference(types, closed=False).type_of(node)


class _Inference:
    def __init__(self, types: Mapping[str, Known], closed: bool) -> None:
        self.remarks: list[Remark] = []
        self._types = dict(types)
        self._closed = closed

    def type_of(self, node: tree.Node) -> Known:
        reader = _READERS.get(type(node))
        return None if reader is None else reader(self, node)

    def _within(
        self, types: Mapping[str, Known], node: tree.Node, *, opened: bool = False
    ) -> Known:
        outer, closed = self._types, self._closed
        self._types = {**outer, **types}
        self._closed = closed and not opened
        try:
            return self.type_of(node)
        finally:
            self._types, self._closed = outer, closed

    def _remark(self, node: tree.Node, zh: str, en: str) -> None:
        self.remarks.append(Remark(node.position, zh, en))

    def name(self, node: tree.Name) -> Known:
        if node.name in self._types:
            return self._types[node.name]
        if self._closed and node.name not in BUILTINS:
            guess = nearest(node.name, self._types)
            zh, en = (f"是不是“{guess}”？", f" Did you mean {guess!r}?") if guess else ("", "")
            self._remark(
                node, f"变量“{node.name}”不存在。{zh}", f"There is no variable {node.name!r}.{en}"
            )
        return None

    def path(self, node: tree.Path) -> Known:
        base = _plain(self.type_of(node.base))
        if isinstance(base, ListType):
            member = self._member(node, _plain(base.member))
            return None if member is None else ListType(member)
        return self._member(node, base)

    def _member(self, node: tree.Path, base: Known) -> Known:
        if isinstance(base, ContextType):
            fields = dict(base.fields)
            if node.name in fields:
                return fields[node.name]
            self._missing(node, fields)
            return None
        if base is None or str(base) in ("Any", "context", "list", "Null", "function"):
            return None
        found = property_type(base, node.name)
        if found is None:
            self._remark(
                node, f"{base} 没有属性“{node.name}”。", f"A {base} has no property {node.name!r}."
            )
        return found

    def _missing(self, node: tree.Path, fields: Mapping[str, Type]) -> None:
        guess = nearest(node.name, fields)
        zh, en = (f"是不是“{guess}”？", f" Did you mean {guess!r}?") if guess else ("", "")
        self._remark(
            node,
            f"这个上下文没有“{node.name}”。{zh}",
            f"The context has no entry {node.name!r}.{en}",
        )

    def filter(self, node: tree.Filter) -> Known:
        base = _plain(self.type_of(node.base))
        is_single = base is not None and str(base) != "list"
        member = _plain(base.member) if isinstance(base, ListType) else base if is_single else None
        inner: dict[str, Known] = {"item": member}
        if isinstance(member, ContextType):
            inner |= dict(member.fields)
        condition = self._within(inner, node.condition, opened=member is None)
        if condition == _NUMBER:
            return member
        return ListType(member or ANY) if base is not None and condition == _BOOLEAN else None

    def call(self, node: tree.Call) -> Known:
        arguments = [self.type_of(argument) for argument in node.arguments]
        callee = node.callee
        if not isinstance(callee, tree.Name) or self._types.get(callee.name) is not None:
            return self._called(node)
        if callee.name not in BUILTINS:
            return None
        if node.names is None:
            self._arguments(node, callee.name, arguments)
        return RESULTS.get(callee.name)

    def _called(self, node: tree.Call) -> Known:
        callee = _plain(self.type_of(node.callee))
        return callee.result if isinstance(callee, FunctionType) else None

    def _arguments(self, node: tree.Call, name: str, arguments: list[Known]) -> None:
        overloads = BUILTINS[name].overloads
        for overload in overloads:
            many = overload.rest or len(arguments) <= len(overload.parameters)
            if overload.required <= len(arguments) and many and _may_fit(overload, arguments):
                return
        wanted = " | ".join(overload.text for overload in overloads)
        given = ", ".join("?" if known is None else str(known) for known in arguments)
        self._remark(
            node,
            f"函数 {name} 不接受参数（{given}），应为 {wanted}。",
            f"{name} does not take ({given}); it is {wanted}.",
        )

    def chain(self, node: tree.Chain) -> Known:
        left = _plain(self.type_of(node.first))
        for symbol, operand in node.rest:
            right = _plain(self.type_of(operand))
            if left is None or right is None or ANY in (left, right):
                left = None
                continue
            result = arithmetic_type(symbol, left, right)
            if result is None:
                self._remark(
                    node,
                    f"{left} {symbol} {right} 没有定义，结果总是 null。",
                    f"{left} {symbol} {right} is not defined; the result is always null.",
                )
            left = result
        return left

    def comparison(self, node: tree.Comparison) -> Known:
        left, right = _plain(self.type_of(node.left)), _plain(self.type_of(node.right))
        if not _comparable(left, right, node.operator in ("=", "!=")):
            self._remark(
                node,
                f"{left} 与 {right} 不能比较，结果总是 null。",
                f"{left} cannot be compared with {right}; the result is always null.",
            )
        return _BOOLEAN

    def between(self, node: tree.Between) -> Known:
        value = _plain(self.type_of(node.value))
        for end in (node.low, node.high):
            other = _plain(self.type_of(end))
            if not _comparable(value, other, equality=False):
                self._remark(
                    end,
                    f"{value} 与 {other} 不能比较，结果总是 null。",
                    f"{value} cannot be compared with {other}; the result is always null.",
                )
        return _BOOLEAN

    def membership(self, node: tree.In) -> Known:
        value = _plain(self.type_of(node.value))
        for test in node.tests:
            self._test(test, value)
        return _BOOLEAN

    def _test(self, test: tree.Node, value: Known) -> None:
        """Whether one positive unary test can ever hold for a value of this type."""
        wanted = _plain(self.type_of(test))
        while isinstance(wanted, RangeType | ListType):
            wanted = _plain(wanted.member)
        if not _comparable(value, wanted, equality=False):
            self._remark(
                test,
                f"{value} 与 {wanted} 不能比较，这个条件永远不会成立。",
                f"{value} cannot be compared with {wanted}; this test never holds.",
            )

    def tests(self, node: tree.Tests) -> Known:
        value = self._types.get("?")
        for test in node.tests:
            if isinstance(test, _CONDITIONS):
                self.type_of(test)
            else:
                self._test(test, _plain(value))
        return _BOOLEAN

    def logic(self, node: tree.Logic) -> Known:
        for operand in node.operands:
            self._boolean(operand, self.type_of(operand))
        return _BOOLEAN

    def _boolean(self, node: tree.Node, known: Known) -> None:
        plain = _plain(known)
        if plain is not None and str(plain) not in ("boolean", "Any", "Null"):
            self._remark(
                node,
                f"这里应是真假值，却是 {plain}。",
                f"A boolean is expected here, not {plain}.",
            )

    def if_(self, node: tree.If) -> Known:
        self._boolean(node.condition, self.type_of(node.condition))
        then, otherwise = self.type_of(node.then), self.type_of(node.otherwise)
        if str(then) == "Null":
            return otherwise
        return then if str(otherwise) == "Null" or then == otherwise else None

    def for_(self, node: tree.For) -> Known:
        result = self._loop(node.iterators, node.body)
        return ListType(result or ANY)

    def quantified(self, node: tree.Quantified) -> Known:
        self._boolean(node.condition, self._loop(node.iterators, node.condition))
        return _BOOLEAN

    def _loop(self, iterators: tuple[tree.Iterator, ...], body: tree.Node) -> Known:
        inner: dict[str, Known] = {"partial": SIMPLE["list"]}
        for iterator in iterators:
            domain = _plain(self._within(inner, iterator.domain))
            if iterator.end is not None:
                self._within(inner, iterator.end)
                inner[iterator.name] = domain
            else:
                inner[iterator.name] = _member_of(domain)
        return self._within(inner, body)

    def list_of(self, node: tree.ListOf) -> Known:
        kinds = [self.type_of(item) for item in node.items]
        first = kinds[0] if kinds else None
        if first is not None and all(one == first for one in kinds):
            return ListType(first)
        return ListType(ANY)

    def context_of(self, node: tree.ContextOf) -> Known:
        fields: dict[str, Known] = {}
        for key, value in node.entries:
            fields[key] = self._within(fields, value)
        return ContextType(tuple((key, known or ANY) for key, known in fields.items()))

    def interval(self, node: tree.Interval) -> Known:
        low, high = _plain(self.type_of(node.low)), _plain(self.type_of(node.high))
        if not _comparable(low, high, equality=False):
            self._remark(
                node,
                f"区间两端类型不同：{low} 与 {high}。",
                f"The ends of the interval differ in type: {low} and {high}.",
            )
        return RangeType(low if low is not None and low == high else ANY)

    def half_interval(self, node: tree.HalfInterval) -> Known:
        return RangeType(self.type_of(node.operand) or ANY)

    def negation(self, node: tree.Negation) -> Known:
        return self.type_of(node.operand)

    def instance_of(self, node: tree.InstanceOf) -> Known:
        self.type_of(node.value)
        return _BOOLEAN

    def definition(self, node: tree.Definition) -> Known:
        if not node.external:
            self._within(dict(node.parameters), node.body)
        return SIMPLE["function"]


def _plain(known: Known) -> Known:
    """The type without allowed values and references."""
    if known is None:
        return None
    found = resolved(known)
    while isinstance(found, Restricted):
        found = resolved(found.base)
    return None if found == ANY else found


def _member_of(domain: Known) -> Known:
    if isinstance(domain, ListType | RangeType):
        return _plain(domain.member)
    return None if domain is None or str(domain) in ("list", "range") else domain


def _comparable(left: Known, right: Known, equality: bool) -> bool:
    if left is None or right is None or "Null" in (str(left), str(right)):
        return True
    if isinstance(left, ListType):
        left = _plain(left.member)
    if isinstance(right, ListType):
        right = _plain(right.member)
    if left is None or right is None:
        return True
    names = {_shape(left), _shape(right)}
    if names & {"list", "context", "function", "range", "Any", "Null"}:
        return len(names) == 1 or bool(names & {"list", "Any", "Null"})
    return len(names) == 1 or (not equality and names == {"date", "date and time"})


def _shape(known: Type) -> str:
    for kind_, name in ((ContextType, "context"), (RangeType, "range"), (FunctionType, "function")):
        if isinstance(known, kind_):
            return name
    return "list" if isinstance(known, ListType) else str(known)


def _may_fit(overload: Any, arguments: list[Known]) -> bool:
    parameters = list(overload.parameters)
    while overload.rest and len(parameters) < len(arguments):
        parameters.append(parameters[-1])
    for parameter, known in zip(parameters, arguments, strict=False):
        plain = _plain(known)
        if plain is None or not parameter.kinds or str(plain) == "Null":
            continue
        names = {KINDS.get(kind_, "function") for kind_ in parameter.kinds}
        if "list" in names or _shape(plain) in names or isinstance(plain, ListType):
            continue
        return False
    return True


def _literal(inference: _Inference, node: tree.Literal) -> Known:
    return SIMPLE["Null"] if node.value is None else SIMPLE[kind(node.value)]


_CONDITIONS = (tree.Logic, tree.Comparison, tree.Between, tree.In, tree.Quantified, tree.Call)
_READERS: dict[type, Callable[[Any, Any], Known]] = {
    tree.Literal: _literal,
    tree.Name: _Inference.name,
    tree.Path: _Inference.path,
    tree.Filter: _Inference.filter,
    tree.Call: _Inference.call,
    tree.Chain: _Inference.chain,
    tree.Negation: _Inference.negation,
    tree.Logic: _Inference.logic,
    tree.Comparison: _Inference.comparison,
    tree.Between: _Inference.between,
    tree.In: _Inference.membership,
    tree.If: _Inference.if_,
    tree.For: _Inference.for_,
    tree.Quantified: _Inference.quantified,
    tree.Definition: _Inference.definition,
    tree.ListOf: _Inference.list_of,
    tree.ContextOf: _Inference.context_of,
    tree.Interval: _Inference.interval,
    tree.HalfInterval: _Inference.half_interval,
    tree.InstanceOf: _Inference.instance_of,
    tree.Tests: _Inference.tests,
}
