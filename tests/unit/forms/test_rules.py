"""The rules of ``validate``, in the words a clerk reads."""

from __future__ import annotations

from typing import Any

import pytest

from forms import check
from tests.unit.forms.drawn import form, options, text


def message(component: dict[str, Any], value: Any, **variables: Any) -> str:
    entered = {component["key"]: value}
    return check(form(component), entered, variables).errors.get(component["key"], "")


@pytest.mark.parametrize(("component", "said"), [
    (text("k"), "此项必填。"), ({"type": "number", "key": "k"}, "此项必填。"),
    ({"type": "datetime", "key": "k"}, "此项必填。"),
    ({"type": "checkbox", "key": "k"}, "请勾选此项。"),
    ({"type": "radio", "key": "k", "values": options("a")}, "请选择。"),
    ({"type": "checklist", "key": "k", "values": options("a")}, "请至少选择一项。"),
])
def test_required(component: dict[str, Any], said: str) -> None:
    component["validate"] = {"required": True}
    assert message(dict(component), "") == said
    assert check(form(dict(component)), {}, {}).errors == {"k": said}


def test_zero_is_not_nothing() -> None:
    assert message({"type": "number", "key": "k", "validate": {"required": True}}, "0") == ""


@pytest.mark.parametrize(("rules", "value", "said"), [
    ({"min": 1, "max": 5}, 6, "应在 1 到 5 之间。"), ({"min": 1}, 0, "不能小于 1。"),
    ({"max": 5}, 5.5, "不能大于 5。"), ({"min": 1, "max": 5}, 5, ""), ({"min": "1"}, 1, ""),
    ({"max": "=limit"}, 11, "不能大于 10。"),
])
def test_ranges(rules: dict[str, Any], value: Any, said: str) -> None:
    assert message({"type": "number", "key": "k", "validate": rules}, value, limit=10) == said


def test_lengths_count_characters() -> None:
    rules = {"minLength": 2, "maxLength": 4}
    assert message(text("k", validate=rules), "好") == "至少 2 个字，现有 1 个。"
    assert message(text("k", validate=rules), "投诉处理") == ""
    assert message(text("k", validate=rules), "投诉处理完") == "最多 4 个字，现有 5 个。"


def test_patterns_are_linear_and_say_what_the_form_says() -> None:
    rules = {"pattern": "^1[3-9][0-9]{9}$", "patternErrorMessage": "请输入 11 位手机号"}
    assert message(text("k", validate=rules), "138001380001") == "请输入 11 位手机号"
    assert message(text("k", validate=rules), "13800138000") == ""
    assert message(text("k", validate={"pattern": "^(a+)+$"}), "a" * 5000 + "!")


@pytest.mark.parametrize(("kind", "good", "bad"), [
    ("email", ["a.b@example.com", "客服@例子.中国"], ["a@b", "a b@example.com", "x@.com"]),
    ("phone", ["13800138000", "+8613800138000", "0571-87654321", "10086", "400-123-4567"],
     ["12345678901234567890", "abc", "138-00", "23"]),
])
def test_kinds(kind: str, good: list[str], bad: list[str]) -> None:
    component = text("k", validate={"validationType": kind})
    assert [message(dict(component), value) for value in good] == [""] * len(good)
    assert all(message(dict(component), value) for value in bad)
