from __future__ import annotations

import json
from datetime import date, time
from typing import Any

import pytest
import time_machine

from engine.calendar import Hours, check, parse
from engine.errors import Invalid
from tests.unit.calendar.conftest import SHIPPED


def good() -> dict[str, Any]:
    return {
        "name": "试", "zone": "Asia/Shanghai",
        "hours": {"mon": ["08:30-12:00", "13:30-24:00"], "tue": []},
        "quiet": {"from": "20:00", "to": "08:00"},
        "years": {
            "2026": {
                "holidays": [{"name": "国庆节", "from": "2026-10-01", "to": "2026-10-07"}],
                "workdays": [{"name": "国庆节", "date": "2026-10-10"}],
            }
        },
    }


def content(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


def test_a_file_is_read_as_written() -> None:
    calendar = parse(content(good()), "x.calendar.json")
    assert calendar.weekly[0] == (Hours(time(8, 30), time(12)), Hours(time(13, 30), time(0)))
    assert calendar.holiday(date(2026, 10, 3)) == "国庆节"
    assert calendar.makeup_day(date(2026, 10, 10)) == "国庆节"
    assert calendar.hours(date(2026, 10, 10)) == calendar.weekly[0]
    assert calendar.quiet is not None
    assert calendar.quiet.start == time(20)


def test_a_byte_order_mark_does_not_matter() -> None:
    parse(b"\xef\xbb\xbf" + content(good()), "x.calendar.json")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"zone": "Asia/Peking"}, "zone"),
        ({"zone": None}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"name": ""}, "name"),
        ({"hours": None}, "hours"),
        ({"hours": {}}, "hours"),
        ({"hours": {"mon": "08:30-12:00"}}, "hours.mon"),
        ({"hours": {"mon": ["8:30-12:00"]}}, "hours.mon"),
        ({"hours": {"mon": ["12:00-08:30"]}}, "hours.mon"),
        ({"hours": {"mon": ["08:30-12:00", "11:00-13:00"]}}, "hours.mon"),
        ({"hours": {"mon": ["08:30-24:00", "11:00-13:00"]}}, "hours.mon"),
        ({"hours": {"Montag": ["08:30-12:00"]}}, "hours.Montag"),
        ({"makeupHours": 8}, "makeupHours"),
        ({"quiet": {"from": "20", "to": "08:00"}}, "quiet.from"),
        ({"quiet": ["20:00"]}, "quiet"),
        ({"holidays": []}, "holidays"),
        ({"years": []}, "years"),
        ({"years": {"26": {}}}, "years.26"),
        ({"years": {"2026": []}}, "years.2026"),
        ({"years": {"2026": {"workdays": []}}}, "years.2026.holidays"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(change: dict[str, Any], place: str) -> None:
    findings = check(content(good() | change), "x.calendar.json")
    assert findings
    assert findings[0].severity == "error"
    assert findings[0].zh.startswith(f"{place}：")
    with pytest.raises(Invalid) as refused:
        parse(content(good() | change), "x.calendar.json")
    assert refused.value.details["findings"] == tuple(findings)


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"name": "x", "date": "2025-10-01"}, "holidays[0]"),
        ({"name": "x", "from": "2026-10-07", "to": "2026-10-01"}, "holidays[0]"),
        ({"name": "x", "from": "2026-01-01", "to": "2026-12-31"}, "holidays[0]"),
        ({"name": "x", "from": "2026-10-01"}, "holidays[0].to"),
        ({"name": "x", "date": "2026-13-01"}, "holidays[0].from"),
        ({"name": "x", "date": "2026-10-01", "to": "2026-10-02"}, "holidays[0]"),
        ({"date": "2026-10-01"}, "holidays[0].name"),
        ({"name": "x", "date": "2026-10-01", "Name": 1}, "holidays[0].Name"),
        (7, "holidays[0]"),
    ],
)
def test_a_wrong_holiday_is_named(entry: Any, place: str) -> None:
    years = {"2026": {"holidays": [entry], "workdays": []}}
    findings = check(content(good() | {"years": years}), "x.calendar.json")
    assert findings[0].zh.startswith(f"years.2026.{place}：")


def test_a_day_cannot_be_given_twice() -> None:
    day = {"name": "x", "date": "2026-10-01"}
    twice = {"2026": {"holidays": [day, day], "workdays": []}}
    both = {"2026": {"holidays": [day], "workdays": [day]}}
    for years, word in ((twice, "两次"), (both, "既是假日又是调休上班日")):
        findings = check(content(good() | {"years": years}), "x.calendar.json")
        assert word in findings[0].zh


@pytest.mark.parametrize(
    ("raw", "line"),
    [(b'{\n"name": }', 2), (b"", 1), (b"[]", None), (b"\xff\xfe", None), (b"[" * 100_000, None)],
)
def test_what_is_not_json_is_said_with_its_line(raw: bytes, line: int | None) -> None:
    findings = check(raw, "x.calendar.json")
    assert len(findings) == 1
    assert findings[0].line == line


def test_a_key_given_twice_is_seen() -> None:
    findings = check(b'{"name": "a", "name": "b"}', "x.calendar.json")
    assert findings[0].zh == "name：这个键写了两次。"


def test_a_misspelt_key_gets_a_suggestion() -> None:
    findings = check(content(good() | {"makeuphours": []}), "x.calendar.json")
    assert "makeupHours" in findings[0].zh


def test_the_shipped_calendar_is_right() -> None:
    with time_machine.travel("2026-06-01T00:00:00Z", tick=False):
        assert check(SHIPPED.read_bytes(), SHIPPED.name) == []


def test_a_missing_year_is_warned_of_from_november_and_all_the_year() -> None:
    for now, missing in (("2026-12-01T00:00:00Z", ["2027"]), ("2027-03-01T00:00:00Z", ["2027"]),
                         ("2030-11-05T00:00:00Z", ["2030", "2031"])):
        with time_machine.travel(now, tick=False):
            findings = check(SHIPPED.read_bytes(), SHIPPED.name)
        assert [f.severity for f in findings] == ["warning"] * len(missing)
        assert all(year in f.zh for year, f in zip(missing, findings, strict=True))
