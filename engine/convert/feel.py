"""JUEL trees → FEEL text.

What FEEL computes otherwise than JUEL (coercion of types, null) is noted; what it cannot say at
all raises Untranslatable with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from engine.convert import juel
from engine.convert.juel import Untranslatable
from engine.convert.methods import (
    ADD,
    AND,
    COMPARE,
    METHODS,
    MULTIPLY,
    OR,
    POSTFIX,
    SIGN,
    UNITS,
    VARIABLE_FUNCTIONS,
    Kind,
    Method,
)
from engine.feel.lexer import KEYWORDS, is_identifier
from engine.model import Severity

_RENAMED = {
    "nrOfInstances": "numberOfInstances",
    "nrOfActiveInstances": "numberOfActiveInstances",
    "nrOfCompletedInstances": "numberOfCompletedInstances",
}
_ENGINE = frozenset(
    {"execution", "task", "processInstance", "caseExecution", "authenticatedUserId", "connector"}
    | {"variableContainer", "delegateTask", "variableScope", "planItemInstance"}
)
_VARIABLE_GETTERS = frozenset({"getVariable", "getVariableLocal", "getTransientVariable"})
_DECISION_RESULTS = frozenset(
    {"singleResult", "firstResult", "singleEntry", "resultList", "getSingleResult"}
    | {"getFirstResult", "getSingleEntry", "getResultList", "collectEntries"}
)
_SYMBOLS = {"&&": ("and", AND), "||": ("or", OR), "+": ("+", ADD), "-": ("-", ADD)}
_PRODUCTS = {"*": ("*", MULTIPLY), "/": ("/", MULTIPLY)}
_COMPARISONS = {"==": "=", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_LOOKS_TYPED = re.compile(r"\s*(?:[-+]?\d+(?:\.\d+)?|true|false)\s*")
EMPTY = 'list contains([null, "", [], {}], '


@dataclass(frozen=True, slots=True)
class Note:
    """A difference between what was written and what FEEL does."""

    rule: str
    severity: Severity
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    level: int = POSTFIX
    kind: Kind = "any"

    def at(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"


@dataclass(slots=True)
class Writer:
    """Writes one expression; ``notes`` collects the differences. ``renamed``: variables that have
    another name where the FEEL stands."""

    renamed: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def write(self, node: juel.Node) -> str:
        """FEEL of the tree, without ``=``. Raises Untranslatable."""
        return self._piece(node).text

    def text(self, node: juel.Node) -> str:
        """FEEL of the tree as an operand of ``string()`` or an item of a list."""
        piece = self._piece(node)
        return piece.text if piece.kind == "string" else f"string({piece.text})"

    def _piece(self, node: juel.Node) -> _Piece:
        match node:
            case juel.Literal():
                return _literal(node)
            case juel.Name():
                return self._name(node.text)
            case juel.Unary():
                return self._unary(node)
            case juel.Binary():
                return self._binary(node)
            case juel.Ternary():
                return self._ternary(node)
            case juel.Member():
                return self._member(node.base, node.name)
            case juel.Index():
                return self._index(self._piece(node.base), node.index)
            case juel.Call():
                return self._call(node)

    def _name(self, name: str) -> _Piece:
        if name in _ENGINE:
            raise _engine_object(name)
        if name in self.renamed:
            return _Piece(self.renamed[name])
        if name == "loopCounter":
            self._note(
                "loop-counter", "info",
                "loopCounter 在这里从 1 数起，已改写为 loopCounter - 1。",
                "loopCounter counts from 1 here; written as loopCounter - 1.",
            )  # fmt: skip
            return _Piece("loopCounter - 1", ADD, "number")
        if name in _RENAMED:
            return _Piece(_RENAMED[name], kind="number")
        return _Piece(variable(name))

    def _unary(self, node: juel.Unary) -> _Piece:
        operand = self._piece(node.operand)
        if node.operator == "empty":
            return _Piece(f"{EMPTY}{operand.text})", kind="boolean")
        if node.operator == "-":
            return _Piece(f"-{operand.at(POSTFIX)}", SIGN, "number")
        if operand.kind == "any":
            self._null_note()
        return _Piece(f"not({operand.text})", kind="boolean")

    def _binary(self, node: juel.Binary) -> _Piece:
        left, right = self._piece(node.left), self._piece(node.right)
        if node.operator in _COMPARISONS:
            self._compare(node)
            symbol = _COMPARISONS[node.operator]
            return _Piece(f"{left.at(ADD)} {symbol} {right.at(ADD)}", COMPARE, "boolean")
        if node.operator == "%":
            self._note(
                "modulo-sign", "info",
                "FEEL 的 modulo 结果取除数的符号，被除数为负时与原来不同。",
                "FEEL's modulo takes the sign of the divisor: other results for negative numbers.",
            )  # fmt: skip
            return _Piece(f"modulo({left.text}, {right.text})", kind="number")
        if node.operator in _PRODUCTS:
            symbol, level = _PRODUCTS[node.operator]
            kind: Kind = "number"
        else:
            symbol, level = _SYMBOLS[node.operator]
            kind = self._sum(left, right) if level == ADD else "boolean"
        return _Piece(f"{left.at(level)} {symbol} {right.at(level + 1)}", level, kind)

    def _sum(self, left: _Piece, right: _Piece) -> Kind:
        kinds = {left.kind, right.kind}
        if "string" in kinds:
            self._note(
                "juel-coercion", "warning",
                "JUEL 的 + 把字符串当数字相加，FEEL 的 + 把字符串拼接起来。",
                "JUEL's + adds strings as numbers; FEEL's + joins them.",
            )  # fmt: skip
            return "string"
        if "moment" in kinds:
            return "moment"
        if "any" in kinds:
            self._note(
                "juel-null", "info",
                "JUEL 在算术中把 null 和空串当作 0、把字符串当作数字；FEEL 的结果是 null。",
                "In arithmetic JUEL takes null and '' as 0 and strings as numbers; FEEL gives "
                "null.",
            )  # fmt: skip
        return "number"

    def _compare(self, node: juel.Binary) -> None:
        for side in (node.left, node.right):
            if isinstance(side, juel.Literal) and side.kind == "string":
                typed = _LOOKS_TYPED.fullmatch(side.text) is not None
                if typed:
                    self._note(
                        "juel-coercion", "warning",
                        f"与字符串“{side.text}”比较：JUEL 会把数字和布尔值转成字符串再比，FEEL "
                        "不转换，类型不同时结果是 null。变量若不是字符串，请去掉引号。",
                        f"Compares with the string “{side.text}”: JUEL turns numbers and booleans "
                        "into strings first, FEEL does not and gives null. Drop the quotes if the "
                        "variable is no string.",
                    )  # fmt: skip

    def _ternary(self, node: juel.Ternary) -> _Piece:
        condition, then, otherwise = node.condition, node.then, node.otherwise
        if isinstance(condition, juel.Unary) and condition.operator == "!":
            # null counts as false in both languages, so that the branches change places
            condition, then, otherwise = condition.operand, otherwise, then
        first, second, third = (self._piece(one) for one in (condition, then, otherwise))
        kind: Kind = second.kind if second.kind == third.kind else "any"
        return _Piece(f"if {first.text} then {second.text} else {third.text}", 0, kind)

    def _member(self, base: juel.Node, name: str) -> _Piece:
        if name in _DECISION_RESULTS:
            raise Untranslatable(
                f"{name} 属于 Camunda 7 的决策结果对象；这里的决策结果就是值本身。",
                f"{name} is part of Camunda 7's decision result; a decision's result is the plain "
                "value here.",
            )
        if isinstance(base, juel.Name) and base.text in _ENGINE:
            raise _engine_object(f"{base.text}.{name}")
        found = self._piece(base)
        if name in ("length", "size") and found.kind in ("string", "list"):
            return self._apply(METHODS[name, 0], [found])
        return _Piece(f"{found.at(POSTFIX)}.{variable(name)}")

    def _index(self, base: _Piece, index: juel.Node) -> _Piece:
        if isinstance(index, juel.Literal) and index.kind == "string":
            return _entry(base, index.text)
        if isinstance(index, juel.Literal) and index.kind == "number" and index.text.isdigit():
            return _Piece(f"{base.at(POSTFIX)}[{int(index.text) + 1}]")
        if index == juel.Name("loopCounter"):
            return _Piece(f"{base.at(POSTFIX)}[loopCounter]")
        place = self._piece(index)
        if place.kind == "string":
            return _Piece(f"get value({base.text}, {place.text})")
        by_position = f"{base.at(POSTFIX)}[{place.at(ADD)} + 1]"
        if place.kind == "number":
            return _Piece(by_position)
        return _Piece(
            f"if {place.at(POSTFIX)} instance of string then get value({base.text}, {place.text}) "
            f"else {by_position}",
            0,
        )

    def _call(self, node: juel.Call) -> _Piece:
        if node.base is None:
            return self._function(node)
        if isinstance(node.base, juel.Name) and node.base.text in _ENGINE:
            return self._engine_call(node.base.text, node)
        if node.name in _DECISION_RESULTS:
            return self._member(node.base, node.name)
        base = self._piece(node.base)
        arguments = [self._piece(one) for one in node.arguments]
        moved = self._moved(base, node, arguments)
        if moved is not None:
            return moved
        if node.name in ("contains", "prop", "get", "matches") and len(arguments) == 1:
            return self._special(base, node, arguments[0])
        method = METHODS.get((node.name, len(arguments)))
        if method is not None:
            return self._apply(method, [base, *arguments])
        getter = re.fullmatch(r"(?:get|is)([A-Z]\w*)", node.name)
        if getter and not arguments:
            name = getter[1][0].lower() + getter[1][1:]
            return self._member(node.base, name)
        raise _java(node)

    def _special(self, base: _Piece, node: juel.Call, argument: _Piece) -> _Piece:
        if node.name in ("prop", "get"):
            return self._index(base, node.arguments[0])
        if node.name == "contains":
            if base.kind == "string":
                return _Piece(f"contains({base.text}, {argument.text})", kind="boolean")
            return _Piece(
                f"if {base.at(POSTFIX)} instance of string "
                f"then contains({base.text}, {argument.text}) "
                f"else list contains({base.text}, {argument.text})", 0, "boolean",
            )  # fmt: skip
        pattern = node.arguments[0]
        if not isinstance(pattern, juel.Literal) or pattern.kind != "string":
            raise _java(node)
        return _Piece(f"matches({base.text}, {quoted(f'^(?:{pattern.text})$')})", kind="boolean")

    def _moved(
        self, base: _Piece, node: juel.Call, arguments: list[_Piece]
    ) -> _Piece | None:
        """``plusDays(3)`` and the like on a moment; None for any other call."""
        found = re.fullmatch(r"(plus|minus)([A-Z][a-z]+)", node.name)
        if base.kind != "moment" or not found or found[2] not in UNITS or len(arguments) != 1:
            return None
        before, after = UNITS[found[2]]
        amount = node.arguments[0]
        if isinstance(amount, juel.Literal) and amount.text.isdigit():
            duration = f'duration("{before}{amount.text}{after}")'
        else:
            duration = f'duration("{before}" + string({arguments[0].text}) + "{after}")'
        sign = "+" if found[1] == "plus" else "-"
        return _Piece(f"{base.at(ADD)} {sign} {duration}", ADD, "moment")

    def _function(self, node: juel.Call) -> _Piece:
        prefix, _, name = node.name.rpartition(":")
        if node.name in ("now", "dateTime") and not node.arguments:
            return _Piece("now()", kind="moment")
        if node.name in ("S", "JSON") and len(node.arguments) == 1:
            self._note(
                "spin", "warning",
                "Spin 的 S()/JSON() 已去掉：这里的 JSON 变量就是对象。变量若是 JSON 文本，请先"
                "改成对象。",
                "Spin's S()/JSON() was dropped: JSON variables are objects here. A variable that "
                "holds JSON as text must become an object first.",
            )  # fmt: skip
            return self._piece(node.arguments[0])
        method = VARIABLE_FUNCTIONS.get((name, len(node.arguments)))
        if prefix in ("var", "vars", "variables", "collection") and method is not None:
            first, *rest = node.arguments
            named = first.text if isinstance(first, juel.Literal | juel.Name) else ""
            if not named:
                raise _java(node)
            return self._apply(method, [self._name(named), *(self._piece(one) for one in rest)])
        raise _java(node)

    def _engine_call(self, base: str, node: juel.Call) -> _Piece:
        first = node.arguments[0] if len(node.arguments) == 1 else None
        if isinstance(first, juel.Literal) and first.kind == "string":
            if node.name in _VARIABLE_GETTERS:
                return self._name(first.text)
            if node.name in ("hasVariable", "hasVariableLocal"):
                return _Piece(f"{self._name(first.text).at(ADD)} != null", COMPARE, "boolean")
        raise _engine_object(f"{base}.{node.name}()")

    def _apply(self, method: Method, pieces: list[_Piece]) -> _Piece:
        if method.pattern == "{0}":
            return pieces[0]
        written = method.pattern.format(*(one.at(method.operand) for one in pieces))
        return _Piece(written, method.level, method.kind)

    def _null_note(self) -> None:
        self._note(
            "juel-null", "info",
            "JUEL 把 null 当作 false；FEEL 中 not(null) 是 null，条件为 null 时会成为异常。",
            "JUEL takes null as false; in FEEL not(null) is null, and a condition that is null "
            "raises an incident.",
        )  # fmt: skip

    def _note(self, rule: str, severity: Severity, zh: str, en: str) -> None:
        note = Note(rule, severity, zh, en)
        if note not in self.notes:
            self.notes.append(note)


def variable(name: str) -> str:
    """A variable's name as FEEL reads it, in backticks where it is not a plain word."""
    if is_identifier(name) and name not in KEYWORDS:
        return name
    if "`" in name or not name.strip():
        raise Untranslatable(f"“{name}”不能作变量名。", f"“{name}” cannot name a variable.")
    return f"`{name}`"


