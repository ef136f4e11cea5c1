"""Case kinds: their files, and what is wrong with them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import calendar, cases
from engine.errors import Invalid
from tests.db import errand

FUNCTIONS = calendar.functions(calendar.plain())


def test_a_file_is_read_as_written() -> None:
    kind = cases.parse(json.dumps(errand.KIND).encode(), "errand.case.json", FUNCTIONS)
    assert (kind.id, kind.process, kind.statuses[0]) == ("errand", "errand", "新建")
    category = kind.field("category")
    assert category is not None
    assert category.options["net"] == "网络"
    assert kind.field("nothing") is None
    night = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    assert kind.number_of(7, night, ZoneInfo("Asia/Shanghai")) == "CS20270101-0007"
    assert kind.number_of(123456, night, ZoneInfo("UTC")) == "CS20261231-123456"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"number": "TS"}, "number"),
        ({"number": "TS{seq}{x}"}, "number"),
        ({"number": "TS{seq.__class__}"}, "number"),
        ({"title": "1 +"}, "title"),
        ({"id": "Errand"}, "id"),
        ({"statuses": []}, "statuses"),
        ({"statuses": [1]}, "statuses"),
        ({"customer": {"name": "x"}}, "customer.ref"),
        ({"customer": {"ref": "("}}, "customer.ref"),
        ({"customer": {"ref": "x", "phone": "y"}}, "customer.phone"),
        ({"fields": [{"key": "a", "label": "A", "mask": "telephone"}]}, "fields[0].mask"),
        ({"fields": [{"key": "a b", "label": "A"}], "duplicates": []}, "fields[0].key"),
        ({"fields": [{"key": "a"}], "duplicates": []}, "fields[0].label"),
        ({"fields": [{"key": "a", "label": "A", "type": "blob"}]}, "fields[0].type"),
        ({"fields": [{"key": "a", "label": "A"}] * 2}, "fields[1].key"),
        ({"fields": [{"key": "a", "label": "A", "options": ["x"]}]}, "fields[0].options"),
        ({"fields": [{"key": "a", "label": "A", "list": 1}]}, "fields[0].list"),
        ({"fields": {}}, "fields"),
        ({"fields": [7]}, "fields[0]"),
        ({"duplicates": ["categroy"]}, "duplicates"),
        ({"ended": {"completed": "x"}}, "ended"),
        ({"ended": {"gone": "新建"}}, "ended.gone"),
        ({"counted": "kind ="}, "counted"),
        ({"marks": {"all": ["A"]}}, "marks.mark"),
        ({"marks": {"all": "A", "mark": "m"}}, "marks.all"),
        ({"marks": {"all": ["A"], "mark": "m", "automatik": "a"}}, "marks.automatik"),
        ({"repeats": {"field": "topic", "same": ["category"], "statuses": ["x"]}},
         "repeats.statuses"),
        ({"answers": {"same": ["colour"], "text": "topic", "at": "topic"}}, "answers.same"),
        ({"answers": {"same": ["topic"], "text": "words", "at": "topic"}}, "answers.text"),
        ({"answers": {"same": ["topic"], "text": "topic", "at": "topic", "days": 0}},
         "answers.days"),
        ({"answers": {"same": ["topic"], "answering": ["x"], "text": "topic", "at": "topic"}},
         "answers.answering"),
        ({"public": {"statuses": {"x": "y"}}}, "public.statuses"),
        ({"public": {"statuses": ["新建"]}}, "public.statuses"),
        ({"public": {"fields": ["nothing"]}}, "public.fields"),
        ({"public": {"numbers": ["nothing"]}}, "public.numbers"),
        ({"public": {"form": ""}}, "public.form"),
        ({"public": {"given": []}}, "public.given"),
        ({"public": {"actions": {}}}, "public.actions"),
        ({"public": {"actions": [{"message": "m", "form": "f"}]}}, "public.actions[0].label"),
        ({"titel": "x"}, "titel"),
        ({"name": 1}, "name"),
        ({"order": -1}, "order"),
        ({"order": True}, "order"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(change: dict[str, Any], place: str) -> None:
    content = json.dumps(errand.KIND | change, ensure_ascii=False).encode()
    findings = cases.check(content, "errand.case.json", FUNCTIONS)
    assert {found.severity for found in findings} == {"error"}
    assert any(found.zh.startswith(place) for found in findings), findings
    with pytest.raises(Invalid) as refused:
        cases.parse(content, "errand.case.json", FUNCTIONS)
    assert refused.value.details["findings"] == tuple(findings)


def test_a_kind_that_is_no_json_is_said_with_its_line() -> None:
    content = b'{\n"id": "errand",\n"name": }'
    findings = cases.check(content, "errand.case.json", {})
    assert [(found.line, found.severity) for found in findings] == [(3, "error")]
    with pytest.raises(Invalid):
        cases.parse(b"[]", "errand.case.json", {})
    assert cases.check(b"\xff", "x.case.json", {})
    assert cases.check(json.dumps(errand.KIND).encode(), "errand.case.json", {})[0].zh.startswith(
        "due"
    )
