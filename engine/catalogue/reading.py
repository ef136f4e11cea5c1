"""A catalogue file: read strictly, with every fault named by its place (docs/catalogue.md)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from engine.catalogue.model import SEPARATOR, Catalogue, Category, Level
from engine.errors import Invalid
from engine.json_file import JsonReader
from engine.model import Finding, Json

_KEYS = {"id", "name", "about", "levels", "elements", "categories"}
_LEVEL_KEYS = {"name", "owner"}
_CATEGORY_KEYS = {
    "key", "label", "about", "elements", "specialty", "unit", "urgent", "from", "until",
    "children",
}
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ELEMENT = re.compile(r"[^\W\d]\w{0,79}")
_MOST_LEVELS = 8
_TOP = Category("", "", 0, "", (), (), None, None, False, "", None, None)


def parse(content: bytes, filename: str) -> Catalogue:
    """The catalogue of a ``NAME.catalogue.json``; Invalid, its ``findings`` in the details, if
    anything in it is wrong."""
    reader = _Reader(filename)
    catalogue = reader.catalogue(content)
    if reader.findings or catalogue is None:
        first = reader.findings[0]
        raise Invalid(
            f"分类目录文件 {filename} 有 {len(reader.findings)} 处错误：{first.zh}",
            f"The catalogue {filename} has {len(reader.findings)} errors: {first.en}",
            findings=tuple(reader.findings),
        )
    return catalogue


def check(content: bytes, filename: str) -> list[Finding]:
    """Everything that is wrong with the file, by place."""
    reader = _Reader(filename)
    reader.catalogue(content)
    return reader.findings


def removed(before: Catalogue, now: Catalogue, filename: str) -> list[Finding]:
    """Categories that are no longer in the file: cases may carry them, and could not be read."""
    return [
        Finding(
            "category-removed", "error", filename,
            f"分类 {code}（{before.path(code)}）已部署过，不能从文件中删除：已有工单可能用到它。",
            f"The category {code} was deployed and cannot be left out: cases may carry it.",
            "保留这一条，用 until 写明停用日期；停用后不再供选择，旧工单仍能读出名称。",
            "Keep it and give the last day in “until”; then it cannot be chosen any more.",
        )
        for code in before.categories if code not in now.categories
    ]


class _Reader(JsonReader):
    """A category's place is its code: ``network.coverage.elements``."""

    rule = "catalogue-file"

    def __init__(self, filename: str) -> None:
        super().__init__(filename)
        self.categories: dict[str, Category] = {}
        self.elements: dict[str, str] = {}
        self.levels: tuple[Level, ...] = ()

    def catalogue(self, content: bytes) -> Catalogue | None:
        data = self._json(content)
        if self.findings or not self._object("", data, _KEYS):
            return None
        self.elements = self._elements(data.get("elements", {}))
        self.levels = self._levels(data.get("levels"))
        self._children(_TOP, data.get("categories"), "categories")
        if not self.categories:
            self._wrong("categories", "至少要有一个分类。", "needs at least one category.")
        id_, name = self._identity(data.get("id")), self._text("name", data.get("name"))
        if self.findings:
            return None
        return Catalogue(
            id_, name, self.levels, MappingProxyType(self.elements),
            MappingProxyType(self.categories),
        )

    def _identity(self, value: Json) -> str:
        text = self._text("id", value)
        expected = self.filename.rsplit("/", 1)[-1].removesuffix(".catalogue.json")
        if text and not _KEY.fullmatch(text):
            self._wrong("id", f"{text!r} 不能用作标识。", f"{text!r} is no identifier.")
        elif text and text != expected:
            self._wrong(
                "id", f"标识 {text} 与文件名 {expected}.catalogue.json 不一致。",
                f"The id {text} is not the file's name {expected}.catalogue.json.",
            )
        return text

    def _levels(self, value: Json) -> tuple[Level, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= _MOST_LEVELS:
            self._wrong(
                "levels", f"应当是 1–{_MOST_LEVELS} 个层级的列表。",
                f"must list 1 to {_MOST_LEVELS} levels.",
            )
            return ()
        found = []
        for n, entry in enumerate(value):
            place = f"levels[{n}]"
            if self._object(place, entry, _LEVEL_KEYS):
                name = self._text(f"{place}.name", entry.get("name"))
                found.append(Level(name, self._text(f"{place}.owner", entry.get("owner"))))
        return tuple(found)

    def _elements(self, value: Json) -> dict[str, str]:
        if not isinstance(value, dict):
            self._wrong("elements", "应当是要素到名称。", "must map elements to labels.")
            return {}
        for key, label in value.items():
            if not _ELEMENT.fullmatch(key):
                self._wrong("elements", f"{key!r} 不能用作变量名。", f"{key!r} is no name.")
            self._text(f"elements.{key}", label)
        return dict(value)

    def _children(self, parent: Category, value: Json, place: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            self._wrong(place, "应当是分类的列表。", "must be a list of categories.")
            return ()
        codes: list[str] = []
        labels: set[str] = set()
        for n, entry in enumerate(value):
            if not self._object(f"{place}[{n}]", entry, _CATEGORY_KEYS):
                continue
            code = self._category(parent, entry, f"{place}[{n}]")
            if not code:
                continue
            label = self.categories[code].label
            if label in labels:
                self._wrong(code, f"同级已有“{label}”。", f"“{label}” stands beside it already.")
            labels.add(label)
            codes.append(code)
        return tuple(codes)

    def _category(self, parent: Category, entry: dict[str, Json], place: str) -> str:
        """The code of the category, its own and what is below it noted; "" where it has none."""
        code = self._code(parent, entry, place)
        if not code:
            return ""
        one = self._inherited(parent, entry, code)
        self.categories[code] = one  # before its children: parents come first
        below = entry.get("children", [])
        if below and one.level >= len(self.levels):
            self._wrong(
                f"{code}.children", f"目录只有 {len(self.levels)} 级，这里不能再分。",
                f"The catalogue has {len(self.levels)} levels; this is the last.",
            )
            return code
        children = self._children(one, below, f"{code}.children")
        self.categories[code] = replace(one, children=children)
        return code

    def _code(self, parent: Category, entry: dict[str, Json], place: str) -> str:
        key = self._text(f"{place}.key", entry.get("key"))
        if key and not _KEY.fullmatch(key):
            self._wrong(
                f"{place}.key", f"{key!r} 不能用：只能用小写字母、数字和 -。",
                f"{key!r} will not do: small letters, digits and - only.",
            )
            return ""
        code = f"{parent.code}{SEPARATOR}{key}" if parent.code else key
        if key and code in self.categories:
            self._wrong(code, "代码重复。", "The code is given twice.")
            return ""
        return code if key else ""

    def _inherited(self, parent: Category, entry: dict[str, Json], code: str) -> Category:
        since, until = (self._day(f"{code}.{key}", entry.get(key)) for key in ("from", "until"))
        if since and until and until < since:
            self._wrong(code, "停用日期早于启用日期。", "It ends before it begins.")
        urgent = entry.get("urgent", parent.urgent)
        if not isinstance(urgent, bool):
            self._wrong(f"{code}.urgent", "只能是 true 或 false。", "must be true or false.")
        own = self._keys(f"{code}.elements", entry.get("elements", []))
        return Category(
            code=code, label=self._text(f"{code}.label", entry.get("label")),
            level=parent.level + 1, parent=parent.code, children=(),
            elements=tuple(dict.fromkeys((*parent.elements, *own))),
            specialty=self._optional(f"{code}.specialty", entry.get("specialty"))
            or parent.specialty,
            unit=self._optional(f"{code}.unit", entry.get("unit")) or parent.unit,
            urgent=urgent is True,
            about=self._optional(f"{code}.about", entry.get("about")) or parent.about,
            since=max(filter(None, (since, parent.since)), default=None),
            until=min(filter(None, (until, parent.until)), default=None),
        )

    def _keys(self, place: str, value: Json) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._wrong(place, "应当是要素的列表。", "must be a list of elements.")
            return []
        for item in value:
            self._one_of(place, item, self.elements)
        return [item for item in value if item in self.elements]

    def _day(self, place: str, value: Json) -> date | None:
        if value is None:
            return None
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self._wrong(place, f"{value!r} 不是日期（2026-01-31）。", f"{value!r} is no date.")
            return None

    def _optional(self, place: str, value: Json) -> str | None:
        return None if value is None else self._text(place, value)
