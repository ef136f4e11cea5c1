"""What changed between two versions of an article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from engine.articles import KINDS, Article

Kind = Literal["same", "gone", "new", "skip"]
Part = tuple[str, bool]
"""A piece of a line, and whether it is what changed."""

_AROUND = 2
_ALIKE = 0.4


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either version; ``skip`` stands for lines that are the same in both."""

    kind: Kind
    parts: tuple[Part, ...]


def difference(before: Article | None, after: Article) -> list[Line]:
    """From ``before`` (None: there was none) to ``after``, with two lines around each change."""
    old, new = _lines(before) if before else [], _lines(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    found: list[Line] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found += _unchanged(new[c:d], first=c == 0, last=d == len(new))
        elif tag == "replace" and b - a == d - c:
            for gone, come in zip(old[a:b], new[c:d], strict=True):
                found += _changed(gone, come)
        else:
            found += [Line("gone", ((line, False),)) for line in old[a:b]]
            found += [Line("new", ((line, False),)) for line in new[c:d]]
    return found


def _lines(article: Article) -> list[str]:
    head = (
        ("标题", article.title), ("类型", KINDS.get(article.kind, article.kind)),
        ("摘要", article.summary), ("分类", "、".join(article.categories)),
        ("关键词", "、".join(article.keywords)), ("技巧", "、".join(article.techniques)),
        ("注意", article.caution),
    )
    said = [f"{name}：{value}" for name, value in head if value]
    return [*said, *(line for line in article.text.splitlines() if line.strip())]


def _unchanged(lines: Sequence[str], first: bool, last: bool) -> Iterator[Line]:
    ahead = [] if first else list(lines[:_AROUND])
    behind = [] if last else list(lines[max(len(ahead), len(lines) - _AROUND):])
    yield from (Line("same", ((line, False),)) for line in ahead)
    if len(lines) > len(ahead) + len(behind):
        yield Line("skip", ())
    yield from (Line("same", ((line, False),)) for line in behind)


def _changed(gone: str, come: str) -> list[Line]:
    """Two lines, with what differs in them marked where they are alike."""
    matcher = SequenceMatcher(None, gone, come, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return [Line("gone", ((gone, False),)), Line("new", ((come, False),))]
    codes = matcher.get_opcodes()
    left = [(gone[a:b], tag != "equal") for tag, a, b, _, _ in codes if b > a]
    right = [(come[c:d], tag != "equal") for tag, _, _, c, d in codes if d > c]
    return [Line("gone", tuple(left)), Line("new", tuple(right))]