def quoted(text: str) -> str:
    """A string literal of FEEL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def _literal(node: juel.Literal) -> _Piece:
    if node.kind == "string":
        return _Piece(quoted(node.text), kind="string")
    if node.kind == "number":
        text = node.text.rstrip(".") if node.text.endswith(".") else node.text
        return _Piece(text, kind="number")
    return _Piece(node.text, kind="null" if node.text == "null" else "boolean")


def _entry(base: _Piece, key: str) -> _Piece:
    if is_identifier(key):
        return _Piece(f"{base.at(POSTFIX)}.{key}")
    return _Piece(f"get value({base.text}, {quoted(key)})")


def _engine_object(what: str) -> Untranslatable:
    return Untranslatable(
        f"{what} 是原引擎的 Java 对象，FEEL 看不到它；请改用流程变量（例如 case.number）。",
        f"{what} is a Java object of the other engine, which FEEL does not see; use a process "
        "variable (such as case.number).",
    )


def _java(node: juel.Call) -> Untranslatable:
    return Untranslatable(
        f"调用了 Java 方法或函数 {node.name}()，FEEL 中没有对应的写法；请用服务任务先算出结果并存入"
        "变量。",
        f"It calls the Java method or function {node.name}(), which FEEL has not; have a service "
        "task compute the value into a variable first.",
    )
