"""Which names of several tokens are known at a place, so that the longest one is read.

FEEL names may hold spaces, ``+ - * / . '`` and keywords; only the scope tells ``a-b`` the name
from ``a-b`` the difference (DMN 1.5 §10.3.1.2, rules 26–29 and §10.3.1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import Token, is_identifier, tokenize

_Known = dict[str, list[tuple[tuple[str, ...], str]]]


class Names:
    """The known names at a place of the text; ``enter``/``leave`` bracket a scope.

    ``language``: names that are known everywhere, shared by all parses."""

    def __init__(self, names: Iterable[str], language: Names | None = None) -> None:
        self._known: _Known = {}
        self._trail: list[str] = []
        self._language = language
        for name in names:
            self.declare(name)

    def declare(self, name: str) -> None:
        """Make ``name`` readable; one-word names need nothing."""
        if is_identifier(name):
            return
        words = _words(name)
        if words:
            entries = self._known.setdefault(words[0], [])
            entries.append((words, name))
            self._trail.append(words[0])

    def enter(self) -> int:
        return len(self._trail)

    def leave(self, mark: int) -> None:
        """Forget what was declared since ``enter`` returned ``mark``."""
        while len(self._trail) > mark:
            self._known[self._trail.pop()].pop()

    def longest(self, tokens: list[Token], index: int) -> tuple[str, int] | None:
        """(name, tokens it takes) of the longest known name that starts at ``index``."""
        best = self._language.longest(tokens, index) if self._language is not None else None
        for words, name in self._known.get(tokens[index].text, ()):
            if (best is None or len(words) >= best[1]) and _fits(words, tokens, index):
                best = (name, len(words))
        return best


def _fits(words: tuple[str, ...], tokens: list[Token], index: int) -> bool:
    if index + len(words) >= len(tokens) + 1:
        return False
    return all(tokens[index + i].text == word for i, word in enumerate(words))


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    try:
        tokens = tokenize(name)
    except FeelSyntaxError:
        return ()
    if tokens[0].kind != "word":
        return ()
    return tuple(token.text for token in tokens[:-1])
