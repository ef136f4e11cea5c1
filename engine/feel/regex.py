"""XPath regular expressions (XPath functions 3.1, §5.6) on RE2: linear time, bounded memory.

Only patterns with back references go to ``backtrack``. What XPath has not is refused (null)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from engine.feel.back_patterns import Piece, compile_back_pattern
from engine.feel.backtrack import OneChar
from engine.feel.charsets import subtract
from engine.feel.errors import FeelLimitError
from engine.feel.limits import Meter

_FLAGS = frozenset("smixq")
_BACK_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
_MAX_PATTERN = 10_000
_MAX_MEMORY = 8 << 20
_MAX_WORK = 50_000_000
"""Most characters of a text times instructions of a pattern: below a second at RE2's slowest."""
_WORK_PER_STEP = 20_000
_BACKTRACKING = 1_000
"""What a pattern with back references counts as; it has a limit of its own."""
_REPLACEMENT = re.compile(r"\\(.)|\$(\d)|\$|\\")
_FIRST = r"_:A-Za-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}" \
    r"\x{200C}-\x{200D}\x{2070}-\x{218F}\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}" \
    r"\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}"  # fmt: skip
_NAME = _FIRST + r"\-.0-9\x{B7}\x{300}-\x{36F}\x{203F}-\x{2040}"


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str) -> Any:
    """The compiled pattern; ValueError if it is no XPath regular expression."""
    if len(pattern) > _MAX_PATTERN or not set(flags) <= _FLAGS:
        raise ValueError("pattern")
    options = _options(flags)
    if "q" in flags:
        translated = re2.escape(pattern)
    else:
        plain = _without_spaces(pattern) if "x" in flags else pattern
        if _BACK_REFERENCE.search(plain):
            return compile_back_pattern(plain, flags, _one_character(flags))
        translated = _translate(plain, dot_all="s" in flags)
        if "m" in flags:
            translated = f"(?m){translated}"
    try:
        return re2.compile(translated, options)
    except re2.error as error:
        raise ValueError("pattern") from error


