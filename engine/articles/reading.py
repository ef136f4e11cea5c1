"""Reads an article's file; every fault is a finding with its line. What is written in the web
goes through the same rules (``wrong``)."""

from __future__ import annotations

import re
from difflib import get_close_matches

from engine.articles.article import KINDS, TECHNIQUES, Article
from engine.errors import Invalid
from engine.model import Finding

ENDING = ".article.md"

_LONGEST = {"title": 80, "summary": 200, "caution": 500, "text": 40_000}
_MOST_ITEMS = 60
_LONGEST_ITEM = 80
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_CODE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_FENCE = "---"
_LISTS = ("categories", "keywords", "techniques")
_BETWEEN = re.compile(r"[,，、]")
_WORDS = {
    "title": "标题", "kind": "类型", "summary": "摘要", "categories": "分类", "keywords": "关键词",
    "techniques": "技巧", "caution": "注意", "text": "正文",
}


def identity(filename: str) -> str:
    """The id of the article in a file of this name."""
    return filename.removesuffix(ENDING)


def parse(content: bytes, filename: str) -> Article:
    """The article in the file; Invalid, whose ``details["findings"]`` name the lines."""
    article, found = _read(content, filename)
    if article is None or found:
        raise Invalid(found[0].zh, found[0].en, findings=found, line=found[0].line)
    return article


def check(content: bytes, filename: str) -> list[Finding]:
    """What is wrong with the file."""
    return _read(content, filename)[1]


def wrong(article: Article) -> dict[str, tuple[str, str]]:
    """What is wrong with each field, in Chinese and English."""
    found: dict[str, tuple[str, str]] = {}
    for key in ("title", "text"):
        if not getattr(article, key).strip():
            found[key] = (f"请填写{_WORDS[key]}。", f"The {key} is missing.")
    for key, most in _LONGEST.items():
        if len(getattr(article, key)) > most:
            found[key] = (f"{_WORDS[key]}最多 {most} 字。", f"The {key} has {most} signs at most.")
    if article.kind not in KINDS:
        known = "、".join(f"{key}（{name}）" for key, name in KINDS.items())
        found["kind"] = (f"类型应为 {known}。", f"The kind must be one of {', '.join(KINDS)}.")
    for key in _LISTS:
        items = getattr(article, key)
        if len(items) > _MOST_ITEMS or any(len(one) > _LONGEST_ITEM for one in items):
            found[key] = (
                f"{_WORDS[key]}最多 {_MOST_ITEMS} 项，每项最多 {_LONGEST_ITEM} 字。",
                f"At most {_MOST_ITEMS} {key} of {_LONGEST_ITEM} signs.",
            )
    for one in article.categories:
        if not _CODE.fullmatch(one):
            found["categories"] = (
                f"“{one}”不是分类的代码（如 vas.deduction）。", f"“{one}” is no category's code."
            )
    for one in article.techniques:
        if one not in TECHNIQUES:
            near = get_close_matches(one, TECHNIQUES, 1, 0.3) or TECHNIQUES
            found["techniques"] = (
                f"没有技巧“{one}”；可用：{'、'.join(near)}。",
                f"There is no technique “{one}”; known: {', '.join(near)}.",
            )
    return found


def _read(content: bytes, filename: str) -> tuple[Article | None, list[Finding]]:
    reader = _Reader(filename)
    return reader.read(content), reader.findings


class _Reader:
    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.findings: list[Finding] = []
        self.values: dict[str, str] = {}
        self.lines: dict[str, int] = {}

    def read(self, content: bytes) -> Article | None:
        id_ = identity(self.filename)
        if not _ID.fullmatch(id_):
            self._wrong(
                None, f"文件名“{id_}”只能用小写字母、数字和 -。",
                f"The file's name “{id_}” may have small letters, digits and - only.",
            )
        try:
            lines = content.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            self._wrong(None, f"不是 UTF-8 文本（{error}）。", f"not UTF-8 ({error}).")
            return None
        if any("\x00" in line for line in lines):
            self._wrong(None, "含有不能保存的字符（NUL）。", "contains NUL.")
            return None
        end = self._head(lines)
        if end is None:
            return None
        article = self._article("\n".join(lines[end + 1 :]).strip())
        for key, (zh, en) in wrong(article).items():
            self._wrong(self.lines.get(key, end + 2 if key == "text" else 1), zh, en)
        return article

    def _head(self, lines: list[str]) -> int | None:
        """Reads the head; the line at which it ends."""
        if not lines or lines[0].strip() != _FENCE:
            self._wrong(
                1, f"第一行应为 {_FENCE}，其后是“键: 值”各行，再以 {_FENCE} 结束。",
                f"The first line must be {_FENCE}, lines “key: value” and another {_FENCE} follow.",
            )
            return None
        for index, line in enumerate(lines[1:], 1):
            if line.strip() == _FENCE:
                return index
            self._line(line, index + 1)
        self._wrong(
            len(lines), f"缺少结束文件头的 {_FENCE}。", f"The head has no end ({_FENCE})."
        )
        return None

    def _line(self, line: str, number: int) -> None:
        if not line.strip() or line.lstrip().startswith("#"):
            return
        key, separator, value = line.partition(":")
        key = key.strip()
        if not separator or key not in _WORDS or key == "text":
            known = "、".join(one for one in _WORDS if one != "text")
            self._wrong(
                number, f"“{line.strip()[:40]}”不是文件头的一行；可用的键：{known}。",
                f"“{line.strip()[:40]}” is no line of the head; keys: {known}.",
            )
        elif key in self.values:
            self._wrong(number, f"{key} 写了两次。", f"{key} is given twice.")
        else:
            self.values[key], self.lines[key] = value.strip(), number

    def _article(self, text: str) -> Article:
        said = self.values
        return Article(
            title=said.get("title", ""), kind=said.get("kind", ""),
            summary=said.get("summary", ""), caution=said.get("caution", ""), text=text,
            categories=_items(said.get("categories", "")),
            keywords=_items(said.get("keywords", "")),
            techniques=_items(said.get("techniques", "")),
        )

    def _wrong(self, line: int | None, zh: str, en: str) -> None:
        self.findings.append(Finding("article-file", "error", self.filename, zh, en, line=line))


def _items(text: str) -> tuple[str, ...]:
    found = (one.strip() for one in _BETWEEN.split(text))
    return tuple(dict.fromkeys(one for one in found if one))
