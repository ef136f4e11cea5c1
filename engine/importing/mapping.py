"""A mapping file: which column becomes which field of a new case (docs/import.md)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from engine.errors import Invalid
from engine.json_file import fault
from engine.feel import Expression, FeelError, Function, compile_expression, to_json
from engine.importing.sheets import Row
from engine.importing.values import Received, RowRejected, as_type, blank, cleaned
from engine.model import Json

_KEYS = {
    "about", "name", "source", "kind", "sheet", "encoding", "id", "received", "fields",
}
_CUSTOMER_KEYS = {
    "about", "name", "source", "customers", "sheet", "encoding", "number", "fields",
}
_KNOWN_OF_CUSTOMERS = {"name", "level", "star", "manager"}
_FIELD_KEYS = {
    "column", "constant", "expression", "values", "otherwise", "default", "required", "type",
}
_LONGEST_REF = 200
_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,40}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says: ``ref`` is its number in the source it comes from."""

    ref: str
    received_at: datetime
    data: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Field:
    """Where one field's value comes from: a column, a constant or a FEEL expression."""

    key: str
    column: str | None
    constant: Json
    expression: Expression | None
    values: dict[str, Json] | None
    otherwise: Json
    strict: bool
    """Whether a value that ``values`` does not name rejects the row."""
    default: Json
    required: bool
    type: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping that is right in itself; ``bind`` fits it to the columns of a file."""

    filename: str
    source: str
    kind: str
    sheet: str | None
    encoding: str | None
    id: str | None
    received: Received
    fields: tuple[Field, ...]

    def bind(self, columns: Sequence[str], now: datetime) -> Callable[[Row], Entry]:
        """A function from a row to its entry, which raises RowRejected. ``now`` is the moment
        after which nothing can have been received. Invalid, with the nearest name, if the file
        lacks a column that the mapping needs."""
        wanted = {field.column: f"fields.{field.key}" for field in self.fields if field.column}
        wanted[self.received.column] = "received"
        if self.id is not None:
            wanted[self.id] = "id"
        _check_columns(self.filename, wanted, columns)

        def read(row: Row) -> Entry:
            return self._entry(_named(row, columns), now)

        return read

    def _entry(self, cells: dict[str, Any], now: datetime) -> Entry:
        received_at = self.received.read(cells[self.received.column], now)
        return Entry(self._ref(cells), received_at, _values(self.fields, cells))

    def _ref(self, cells: dict[str, Any]) -> str:
        if self.id is None:
            content = json.dumps([str(cell) for cell in cells.values()], ensure_ascii=False)
            return hashlib.sha256(content.encode()).hexdigest()[:32]
        cell = cells[self.id]
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        ref = "" if blank(cell) else str(cell).strip()
        if not ref:
            raise RowRejected(f"{self.id}：没有编号。")
        if len(ref) > _LONGEST_REF or not ref.isprintable():
            raise RowRejected(f"{self.id}：编号过长或含有不可见字符。")
        return ref


@dataclass(frozen=True, slots=True)
class CustomerMapping:
    """What a file of customers says: the column of their ``number``, and what is known of each:
    name, level, star and account manager (a login)."""

    filename: str
    source: str
    sheet: str | None
    encoding: str | None
    number: str
    fields: tuple[Field, ...]

    def bind(self, columns: Sequence[str]) -> Callable[[Row], tuple[str, dict[str, Json]]]:
        """A function from a row to the number and what is said of the customer, which raises
        RowRejected. Invalid, with the nearest name, if the file lacks a column."""
        wanted = {field.column: f"fields.{field.key}" for field in self.fields if field.column}
        _check_columns(self.filename, {**wanted, self.number: "number"}, columns)

        def read(row: Row) -> tuple[str, dict[str, Json]]:
            cells = _named(row, columns)
            number = as_type(self.number, cells[self.number], "text")
            if not number:
                raise RowRejected(f"{self.number}：没有号码。")
            return str(number), _values(self.fields, cells)

        return read


def parse_customers(
    content: bytes, filename: str, functions: MappingABC[str, Function]
) -> CustomerMapping | None:
    """The mapping of a file of customers; None where the file maps cases. Invalid names the
    place of the first fault."""
    return _Reader(filename, functions).customers(content)


def parse(content: bytes, filename: str, functions: MappingABC[str, Function]) -> Mapping:
    """The mapping in the file; Invalid names the place of the first fault."""
    return _Reader(filename, functions).mapping(content)


def _check_columns(filename: str, wanted: MappingABC[str, str], columns: Sequence[str]) -> None:
    for column, place in wanted.items():
        if column in columns:
            continue
        near = get_close_matches(column, columns, 1)
        hint = f"，是否指 {near[0]}？" if near else f"；文件中有：{'、'.join(columns)}。"
        raise Invalid(
            f"{filename} 的 {place} 用到列 {column}，文件中没有{hint}",
            f"{place} of {filename} needs the column {column}, which the file lacks; "
            f"it has {', '.join(columns)}.",
            column=column,
        )


def _values(fields: Sequence[Field], cells: dict[str, Any]) -> dict[str, Json]:
    data: dict[str, Json] = {}
    context = {"row": {key: cleaned(cell) for key, cell in cells.items()}}
    for field in fields:
        value = _value(field, cells, {**context, **data})
        if value is not None:
            data[field.key] = value
    return data


def _named(row: Row, columns: Sequence[str]) -> dict[str, Any]:
    if row.fault:
        raise RowRejected(row.fault)
    width = len(columns)
    if len(row.cells) < width:
        raise RowRejected(f"只有 {len(row.cells)} 个单元格，表头有 {width} 列。")
    if not all(blank(cell) for cell in row.cells[width:]):
        raise RowRejected(f"有 {len(row.cells)} 个单元格，表头只有 {width} 列。")
    if any(isinstance(cell, str) and "\x00" in cell for cell in row.cells):
        raise RowRejected("含有空字符（NUL），文件可能已损坏。")
    return dict(zip(columns, row.cells[:width], strict=True))


def _value(field: Field, cells: dict[str, Any], context: dict[str, Any]) -> Json:
    if field.column is not None:
        value = as_type(field.column, cells[field.column], field.type)
        if value is not None and field.values is not None:
            value = _translated(field, value)
    elif field.expression is not None:
        value = _evaluated(field.key, field.expression, context)
    else:
        value = field.constant
    if value is None or value == "":
        value = field.default
    if value is None and field.required:
        raise RowRejected(f"{field.column or field.key}：没有值。")
    return value


def _translated(field: Field, value: Json) -> Json:
    assert field.values is not None
    found = field.values.get(str(value))
    if found is None and field.strict:
        raise RowRejected(f"{field.column}：映射文件没有列出 {value}。")
    return field.otherwise if found is None else found


def _evaluated(key: str, expression: Expression, context: dict[str, Any]) -> Json:
    try:
        return to_json(expression.evaluate(context))
    except FeelError as error:
        raise RowRejected(f"{key}：{error.zh}") from error


class _Reader:
    def __init__(self, filename: str, functions: MappingABC[str, Function]) -> None:
        self.filename = filename
        self.functions = functions

    def mapping(self, content: bytes) -> Mapping:
        data = self._read(content)
        self._object("", data, _KEYS)
        source = self._source(data)
        return Mapping(
            filename=self.filename, source=source, kind=self._text("kind", data.get("kind")),
            sheet=self._optional("sheet", data), encoding=self._encoding(data),
            id=self._optional("id", data), received=self._received(data.get("received")),
            fields=self._fields(data),
        )

    def customers(self, content: bytes) -> CustomerMapping | None:
        data = self._read(content)
        if not isinstance(data, dict) or data.get("customers") is not True:
            return None
        self._object("", data, _CUSTOMER_KEYS)
        source = self._source(data)
        self._object("fields", data.get("fields"), _KNOWN_OF_CUSTOMERS)
        return CustomerMapping(
            self.filename, source, self._optional("sheet", data), self._encoding(data),
            self._text("number", data.get("number")), self._fields(data),
        )

    def _read(self, content: bytes) -> Json:
        try:
            return json.loads(content.decode("utf-8-sig"))
        except json.JSONDecodeError as error:
            raise self._wrong("", *fault(error)) from error
        except (UnicodeDecodeError, RecursionError) as error:
            raise self._wrong(
                "", "不是 UTF-8 的 JSON 文件，请另存为 UTF-8。", "not JSON in UTF-8."
            ) from error

    def _source(self, data: dict[str, Json]) -> str:
        source = self._text("source", data.get("source"))
        if not _SOURCE.fullmatch(source):
            raise self._wrong(
                "source", "只能用小写字母、数字和 . _ -。", "has lower case letters, digits, . _ -."
            )
        return source

    def _fields(self, data: dict[str, Json]) -> tuple[Field, ...]:
        fields = data.get("fields")
        if not isinstance(fields, dict) or not fields:
            raise self._wrong("fields", "缺少字段。", "maps no field.")
        return tuple(self._field(key, value) for key, value in fields.items())

    def _field(self, key: str, data: Json) -> Field:
        place = f"fields.{key}"
        if isinstance(data, str):
            data = {"column": data}
        self._object(place, data, _FIELD_KEYS)
        if sum(origin in data for origin in ("column", "constant", "expression")) != 1:
            raise self._wrong(
                place, "须写 column、constant、expression 三者之一。",
                "needs exactly one of column, constant, expression.",
            )
        values = data.get("values")
        if values is not None:
            self._object(f"{place}.values", values, None)
        kind = data.get("type", "text")
        if kind not in ("text", "number", "boolean", "date", "datetime"):
            raise self._wrong(f"{place}.type", f"没有类型 {kind}。", f"knows no type {kind}.")
        return Field(
            key=key, column=self._optional("column", data), constant=data.get("constant"),
            expression=self._expression(place, data), values=values,
            otherwise=data.get("otherwise"),
            strict=values is not None and "otherwise" not in data,
            default=data.get("default"), required=data.get("required") is True, type=kind,
        )

    def _expression(self, place: str, data: dict[str, Json]) -> Expression | None:
        if "expression" not in data:
            return None
        text = self._text(f"{place}.expression", data["expression"]).removeprefix("=")
        try:
            return compile_expression(text, functions=self.functions)
        except FeelError as error:
            raise self._wrong(f"{place}.expression", error.zh, error.en) from error

    def _received(self, data: Json) -> Received:
        self._object("received", data, {"column", "formats", "zone", "time"})
        formats = data.get("formats", [])
        if not isinstance(formats, list) or not all(isinstance(text, str) for text in formats):
            raise self._wrong("received.formats", "应当是列表。", "must be a list.")
        try:
            return Received.of(
                self._text("received.column", data.get("column")), formats,
                data.get("zone", "Asia/Shanghai"), data.get("time", "09:00"),
            )
        except (KeyError, ValueError, TypeError, OSError) as error:
            raise self._wrong("received", f"不对（{error}）。", f"is wrong ({error}).") from error

    def _encoding(self, data: dict[str, Json]) -> str | None:
        encoding = self._optional("encoding", data)
        try:
            "".encode(encoding or "utf-8")
        except LookupError as error:
            raise self._wrong(
                "encoding", f"没有编码 {encoding}。", f"knows no encoding {encoding}."
            ) from error
        return encoding

    def _object(self, place: str, data: Json, known: set[str] | None) -> None:
        if not isinstance(data, dict):
            raise self._wrong(place, "应当是一个对象。", "must be an object.")
        for key in data:
            if known is None or key in known:
                continue
            near = get_close_matches(key, known, 1)
            hint = f"，是否指 {near[0]}？" if near else "。"
            raise self._wrong(
                f"{place}.{key}".lstrip("."), f"未知的键{hint}",
                f"is unknown; known are {', '.join(sorted(known))}.",
            )

    def _text(self, place: str, value: Json) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(place, "缺少文字。", "must be a text.")
        return value.strip()

    def _optional(self, key: str, data: dict[str, Json]) -> str | None:
        return None if data.get(key) is None else self._text(key, data[key])

    def _wrong(self, place: str, zh: str, en: str) -> Invalid:
        return Invalid(f"映射文件 {self.filename}：{place} {zh}", f"{self.filename}: {place} {en}")