def _options(flags: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    options.case_sensitive = "i" not in flags
    options.dot_nl = "s" in flags
    return options


def _one_character(flags: str) -> Piece:
    """Reads one-character atoms as RE2 patterns."""

    def read(pattern: str, index: int) -> tuple[OneChar, int]:
        piece, after = _atom(pattern, index, dot_all="s" in flags)
        if piece in ("*", "+", "?", "{", "}", "(", ")"):
            raise ValueError("pattern")
        try:
            compiled = re2.compile(piece, _options(flags))
        except re2.error as error:
            raise ValueError("pattern") from error
        return lambda char: compiled.fullmatch(char) is not None, after

    return read


def matches(meter: Meter, text: str, pattern: str, flags: str) -> bool:
    """Whether the pattern matches somewhere in ``text``. ValueError if it is no regex."""
    return _for(meter, text, pattern, flags).search(text) is not None


def _for(meter: Meter, text: str, pattern: str, flags: str) -> Any:
    """The compiled pattern, once the meter allows it to run over ``text``."""
    compiled = compile_pattern(pattern, flags)
    size = getattr(compiled, "programsize", _BACKTRACKING)
    work = size * (len(text) + 1)
    if work > _MAX_WORK:
        raise FeelLimitError(
            f"正则表达式对 {len(text)} 个字符的文字来说太复杂。",
            f"The pattern is too complex for a text of {len(text)} characters.",
        )
    meter.tick(1 + work // _WORK_PER_STEP + 300 * pattern.count("-["))
    return compiled


def replace(meter: Meter, text: str, pattern: str, replacement: str, flags: str) -> str | None:
    """``text`` with all matches replaced; None if the pattern matches the empty string or the
    replacement is malformed."""
    compiled = _for(meter, text, pattern, flags)
    if compiled.search("") is not None:
        return None
    parts = [replacement] if "q" in flags else _replacement(replacement, compiled.groups)
    if parts is None:
        return None
    made: list[str] = []
    end = 0
    for match in compiled.finditer(text):
        meter.tick(2)
        piece = [part if type(part) is str else match.group(part) or "" for part in parts]
        made += [text[end : match.start()], *piece]
        meter.text(sum(map(len, piece)))
        end = match.end()
    made.append(text[end:])
    meter.text(sum(map(len, made)))
    return "".join(made)


def split(meter: Meter, text: str, pattern: str) -> list[str]:
    """``text`` cut at the matches. ValueError if the pattern is empty or no regex."""
    if not pattern:
        raise ValueError("pattern")
    compiled = _for(meter, text, pattern, "")
    pieces: list[str] = []
    end = 0
    for match in compiled.finditer(text):
        meter.tick(2)
        if match.end() == match.start():
            continue
        pieces.append(text[end : match.start()])
        end = match.end()
    pieces.append(text[end:])
    return pieces


def extract(meter: Meter, text: str, pattern: str) -> list[str]:
    """All matches of the pattern in ``text``."""
    found: list[str] = []
    for match in _for(meter, text, pattern, "").finditer(text):
        meter.tick(2)
        found.append(match.group(0))
    return found


def _replacement(text: str, groups: int) -> list[str | int] | None:
    """The replacement as strings and group numbers; None if malformed (FORX0004)."""
    parts: list[str | int] = []
    end = 0
    for match in _REPLACEMENT.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        escaped, group = match.groups()
        if group is not None:
            if int(group) <= groups:
                parts.append(int(group))
        elif escaped in ("\\", "$"):
            parts.append(escaped)
        else:
            return None
    parts.append(text[end:])
    return parts


def _without_spaces(pattern: str) -> str:
    """The pattern as flag x reads it: without white space outside character classes."""
    made: list[str] = []
    depth = 0
    escaped = False
    for char in pattern:
        if char in " \t\n\r" and not depth:
            continue
        made.append(char)
        if not escaped and char in "[]":
            depth += 1 if char == "[" else -1
        escaped = char == "\\" and not escaped
    return "".join(made)


def _translate(pattern: str, *, dot_all: bool) -> str:
    """An XPath pattern as RE2 writes it."""
    made: list[str] = []
    index = 0
    while index < len(pattern):
        piece, index = _atom(pattern, index, dot_all=dot_all)
        made.append(piece)
    return "".join(made)


def _atom(pattern: str, index: int, *, dot_all: bool) -> tuple[str, int]:
    """(RE2's form, next index) of the smallest part of the pattern at ``index``."""
    char = pattern[index]
    if char == "\\":
        return _escape(pattern, index, in_class=False)
    if char == "[":
        return _class(pattern, index)
    if char == "." and not dot_all:
        return r"[^\n\r]", index + 1
    if char == "(" and pattern[index + 1 : index + 2] == "?":
        if pattern[index + 2 : index + 3] != ":":
            raise ValueError("pattern")
        return "(?:", index + 3
    return char, index + 1


def _escape(pattern: str, index: int, *, in_class: bool) -> tuple[str, int]:
    """(RE2's form, next index) of the escape at ``index``."""
    code = pattern[index + 1 : index + 2]
    if code in "pP" and code:
        close = pattern.find("}", index)
        if pattern[index + 2 : index + 3] != "{" or close < 0:
            raise ValueError("pattern")
        return _property(pattern[index + 3 : close], code, in_class), close + 1
    if code in ("i", "c"):
        body = _FIRST if code == "i" else _NAME
        return (body if in_class else f"[{body}]"), index + 2
    if code in ("I", "C"):
        if in_class:
            raise ValueError("pattern")
        return f"[^{_FIRST if code == 'I' else _NAME}]", index + 2
    if code and code in "dDwWsS":
        return _SHORT[code], index + 2
    if code and code in "nrt\\|.?*+(){}-[]^$":
        return "\\" + code, index + 2
    raise ValueError("pattern")


_SHORT = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "s": r"[ \t\n\r]",
    "S": r"[^ \t\n\r]",
    "w": r"[^\p{P}\p{Z}\p{C}]",
    "W": r"[\p{P}\p{Z}\p{C}]",
}


def _property(name: str, code: str, in_class: bool) -> str:
    block = _BLOCKS.get(name)
    if block is None:
        if not re.fullmatch(r"[A-Z][a-z]?", name):
            raise ValueError("pattern")
        return f"\\{code}{{{name}}}"
    if in_class and code == "p":
        return block
    if in_class:
        raise ValueError("pattern")
    return f"[{'^' if code == 'P' else ''}{block}]"


_BLOCKS = {
    "IsBasicLatin": r"\x{0}-\x{7F}",
    "IsLatin-1Supplement": r"\x{80}-\x{FF}",
    "IsLatinExtended-A": r"\x{100}-\x{17F}",
    "IsGreek": r"\x{370}-\x{3FF}",
    "IsGreekandCoptic": r"\x{370}-\x{3FF}",
    "IsCyrillic": r"\x{400}-\x{4FF}",
    "IsCJKUnifiedIdeographs": r"\x{4E00}-\x{9FFF}",
    "IsCJKSymbolsandPunctuation": r"\x{3000}-\x{303F}",
    "IsHalfwidthandFullwidthForms": r"\x{FF00}-\x{FFEF}",
}


def _class(pattern: str, index: int) -> tuple[str, int]:
    """(RE2's form, next index) of the character class that opens at ``index``."""
    start = index
    index += 1
    negated = pattern[index : index + 1] == "^"
    index += negated
    body: list[str] = []
    while True:
        char = pattern[index : index + 1]
        if not char:
            raise ValueError("pattern")
        if char == "]" and body:
            break
        if char == "-" and pattern[index + 1 : index + 2] == "[":
            return _difference(pattern, body, negated, index + 1)
        if char == "[" or (char == "]" and not body):
            raise ValueError("pattern")
        if char == "\\":
            piece, index = _class_escape(pattern, index)
        else:
            piece, index = char, index + 1
        body.append(piece)
    if index == start + 1:
        raise ValueError("pattern")
    return f"[{'^' if negated else ''}{''.join(body)}]", index + 1


def _class_escape(pattern: str, index: int) -> tuple[str, int]:
    code = pattern[index + 1 : index + 2]
    if code == "s":
        return r" \t\n\r", index + 2
    if code == "w":
        return r"\p{L}\p{M}\p{N}\p{S}", index + 2
    if code == "W":
        return r"\p{P}\p{Z}\p{C}", index + 2
    if code == "S":
        return r"\x{0}-\x{8}\x{B}\x{C}\x{E}-\x{1F}\x{21}-\x{10FFFF}", index + 2
    return _escape(pattern, index, in_class=True)


def _difference(pattern: str, body: list[str], negated: bool, index: int) -> tuple[str, int]:
    """``[a-z-[aeiou]]``: RE2 has no subtraction, so the ranges are computed."""
    inner, after = _class(pattern, index)
    if pattern[after : after + 1] != "]":
        raise ValueError("pattern")
    outer = f"[{'^' if negated else ''}{''.join(body)}]"
    return subtract(outer, inner), after + 1
