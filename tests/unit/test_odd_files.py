"""Files of ours with anything in them: each fault is a finding or Invalid, never a crash."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import calendar, cases, catalogue, importing, samples
from engine.errors import Invalid
from tests.db import errand

PROCESSES = Path(__file__).parents[2] / "processes"
CALENDAR = json.loads((PROCESSES / "default.calendar.json").read_text("utf-8"))
MAPPING = json.loads((PROCESSES / "mappings" / "cfpb.json").read_text("utf-8"))
SAMPLES = json.loads((PROCESSES / "samples" / "complaints.sample.json").read_text("utf-8"))
CATALOGUE = {
    "id": "errands", "name": "差事", "levels": [{"name": "大类", "owner": "group"},
                                            {"name": "小类", "owner": "province"}],
    "elements": {"place": "地点"},
    "categories": [{"key": "a", "label": "甲", "elements": ["place"], "urgent": True,
                    "children": [{"key": "b", "label": "乙", "from": "2026-01-01",
                                  "until": "2026-12-31", "unit": "u"}]}],
}
FUNCTIONS = calendar.functions(calendar.plain())

odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["08:30-12:00", "2026-10-01", "{seq}", "=", "PT1H", "text", "=1 +"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.text(max_size=6) | st.sampled_from(["name", "column", "from", "key", "ref", "mon"]),
        inner, max_size=3,
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, as a path of keys and indexes."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def spoiled(data: st.DataObject, whole: dict[str, Any]) -> bytes:
    """The file with something odd at one to three places."""
    found: Any = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(found)))
        if not path:
            found = data.draw(odd)
            continue
        holder = found
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = data.draw(odd)
    return json.dumps(found).encode()


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_calendars(data: st.DataObject) -> None:
    content = spoiled(data, CALENDAR)
    findings = calendar.check(content, "x.calendar.json")
    assert all(found.zh and found.en for found in findings)
    if not any(found.severity == "error" for found in findings):
        calendar.parse(content, "x.calendar.json")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_catalogues(data: st.DataObject) -> None:
    content = spoiled(data, CATALOGUE)
    findings = catalogue.check(content, "errands.catalogue.json")
    assert all(found.zh and found.en for found in findings)
    if not findings:
        known = catalogue.parse(content, "errands.catalogue.json")
        assert all(known.path(code) for code in known.categories)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_case_kinds(data: st.DataObject) -> None:
    content = spoiled(data, errand.KIND)
    findings = cases.check(content, "x.case.json", FUNCTIONS)
    assert all(found.zh and found.en for found in findings)
    if not findings:
        cases.parse(content, "x.case.json", FUNCTIONS)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_mappings(data: st.DataObject) -> None:
    read_or_refused(lambda content: importing.parse(content, "x", FUNCTIONS), data, MAPPING)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_samples(data: st.DataObject) -> None:
    read_or_refused(lambda content: samples.parse(content, "x"), data, SAMPLES)


def read_or_refused(read: Any, data: st.DataObject, whole: dict[str, Any]) -> None:
    refusal = "x"
    try:
        read(spoiled(data, whole))
    except Invalid as refused:
        refusal = refused.zh
    assert "x" in refusal
