"""Tables as files that spreadsheets open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from flask import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Also full width: East Asian editions of spreadsheets compute these, too."""


def csv_file(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """The rows as UTF-8 with its mark, so that Excel reads Chinese; a text that a spreadsheet
    would compute is led by an apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(one) for one in row] for row in rows)
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
