"""Rows out of CSV and .xlsx files, one at a time, whatever encoding the office used."""

from __future__ import annotations

import codecs
import csv
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TextIO

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from engine.errors import Invalid

Cell = str | int | float | bool | datetime | date | time | None

_SAMPLE = 64 * 1024
_LONGEST_CELL = 1_000_000
_UNPACKED_LIMIT = 1024 * 1024 * 1024
_DELIMITERS = ",;\t|"
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, EOFError, InvalidFileException, SyntaxError,
    ArithmeticError, AttributeError, LookupError, NotImplementedError, OSError, RuntimeError,
    TypeError, ValueError,
)
"""What openpyxl and the modules under it raise for files that are no workbooks (XML errors are
SyntaxErrors)."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """``line`` is where the row starts: line of the text file or row of the sheet, from 1.
    ``fault`` says why a line could not be cut into cells; it is then the only cell."""

    line: int
    cells: tuple[Cell, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """``rows`` can be walked once."""

    columns: tuple[str, ...]
    rows: Iterator[Row]
    encoding: str


@contextmanager
def open_sheet(
    path: Path, *, sheet: str | None = None, encoding: str | None = None
) -> Iterator[Sheet]:
    """The table in ``path``: the first sheet of an .xlsx file, or the one named ``sheet``; else
    CSV with comma, semicolon, tab or bar, in UTF-8 (with or without mark), UTF-16 with mark,
    or GB18030 (which includes GBK and GB2312) unless ``encoding`` says otherwise. The first
    row names the columns; blank rows are left out. Invalid says what is wrong and where."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        with _excel(path, sheet) as found:
            yield found
    elif path.suffix.lower() in (".xls", ".et", ".ods"):
        raise Invalid(
            f"{path.name}：不能读取 {path.suffix} 格式，请另存为 .xlsx 或 CSV。",
            f"{path.name}: {path.suffix} cannot be read; save it as .xlsx or CSV.",
        )
    else:
        used = _checked(path, encoding) if encoding else detect_encoding(path)
        with path.open(encoding=used, newline="") as file:
            yield _csv(file, path.name, used)


def detect_encoding(path: Path) -> str:
    """The encoding in which every byte of the file makes sense; Invalid if none."""
    with path.open("rb") as file:
        start = file.read(4)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return _checked(path, encoding)
    position = 0
    for encoding in ("utf-8", "gb18030"):
        wrong = _first_wrong_line(path, encoding)
        if wrong is None:
            return encoding
        position = max(position, wrong)
    raise Invalid(
        f"{path.name}：第 {position} 行附近既不是 UTF-8 也不是 GB18030（GBK、GB2312）编码，"
        "请另存为 UTF-8，或在映射文件中写明 encoding。",
        f"{path.name}: near line {position} the text is neither UTF-8 nor GB18030; save it as "
        "UTF-8 or give the encoding in the mapping.",
        line=position,
    )


def _checked(path: Path, encoding: str) -> str:
    wrong = _first_wrong_line(path, encoding)
    if wrong is None:
        return encoding
    raise Invalid(
        f"{path.name}：第 {wrong} 行附近不是 {encoding} 编码。",
        f"{path.name}: near line {wrong} the text is not {encoding}.",
        line=wrong,
    )


def _first_wrong_line(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            try:
                line += decoder.decode(chunk).count("\n")
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return None


class _Lines:
    """The lines of a text file, of which some can be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._pending: deque[str] = deque()
        self.number = 0
        self.record: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._pending.popleft() if self._pending else next(self._file)
        self.number += 1
        self.record.append(line)
        return line

    def keep_first(self) -> str:
        """Give all lines of the present record back but the first, and return that."""
        first, *rest = self.record
        self._pending.extendleft(reversed(rest))
        self.number -= len(rest)
        return first.rstrip("\r\n")


def _csv(file: TextIO, name: str, encoding: str) -> Sheet:
    sample = file.read(_SAMPLE)
    file.seek(0)
    if not sample.strip():
        raise _empty(name)
    header = sample.splitlines()[0]
    delimiter = max(_DELIMITERS, key=header.count)
    csv.field_size_limit(_LONGEST_CELL)
    lines = _Lines(file)
    try:
        columns = _columns(name, next(csv.reader(lines, delimiter=delimiter, strict=True)))
    except csv.Error as error:
        raise Invalid(
            f"{name}：表头不能读取（{error}）。", f"{name}: the header cannot be read ({error})."
        ) from error
    return Sheet(columns, _csv_rows(lines, delimiter), encoding)


def _csv_rows(lines: _Lines, delimiter: str) -> Iterator[Row]:
    """A quote that is not closed spoils its own line only: reading goes on with the next."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        start = lines.number + 1
        lines.record.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(start, (lines.keep_first(),), f"引号没有配对，或单元格过长（{error}）。")
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if any(cell.strip() for cell in cells):
            yield Row(start, tuple(cells))


@contextmanager
def _excel(path: Path, sheet: str | None) -> Iterator[Sheet]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > _UNPACKED_LIMIT:
            raise Invalid(
                f"{path.name}：解压后超过 {_UNPACKED_LIMIT >> 20} MB，请拆分或转为 CSV。",
                f"{path.name}: unpacks to more than {_UNPACKED_LIMIT >> 20} MB; split it or "
                "save it as CSV.",
            )
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except _DAMAGES as error:
        raise _damaged(path.name) from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise Invalid(
                f"{path.name}：没有工作表 {sheet}；已有：{'、'.join(book.sheetnames)}。",
                f"{path.name}: no sheet {sheet}; there are {', '.join(book.sheetnames)}.",
            )
        rows = _undamaged(path.name, book[sheet] if sheet else book.worksheets[0])
        header = next(rows, None)
        if header is None or not any(header):
            raise _empty(path.name)
        columns = _columns(path.name, [_text(cell) for cell in header])
        yield Sheet(columns, _excel_rows(rows, len(columns)), "")
    finally:
        book.close()


def _undamaged(name: str, sheet: Any) -> Iterator[tuple[Any, ...]]:
    try:
        yield from sheet.iter_rows(values_only=True)
    except _DAMAGES as error:
        raise _damaged(name) from error


def _damaged(name: str) -> Invalid:
    return Invalid(
        f"{name}：不是可读取的 .xlsx 文件（可能有密码、已损坏，或只是改了扩展名）。",
        f"{name}: not a readable .xlsx file (protected, damaged or renamed).",
    )


def _excel_rows(rows: Iterator[tuple[Any, ...]], width: int) -> Iterator[Row]:
    for line, cells in enumerate(rows, start=2):
        if any(cell is not None and _text(cell).strip() for cell in cells):
            trimmed = cells[:width] if not any(cells[width:]) else cells
            yield Row(line, tuple(trimmed) + (None,) * (width - len(trimmed)))


def _columns(name: str, header: list[str]) -> tuple[str, ...]:
    columns = [" ".join(column.split()) for column in header]
    while columns and not columns[-1]:
        columns.pop()
    for n, column in enumerate(columns, start=1):
        if not column:
            raise Invalid(
                f"{name}：表头第 {n} 列没有名称。", f"{name}: column {n} of the header has no name."
            )
        if columns.index(column) != n - 1:
            raise Invalid(
                f"{name}：表头中 {column} 出现了两次。",
                f"{name}: the header names {column} twice.",
            )
    if not columns:
        raise _empty(name)
    return tuple(columns)


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _empty(name: str) -> Invalid:
    return Invalid(f"{name}：文件是空的，没有表头。", f"{name}: the file is empty, without header.")
