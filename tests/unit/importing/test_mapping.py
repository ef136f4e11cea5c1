"""Rows to cases-to-be, by a mapping file."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.errors import Invalid
from engine.importing import Row, RowRejected, open_sheet, parse
from engine.importing.mapping import Entry

COLUMNS = ("编号", "时间", "内容", "渠道", "金额")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def file(**change: Any) -> bytes:
    data: dict[str, Any] = {
        "source": "old-system", "kind": "complaint", "id": "编号",
        "received": {"column": "时间", "formats": ["%Y/%m/%d %H:%M", "%Y/%m/%d"]},
        "fields": {"description": "内容"},
    }
    return json.dumps(data | change, ensure_ascii=False).encode()


def entry(*cells: Any, **change: Any) -> Entry:
    row = Row(2, cells + (None,) * (len(COLUMNS) - len(cells)))
    return parse(file(**change), "m.json", {}).bind(COLUMNS, NOW)(row)


def rejected(*cells: Any, **change: Any) -> str:
    with pytest.raises(RowRejected) as found:
        entry(*cells, **change)
    return found.value.zh


def test_a_row_becomes_an_entry() -> None:
    assert entry(" 17 ", "2026/1/6 8:05", "\n\t\t 宽带\n\t\n 断网 ") == Entry(
        "17", datetime(2026, 1, 6, 8, 5, tzinfo=SHANGHAI), {"description": "宽带\n断网"}
    )


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026/1/6 12:09", datetime(2026, 1, 6, 12, 9)),
        ("2026/01/06", datetime(2026, 1, 6, 9)),
        (datetime(2026, 1, 6, 12, 9, 38), datetime(2026, 1, 6, 12, 9, 38)),
        (date(2026, 1, 6), datetime(2026, 1, 6, 9)),
        (datetime(2026, 1, 6), datetime(2026, 1, 6, 9)),
        (46028, datetime(2026, 1, 6, 9)),
        (46028.5, datetime(2026, 1, 6, 12)),
    ],
)
def test_dates_come_as_text_as_cells_and_as_serial_numbers(
    cell: Any, moment: datetime
) -> None:
    assert entry("1", cell).received_at == moment.replace(tzinfo=SHANGHAI)


def test_today_is_no_future_even_before_office_hours() -> None:
    assert entry("1", "2026/11/22").received_at == NOW  # 8:00 in Shanghai


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("2026/11/23", "将来"),
        (None, "没有时间"), ("  ", "没有时间"), ("昨天", "昨天"), ("2026/13/1", "2026/13/1"),
        (7, "7"), (True, "True"), ("2027/1/1", "将来"), ("1066/10/14", "1066"),
    ],
)
def test_what_is_no_time_of_receipt_rejects_the_row(cell: Any, word: str) -> None:
    reason = rejected("1", cell)
    assert reason.startswith("时间：")
    assert word in reason


def test_fields_come_from_columns_values_constants_and_expressions() -> None:
    fields = {
        "channel": {"column": "渠道", "values": {"网": "web", "电话": "hotline"}},
        "level": {"column": "渠道", "values": {"大客户": "vip"}, "otherwise": "ordinary"},
        "amount": {"column": "金额", "type": "number"},
        "kind": {"constant": "complaint"},
        "text": {"expression": "=row.内容 + \"（\" + kind + \"）\""},
        "nothing": {"column": "内容", "default": "无"},
    }
    found = entry("1", "2026/1/6", "断网", "网", "1,200.50", fields=fields)
    assert found.data == {
        "channel": "web", "level": "ordinary", "amount": 1200.5, "kind": "complaint",
        "text": "断网（complaint）", "nothing": "断网",
    }
    bare = entry("1", "2026/1/6", None, None, None, fields=fields)
    assert bare.data == {"kind": "complaint", "nothing": "无"}


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"column": "渠道", "values": {"网": "web"}}, "渠道：映射文件没有列出 传真。"),
        ({"column": "金额", "required": True}, "金额：没有值。"),
        ({"column": "渠道", "type": "number"}, "渠道：传真 不是数字。"),
        ({"column": "渠道", "type": "boolean"}, "渠道：传真 不是是或否。"),
        ({"column": "渠道", "type": "date"}, "渠道：传真 不是日期。"),
        ({"constant": None, "required": True}, "x：没有值。"),
    ],
)
def test_a_row_is_rejected_with_its_column_and_reason(field: Any, reason: str) -> None:
    assert rejected("1", "2026/1/6", "断网", "传真", fields={"x": field}) == reason


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("boolean", "是", True), ("boolean", "No", False), ("boolean", 1, True),
        ("number", 7.0, 7), ("date", datetime(2026, 1, 6), "2026-01-06"),
        ("date", "2026/1/6", "2026-01-06"), ("datetime", "2026/1/6 8:05", "2026-01-06T08:05:00"),
        ("datetime", datetime(2026, 1, 6, 8), "2026-01-06T08:00:00"),
        ("text", 13812345678.0, "13812345678"), ("text", time(8, 5), "08:05:00"),
    ],
)
def test_types(kind: str, cell: Any, value: Any) -> None:
    fields = {"x": {"column": "内容", "type": kind}}
    assert entry("1", "2026/1/6", cell, fields=fields).data == {"x": value}


def test_the_shape_of_a_row_is_checked() -> None:
    read = parse(file(), "m.json", {}).bind(COLUMNS, NOW)
    for row, word in (
        (Row(2, ("1", "2026/1/6")), "只有 2 个"),
        (Row(2, ("1", "2026/1/6", "a", "b", "c", "d")), "有 6 个"),
        (Row(2, ("", "2026/1/6", "a", "b", "c")), "没有编号"),
        (Row(2, ("1" * 201, "2026/1/6", "a", "b", "c")), "过长"),
        (Row(2, ("1\ud800", "2026/1/6", "a", "b", "c")), "不可见"),
        (Row(2, ("1", "2026/1/6", "a\x00", "b", "c")), "NUL"),
        (Row(2, ("1,\"",), "引号没有配对。"), "引号"),
    ):
        with pytest.raises(RowRejected) as found:
            read(row)
        assert word in found.value.zh
    assert read(Row(2, ("1", "2026/1/6", "a", "b", "c", "", None))).ref == "1"


def test_without_an_id_column_equal_rows_are_one() -> None:
    one = entry("1", "2026/1/6", "断网", id=None).ref
    assert one == entry("1", "2026/1/6", "断网", id=None).ref
    assert one != entry("2", "2026/1/6", "断网", id=None).ref


def test_whole_numbers_of_excel_make_plain_ids() -> None:
    assert entry(24, "2026/1/6").ref == entry(24.0, "2026/1/6").ref == "24"


def test_a_missing_column_gets_a_suggestion() -> None:
    mapping = parse(file(id="编 号"), "m.json", {})
    with pytest.raises(Invalid) as refused:
        mapping.bind(COLUMNS, NOW)
    assert "是否指 编号" in refused.value.zh


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"source": "Old System"}, "source"), ({"kind": None}, "kind"), ({"fields": {}}, "fields"),
        ({"feilds": {}}, "feilds"), ({"encoding": "klingon"}, "encoding"),
        ({"received": {"column": "时间", "zone": "Mars"}}, "received"),
        ({"received": {"column": "时间", "formats": "%Y"}}, "received.formats"),
        ({"received": {"column": "时间", "time": "25:00"}}, "received"),
        ({"fields": {"x": {}}}, "fields.x"),
        ({"fields": {"x": {"column": "a", "constant": 1}}}, "fields.x"),
        ({"fields": {"x": {"column": "a", "type": "money"}}}, "fields.x.type"),
        ({"fields": {"x": {"column": "a", "vlaues": {}}}}, "fields.x.vlaues"),
        ({"fields": {"x": {"expression": "1 +"}}}, "fields.x.expression"),
        ({"fields": {"x": {"column": "a", "values": []}}}, "fields.x.values"),
    ],
)
def test_a_wrong_mapping_is_named_by_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(file(**change), "m.json", {})
    assert f"映射文件 m.json：{place} " in refused.value.zh


def test_what_is_no_json_is_said() -> None:
    for content in (b"\xff", b"{", b"[1]"):
        with pytest.raises(Invalid, match=r"m\.json"):
            parse(content, "m.json", {})


ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"


@pytest.mark.parametrize(
    ("data", "mapping", "good", "bad"),
    [
        ("cfpb/complaints_sample.csv", "cfpb", 6623, 0),
        ("zh_messages_sample/e2_labelled_495.xlsx", "citizen-messages", 495, 0),
        ("zh_messages_sample/e4_replies_120.xlsx", "citizen-replies", 120, 0),
    ],
)
def test_the_real_files_fit_their_mappings(data: str, mapping: str, good: int, bad: int) -> None:
    path = DATA / data
    if not path.exists():
        pytest.skip(f"test data {data} is not on this machine")
    found = parse((ROOT / f"processes/mappings/{mapping}.json").read_bytes(), mapping, {})
    counts = {True: 0, False: 0}
    with open_sheet(path, sheet=found.sheet) as sheet:
        read = found.bind(sheet.columns, NOW)
        for row in sheet.rows:
            try:
                counts[bool(read(row).data["description"])] += 1
            except RowRejected:
                counts[False] += 1
    assert counts == {True: good, False: bad}


def test_the_example_of_the_page_is_a_mapping_that_works() -> None:
    page = (ROOT / "docs" / "import.md").read_text("utf-8")
    example = page.split("```json")[1].split("```")[0]
    mapping = parse(example.encode(), "example", {})
    columns = ("工单编号", "受理时间", "投诉内容", "渠道", "星级", "金额")
    row = Row(2, ("7", "2026/1/6 8:05", "宽带断网", "网厅", "五星", "12.50"))
    assert mapping.bind(columns, NOW)(row).data == {
        "description": "宽带断网", "channel": "web", "customer_level": "high-star",
        "amount": 12.5, "kind": "complaint", "category": "broadband",
    }
