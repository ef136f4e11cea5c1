"""Files for spreadsheets: nothing in them computes."""

from __future__ import annotations

import csv
import io

import pytest

from web.pages.sheets import csv_file


@pytest.mark.parametrize("text", [
    "=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)",
])
def test_a_text_that_a_spreadsheet_would_compute_is_led_by_an_apostrophe(text: str) -> None:
    sent = csv_file("考核.csv", [["名称", "数"], [text, -1]]).get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(sent.removeprefix("\ufeff"), newline="")))
    assert rows == [["名称", "数"], [f"'{text}", "-1"]]
