"""JUEL, the expression language of Camunda 7, Flowable and Activiti: text → tree.

Source: Unified EL (JSR 245, chapter 1) as those engines use it: ``${…}`` and ``#{…}``, method
calls, and Flowable's prefixed functions (``var:get(name)``). JavaScript's ``===`` and ``!==`` are
read, too, so that simple scripts can be translated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal as Choice

from engine.errors import Invalid

MAX_TEXT = 20_000
MAX_DEPTH = 40
MAX_OPERATORS = 150

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<operator>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!?:().,\[\]])"
    r"|(?P<word>[^\W\d][\w$]*|\$[\w$]+))",
    re.S,
)
_WORDS = {
    "and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">",
    "le": "<=", "ge": ">=", "div": "/", "mod": "%", "===": "==", "!==": "!=",
}  # fmt: skip
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)
_ESCAPE = re.compile(r"\\(.)", re.S)
_FUNCTIONS = frozenset({"var", "vars", "variables", "date", "dateTime", "collection", "spin"})


class Untranslatable(Invalid):
    """The text is no expression that could be read, or has no counterpart in FEEL."""

    code = "untranslatable"


@dataclass(frozen=True, slots=True)
class Literal:
    """``kind`` "number": ``text`` as written; "string": its value; "word": true, false, null."""

    kind: Choice["number", "string", "word"]
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    text: str


@dataclass(frozen=True, slots=True)
class Unary:
    """``operator``: ``!``, ``-`` or ``empty``."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """``operator`` in its symbol form (``&&`` for ``and``)."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Ternary:
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Member:
    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    base: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A method of ``base``, or a function where ``base`` is None (``name`` with its prefix)."""

    base: Node | None
    name: str
    arguments: tuple[Node, ...]


Node = Literal | Name | Unary | Binary | Ternary | Member | Index | Call


def parse(text: str) -> Node:
    """The tree of an expression without its ``${ }``. Raises Untranslatable."""
    if len(text) > MAX_TEXT:
        raise Untranslatable("表达式太长。", "The expression is too long.")
    return _Parser(_tokenize(text)).whole()


def parts(text: str) -> list[str | Node]:
    """A text with embedded expressions → literal pieces (str) and trees, in order.

    ``\\${`` is the literal ``${``. Raises Untranslatable."""
    found: list[str | Node] = []
    literal = ""
    position = 0
    while position < len(text):
        if text.startswith(("\\${", "\\#{"), position):
            literal, position = literal + text[position + 1 : position + 3], position + 3
        elif text.startswith(("${", "#{"), position):
            end = _closing(text, position + 2)
            found += [literal] if literal else []
            found.append(parse(text[position + 2 : end]))
            literal, position = "", end + 1
        else:
            literal, position = literal + text[position], position + 1
    return [*found, literal] if literal or not found else found


def has_expression(text: str) -> bool:
    return "${" in text or "#{" in text


def _closing(text: str, start: int) -> int:
    """The offset of the ``}`` that ends an expression, strings skipped."""
    position = start
    while position < len(text):
        char = text[position]
        if char == "}":
            return position
        if char in "'\"":
            match = _TOKEN.match(text, position)
            position = match.end() - 1 if match and match.lastgroup == "string" else position
        position += 1
    raise Untranslatable(
        f"表达式“{text[:80]}”缺少右括号 }}。", f"The expression “{text[:80]}” has no closing }}."
    )


def _tokenize(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position, text = 0, text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            near = text[position : position + 20]
            raise Untranslatable(
                f"无法读懂“{near}”，它不属于表达式语言。",
                f"“{near}” cannot be read; it is not part of the expression language.",
            )
        kind, token = match.lastgroup, match[match.lastgroup]
        if kind in ("word", "operator") and not _is_name(found, text[match.end() :]):
            symbol = _WORDS.get(token, token)
            kind, token = ("operator", symbol) if symbol in _SYMBOLS else (kind, symbol)
        found.append((kind, token))
        position = match.end()
    return found


def _is_name(before: list[tuple[str, str]], after: str) -> bool:
    """Whether a word is a name though it may look like an operator: ``a.div``, ``var:lt(…)``."""
    last = [token for _, token in before[-2:]]
    if last[-1:] == ["."]:
        return True
    return last[-1:] == [":"] and last[0] in _FUNCTIONS and after.lstrip().startswith("(")


_SYMBOLS = frozenset(one for level in _LEVELS for one in level) | frozenset("!?:().,[]")


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._operators = 0

    def whole(self) -> Node:
        node = self.expression()
        if self._at < len(self._tokens):
            raise _unexpected(self._tokens[self._at][1])
        return node

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_deep()
        node = self._binary(0)
        if self._take("?"):
            self._count()
            then = self.expression()
            self._need(":")
            node = Ternary(node, then, self.expression())
        self._depth -= 1
        return node

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        node = self._binary(level + 1)
        while operator := self._take(*_LEVELS[level]):
            self._count()
            node = Binary(operator, node, self._binary(level + 1))
        return node

    def _unary(self) -> Node:
        operators: list[str] = []
        while operator := self._take("!", "-") or self._take_empty():
            self._count()
            operators.append(operator)
        node = self._postfix(self._primary())
        for operator in reversed(operators):
            node = Unary(operator, node)
        return node

    def _take_empty(self) -> str | None:
        if self._peek() == ("word", "empty"):
            self._at += 1
            return "empty"
        return None

    def _primary(self) -> Node:
        kind, token = self._next()
        if kind == "number":
            return Literal("number", token)
        if kind == "string":
            return Literal("string", _ESCAPE.sub(r"\1", token[1:-1]))
        if kind == "word" and token in ("true", "false", "null"):
            return Literal("word", token)
        if kind == "word":
            return self._name(token)
        if token == "(":
            node = self.expression()
            self._need(")")
            return node
        raise _unexpected(token)

    def _name(self, word: str) -> Node:
        follow = self._tokens[self._at : self._at + 3]
        kinds = [kind if kind == "word" else token for kind, token in follow]
        if word in _FUNCTIONS and kinds == [":", "word", "("]:
            self._at += 3
            return Call(None, f"{word}:{follow[1][1]}", self._arguments())
        if self._take("("):
            return Call(None, word, self._arguments())
        return Name(word)

    def _postfix(self, node: Node) -> Node:
        for _ in range(MAX_DEPTH):
            if self._take("."):
                kind, name = self._next()
                if kind != "word":
                    raise _unexpected(name)
                call = self._take("(")
                node = Call(node, name, self._arguments()) if call else Member(node, name)
            elif self._take("["):
                node = Index(node, self.expression())
                self._need("]")
            else:
                return node
        raise Untranslatable("表达式的路径过长。", "The expression has too long a path.")

    def _arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._take(")"):
            if found:
                self._need(",")
            found.append(self.expression())
        return tuple(found)

    def _count(self) -> None:
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise _too_deep()

    def _peek(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        if token is None:
            raise Untranslatable("表达式不完整。", "The expression is incomplete.")
        self._at += 1
        return token

    def _take(self, *operators: str) -> str | None:
        token = self._peek()
        if token is None or token[0] != "operator" or token[1] not in operators:
            return None
        self._at += 1
        return token[1]

    def _need(self, operator: str) -> None:
        if not self._take(operator):
            token = self._peek()
            raise Untranslatable(
                f"此处应为“{operator}”，却是“{token[1] if token else '结尾'}”。",
                f"“{operator}” should stand where {token[1] if token else 'the end'} is.",
            )


def _too_deep() -> Untranslatable:
    return Untranslatable(
        "表达式过长或嵌套过深。", "The expression is too long or nested too deeply."
    )


def _unexpected(token: str) -> Untranslatable:
    return Untranslatable(f"“{token}”不应出现在这里。", f"“{token}” is not expected there.")
