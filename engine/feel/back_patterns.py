"""XPath patterns with back references → ``backtrack`` nodes."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.feel.backtrack import (
    MAX_REPEAT,
    Back,
    Char,
    Choice,
    Edge,
    Group,
    Node,
    OneChar,
    Pattern,
    Repeat,
    Sequence,
)

_COUNT = re.compile(r"\{(\d{1,4})(,(\d{1,4})?)?\}")
_MAX_DEPTH = 40

Piece = Callable[[str, int], tuple[OneChar, int]]
"""The test of the one-character atom at an index of the pattern, and the index after it.
ValueError if there is none."""


def compile_back_pattern(pattern: str, flags: str, piece: Piece) -> Pattern:
    """The pattern; ValueError if it is malformed."""
    reader = _Reader(pattern, piece, lines="m" in flags)
    root = reader.choice(0)
    if reader.index != len(pattern):
        raise ValueError("pattern")
    return Pattern(root, reader.groups, "i" in flags)


class _Reader:
    def __init__(self, pattern: str, piece: Piece, *, lines: bool) -> None:
        self.index = 0
        self.groups = 0
        self._pattern = pattern
        self._piece = piece
        self._lines = lines
        self._closed: set[int] = set()

    def choice(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise ValueError("pattern")
        options = [self._sequence(depth)]
        while self._next("|"):
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.index < len(self._pattern) and self._pattern[self.index] not in "|)":
            parts.append(self._repeated(self._atom(depth)))
        return Sequence(tuple(parts))

    def _next(self, char: str) -> bool:
        found = self._pattern.startswith(char, self.index)
        self.index += len(char) if found else 0
        return found

    def _atom(self, depth: int) -> Node:
        if self._next("^"):
            return Edge(True, self._lines)
        if self._next("$"):
            return Edge(False, self._lines)
        if self._next("(?:"):
            return self._closing(self.choice(depth + 1))
        if self._next("("):
            self.groups += 1
            number = self.groups
            inner = self._closing(self.choice(depth + 1))
            self._closed.add(number)
            return Group(number, inner)
        following = self._pattern[self.index + 1 : self.index + 2]
        if self._pattern[self.index] == "\\" and following.isdigit():
            return self._back()
        test, self.index = self._piece(self._pattern, self.index)
        return Char(test)

    def _closing(self, node: Node) -> Node:
        if not self._next(")"):
            raise ValueError("pattern")
        return node

    def _back(self) -> Node:
        """A reference to a group that is closed already (XPath functions 3.1, §5.6.1)."""
        self.index += 1
        number = int(self._pattern[self.index])
        self.index += 1
        following = self._pattern[self.index : self.index + 1]
        if following.isdigit() and number * 10 + int(following) in self._closed:
            number = number * 10 + int(following)
            self.index += 1
        if number not in self._closed:
            raise ValueError("pattern")
        return Back(number)

    def _repeated(self, node: Node) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return node
        low, high = bounds
        return Repeat(node, low, high, greedy=not self._next("?"))

    def _bounds(self) -> tuple[int, int | None] | None:
        for symbol, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._next(symbol):
                return bounds
        match = _COUNT.match(self._pattern, self.index)
        if match is None:
            return None
        self.index = match.end()
        low = int(match[1])
        high = low if match[2] is None else int(match[3]) if match[3] else None
        if low > MAX_REPEAT or (high is not None and not low <= high <= MAX_REPEAT):
            raise ValueError("pattern")
        return low, high
