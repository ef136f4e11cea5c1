"""Defaults that FEEL computes."""

from __future__ import annotations

import json

import forms


def of(default: object, kind: str = "textfield", **more: object) -> bytes:
    field = {"type": kind, "id": "a", "key": "a", "label": "甲", "defaultValue": default, **more}
    return json.dumps({"id": "f", "type": "default", "components": [field]}).encode()


def test_a_default_reads_the_variables() -> None:
    form = forms.parse(of("=me.name"), "f.form")
    me = {"me": {"login": "li", "name": "李四"}}
    assert form.fields(me)[0].value == "李四"
    assert forms.check(form, {}, me).data == {"a": "李四"}
    assert form.fields(me | {"a": "王五"})[0].value == "王五"
    assert form.fields(me, {"a": ""})[0].value in ("", None)
    assert form.fields({})[0].value in ("", None)


def test_the_present_moment_fills_a_time() -> None:
    form = forms.parse(of("=now()", "datetime", subtype="datetime"), "f.form")
    assert not forms.check(form, {}, {}).errors
    assert "T" in str(forms.check(form, {}, {}).data["a"])


def test_a_default_that_is_no_feel_is_a_finding() -> None:
    (found,) = forms.findings(of("=me.("), "f.form")
    assert (found.rule, found.severity) == ("feel", "error")
    assert "defaultValue" in found.zh
