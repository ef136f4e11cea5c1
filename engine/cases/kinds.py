"""A kind of case: which process it runs, how it is numbered and titled, which variables of the
process make up the case that people see in lists and on its page.

The file ``NAME.case.json`` is described in docs/architecture.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from engine.catalogue import Catalogue
from engine.errors import Invalid
from engine.json_file import JsonReader
from engine.feel import Expression, FeelError, Function, compile_expression
from engine.model import Finding, Json
from engine.privacy import MASKS

_KEYS = {
    "about", "order", "id", "name", "process", "number", "title", "customer", "due", "fields",
    "statuses", "intake", "duplicates", "repeats", "ended", "counted", "marks", "public", "quick",
    "answers",
}
_PUBLIC_KEYS = {
    "statuses", "fields", "numbers", "form", "title", "about", "given", "actions",
}
_CUSTOMER = ("ref", "name", "level")
_FIELD_KEYS = {"key", "label", "type", "list", "search", "mask", "options", "catalogue", "level"}
_TYPES = {
    "text", "longtext", "number", "boolean", "date", "datetime", "duration", "select", "list",
    "object", "person", "priority",
}
_ENDS = {"completed", "terminated", "error", "merged"}
_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_KEY = re.compile(r"[^\W\d]\w{0,79}")
_NUMBER_PART = re.compile(r"\{(date|year|month|seq)(?::0?(\d{1,2}))?\}")


@dataclass(frozen=True, slots=True)
class CaseField:
    """A variable of the process that belongs to the case: ``list`` as a column of lists,
    ``search`` in the full-text search, ``mask`` a word of ``engine.privacy.MASKS``;
    ``options`` are those of a ``level`` of a ``catalogue`` where it names one."""

    key: str
    label: str
    type: str = "text"
    list: bool = False
    search: bool = False
    mask: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    catalogue: str | None = None
    level: int = 1


@dataclass(frozen=True, slots=True)
class Repeats:
    """A closed case of the same customer that agrees in the fields ``same`` is what a new one
    may repeat; its number goes into ``field``. An open case with one of ``statuses`` is answered
    and counts as closed here."""

    field: str
    same: tuple[str, ...]
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """So that a customer gets one consistent answer: cases that agree in the fields ``same`` are
    about the same matter; with one of the statuses ``answering`` a case is being answered; the
    fields ``text`` and ``at`` hold what was answered and when. Answers older than ``days`` do not
    bind any more."""

    same: tuple[str, ...]
    answering: tuple[str, ...]
    text: str
    at: str
    days: int


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks of attention on customers: ``all`` there are, the decision that says which hold by
    count, and the one that says what a mark means and how long it is kept."""

    all: tuple[str, ...]
    automatic: str | None
    mark: str


@dataclass(frozen=True, slots=True)
class PublicAction:
    """What the customer may do himself while the case waits for ``message``: ``form`` is what
    he fills in, ``label`` the button."""

    message: str
    label: str
    form: str


