"""FEEL text → tree, by recursive descent with precedence climbing (DMN 1.5 §10.3.1.2).

Names with spaces are read greedily: two words in a row can only be one name, and where names
are known the longest one wins."""

from __future__ import annotations

from decimal import DecimalException

from engine.feel import tree
from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import KEYWORDS, unescape
from engine.feel.limits import too_deep
from engine.feel.name_reader import NameReader, Outside
from engine.feel.stream import NAME, OPERAND
from engine.feel.temporal_text import parse_any
from engine.feel.type_parser import parse_type
from engine.feel.types import Type
from engine.feel.values import DECIMAL128

MAX_DEPTH = 80
MAX_POSTFIX = 100
"""How many brackets may be open at once, and how many ``.x[…](…)`` may follow one value."""

_PRECEDENCE = {"or": 1, "and": 2, "between": 3, "in": 3}
_PRECEDENCE |= dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), 3)
_PRECEDENCE |= {"+": 4, "-": 4, "*": 5, "/": 5, "**": 6}
_ADDITIVE = 4
_COMPARATORS = ("=", "!=", "<", "<=", ">", ">=")
_CONSTANTS = {"true": True, "false": False, "null": None}


class Parser(NameReader):
    """One parse of one text, with the names known outside it."""

    def __init__(self, text: str, outside: Outside) -> None:
        super().__init__(text, outside)
        self._depth = 0
        self._in_interval_end = False
        self._no_filter: set[int] = set()

    def parse(self) -> tree.Node:
        """The tree of an expression that takes the whole text."""
        node = self.expression()
        self._finish()
        return node

    def parse_unary_tests(self) -> tree.Tests:
        """The tree of a decision table's cell."""
        if self.token.text == "-" and self.tokens[1].kind == "end":
            return tree.Tests(self.token.start, (), False)
        negated = self._negated_tests()
        if negated is not None:
            return negated
        tests = self.tests()
        self._finish()
        return tree.Tests(0, tuple(tests), False)

    def expression(self) -> tree.Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise too_deep(MAX_DEPTH)
        interval_end, self._in_interval_end = self._in_interval_end, False
        try:
            return self.binary(1)
        finally:
            self._depth -= 1
            self._in_interval_end = interval_end

    def tests(self) -> list[tree.Node]:
        found = [self.test()]
        while self.take(","):
            found.append(self.test())
        return found

    def test(self) -> tree.Node:
        """One positive unary test: ``< 5`` or an expression."""
        start = self.token.start
        operator = self.take(*_COMPARATORS)
        if operator:
            return tree.HalfInterval(start, operator, self.binary(_ADDITIVE))
        return self.expression()

    # operators

    def binary(self, lowest: int, left: tree.Node | None = None) -> tree.Node:
        """Operators that bind at least as tightly as ``lowest``."""
        node = self.operand() if left is None else left
        for _ in range(MAX_POSTFIX):
            token = self.token
            level = _PRECEDENCE.get(token.text, 0) if token.kind != "string" else 0
            if level < max(lowest, 1):
                return node
            node = self._operation(node, level)
        raise too_deep(MAX_POSTFIX)

    def _operation(self, left: tree.Node, level: int) -> tree.Node:
        start = self.token.start
        if level <= 2:
            return self._logic(left, level)
        if level >= _ADDITIVE:
            return self._chain(left, level)
        if self.take("between"):
            low = self.binary(_ADDITIVE)
            self.need("and")
            return tree.Between(start, left, low, self.binary(_ADDITIVE))
        if self.take("in"):
            return tree.In(start, left, self._membership())
        operator = self.need(*_COMPARATORS)
        return tree.Comparison(start, operator, left, self.binary(_ADDITIVE))

    def _logic(self, left: tree.Node, level: int) -> tree.Node:
        start = self.token.start
        word = "or" if level == 1 else "and"
        operands = [left]
        while self.take(word):
            operands.append(self.binary(level + 1))
        return tree.Logic(start, level == 2, tuple(operands))

    def _chain(self, left: tree.Node, level: int) -> tree.Node:
        start = self.token.start
        rest: list[tuple[str, tree.Node]] = []
        while self.token.kind == "symbol" and _PRECEDENCE.get(self.token.text) == level:
            operator = self.token.text
            self.index += 1
            rest.append((operator, self.binary(level + 1)))
        return tree.Chain(start, left, tuple(rest))

    def _membership(self) -> tuple[tree.Node, ...]:
        """What follows ``in``: tests in parentheses, or one test."""
        start = self.token.start
        if not self.at("("):
            operator = self.take(*_COMPARATORS)
            if operator:
                return (tree.HalfInterval(start, operator, self.binary(_ADDITIVE)),)
            return (self.binary(_ADDITIVE),)
        self.index += 1
        tests = [self.test()]
        if self.at(".."):
            interval = self._interval(start, tests[0], included=False)
            return (self.binary(_ADDITIVE, self._postfix(interval)),)
        while self.take(","):
            tests.append(self.test())
        self.need(")")
        if len(tests) == 1:
            return (self.binary(_ADDITIVE, self._postfix(tests[0])),)
        return tuple(tests)

    def operand(self) -> tree.Node:
        start = self.token.start
        minus = 0
        while self.take("-"):
            minus += 1
        node = self._postfix(self._primary())
        if self.at("instance"):
            place = self.token.start
            self.index += 1
            self.need("of")
            node = tree.InstanceOf(place, node, parse_type(self, self.types))
        for _ in range(min(minus, 2 - minus % 2)):
            node = tree.Negation(start, node)
        return node

    # what follows a value

    def _postfix(self, node: tree.Node) -> tree.Node:
        for _ in range(MAX_POSTFIX):
            token = self.token
            if token.kind != "symbol":
                return node
            following = self._step(node, token.text)
            if following is None:
                return node
            node = following
        raise too_deep(MAX_POSTFIX)

    def _step(self, node: tree.Node, symbol: str) -> tree.Node | None:
        start = self.token.start
        if symbol == ".":
            self.index += 1
            return tree.Path(start, node, self.member_name())
        if symbol == "[":
            return self._filter(node)
        if symbol == "(":
            return self._call(node)
        return None

    def _filter(self, base: tree.Node) -> tree.Node | None:
        """``[condition]``; after an interval's end a ``[`` that is no filter closes it."""
        start, begin = self.token.start, self.index
        if not self._in_interval_end:
            return tree.Filter(start, base, self._condition())
        if begin in self._no_filter:
            return None
        filters = self.filters
        try:
            return tree.Filter(start, base, self._condition())
        except FeelSyntaxError:
            self.index = begin
            self.filters = filters
            self._no_filter.add(begin)
            return None

    def _condition(self) -> tree.Node:
        self.need("[")
        self.filters += 1
        condition = self.expression()
        self.filters -= 1
        self.need("]")
        return condition

    def _call(self, callee: tree.Node) -> tree.Node:
        start = self.token.start
        self.need("(")
        if self.take(")"):
            return tree.Call(start, callee, (), None)
        names: list[str] = []
        arguments: list[tree.Node] = []
        named = self._argument_name_end() is not None
        while True:
            if named:
                names.append(self._argument_name(names))
            arguments.append(self.expression())
            if self.need(",", ")") == ")":
                break
        return tree.Call(start, callee, tuple(arguments), tuple(names) if named else None)

    def _argument_name_end(self) -> int | None:
        """Index of the colon if a parameter name stands here."""
        if self.token.kind not in ("word", "quoted"):
            return None
        index = self.index
        while self.tokens[index].text not in ("(", ")", ",", "[", "]", "{", "}", ""):
            if self.tokens[index].text == ":":
                return index
            if self.tokens[index].kind == "string":
                return None
            index += 1
        return None

    def _argument_name(self, taken: list[str]) -> str:
        end = self._argument_name_end()
        if end is None:
            self.fail(NAME)
        name = self.spell(self.index, end).strip("`")
        if name in taken:
            position = self.token.start
            raise FeelSyntaxError(
                f"第 {position + 1} 个字符处的参数“{name}”重复。",
                f"Character {position + 1}: the argument {name!r} is given twice.",
                position,
            )
        self.index = end + 1
        return name

    # values

    def _primary(self) -> tree.Node:
        token = self.token
        if token.kind == "number":
            self.index += 1
            return tree.Literal(token.start, _number(token.text))
        if token.kind == "string":
            self.index += 1
            return tree.Literal(token.start, unescape(token.text))
        if token.kind == "symbol":
            return self._bracketed(token.text)
        if token.kind == "end":
            self.fail(OPERAND)
        return self._worded()

    def _bracketed(self, symbol: str) -> tree.Node:
        start = self.token.start
        if symbol == "(":
            return self._parentheses()
        if symbol == "[":
            return self._list()
        if symbol == "{":
            return self._context()
        if symbol == "]":
            self.index += 1
            return self._interval(start, self.binary(_ADDITIVE), included=False)
        if symbol == "@":
            return self._at_literal()
        self.fail(OPERAND)

    def _worded(self) -> tree.Node:
        token = self.token
        if self.known_variable() is None and token.text in KEYWORDS:
            return self._keyword(token.text)
        return tree.Name(token.start, self.variable_name())

    def _keyword(self, word: str) -> tree.Node:
        start = self.token.start
        if word in _CONSTANTS:
            self.index += 1
            return tree.Literal(start, _CONSTANTS[word])
        if word == "if":
            return self._if()
        if word == "for":
            return self._for()
        if word in ("some", "every"):
            return self._quantified(word)
        if word == "function":
            return self._definition()
        self.fail(OPERAND)

    def _at_literal(self) -> tree.Node:
        start = self.token.start
        self.index += 1
        token = self.token
        if token.kind != "string":
            self.fail('"…"')
        self.index += 1
        value = parse_any(unescape(token.text))
        if value is None:
            raise FeelSyntaxError(
                f"第 {start + 1} 个字符处的 @{token.text} 不是日期、时间或时长。",
                f"Character {start + 1}: @{token.text} is no date, time or duration.",
                start,
                ('@"2026-01-31"', '@"2026-01-31T09:00:00"', '@"P1D"', '@"PT2H"'),
            )
        return tree.Literal(start, value)

    def _parentheses(self) -> tree.Node:
        start = self.token.start
        self.need("(")
        operator = self.take(*_COMPARATORS)
        if operator:
            place = tree.HalfInterval(start, operator, self.binary(_ADDITIVE))
            self.need(")")
            return place
        inner = self.expression()
        if self.at(".."):
            return self._interval(start, inner, included=False)
        self.need(")")
        return inner

    def _list(self) -> tree.Node:
        start = self.token.start
        self.need("[")
        if self.take("]"):
            return tree.ListOf(start, ())
        items = [self.test()]
        if self.at(".."):
            return self._interval(start, items[0], included=True)
        while self.need(",", "]") == ",":
            items.append(self.test())
        return tree.ListOf(start, tuple(items))

    def _interval(self, start: int, low: tree.Node, *, included: bool) -> tree.Node:
        self.need("..")
        outer, self._in_interval_end = self._in_interval_end, True
        high = self.binary(_ADDITIVE)
        self._in_interval_end = outer
        closing = self.need("]", ")", "[")
        return tree.Interval(start, low, high, included, closing == "]")

    def _context(self) -> tree.Node:
        start = self.token.start
        self.need("{")
        mark = self.names.enter()
        entries: dict[str, tree.Node] = {}
        while not self.take("}"):
            place = self.token.start
            key = self.key()
            self.need(":")
            if key in entries:
                raise FeelSyntaxError(
                    f"第 {place + 1} 个字符处的键“{key}”重复。",
                    f"Character {place + 1}: the key {key!r} is written twice.",
                    place,
                )
            entries[key] = self.expression()
            self.declare(key)
            if not self.at("}"):
                self.need(",")
        self.names.leave(mark)
        return tree.ContextOf(start, tuple(entries.items()))

    # constructs with words

    def _if(self) -> tree.Node:
        start = self.token.start
        self.need("if")
        condition = self.expression()
        self.need("then")
        then = self.expression()
        self.need("else")
        return tree.If(start, condition, then, self.expression())

    def _for(self) -> tree.Node:
        start = self.token.start
        self.need("for")
        mark = self.names.enter()
        iterators = self._iterators()
        self.need("return")
        body = self.expression()
        self.names.leave(mark)
        return tree.For(start, iterators, body)

    def _quantified(self, word: str) -> tree.Node:
        start = self.token.start
        self.index += 1
        mark = self.names.enter()
        iterators = self._iterators()
        self.need("satisfies")
        condition = self.expression()
        self.names.leave(mark)
        return tree.Quantified(start, word == "every", iterators, condition)

    def _iterators(self) -> tuple[tree.Iterator, ...]:
        found: list[tree.Iterator] = []
        while True:
            name = self.new_name("in")
            self.need("in")
            domain = self.expression()
            end = self.expression() if self.take("..") else None
            found.append(tree.Iterator(name, domain, end))
            self.declare(name)
            if not self.take(","):
                return tuple(found)

    def _definition(self) -> tree.Node:
        start = self.token.start
        self.need("function")
        self.need("(")
        mark = self.names.enter()
        parameters: list[tuple[str, Type | None]] = []
        while not self.take(")"):
            name = self.new_name(":", ",", ")")
            kind = parse_type(self, self.types) if self.take(":") else None
            parameters.append((name, kind))
            self.declare(name)
            if not self.at(")"):
                self.need(",")
        external = self.take("external") is not None
        body = self.expression()
        self.names.leave(mark)
        return tree.Definition(start, tuple(parameters), body, external)

    # ends

    def _negated_tests(self) -> tree.Tests | None:
        """``not(…)`` around all tests of a cell; None if the cell is something else."""
        if not (self.token.text == "not" and self.tokens[1].text == "("):
            return None
        try:
            self.index = 2
            tests = self.tests()
            self.need(")")
        except FeelSyntaxError:
            self.index = 0
            return None
        if self.token.kind != "end":
            self.index = 0
            return None
        return tree.Tests(0, tuple(tests), True)

    def _finish(self) -> None:
        if self.token.kind != "end":
            self.fail("the end")


def _number(text: str) -> object:
    """The decimal of a literal; None beyond what decimal128 holds."""
    try:
        return DECIMAL128.create_decimal(text)
    except DecimalException:
        return None
