"""What is hidden, read only, computed or chosen from depends on the rest of the form."""

from __future__ import annotations

from typing import Any

from forms import Field, Form, check, posted
from tests.unit.forms.drawn import form, options, text


def names(
    drawn: Form, variables: dict[str, Any], entered: dict[str, Any] | None = None
) -> list[str]:
    return [field.name for field in drawn.fields(variables, entered)]


def the(drawn: Form, name: str, variables: dict[str, Any], entered: Any = None) -> Field:
    return next(field for field in drawn.fields(variables, entered) if field.name == name)


IMPACT = {"type": "radio", "key": "impact", "values": options("trapped", "minor")}
PEOPLE = {
    "type": "number", "key": "people", "validate": {"required": True},
    "conditional": {"hide": '=impact != "trapped"'},
}


def test_a_condition_reads_what_is_entered_now() -> None:
    drawn = form(dict(IMPACT), dict(PEOPLE))
    assert names(drawn, {}) == ["impact"]
    assert names(drawn, {"impact": "trapped"}) == ["impact", "people"]
    assert names(drawn, {"impact": "trapped"}, {"impact": "minor"}) == ["impact"]


def test_hidden_fields_are_neither_required_nor_submitted() -> None:
    drawn = form(dict(IMPACT), dict(PEOPLE))
    hidden = check(drawn, {"impact": "minor", "people": 3}, {})
    assert (hidden.data, hidden.errors) == ({"impact": "minor"}, {})
    shown = check(drawn, {"impact": "trapped"}, {})
    assert shown.errors == {"people": "此项必填。"}


def test_conditions_see_numbers_not_what_was_typed() -> None:
    drawn = form({"type": "number", "key": "amount"},
                 text("reason", conditional={"hide": "=amount = null or amount <= 100"}))
    assert names(drawn, {}, {"amount": "100"}) == ["amount"]
    assert names(drawn, {}, {"amount": "100.01"}) == ["amount", "reason"]
    assert names(drawn, {}, {"amount": "很多"}) == ["amount"]


def test_behind_a_hidden_field_stands_the_variable() -> None:
    drawn = form({"type": "text", "text": "{{note}}"},
                 text("note", conditional={"hide": "=true"}))
    assert drawn.fields({"note": "已知"}, {"note": "typed"})[0].content == "已知"


def test_a_hidden_value_is_gone_for_what_follows() -> None:
    drawn = form(
        {"type": "checkbox", "key": "more"},
        text("why", conditional={"hide": "=not(more)"}),
        text("detail", conditional={"hide": '=why != "x"'}),
    )
    assert names(drawn, {}, {"more": True, "why": "x"}) == ["more", "why", "detail"]
    assert names(drawn, {}, {"more": False, "why": "x"}) == ["more"]


def test_groups_hide_what_is_in_them() -> None:
    drawn = form(dict(IMPACT), {
        "type": "group", "conditional": {"hide": '=impact = "minor"'},
        "components": [text("a", id="a", validate={"required": True})],
    })
    assert check(drawn, {"impact": "minor"}, {}).errors == {}
    assert set(check(drawn, {"impact": "trapped"}, {}).errors) == {"a"}


def test_what_is_read_only_comes_from_the_variable_not_from_the_browser() -> None:
    drawn = form(text("level", readonly=True), text("note", readonly='=level = "金"'))
    result = check(drawn, {"level": "钻", "note": "x"}, {"level": "金", "note": "旧"})
    assert result.data == {"level": "金", "note": "旧"}
    assert the(drawn, "note", {"level": "金"}).readonly
    assert not the(drawn, "note", {"level": "银"}).readonly


def test_disabled_fields_are_not_submitted() -> None:
    drawn = form(text("a", disabled=True, validate={"required": True}), text("b"))
    assert check(drawn, {"a": "x", "b": "y"}, {"a": "old"}).data == {"b": "y"}


