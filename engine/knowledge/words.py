"""Chinese texts as words: what the full-text index holds and what is asked of it.

The dictionary (some 20 MB, a tenth of a second) is loaded with the first text; a process that
neither writes nor searches articles never loads it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rjieba import Jieba

_COMMON = """
一个 一些 一样 一直 一种 不会 不是 不能 为了 什么 他们 以及 但是 你们 可以 因为 因此 如果 对于 就是
已经 并且 怎么 或者 我们 所以 是否 是的 没有 然后 由于 而且 自己 这个 这样 进行 还是 还有 那个 需要
也是 今天 现在 目前 客户 用户 投诉 反映 表示 要求 工单 来电 处理 问题 情况
the of and to in is it for on
"""
_STOPPED = frozenset(_COMMON.split())
"""Words that stand in every complaint and every article: they find nothing."""

_WORD = re.compile(r"\w")
_SHORTEST_DOMAIN_WORD, _LONGEST_DOMAIN_WORD = 2, 12
_MOST_POSITIONS, _LAST_POSITION = 200, 16_000
_lock = Lock()
_learnt: set[str] = set()


class Asked(NamedTuple):
    """A word of a question and the tsquery that finds it: itself, or all words inside it."""

    word: str
    query: str


@cache
def _cutter() -> Jieba:
    from rjieba import Jieba  # the dictionary comes with the import

    return Jieba()


def learn(words: Iterable[str]) -> None:
    """Words of the domain that are to stay whole, from now on in this process."""
    with _lock:
        for said in words:
            word = _plain(said).strip()
            fits = _SHORTEST_DOMAIN_WORD <= len(word) <= _LONGEST_DOMAIN_WORD
            if word not in _learnt and fits and word.isalnum():
                _cutter().add_word(word, None, None)
                _learnt.add(word)


def vector(*parts: tuple[str, str]) -> str:
    """The tsvector, as PostgreSQL reads it, of texts with their weights A–D."""
    places: dict[str, list[str]] = {}
    position = 0
    for text, weight in parts:
        for word in _cut(text):
            position = min(position + 1, _LAST_POSITION)
            if not _counts(word):
                continue
            found = places.setdefault(word, [])
            if len(found) < _MOST_POSITIONS:
                found.append(f"{position}{weight}")
    return " ".join(f"{_quoted(word)}:{','.join(found)}" for word, found in places.items())


def asked(text: str, most: int = 80) -> list[Asked]:
    """The words of a question, each once, at most ``most``."""
    found: dict[str, Asked] = {}
    with _lock:
        for word in _cutter().cut(_plain(text)):
            if not _counts(word) or word in found:
                continue
            inside = [one for one in _cutter().cut_for_search(word) if one != word]
            parts = [_quoted(one) for one in inside if _counts(one)]
            either = f" | ({' & '.join(parts)})" if parts else ""
            found[word] = Asked(word, _quoted(word) + either)
            if len(found) == most:
                break
    return list(found.values())


def inside(words: Iterable[Asked]) -> list[str]:
    """What to mark in a text that was found: the words and those inside them, longest first."""
    with _lock:
        parts = {part for one in words for part in _cutter().cut_for_search(one.word)}
    return sorted((part for part in parts if _counts(part)), key=lambda one: (-len(one), one))


def _cut(text: str) -> list[str]:
    with _lock:
        return _cutter().cut_for_search(_plain(text))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().replace("\x00", " ")


def _counts(word: str) -> bool:
    """Whether a word may find something: no stop word, no sign, no single character."""
    return len(word) > 1 and len(word) <= 100 and word not in _STOPPED and bool(_WORD.search(word))


def _quoted(word: str) -> str:
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
