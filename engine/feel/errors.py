"""What FEEL refuses, and where in the text. Knows nothing of the rest of the engine."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class FeelError(Exception):
    """An expression could not be read or evaluated.

    ``zh``/``en`` are complete sentences for a person; ``position`` is the offset of the first
    wrong character in the expression's text (from 0), None where no place is to blame."""

    def __init__(self, zh: str, en: str, position: int | None = None) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.position = position


class FeelSyntaxError(FeelError):
    """The text is not FEEL. ``expected`` lists what could have stood at ``position``."""

    def __init__(
        self, zh: str, en: str, position: int | None = None, expected: tuple[str, ...] = ()
    ) -> None:
        super().__init__(zh, en, position)
        self.expected = expected

    def within(self, text: str) -> FeelSyntaxError:
        """The error with line and column in its sentences, if ``text`` has several lines."""
        if self.position is None or "\n" not in text:
            return self
        before = text[: self.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return FeelSyntaxError(
            f"{self.zh.rstrip('。')}（第 {line} 行第 {column} 个字符）。",
            f"{self.en.rstrip('.')} (line {line}, column {column}).",
            self.position,
            self.expected,
        )


class FeelLimitError(FeelError):
    """The evaluation would have used more than its ``Limits`` allow."""


class FeelEvaluationError(FeelError):
    """A function refused its arguments in a way that null would hide (``assert``, to_json)."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` was probably meant to be, or None."""
    cutoff = 0.5 if len(name) <= 4 else 0.6
    matches = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return matches[0] if matches else None
