"""Patterns with back references (``(a)\\1``), which no linear-time engine can run: a small
backtracking matcher that gives up after a fixed number of steps.

Everything else is RE2's work; single characters are matched by RE2 classes here as well."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.feel.errors import FeelLimitError

MAX_STEPS = 100_000
MAX_REPEAT = 1_000

OneChar = Callable[[str], bool]
"""Whether a character is matched."""
_Groups = tuple[tuple[int, int] | None, ...]
_State = tuple[int, _Groups]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern matched; ``group(n)`` is None for a group that took no part."""

    text: str
    groups: _Groups

    def group(self, number: int) -> str | None:
        span = self.groups[number]
        return None if span is None else self.text[span[0] : span[1]]

    def start(self) -> int:
        span = self.groups[0]
        assert span is not None
        return span[0]

    def end(self) -> int:
        span = self.groups[0]
        assert span is not None
        return span[1]


class Run:
    """One attempt on one text, with the steps it has left."""

    def __init__(self, text: str, *, fold: bool) -> None:
        self.text = text
        self.fold = fold
        self._steps = MAX_STEPS

    def step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise FeelLimitError(
                f"带反向引用的正则表达式匹配超过 {MAX_STEPS} 步，已停止。",
                f"A pattern with back references took more than {MAX_STEPS} steps.",
            )


class Node(ABC):
    """A part of a pattern. ``match`` yields each way to match it at a place."""

    __slots__ = ()

    @abstractmethod
    def match(self, run: Run, state: _State) -> Iterator[_State]: ...


@dataclass(frozen=True, slots=True)
class Char(Node):
    test: OneChar

    def match(self, run: Run, state: _State) -> Iterator[_State]:
        run.step()
        place, groups = state
        if place < len(run.text) and self.test(run.text[place]):
            yield place + 1, groups


@dataclass(frozen=True, slots=True)
class Edge(Node):
    """``^`` or ``$``; with ``lines`` at the ends of lines as well."""

    start: bool
    lines: bool

    def match(self, run: Run, state: _State) -> Iterator[_State]:
        place = state[0]
        text = run.text
        at_edge = place == 0 if self.start else place == len(text)
        beside = text[place - 1 : place] if self.start else text[place : place + 1]
        if at_edge or (self.lines and beside == "\n"):
            yield state


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    parts: tuple[Node, ...]

    def match(self, run: Run, state: _State, first: int = 0) -> Iterator[_State]:
        if first == len(self.parts):
            yield state
            return
        for after in self.parts[first].match(run, state):
            yield from self.match(run, after, first + 1)


@dataclass(frozen=True, slots=True)
class Choice(Node):
    options: tuple[Node, ...]

    def match(self, run: Run, state: _State) -> Iterator[_State]:
        for option in self.options:
            yield from option.match(run, state)


@dataclass(frozen=True, slots=True)
class Group(Node):
    number: int
    inner: Node

    def match(self, run: Run, state: _State) -> Iterator[_State]:
        start = state[0]
        for place, groups in self.inner.match(run, state):
            yield place, (*groups[: self.number], (start, place), *groups[self.number + 1 :])


@dataclass(frozen=True, slots=True)
class Back(Node):
    """What group ``number`` matched, once more; nothing if it took no part."""

    number: int

    def match(self, run: Run, state: _State) -> Iterator[_State]:
        run.step()
        place, groups = state
        span = groups[self.number]
        wanted = "" if span is None else run.text[span[0] : span[1]]
        found = run.text[place : place + len(wanted)]
        if found == wanted or (run.fold and found.casefold() == wanted.casefold()):
            yield place + len(wanted), groups


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    """``inner`` from ``low`` to ``high`` times (None: any number)."""

    inner: Node
    low: int
    high: int | None
    greedy: bool

    def match(self, run: Run, state: _State) -> Iterator[_State]:
        if isinstance(self.inner, Char):
            return self._characters(self.inner, run, state)
        return self._times(run, state, 0)

    def _characters(self, one: Char, run: Run, state: _State) -> Iterator[_State]:
        place, groups = state
        end = place
        limit = len(run.text) if self.high is None else min(len(run.text), place + self.high)
        while end < limit and one.test(run.text[end]):
            run.step()
            end += 1
        ways = range(place + self.low, end + 1)
        for after in reversed(ways) if self.greedy else ways:
            run.step()
            yield after, groups

    def _times(self, run: Run, state: _State, done: int) -> Iterator[_State]:
        run.step()
        enough = done >= self.low
        if enough and not self.greedy:
            yield state
        if self.high is None or done < self.high:
            for after in self.inner.match(run, state):
                if after[0] != state[0] or done < self.low:
                    yield from self._times(run, after, done + 1)
        if enough and self.greedy:
            yield state


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern with the methods of RE2's that we use."""

    root: Node
    groups: int
    fold: bool

    def search(self, text: str) -> Match | None:
        return next(self.finditer(text), None)

    def finditer(self, text: str) -> Iterator[Match]:
        run = Run(text, fold=self.fold)
        place = 0
        while place <= len(text):
            found = self._at(run, place)
            if found is None:
                place += 1
                continue
            yield found
            place = max(found.end(), place + 1)

    def _at(self, run: Run, place: int) -> Match | None:
        empty: _Groups = (None,) * (self.groups + 1)
        try:
            state = next(self.root.match(run, (place, empty)), None)
        except RecursionError:
            raise FeelLimitError(
                "带反向引用的正则表达式在这段文字上太复杂。",
                "The pattern with back references is too complex for this text.",
            ) from None
        if state is None:
            return None
        return Match(run.text, ((place, state[0]), *state[1][1:]))