@dataclass(frozen=True, slots=True)
class Public:
    """What the customer is told: words for statuses, and fields of the case. He is known by one
    of his numbers, or by one in the fields ``numbers``. ``form`` is the short form by which he
    opens a case himself (None: he cannot), ``title`` and ``about`` what he reads of that;
    ``given`` are variables that it leaves out."""

    statuses: Mapping[str, str]
    fields: tuple[str, ...]
    numbers: tuple[str, ...]
    form: str | None = None
    title: str = ""
    about: str = ""
    given: Mapping[str, Json] = field(default_factory=dict)
    actions: tuple[PublicAction, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseKind:
    """``duplicates`` are the fields that make an open case of the same customer a likely
    duplicate; ``ended`` gives the status for how the process ended, where it changes, and
    ``merged`` that of a case merged into another one; ``counted`` says whether a case counts
    for the marks of its customer; ``quick`` is the form of the page for phones (``/quick``);
    ``default_level`` is the level where neither the case nor the customer's record says one."""

    id: str
    name: str
    process: str
    number: str
    title: Expression | None
    customer: Mapping[str, Expression]
    due: Expression | None
    fields: tuple[CaseField, ...]
    statuses: tuple[str, ...]
    intake: str | None = None
    quick: str | None = None
    default_level: str | None = None
    duplicates: tuple[str, ...] = ()
    repeats: Repeats | None = None
    answers: Answers | None = None
    ended: Mapping[str, str] = field(default_factory=dict)
    counted: Expression | None = None
    marks: Marks | None = None
    public: Public | None = None
    about: str = ""
    order: int = 100

    def field(self, key: str) -> CaseField | None:
        return next((one for one in self.fields if one.key == key), None)

    @property
    def level_field(self) -> str | None:
        """The variable that the customer's level is read from, if it is that simple."""
        level = self.customer.get("level")
        names = level.variables if level is not None else frozenset()
        return next(iter(names)) if len(names) == 1 else None

    def number_of(self, sequence: int, at: datetime, zone: ZoneInfo) -> str:
        """The case number, e.g. ``TS20261122000017``; the date is local."""
        local = at.astimezone(zone)
        parts: dict[str, Any] = {
            "date": f"{local:%Y%m%d}", "year": f"{local:%Y}", "month": f"{local:%m}",
            "seq": sequence,
        }
        return self.number.format_map(parts)


def parse(content: bytes, filename: str, functions: Mapping[str, Function]) -> CaseKind:
    """The kind in a ``NAME.case.json``; Invalid, its ``findings`` in the details, if wrong.
    ``functions`` are those FEEL knows besides its own."""
    reader = _Reader(filename, functions)
    kind = reader.kind(content)
    if kind is None or reader.findings:
        first = reader.findings[0]
        raise Invalid(
            f"案件类型文件 {filename} 有 {len(reader.findings)} 处错误：{first.zh}",
            f"The case kind {filename} has {len(reader.findings)} errors: {first.en}",
            findings=tuple(reader.findings),
        )
    return kind


def check(content: bytes, filename: str, functions: Mapping[str, Function]) -> list[Finding]:
    """Everything that is wrong with the file, by place."""
    reader = _Reader(filename, functions)
    reader.kind(content)
    return reader.findings


def with_options(kind: CaseKind, catalogues: Mapping[str, Catalogue]) -> CaseKind:
    """The kind, its fields that name a catalogue with the labels of that level as options."""
    def filled(one: CaseField) -> CaseField:
        known = catalogues.get(one.catalogue) if one.catalogue else None
        if known is None:
            return one
        return replace(one, options=MappingProxyType(known.labels(one.level)))

    return replace(kind, fields=tuple(map(filled, kind.fields)))


class _Reader(JsonReader):
    rule = "case-kind"

    def __init__(self, filename: str, functions: Mapping[str, Function]) -> None:
        super().__init__(filename)
        self.functions = functions

    def kind(self, content: bytes) -> CaseKind | None:
        data = self._json(content)
        if self.findings or not self._object("", data, _KEYS):
            return None
        fields = self._fields(data.get("fields"))
        keys = [one.key for one in fields]
        statuses = self._texts("statuses", data.get("statuses"))
        found = CaseKind(
            id=self._matching("id", data.get("id"), _ID),
            name=self._text("name", data.get("name")),
            process=self._text("process", data.get("process")),
            number=self._number(data.get("number")),
            title=self._feel("title", data.get("title")),
            customer=self._customer(data.get("customer", {})),
            due=self._feel("due", data.get("due")),
            fields=fields, statuses=statuses,
            intake=None if data.get("intake") is None else self._text("intake", data["intake"]),
            quick=None if data.get("quick") is None else self._text("quick", data["quick"]),
            default_level=self._default_level(data.get("customer", {}), fields),
            duplicates=self._subset("duplicates", data.get("duplicates", []), keys),
            repeats=self._repeats(data.get("repeats"), keys, statuses),
            answers=self._answers(data.get("answers"), keys, statuses),
            ended=self._ended(data.get("ended", {}), statuses),
            counted=self._feel("counted", data.get("counted")),
            marks=self._marks(data.get("marks")),
            public=self._public(data.get("public"), keys, statuses),
            about=str(data.get("about") or ""),
            order=self._order(data.get("order", 100)),
        )
        if not statuses:
            self._wrong("statuses", "至少要有一个状态。", "needs at least one status.")
        return None if self.findings else found

    def _number(self, value: Json) -> str:
        text = self._text("number", value)
        rest = _NUMBER_PART.sub("", text)
        if "{seq" not in text or "{" in rest or "}" in rest or len(text) > 60:
            self._wrong(
                "number",
                f"{text!r} 不能用：须含 {{seq:06}}，还可用 {{date}}、{{year}}、{{month}}。",
                f"{text!r} will not do: it needs {{seq:06}} and may use {{date}}, {{year}}, "
                "{month}.",
            )
        return text

    def _customer(self, value: Json) -> dict[str, Expression]:
        if not self._object("customer", value, {*_CUSTOMER, "default_level"}):
            return {}
        if value and "ref" not in value:
            self._wrong("customer.ref", "缺少客户号码的表达式。", "is missing.")
        found = ((key, self._feel(f"customer.{key}", value.get(key))) for key in _CUSTOMER)
        return {key: expression for key, expression in found if expression is not None}

    def _default_level(self, value: Json, fields: Sequence[CaseField]) -> str | None:
        given = value.get("default_level") if isinstance(value, dict) else None
        if given is None:
            return None
        named = [one for one in fields if one.options and one.key in str(value.get("level"))]
        for one in named:
            self._one_of("customer.default_level", given, one.options)
        return self._text("customer.default_level", given)

    def _fields(self, value: Json) -> tuple[CaseField, ...]:
        if not isinstance(value, list):
            self._wrong("fields", "应当是字段的列表。", "must be a list of fields.")
            return ()
        found: dict[str, CaseField] = {}
        for n, entry in enumerate(value):
            place = f"fields[{n}]"
            if not self._object(place, entry, _FIELD_KEYS):
                continue
            one = self._field(place, entry)
            if one.key in found:
                self._wrong(f"{place}.key", f"{one.key} 写了两次。", f"{one.key} is given twice.")
            found[one.key] = one
        return tuple(found.values())

    def _field(self, place: str, entry: dict[str, Json]) -> CaseField:
        kind, mask = entry.get("type", "text"), entry.get("mask")
        self._one_of(f"{place}.type", kind, _TYPES)
        if mask is not None:
            self._one_of(f"{place}.mask", mask, MASKS)
        options = entry.get("options", {})
        if not isinstance(options, dict) or not all(isinstance(v, str) for v in options.values()):
            self._wrong(f"{place}.options", "应当是值到名称。", "must map values to labels.")
            options = {}
        named = self._catalogue(place, entry)
        for key in ("list", "search"):
            if not isinstance(entry.get(key, False), bool):
                self._wrong(f"{place}.{key}", "只能是 true 或 false。", "must be true or false.")
        return CaseField(
            key=self._matching(f"{place}.key", entry.get("key"), _KEY),
            label=self._text(f"{place}.label", entry.get("label")),
            type=str(kind), list=entry.get("list") is True, search=entry.get("search") is True,
            mask=mask if isinstance(mask, str) else None, options=MappingProxyType(options),
            catalogue=named[0], level=named[1],
        )

    def _catalogue(self, place: str, entry: dict[str, Json]) -> tuple[str | None, int]:
        """The catalogue and its level that the options come from; (None, 1) for none."""
        level = entry.get("level", 1)
        if not isinstance(level, int) or isinstance(level, bool) or level < 1:
            self._wrong(f"{place}.level", "应当是 1 起的层级。", "must be a level from 1.")
            level = 1
        if "catalogue" not in entry:
            return None, 1
        if "options" in entry:
            self._wrong(
                place, "options 与 catalogue 只能写一个。", "has both options and a catalogue."
            )
        return self._text(f"{place}.catalogue", entry["catalogue"]), level

    def _repeats(
        self, value: Json, keys: Iterable[str], statuses: Iterable[str]
    ) -> Repeats | None:
        if value is None or not self._object("repeats", value, {"field", "same", "statuses"}):
            return None
        self._one_of("repeats.field", value.get("field"), keys)
        same = self._subset("repeats.same", value.get("same"), keys)
        if not same:
            self._wrong("repeats.same", "至少要有一个字段。", "needs at least one field.")
        answered = self._subset("repeats.statuses", value.get("statuses", []), statuses)
        return Repeats(str(value.get("field")), same, answered)

    def _answers(
        self, value: Json, keys: Iterable[str], statuses: Iterable[str]
    ) -> Answers | None:
        known = {"same", "answering", "text", "at", "days"}
        if value is None or not self._object("answers", value, known):
            return None
        same = self._subset("answers.same", value.get("same"), keys)
        if not same:
            self._wrong("answers.same", "至少要有一个字段。", "needs at least one field.")
        for name in ("text", "at"):
            self._one_of(f"answers.{name}", value.get(name), keys)
        days = value.get("days", 30)
        if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= 3660:
            self._wrong(
                "answers.days", "应为 1 到 3660 的整数。", "must be a whole number from 1 to 3660."
            )
        answering = self._subset("answers.answering", value.get("answering", []), statuses)
        return Answers(same, answering, str(value.get("text")), str(value.get("at")), days)

    def _marks(self, value: Json) -> Marks | None:
        if value is None or not self._object("marks", value, {"all", "automatic", "mark"}):
            return None
        automatic = value.get("automatic")
        return Marks(
            self._texts("marks.all", value.get("all")),
            None if automatic is None else self._text("marks.automatic", automatic),
            self._text("marks.mark", value.get("mark")),
        )

    def _order(self, value: Json) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 999:
            return value
        self._wrong("order", "应为 0 到 999 的整数。", "must be a whole number from 0 to 999.")
        return 100

    def _public(
        self, value: Json, keys: Iterable[str], statuses: Iterable[str]
    ) -> Public | None:
        if value is None or not self._object("public", value, _PUBLIC_KEYS):
            return None
        words = value.get("statuses", {})
        if not isinstance(words, dict) or not all(isinstance(one, str) for one in words.values()):
            self._wrong("public.statuses", "应当是状态到说法。", "must map statuses to words.")
            words = {}
        for status in words:
            self._one_of("public.statuses", status, statuses)
        given = value.get("given", {})
        if not isinstance(given, dict):
            self._wrong("public.given", "应当是一个对象。", "must be an object.")
            given = {}
        return Public(
            words, self._subset("public.fields", value.get("fields", []), keys),
            self._subset("public.numbers", value.get("numbers", []), keys),
            None if value.get("form") is None else self._text("public.form", value["form"]),
            str(value.get("title") or ""), str(value.get("about") or ""),
            MappingProxyType(given), self._public_actions(value.get("actions", [])),
        )

    def _public_actions(self, value: Json) -> tuple[PublicAction, ...]:
        if not isinstance(value, list):
            self._wrong("public.actions", "应当是操作的列表。", "must be a list of actions.")
            return ()
        found = []
        for n, entry in enumerate(value):
            place = f"public.actions[{n}]"
            if self._object(place, entry, {"message", "label", "form"}):
                parts = (self._text(f"{place}.{key}", entry.get(key))
                         for key in ("message", "label", "form"))
                found.append(PublicAction(*parts))
        return tuple(found)

    def _ended(self, value: Json, statuses: Iterable[str]) -> dict[str, str]:
        if not self._object("ended", value, _ENDS):
            return {}
        for how, status in value.items():
            self._one_of(f"ended.{how}", status, statuses)
        return dict(value)

    def _feel(self, place: str, value: Json) -> Expression | None:
        if value is None:
            return None
        text = self._text(place, value).removeprefix("=")
        try:
            return compile_expression(text, functions=self.functions)
        except FeelError as error:
            self._wrong(place, error.zh, error.en)
            return None

    def _texts(self, place: str, value: Json) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
            return tuple(value)
        self._wrong(place, "应当是文字的列表。", "must be a list of texts.")
        return ()

    def _subset(self, place: str, value: Json, known: Iterable[str]) -> tuple[str, ...]:
        found = self._texts(place, value)
        for item in found:
            self._one_of(place, item, known)
        return found

    def _matching(self, place: str, value: Json, pattern: re.Pattern[str]) -> str:
        text = self._text(place, value)
        if text and not pattern.fullmatch(text):
            self._wrong(place, f"{text!r} 不能用作标识。", f"{text!r} is no identifier.")
        return text
