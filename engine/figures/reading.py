"""Reading ``NAME.figure.sql``: the description in its first comment lines, then the statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from engine.errors import Invalid
from engine.figures import statement
from engine.figures.statement import Statement
from engine.model import Finding

ENDING = ".figure.sql"
FILTERS = (
    "unit", "region", "channel", "level", "category", "kind", "vendor", "role", "person",
)
PARAMETERS = MappingProxyType({
    "from": "timestamptz", "to": "timestamptz", "target": "numeric",
    **dict.fromkeys(FILTERS, "text"),
})
"""Parameters that every figure has, with their types."""

UNITS = ("%", "h", "件", "次", "个", "分")
_LINE = re.compile(r"--\s*(?P<key>[a-z]+)(?:\s+(?P<name>[^:：]+?))?\s*[:：]\s*(?P<value>.+?)\s*$")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_REQUIRED = ("title", "formula", "source", "unit", "direction")


@dataclass(frozen=True, slots=True)
class CaseList:
    """Cases behind a figure: those of ``counted`` that ``condition`` holds for."""

    label: str
    condition: str
    line: int


@dataclass(frozen=True, slots=True)
class Setting:
    """A number of the formula that an administrator changes in the file."""

    value: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Figure:
    """``targets`` maps a year to its target, None to that of all others. ``columns`` and
    ``missing`` map columns of the result to a label and to a sentence with ``{}``."""

    id: str
    title: str
    formula: str
    source: str
    unit: str
    decimals: int
    order: int
    rising: bool
    """Whether more is better."""
    targets: Mapping[int | None, Decimal]
    settings: Mapping[str, Setting]
    columns: Mapping[str, str]
    missing: Mapping[str, str]
    lists: tuple[CaseList, ...]
    statement: Statement
    roles: tuple[str, ...] = ()
    """The values that its column ``role`` has."""

    def target(self, year: int) -> Decimal | None:
        """What is aimed at in this year; None where nothing is."""
        return self.targets.get(year, self.targets.get(None))

    @property
    def types(self) -> dict[str, str]:
        """The SQL types of all parameters."""
        return {**PARAMETERS, **dict.fromkeys(self.settings, "numeric")}


def parse(content: bytes, filename: str) -> Figure:
    """The figure in the file; Invalid, whose ``details["findings"]`` name the lines."""
    reader = _Reader(filename)
    figure = reader.read(content)
    if figure is None or reader.findings:
        first = reader.findings[0]
        raise Invalid(first.zh, first.en, findings=reader.findings, line=first.line)
    return figure


def findings(content: bytes, filename: str) -> list[Finding]:
    """What is wrong with the file as far as it can be told without a database."""
    try:
        parse(content, filename)
    except Invalid as error:
        return list(error.details["findings"])
    return []


@dataclass(slots=True)
class _Reader:
    filename: str
    findings: list[Finding] = field(default_factory=list)
    plain: dict[str, str] = field(default_factory=dict)
    targets: dict[int | None, Decimal] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    lists: list[CaseList] = field(default_factory=list)

    def read(self, content: bytes) -> Figure | None:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._wrong(1, f"不是 UTF-8 的文本（{error.reason}）。", f"no UTF-8 ({error.reason}).")
            return None
        lines = text.replace("\r\n", "\n").split("\n")
        body = next((n for n, line in enumerate(lines)
                     if line.strip() and not line.startswith("--")), len(lines))
        for number, line in enumerate(lines[:body], 1):
            self._describe(number, line)
        for key in _REQUIRED:
            if key not in self.plain:
                self._wrong(1, f"缺少 “-- {key}: …” 一行。", f"the line “-- {key}: …” is missing.")
        if not _ID.fullmatch(self._id):
            self._wrong(1, "文件名只能用小写字母、数字和连字符。",
                        "the file name may hold small letters, digits and hyphens only.")
        known = frozenset({*PARAMETERS, *self.settings})
        sql = "\n".join(lines[body:]).rstrip().removesuffix(";")
        found, wrong = statement.read(sql, body + 1, known, self.filename)
        self.findings += wrong
        return None if self.findings or found is None else self._figure(found)

    @property
    def _id(self) -> str:
        return self.filename.replace("\\", "/").rpartition("/")[2].removesuffix(ENDING)

    def _figure(self, found: Statement) -> Figure:
        plain = self.plain
        return Figure(
            id=self._id, title=plain["title"], formula=plain["formula"],
            source=plain["source"], unit=plain["unit"], decimals=int(plain.get("decimals", "1")),
            order=int(plain.get("order", "100")), rising=plain["direction"] == "up",
            targets=MappingProxyType(self.targets), settings=MappingProxyType(self.settings),
            columns=MappingProxyType(self.columns), missing=MappingProxyType(self.missing),
            lists=tuple(self.lists), statement=found,
            roles=tuple(plain.get("roles", "").replace("，", "、").split("、"))
            if "roles" in plain else (),
        )

    def _describe(self, number: int, line: str) -> None:
        if not line.strip(" -"):
            return
        found = _LINE.match(line)
        takes = self._keys().get(found["key"]) if found else None
        if found is None or takes is None:
            keys = "、".join(self._keys())
            self._wrong(number, f"看不懂 {line!r}；每行写 “-- 关键字: 内容”，关键字有：{keys}。",
                        f"{line!r} is not understood; keys are {keys}.")
            return
        takes(number, found["key"], (found["name"] or "").strip(), found["value"])

    def _keys(self) -> dict[str, Callable[[int, str, str, str], None]]:
        texts = dict.fromkeys(("title", "formula", "source", "roles"), self._text)
        return {
            **texts, "unit": self._one_of, "direction": self._one_of, "decimals": self._digit,
            "order": self._digit, "target": self._target, "setting": self._setting,
            "column": self._column, "missing": self._missing, "cases": self._cases,
        }

    def _text(self, number: int, key: str, name: str, value: str) -> None:
        if name or key in self.plain:
            self._wrong(number, f"{key} 只写一次，不带名称。", f"{key} is written once, unnamed.")
        self.plain[key] = value

    def _one_of(self, number: int, key: str, name: str, value: str) -> None:
        known = UNITS if key == "unit" else ("up", "down")
        if value not in known:
            self._wrong(number, f"{key} 只能是 {'、'.join(known)}。",
                        f"{key} is one of {', '.join(known)}.")
        self._text(number, key, name, value)

    def _digit(self, number: int, key: str, name: str, value: str) -> None:
        most = 4 if key == "decimals" else 999
        if not value.isascii() or not value.isdigit() or int(value) > most:
            self._wrong(number, f"{key} 应为 0 到 {most} 的整数。",
                        f"{key} is a whole number up to {most}.")
            return
        self._text(number, key, name, value)

    def _target(self, number: int, key: str, name: str, value: str) -> None:
        aimed = self._number(number, value)
        if name and not re.fullmatch(r"20\d\d", name):
            self._wrong(number, f"{name!r} 不是年份。", f"{name!r} is no year.")
        elif aimed is not None:
            self.targets[int(name) if name else None] = aimed

    def _setting(self, number: int, key: str, name: str, value: str) -> None:
        first, _, label = value.partition(" ")
        amount = self._number(number, first)
        if not _NAME.fullmatch(name) or name in PARAMETERS or name in self.settings:
            self._wrong(number, f"{name!r} 不能用作设置的名称，或已用过。",
                        f"{name!r} cannot name a setting, or is taken.")
        elif amount is not None:
            self.settings[name] = Setting(amount, label.strip() or name)

    def _column(self, number: int, key: str, name: str, value: str) -> None:
        if self._is_name(number, name):
            self.columns[name] = value

    def _missing(self, number: int, key: str, name: str, value: str) -> None:
        if value.count("{}") != 1 or "{" in value.replace("{}", ""):
            self._wrong(number, "句子里要有一个 {}，那里写数字。", "the sentence needs one {}.")
        elif self._is_name(number, name):
            self.missing[name] = value

    def _cases(self, number: int, key: str, name: str, value: str) -> None:
        if not name or any(one.label == name for one in self.lists):
            self._wrong(number, "cases 后面要写一个没有用过的名称。",
                        "cases needs a name of its own.")
            return
        self.findings += statement.condition(value, number, self.filename)
        self.lists.append(CaseList(name, value, number))

    def _is_name(self, number: int, name: str) -> bool:
        if _NAME.fullmatch(name):
            return True
        self._wrong(number, f"{name!r} 不是列名。", f"{name!r} is no column.")
        return False

    def _number(self, number: int, value: str) -> Decimal | None:
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite():
            self._wrong(number, f"{value!r} 不是数字。", f"{value!r} is no number.")
            return None
        return amount

    def _wrong(self, line: int, zh: str, en: str) -> None:
        self.findings.append(Finding("figure", "error", self.filename, zh, en, line=line))