def test_defaults_fill_in_where_there_is_no_variable() -> None:
    drawn = form(text("a", defaultValue="缺省"))
    assert the(drawn, "a", {}).value == "缺省"
    assert the(drawn, "a", {"a": "已有"}).value == "已有"
    assert the(drawn, "a", {"a": "已有"}, {"a": ""}).value == ""
    assert check(drawn, {}, {}).data == {"a": "缺省"}


def test_options_from_a_variable_and_from_feel() -> None:
    by_key = form({"type": "select", "key": "unit", "valuesKey": "units"})
    by_feel = form({"type": "select", "key": "unit",
                    "valuesExpression": "=for u in units return {label: u.label, value: u.value}"})
    units = [{"label": "网络部", "value": "network"}, {"label": "市场部", "value": "marketing"}]
    for drawn in (by_key, by_feel):
        field = the(drawn, "unit", {"units": units})
        assert [(o.text, o.label) for o in field.options] == [
            ("network", "网络部"), ("marketing", "市场部")]
        assert check(drawn, {"unit": "network"}, {"units": units}).data == {"unit": "network"}
        assert "不在列表中" in check(drawn, {"unit": "x"}, {"units": units}).errors["unit"]


def test_options_that_depend_on_another_field() -> None:
    drawn = form(
        {"type": "select", "key": "big", "values": options("net", "fee")},
        {"type": "select", "key": "small",
         "valuesExpression": '=if big = "net" then ["慢", "断"] else ["错收"]'},
    )
    assert check(drawn, {"big": "fee", "small": "错收"}, {}).errors == {}
    assert "small" in check(drawn, {"big": "net", "small": "错收"}, {}).errors
    assert the(drawn, "big", {}).controls
    assert not the(drawn, "small", {}).controls


def test_expression_fields_are_computed_here() -> None:
    drawn = form({"type": "number", "key": "price"}, {"type": "number", "key": "count"},
                 {"type": "expression", "key": "total", "expression": "=price * count"})
    sent = {"price": "2.5", "count": "4", "total": 1}
    assert check(drawn, sent, {}).data == {"price": 2.5, "count": 4, "total": 10}


def test_texts_show_values_and_never_run_them() -> None:
    drawn = form({"type": "text", "text": "客户 **{{name}}**{{#if vip}}（VIP）{{/if}}"
                  "{{#loop items}}[{{this}}]{{/loop}}"})
    content = drawn.fields({"name": "{{1+1}} *张*", "vip": True, "items": ["a", "b"]})[0].content
    assert content == "客户 **\\{\\{1\\+1\\}\\} \\*张\\***（VIP）[a][b]"


def test_html_values_are_escaped() -> None:
    drawn = form({"type": "html", "content": "<b>{{name}}</b>"})
    content = drawn.fields({"name": "<script>x</script>"})[0].content
    assert content == "<b>&lt;script&gt;x&lt;/script&gt;</b>"


def test_labels_may_be_feel() -> None:
    drawn = form(text("a", label='="给 " + name + " 的答复"'))
    assert the(drawn, "a", {"name": "张三"}).label == "给 张三 的答复"


def test_the_state_changes_with_the_looks_only() -> None:
    drawn = form(dict(IMPACT), text("a", label='=if impact = "minor" then "轻" else "重"'))
    minor, other, typed = (the(drawn, "a", {}, entered) for entered in (
        {"impact": "minor"}, {"impact": "trapped"}, {"impact": "minor", "a": "写了字"}))
    assert minor.state != other.state
    assert minor.state == typed.state


def test_tables_show_rows() -> None:
    drawn = form({"type": "table", "dataSource": "=orders", "columns": [
        {"key": "no", "label": "单号"}, {"key": "done", "label": "完成"}]})
    field = drawn.fields({"orders": [{"no": "A1", "done": True}, {"no": "A2"}]})[0]
    assert field.headings == ("单号", "完成")
    assert field.cells == (("A1", "是"), ("A2", ""))


def test_posted_takes_only_names_of_the_form() -> None:
    drawn = form(text("a"))
    assert posted(drawn, {"a": ["1"], "admin": ["yes"], "a.b": ["2"], "csrf_token": ["t"]}) == {
        "a": "1"}
