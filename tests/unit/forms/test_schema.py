"""Files that cannot be drawn and checked are refused with their place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from forms import findings, parse
from tests.unit.forms.drawn import content, form, options, text


def rules(data: bytes) -> set[str]:
    return {finding.rule for finding in findings(data, "x.form")}


@pytest.mark.parametrize(("data", "rule"), [
    (b"<xml/>", "json"), (b"[]", "form"), (b"{}", "form"), (b"\xff\xfe\x00", "encoding"),
    (b'{"components": []}', "form-id"), (b"[" * 100_000, "depth"),
    (content({"type": "documentPreview", "key": "f"}), "component-type"),
    (content({"type": "filepicker", "key": "f", "accept": "=types"}), "accept"),
    (content({"type": "filepicker", "key": "f", "multiple": "=true"}), "multiple"),
    (content({"type": "dynamiclist", "path": "rows", "components": [
        {"type": "filepicker", "key": "f", "id": "x"}]}), "filepicker-in-list"),
    (content(text("a", validate={"required": "=b >"})), "feel"),
    (content({"type": "iframe"}), "component-type"),
    (content({"type": None}), "component-type"),
    (content({"type": {}}), "component-type"),
    (content(text("a", conditional={"hide": "=" + "(" * 300 + "1" + ")" * 300})), "feel"),
    (content({"type": "text", "text": "=" + "(" * 300 + "1" + ")" * 300}), "text"),
    (content(text("")), "key"), (content(text("1a")), "key"), (content(text("a b")), "key"),
    (content(text("a"), text("a")), "duplicate-key"),
    (content(text("a"), text("a.b")), "duplicate-key"),
    (content(text("a", conditional={"hide": "=a >"})), "feel"),
    (content(text("a", validate={"pattern": "(?=a)"})), "pattern"),
    (content(text("a", validate={"pattern": {"a": 1}})), "pattern"),
    (content(text("a", validate={"minLength": "viele"})), "number"),
    (content({"type": "select", "key": "a"}), "options"),
    (content({"type": "datetime", "key": "a", "subtype": "week"}), "subtype"),
    (content({"type": "expression", "key": "a"}), "expression"),
    (content({"type": "text", "text": "{{#if a}}x"}), "text"),
    (content({"type": "text", "text": "{{a b c}"}), ""),
])
def test_what_is_wrong(data: bytes, rule: str) -> None:
    assert rules(data) == ({rule} if rule else set())


def test_a_finding_says_where() -> None:
    data = content(text("a"), {"type": "iframe", "key": "f", "label": "附件", "id": "Pick_1"})
    (finding,) = findings(data, "x.form")
    assert finding.zh.startswith("components[1]：")
    assert (finding.element_id, finding.element_name) == ("Pick_1", "附件")
    assert data.decode().splitlines()[(finding.line or 0) - 1].strip().startswith('"id": "Pick_1"')
    assert finding.remedy_zh


def test_parse_refuses_with_the_first_finding() -> None:
    with pytest.raises(Invalid) as refused:
        parse(content({"type": "iframe"}), "x.form")
    assert "x.form" in refused.value.zh
    assert refused.value.details["findings"][0].rule == "component-type"


def test_nesting_has_an_end() -> None:
    inner: dict[str, Any] = text("a", id="x")
    for depth in range(12):
        inner = {"type": "group", "id": f"g{depth}", "components": [inner]}
    assert rules(content(inner)) == {"depth"}


def test_a_newer_schema_is_only_a_warning() -> None:
    (finding,) = findings(content(text("a"), schemaVersion=99), "x.form")
    assert finding.severity == "warning"


def test_buttons_are_the_page_s_business() -> None:
    assert form({"type": "button", "label": "提交"}, text("a")).fields({})[0].name == "a"


def test_a_column_layout() -> None:
    drawn = form(
        text("a", layout={"row": "r1", "columns": 6}), text("b", layout={"row": "r1"}),
        text("c", layout={"row": "r1"}), text("d", layout={"row": "r2", "columns": None}),
    )
    assert [(f.span, f.starts_row) for f in drawn.fields({})] == [
        (6, True), (5, False), (5, False), (16, True)]


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "key", "components", "validate", "values", "conditional", "id",
                         "layout", "label", "path", "hide", "expression"]), inner, max_size=6),
    max_leaves=25,
), st.sampled_from(["textfield", "select", "group", "dynamiclist", "number", "table", "text"]))
def test_no_file_breaks_the_reader(raw: Any, kind: str) -> None:
    component = {**raw, "type": kind} if isinstance(raw, dict) else raw
    data = json.dumps({"id": "f", "components": [component]}).encode()
    found = findings(data, "x.form")
    if not any(finding.severity == "error" for finding in found):
        parse(data, "x.form").fields({})


def test_options_of_every_shape() -> None:
    drawn = form({"type": "select", "key": "a", "values": [*options(1), "b", 3, None, {"x": 1}]})
    assert [option.text for option in drawn.fields({})[0].options] == ["1", "b", "3"]
