"""Forms: generated fields, keys, references, and form files."""

from __future__ import annotations

import json

import pytest

import forms
from engine.convert import Converted
from engine.model import Json
from tests.unit.convert.foreign import (
    around,
    converted,
    diagram,
    element,
    ext,
    finding,
    rules,
    task,
)

FIELDS = ext(
    '<x:formData><x:formField id="amount" label="Amount" type="long" defaultValue="5">'
    '<x:validation><x:constraint name="required"/><x:constraint name="min" config="1"/>'
    '<x:constraint name="max" config="99"/></x:validation></x:formField>'
    '<x:formField id="kind" label="Kind" type="enum" defaultValue="a"><x:value id="a" name="Anna"/>'
    '<x:value id="b" name="Bob"/></x:formField>'
    '<x:formField id="ok" type="boolean" defaultValue="true"/>'
    '<x:formField id="day" label="Day" type="date" defaultValue="24/12/2026"/>'
    '<x:formField id="note" type="string"><x:validation>'
    '<x:constraint name="maxlength" config="10"/></x:validation></x:formField></x:formData>'
)


def form(result: Converted) -> forms.Form:
    file = next(one for one in result.files if one.name.endswith(".form"))
    assert [one for one in forms.findings(file.content, file.name) if one.severity == "error"] == []
    return forms.parse(file.content, file.name)


def test_generated_fields_become_a_form_that_checks_the_same() -> None:
    a, result = task(f'<userTask id="a" x:assignee="li">{FIELDS}</userTask>')
    assert a.form == "p-a"
    assert result.files[1].name == "p-a.form"
    assert not result.open
    drawn = form(result)
    drawn_fields = drawn.fields({})
    assert [one.value for one in drawn_fields] == ["5", "", "true", "2026-12-24", ""]
    assert [(one.label, one.chosen) for one in drawn_fields[1].options] == [
        ("Anna", True), ("Bob", False),
    ]  # fmt: skip
    good = {"amount": 7, "kind": "b", "ok": False, "day": "2026-01-02", "note": "x"}
    checked = forms.check(drawn, good, {})
    assert (checked.data, checked.errors) == (good, {})
    bad = forms.check(drawn, {"amount": 100, "kind": "z", "note": "x" * 11}, {})
    assert set(bad.errors) == {"amount", "kind", "note"}


def test_the_form_lies_beside_its_diagram() -> None:
    body = diagram(around(f'<userTask id="a" x:assignee="li">{FIELDS}</userTask>'))
    result = converted(body, "deep/down/x.bpmn20.xml")
    assert [one.name for one in result.files] == ["deep/down/x.bpmn", "deep/down/p-a.form"]


@pytest.mark.parametrize("vendor", ["flowable", "activiti"])
def test_form_properties(vendor: str) -> None:
    a, result = task(
        '<userTask id="a" x:assignee="li">'
        + ext(
            '<x:formProperty id="days" name="Days" type="long" required="true" default="3"/>',
            '<x:formProperty id="who" name="Who" variable="person" writable="false"/>',
        )
        + "</userTask>",
        vendor=vendor,
    )
    assert a.form == "p-a"
    assert [one.value for one in form(result).fields({"person": "Li"})] == ["3", "Li"]


def test_fields_that_need_a_person() -> None:
    _, result = task(
        '<userTask id="a" x:assignee="li">'
        + ext(
            '<x:formData><x:formField id="a-b" type="string"/>'
            '<x:formField id="c" type="long" defaultValue="${base * 2}"/>'
            '<x:formField id="d" type="color"/><x:formField id="e" type="string"><x:validation>'
            '<x:constraint name="validator" config="com.acme.V"/></x:validation></x:formField>'
            "</x:formData>"
        )
        + "</userTask>"
    )
    assert rules(result)["field-key"] == "error"
    assert rules(result)["field-default"] == "error"
    assert "=base * 2" in finding(result, "field-default").remedy_zh
    assert rules(result)["field-type"] == "warning"
    assert rules(result)["field-validation"] == "error"
    form(result)


@pytest.mark.parametrize(
    ("attribute", "form_id", "severity"),
    [
        ('x:formRef="order" x:formRefBinding="deployment"', "order", None),
        ('x:formRef="order" x:formRefBinding="version" x:formRefVersion="3"', "order", "error"),
        ('x:formKey="embedded:app:forms/check.html"', "check", "error"),
        ('x:formKey="embedded:deployment:check.html?x=1"', "check", "error"),
        ('x:formKey="https://host/forms/check"', "check", "error"),
        ('x:formKey="checkForm"', "checkForm", "error"),
    ],
)
def test_keys_and_references(attribute: str, form_id: str, severity: str | None) -> None:
    a, result = task(f'<userTask id="a" x:assignee="li" {attribute}/>')
    assert a.form == form_id
    assert {one.severity for one in result.findings} == ({severity} if severity else set())


def test_a_form_file_is_found_by_its_name_and_gets_an_id() -> None:
    raw = {"components": [{"key": "x", "type": "textfield", "label": "X"}], "type": "default"}
    body = diagram(
        around('<userTask id="a" x:assignee="li" x:formKey="camunda-forms:deployment:f/my.form"/>')
    )
    result = converted(body, my_form=json.dumps(raw).encode())
    assert element(result).form == "my"
    assert form(result).id == "my"
    assert not result.open


def test_a_start_form_names_the_place_for_it() -> None:
    plain = around('<task id="a"/>')
    start = f'<startEvent id="s">{FIELDS}</startEvent>'
    result = converted(diagram(plain.replace('<startEvent id="s"/>', start)))
    assert element(result, "s").form == "p-s"
    assert "intake" in finding(result, "start-form").zh


def flowable(fields: list[Json], **more: Json) -> Converted:
    raw = {"key": "order", "name": "Order", "fields": fields, **more}
    return converted(json.dumps(raw).encode(), "form-order.form")


def test_flowable_forms() -> None:
    result = flowable(
        [
            {"id": "name", "name": "Name", "type": "text", "required": True},
            {"id": "box", "type": "container", "fields": {"1": [
                {"id": "age", "name": "Age", "type": "integer"},
                {"id": "kind", "name": "Kind", "type": "dropdown",
                 "options": [{"name": "red"}, {"name": "blue"}]}]}},
        ],
        outcomes=[{"name": "Accept"}, {"name": "Reject"}],
    )  # fmt: skip
    drawn = form(result)
    assert drawn.id == "order"
    errors = forms.check(drawn, {"age": 3, "kind": "green"}, {}).errors
    assert set(errors) == {"name", "kind", "form_order_outcome"}
    assert rules(result) == {"form-outcome": "warning"}


def test_fields_flowable_has_and_we_have_not() -> None:
    result = flowable([{"id": "file", "name": "File", "type": "upload"},
                       {"id": "who", "name": "Who", "type": "people"}])  # fmt: skip
    assert sorted(one.severity for one in result.findings) == ["error", "warning"]
    form(result)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_form_is_said(content: bytes) -> None:
    result = converted(content, "x.form")
    assert result.files == ()
    assert rules(result) == {"form": "error"}
