"""Cells as people type them: dates in several spellings, padded texts, numbers as texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.model import Json

_PADDING = re.compile(r"[ \t\r\f\v\u00a0\u3000]*\n\s*")
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")
_EXCEL_EPOCH = datetime(1899, 12, 30)
_EXCEL_DAYS = (20_000.0, 80_000.0)
"""Serial numbers of 1954 to 2119: outside, a number in a date column is a mistake."""

_TRUE = frozenset({"是", "y", "yes", "true", "1", "有", "真"})
_FALSE = frozenset({"否", "n", "no", "false", "0", "无", "假"})


class RowRejected(Exception):
    """A row cannot become a case; ``zh`` says which cell and why."""

    def __init__(self, zh: str) -> None:
        super().__init__(zh)
        self.zh = zh


@dataclass(frozen=True, slots=True)
class Received:
    """How the moment of receipt is written: text in one of ``formats`` (strptime's), or a date
    cell. A day without a time of day, and midnight, is taken at ``at``."""

    column: str
    formats: tuple[str, ...]
    zone: ZoneInfo
    at: time

    @staticmethod
    def of(column: str, formats: Sequence[str], zone: str, at: str) -> Received:
        """Raises KeyError, ValueError or TypeError for an unknown zone or a wrong time."""
        for text in formats:
            datetime.strptime(datetime(2000, 1, 1).strftime(text), text)
        return Received(column, tuple(formats), ZoneInfo(zone), time.fromisoformat(at))

    def read(self, cell: Any, now: datetime) -> datetime:
        """The aware moment in ``cell``, ``now`` for a later hour of today; RowRejected."""
        if blank(cell):
            raise RowRejected(f"{self.column}：没有时间。")
        found = self._moment(cell)
        if found is None:
            known = "、".join(self.formats)
            raise RowRejected(f"{self.column}：{cell} 不是可识别的时间（{known}）。")
        if found.year < 1970:
            raise RowRejected(f"{self.column}：{found.year} 年不可能是受理时间。")
        moment = found if found.tzinfo else found.replace(tzinfo=self.zone)
        if moment <= now:
            return moment
        if moment.date() != now.astimezone(moment.tzinfo).date():
            raise RowRejected(f"{self.column}：{moment:%Y-%m-%d} 在将来。")
        return now

    def _moment(self, cell: Any) -> datetime | None:
        if isinstance(cell, datetime):
            return self._day_only(cell)
        if isinstance(cell, date):
            return datetime.combine(cell, self.at)
        if isinstance(cell, (int, float)) and _EXCEL_DAYS[0] < cell < _EXCEL_DAYS[1]:
            return self._day_only(_EXCEL_EPOCH + timedelta(days=float(cell)))
        if not isinstance(cell, str):
            return None
        text = " ".join(cell.split())
        for form in self.formats:
            try:
                found = datetime.strptime(text, form)
            except ValueError:
                continue
            return found if "%H" in form or "%I" in form else self._day_only(found)
        return None

    def _day_only(self, found: datetime) -> datetime:
        return datetime.combine(found, self.at) if found.time() == time(0) else found


def blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def cleaned(cell: Any) -> Json:
    """A cell as JSON: texts without padding and with at most one line end in a row, whole
    numbers whole, moments as ISO texts; None where nothing is written."""
    if blank(cell):
        return None
    if isinstance(cell, str):
        return _BLANKS.sub(" ", _PADDING.sub("\n", cell)).strip().strip("\u3000")
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    return cell


def as_type(column: str, cell: Any, kind: str) -> Json:
    """The cell as the type a mapping asks for; RowRejected names the column."""
    value = cleaned(cell)
    if value is None or (kind == "datetime" and isinstance(cell, datetime)):
        return value
    if kind == "text":
        return str(value)
    if kind == "date" and isinstance(cell, datetime):
        return cell.date().isoformat()
    try:
        return _read(str(value), kind)
    except ValueError:
        word = {"number": "数字", "boolean": "是或否", "date": "日期", "datetime": "时间"}[kind]
        raise RowRejected(f"{column}：{value} 不是{word}。") from None


def _read(text: str, kind: str) -> Json:
    if kind == "number":
        number = float(text.replace(",", ""))
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError(text)
        return int(number) if number.is_integer() else number
    if kind == "boolean":
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ValueError(text)
    moment = _moment(text.replace("/", "-").replace("T", " "))
    return moment.date().isoformat() if kind == "date" else moment.isoformat()


def _moment(text: str) -> datetime:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError(text)
