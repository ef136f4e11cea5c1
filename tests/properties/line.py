"""Tokens in line: those that can move do so one after the other."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

from tests.properties.board import Board, Path, Place, Token, Value, Values
from tests.properties.net import Diagram, Element


class Line(Board):
    """What all that happens to tokens needs. Entering an element is told by ``Game``."""

    def __init__(self, diagram: Diagram, values: Mapping[str, Value]) -> None:
        super().__init__(diagram, values)
        self.ended = ""
        self.ending = ""
        self.entered: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self._numbers: Counter[Path] = Counter()
        self._moving: deque[Token] = deque()

    def _ready(self, token: Token) -> None:
        token.wait = ""
        self._moving.append(token)

    def _end(self, how: str) -> None:
        """All is over; but for farewells, which are waited for."""
        self.ending = how
        self.clear(self.root)
        self.root.over = True
        self._moving.clear()
        if not self.farewells:
            self.ended = how

    def _count(self, place: Place, element: Element, body: Token | None) -> Token:
        outer = body or place.owner
        prefix = outer.path if outer else ()
        self.entered[element.id] += 1
        self._numbers[(*prefix, (element.id, 0))] += 1
        number = self._numbers[(*prefix, (element.id, 0))]
        token = Token(element, place, (*prefix, (element.id, number)), body)
        (body.rounds if body else place.tokens).append(token)
        return token

    def _enter(
        self,
        place: Place,
        element: Element,
        result: Values | None = None,
        *,
        caught: bool = False,
        undoes: Token | None = None,
    ) -> Token:
        raise NotImplementedError

    def _prepare(self, token: Token) -> None:
        raise NotImplementedError

    def _open(self, token: Token) -> None:
        raise NotImplementedError
