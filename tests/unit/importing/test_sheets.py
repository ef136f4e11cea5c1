"""Files as offices send them."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.importing import Rejects, Row, open_sheet

TEXT = "编号,内容\n1,宽带断网\n2,\"多扣费，\n要求退\"\n"


def rows(path: Path, **options: Any) -> list[Row]:
    with open_sheet(path, **options) as sheet:
        return list(sheet.rows)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb2312", "gb18030", "utf-16"]
)
def test_chinese_comes_in_every_encoding_offices_use(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(TEXT.encode(encoding))
    with open_sheet(file) as sheet:
        assert sheet.columns == ("编号", "内容")
        assert list(sheet.rows) == [
            Row(2, ("1", "宽带断网")), Row(3, ("2", "多扣费，\n要求退")),
        ]


def test_gb18030_signs_beyond_gbk_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("编号,姓名\n1,㐂𠮷\n".encode("gb18030"))
    assert rows(file) == [Row(2, ("1", "㐂𠮷"))]


def test_gbk_far_down_a_large_file_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"id,text\n" + b"1,plain ascii\n" * 200_000 + "2,投诉\n".encode("gbk"))
    assert rows(file)[-1] == Row(200_002, ("2", "投诉"))


def test_neither_encoding_is_said_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"id,text\n1,ok\n2,\xff\xff\xff\n")
    with pytest.raises(Invalid) as refused:
        rows(file)
    assert refused.value.details["line"] == 3


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(delimiter.join(["a", "b", "c"]) + "\n" + delimiter.join("123"), "utf-8")
    assert rows(file) == [Row(2, ("1", "2", "3"))]


def test_blank_lines_count_but_are_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"a,b\r\n\r\n1,2\r\n , \r\n3,4\r\n")
    assert rows(file) == [Row(3, ("1", "2")), Row(5, ("3", "4"))]


def test_a_quote_that_is_not_closed_spoils_its_line_only(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('a,b\n1,"open\n2,ok\n3,"x"y\n4,"two\nlines"\n5,"end\n', "utf-8")
    found = rows(file)
    assert [(row.line, row.cells, bool(row.fault)) for row in found] == [
        (2, ('1,"open',), True), (3, ("2", "ok"), False), (4, ('3,"x"y',), True),
        (5, ("4", "two\nlines"), False), (7, ('5,"end',), True),
    ]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空"), (b"\n\n", "空"), (b"a,,c\n1,2,3\n", "第 2 列"),
        (b"a,b,a\n1,2,3\n", "两次"), (b'a,"b\n', "表头"),
    ],
)
def test_a_header_that_names_no_columns_is_refused(
    tmp_path: Path, content: bytes, word: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        rows(file)
    assert word in refused.value.zh
    assert "a.csv" in refused.value.zh


def workbook(path: Path, *table: list[Any], title: str = "投诉") -> Path:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = title
    for row in table:
        first.append(row)
    book.create_sheet("另一张").append(["x"])
    book.save(path)
    return path


def test_excel_cells_keep_their_types(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "a.xlsx", ["编号", "时间", "内容", None], [24, datetime(2020, 1, 6, 12, 9), "x"],
        [None, "  ", None], [25.0, date(2020, 1, 7), None],
    )
    assert rows(file) == [
        Row(2, (24, datetime(2020, 1, 6, 12, 9), "x")),
        Row(4, (25.0, datetime(2020, 1, 7), None)),
    ]
    assert rows(file, sheet="另一张") == []
    with pytest.raises(Invalid, match="投诉"):
        rows(file, sheet="没有")


def test_what_only_looks_like_excel_is_refused(tmp_path: Path) -> None:
    renamed = tmp_path / "a.xlsx"
    renamed.write_text("a,b\n1,2\n", "utf-8")
    empty_archive = tmp_path / "b.xlsx"
    with zipfile.ZipFile(empty_archive, "w") as archive:
        archive.writestr("x", "y")
    old = tmp_path / "c.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0")
    blank = workbook(tmp_path / "d.xlsx")
    for file in (renamed, empty_archive, old, blank):
        with pytest.raises(Invalid) as refused:
            rows(file)
        assert file.name in refused.value.zh


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory: Any, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    for start in (b"", b"a,b\n", b"\xff\xfe", b"\xef\xbb\xbf"):
        file.write_bytes(start + content)
        read_or_refused(file)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_workbook_is_read_or_refused(
    tmp_path_factory: Any, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole = folder / "whole.xlsx"
    if not whole.exists():
        workbook(whole, ["编号", "时间"], [1, datetime(2026, 1, 6)], ["甲", 2.5])
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = folder / "damaged.xlsx"
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content)))] or content)
    read_or_refused(damaged)


def read_or_refused(file: Path) -> None:
    found, refusal = [], file.name
    try:
        found = rows(file)
    except Invalid as refused:
        refusal = refused.zh
    assert file.name in refusal
    assert all(row.line > 1 for row in found)


def test_an_encoding_that_does_not_fit_is_said_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("编号,内容\n1,宽带\n".encode("gbk"))
    with pytest.raises(Invalid, match="utf-8"):
        rows(file, encoding="utf-8")
    file.write_bytes(b"\xff\xfea\x00,")
    with pytest.raises(Invalid, match="utf-16"):
        rows(file)


def test_rejects_open_in_excel_and_can_be_imported_again(tmp_path: Path) -> None:
    path = tmp_path / "a.rejected.csv"
    with Rejects(path, ("编号", "内容")) as rejects:
        assert not path.exists()
        rejects.add(Row(3, ("2", "多扣费，\n要求退")), "没有时间。")
        assert "没有时间。" in path.read_text("utf-8-sig")
        rejects.add(Row(7, ("3", None, "x")), "单元格太多。")
        rejects.add(Row(9, (4,)), "太少。")
        rejects.add(Row(11, ("5", "\ud800\x00")), "残缺的字符。")
    assert rejects.count == 4
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["编号", "内容", "行号", "未导入原因"],
            ["2", "多扣费，\n要求退", "3", "没有时间。"],
            ["3", "", "7", "单元格太多。（多出的单元格：x）"],
            ["4", "", "9", "太少。"],
            ["5", "\\ud800", "11", "残缺的字符。"],
        ]
    assert [row.cells[0] for row in rows(path)] == ["2", "3", "4", "5"]
