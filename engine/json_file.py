"""Files in JSON that people write: read strictly, every fault collected with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches

from engine.model import Finding, Json

_FAULTS = (
    (r"Expecting property name.*", "这里应是带双引号的键，或多了一个逗号"),
    (r"Expecting ',' delimiter", "前后两项之间缺少逗号，或括号没有配对"),
    (r"Expecting ':' delimiter", "键的后面缺少冒号"),
    (r"Expecting value", "这里应是一个值（文字要带双引号），或多了一个逗号"),
    (r"Illegal trailing comma.*", "最后一项后面多了一个逗号"),
    (r"Extra data", "文件在这里应当已经结束，后面还有多余的内容"),
    (r"Unterminated string.*", "文字缺少结束的双引号"),
    (r"Invalid control character.*", "文字里有换行或制表符，应写成 \\n、\\t"),
    (r"Invalid \\.*", "反斜杠后面的字符不对；要写反斜杠本身，写两个"),
)


def fault(error: json.JSONDecodeError) -> tuple[str, str]:
    """What is wrong where, in Chinese and English."""
    said = next(
        (zh for pattern, zh in _FAULTS if re.fullmatch(pattern, error.msg)), "不是正确的 JSON"
    )
    return (
        f"第 {error.lineno} 行第 {error.colno} 列：{said}。",
        f"Line {error.lineno}, column {error.colno} is not JSON ({error.msg}).",
    )


class JsonReader:
    """What reads one kind of file derives from it. Places read like ``years.2026.holidays[3]``;
    ``rule`` is the slug of its findings."""

    rule: str

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.findings: list[Finding] = []

    def _json(self, content: bytes) -> Json:
        """The file's value; None where it cannot be read. A key that is given twice in one object
        is a fault: one of the two would be lost."""
        try:
            return json.loads(content.decode("utf-8-sig"), object_pairs_hook=self._once)
        except UnicodeDecodeError:
            self._wrong("", "文件不是 UTF-8 编码，请另存为 UTF-8。", "The file is not UTF-8.")
        except RecursionError:
            self._wrong("", "文件嵌套太深。", "The file is nested too deeply.")
        except json.JSONDecodeError as error:
            self._wrong("", *fault(error), error.lineno)
        except ValueError:
            self._wrong("", "文件里有数字太长。", "A number in the file is too long.")
        return None

    def _once(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key, value in pairs:
            if key in found:
                self._wrong(key, "这个键写了两次。", "This key is given twice.")
            found[key] = value
        return found

    def _object(self, place: str, value: Json, known: Iterable[str]) -> bool:
        """Whether it is an object; keys that are not ``known`` are faults."""
        if not isinstance(value, dict):
            self._wrong(place, "应当是一个对象。", "must be an object.")
            return False
        for key in value:
            self._one_of(f"{place}.{key}".lstrip("."), key, known)
        return True

    def _one_of(self, place: str, value: Json, known: Iterable[str]) -> None:
        choices = sorted(known)
        if value in choices:
            return
        near = get_close_matches(str(value), choices, 1) or choices
        self._wrong(
            place, f"没有 {value!r}；可用：{'、'.join(near)}。",
            f"{value!r} is unknown; known: {', '.join(near)}.",
        )

    def _text(self, place: str, value: Json) -> str:
        if isinstance(value, str) and value.strip():
            return value.strip()
        self._wrong(place, "缺少文字。", "must be a text.")
        return ""

    def _wrong(self, place: str, zh: str, en: str, line: int | None = None) -> None:
        at_zh, at_en = (f"{place}：", f"{place}: ") if place else ("", "")
        self.findings.append(
            Finding(self.rule, "error", self.filename, at_zh + zh, at_en + en, line=line)
        )
