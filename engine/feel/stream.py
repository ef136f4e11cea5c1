"""A cursor over tokens, and how a wrong token is reported."""

from __future__ import annotations

from typing import NoReturn

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import Token, half_width, tokenize


class Stream:
    """``index`` points at the next token; the last token is of kind ``end``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these symbols or keywords."""
        token = self.tokens[self.index]
        return token.text in texts and (token.kind == "symbol" or token.kind == "word")

    def take(self, *texts: str) -> str | None:
        """Step over one of these symbols or keywords and return it; None if none is next."""
        if not self.at(*texts):
            return None
        text = self.tokens[self.index].text
        self.index += 1
        return text

    def need(self, *texts: str) -> str:
        """Like ``take``, but FeelSyntaxError if none of them is next."""
        found = self.take(*texts)
        if found is None:
            self.fail(*texts)
        return found

    def fail(self, *expected: str) -> NoReturn:
        """Refuse the next token, saying what could have stood there."""
        token = self.token
        wide = half_width(token.text)
        if wide is not None:
            raise FeelSyntaxError(
                f"第 {token.start + 1} 个字符“{token.text}”是全角标点，请改用半角的“{wide}”。",
                f"Character {token.start + 1}, {token.text!r}, is full-width; use {wide!r}.",
                token.start,
                (wide,),
            )
        found_zh = "表达式却到此结束" if token.kind == "end" else f"却是“{token.text}”"
        found_en = "the expression ends" if token.kind == "end" else f"found {token.text!r}"
        raise FeelSyntaxError(
            f"第 {token.start + 1} 个字符处应为{_list(expected, '或', '“', '”')}，{found_zh}。",
            f"Character {token.start + 1}: expected {_list(expected, ' or ', '', '')}, {found_en}.",
            token.start,
            expected,
        )

    def spell(self, start: int, end: int) -> str:
        """The name that tokens ``start`` to ``end`` (exclusive) write, spaces made single."""
        parts: list[str] = []
        for position in range(start, end):
            token = self.tokens[position]
            if position > start and self.tokens[position - 1].end < token.start:
                parts.append(" ")
            parts.append(token.text)
        return "".join(parts)


OPERAND = "a value"
NAME = "a name"
_ZH = {OPERAND: "一个值", NAME: "一个名称", "a type": "一个类型", "the end": "表达式结束"}


def _list(expected: tuple[str, ...], joint: str, left: str, right: str) -> str:
    shown = [
        (_ZH[item] if left else item) if item in _ZH else f"{left}{item}{right}"
        for item in expected
    ]
    return joint.join(shown)
