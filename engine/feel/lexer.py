"""FEEL text → tokens. Character classes: DMN 1.5 §10.3.1.2, grammar rules 22–29."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.feel.errors import FeelSyntaxError

MAX_TEXT = 20_000
"""Characters an expression may have."""

KEYWORDS = frozenset(
    (
        *("and", "or", "in", "between", "if", "then", "else", "for", "return"),
        *("some", "every", "satisfies", "instance", "of", "function", "external"),
        *("true", "false", "null"),
    )
)

_START = (
    r"?_A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3003-\u300F\u3012-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE"
    r"\uFF02-\uFF07\uFF0A\uFF0E-\uFF19\uFF20-\uFF5A\uFF5E-\uFFFD\U00010000-\U000EFFFF"
)
_PART = _START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"
WIDE = "、。【】（），－＋：；＜＝＞！？｛｜｝“”‘’"
"""Full-width punctuation that slips in from a Chinese keyboard."""
_HALF = dict(zip(WIDE, ',.[](),-+:;<=>!?{|}""' + "''", strict=True))

_TOKEN = re.compile(
    r"(?P<skip>(?:[\s\u0085\u00A0\u180E\u2000-\u200B\u2028\u2029\u202F\u205F\u3000\uFEFF]"
    r"|//[^\n]*|/\*.*?\*/)+)"
    rf"|(?P<word>[{_START}][{_PART}]*)"
    r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<quoted>`[^`]+`)"
    rf"|(?P<symbol>\*\*|\.\.|->|<=|>=|!=|/(?!\*)|[-+*=<>()\[\]{{}},:.@';{WIDE}])",
    re.S,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.S)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_IDENTIFIER = re.compile(rf"[{_START}][{_PART}]*")


class Token(NamedTuple):
    """``kind``: word, number, string, quoted (a name in backticks), symbol or end."""

    kind: str
    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """The tokens of ``text``, an end token last. FeelSyntaxError where no token begins."""
    if len(text) > MAX_TEXT:
        raise FeelSyntaxError(
            f"表达式有 {len(text)} 个字符，超过上限 {MAX_TEXT}。",
            f"The expression has {len(text)} characters; the limit is {MAX_TEXT}.",
            MAX_TEXT,
        )
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _bad_character(text, position)
        end = match.end()
        kind = match.lastgroup
        if kind is not None and kind != "skip":
            tokens.append(Token(kind, match[0], position, end))
        position = end
    tokens.append(Token("end", "", position, position))
    return tokens


def is_identifier(text: str) -> bool:
    """Whether ``text`` is one word token and no keyword."""
    return _IDENTIFIER.fullmatch(text) is not None and text not in KEYWORDS


def unescape(literal: str) -> str:
    """The value of a string literal, quotes included in ``literal``."""
    body = literal[1:-1]
    if "\\" not in body:
        return body
    text = _ESCAPE.sub(_escaped, body)
    if any("\ud800" <= char <= "\udfff" for char in text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def half_width(symbol: str) -> str | None:
    """The ASCII character a full-width one stands for."""
    return _HALF.get(symbol)


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        value = int(code[1:], 16)
        return chr(value) if value <= 0x10FFFF else "\ufffd"
    return _PLAIN_ESCAPES.get(code, "\\" + code)


def _bad_character(text: str, position: int) -> FeelSyntaxError:
    char = text[position]
    if char == '"':
        return FeelSyntaxError(
            f"第 {position + 1} 个字符处的字符串没有结束，缺少右引号。",
            f'The string that begins at character {position + 1} has no closing ".',
            position,
            ('"',),
        )
    if text.startswith("/*", position):
        return FeelSyntaxError(
            f"第 {position + 1} 个字符处的注释没有结束，缺少 */。",
            f"The comment that begins at character {position + 1} has no closing */.",
            position,
            ("*/",),
        )
    return FeelSyntaxError(
        f"第 {position + 1} 个字符“{char}”不能出现在表达式里。",
        f"Character {position + 1}, {char!r}, cannot stand in an expression.",
        position,
    )
