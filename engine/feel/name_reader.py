"""Reading names: variables, entries of contexts, and names being declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.feel.lexer import KEYWORDS, unescape
from engine.feel.names import Names
from engine.feel.stream import NAME, Stream
from engine.feel.types import Type

_MAY_END_NAME = KEYWORDS - {"true", "false", "null", "external"}


@dataclass(frozen=True, slots=True)
class Outside:
    """What the place of an expression knows. ``names``: variables (only those of several words
    matter); ``members``: entries of contexts; ``types``: named types for ``instance of`` and
    parameters; ``language``: the functions."""

    names: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    types: Mapping[str, Type] = field(default_factory=dict)
    language: Names | None = None


class NameReader(Stream):
    """A cursor that knows which names are in scope. ``filters`` counts the filters around."""

    def __init__(self, text: str, outside: Outside) -> None:
        super().__init__(text)
        self.names = Names(outside.names, outside.language)
        self.members = Names((*outside.names, *outside.members), outside.language)
        self.types = outside.types
        self.filters = 0

    def declare(self, name: str) -> None:
        self.names.declare(name)
        self.members.declare(name)

    def variable_name(self) -> str:
        token = self.token
        if token.kind == "quoted":
            self.index += 1
            return token.text[1:-1]
        known = self.known_variable()
        if known is not None:
            self.index += known[1]
            return known[0]
        if token.kind != "word" or token.text in KEYWORDS:
            self.fail(NAME)
        return self._greedy_name()

    def known_variable(self) -> tuple[str, int] | None:
        """The longest known name here; in a filter the entries of its items count as well."""
        known = self.names.longest(self.tokens, self.index)
        if known is None and self.filters:
            return self.members.longest(self.tokens, self.index)
        return known

    def member_name(self) -> str:
        token = self.token
        if token.kind == "quoted":
            self.index += 1
            return token.text[1:-1]
        known = self.members.longest(self.tokens, self.index)
        if known is not None:
            self.index += known[1]
            return known[0]
        if token.kind != "word":
            self.fail(NAME)
        return self._greedy_name()

    def _greedy_name(self) -> str:
        start = self.index
        self.index += 1
        while self.token.kind == "word" and self.token.text not in _MAY_END_NAME:
            self.index += 1
        return self.spell(start, self.index)

    def new_name(self, *ends: str) -> str:
        """A name being declared: all tokens up to one of ``ends``."""
        start = self.index
        if self.token.kind == "quoted":
            self.index += 1
            return self.tokens[start].text[1:-1]
        if self.token.kind != "word":
            self.fail(NAME)
        while not self.at(*ends):
            if self.token.kind in ("end", "string") or self.at(*"()[]{}<>=,:"):
                self.fail(*ends)
            self.index += 1
        if self.index == start:
            self.fail(NAME)
        return self.spell(start, self.index)

    def key(self) -> str:
        token = self.token
        if token.kind == "string":
            self.index += 1
            return unescape(token.text)
        return self.new_name(":")
