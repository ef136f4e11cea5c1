"""Groups with a path, keys with dots, and lists of rows."""

from __future__ import annotations

from typing import Any

from forms import check, posted
from tests.unit.forms.drawn import form, text

ROWS: dict[str, Any] = {
    "type": "dynamiclist", "path": "rows", "label": "退费明细", "components": [
        text("item", id="item", validate={"required": True}),
        {"type": "number", "key": "amount", "id": "amount"},
        text("why", id="why", conditional={"hide": "=amount = null or amount < 100"}),
    ],
}


def test_keys_with_dots_keep_the_rest_of_the_object() -> None:
    drawn = form(text("customer.phone"), text("customer.name"))
    before = {"customer": {"name": "张三", "phone": "1", "level": "金"}}
    result = check(drawn, {"customer": {"phone": "13800138000"}}, before)
    assert result.data == {"customer": {"name": "张三", "phone": "13800138000", "level": "金"}}
    assert before["customer"]["phone"] == "1"


def test_groups_with_a_path() -> None:
    drawn = form({"type": "group", "path": "reply", "label": "答复", "components": [
        text("text", id="t"), text("extra", id="e", conditional={"hide": '=text != "x"'})]})
    fields = drawn.fields({"reply": {"text": "x"}})
    assert [field.name for field in fields[0].children] == ["reply.text", "reply.extra"]
    entered = posted(drawn, {"reply.text": ["你好"]})
    assert check(drawn, entered, {}).data == {"reply": {"text": "你好"}}


def test_rows_from_a_browser() -> None:
    drawn = form(ROWS)
    entered = posted(drawn, {
        "rows": [""], "rows[0]": [""], "rows[0].item": ["月租"], "rows[0].amount": ["12"],
        "rows[3]": [""], "rows[3].item": ["流量"], "rows[3].amount": ["150"],
        "rows[3].why": ["误收"],
    })
    result = check(drawn, entered, {})
    assert result.errors == {}
    assert result.data == {"rows": [
        {"item": "月租", "amount": 12}, {"item": "流量", "amount": 150, "why": "误收"}]}


def test_errors_name_the_row() -> None:
    drawn = form(ROWS)
    result = check(drawn, {"rows": [{"item": "a"}, {"item": "", "amount": "x"}]}, {})
    assert set(result.errors) == {"rows[1].item", "rows[1].amount"}
    fields = drawn.fields({}, {"rows": [{"item": "a"}, {"item": ""}]}, result.errors)
    assert fields[0].items[1][0].error == "此项必填。"


def test_all_rows_taken_away() -> None:
    drawn = form(ROWS)
    assert check(drawn, posted(drawn, {"rows": [""]}), {"rows": [{"item": "old"}]}).data == {
        "rows": []}


def test_rows_of_the_variable_are_shown_and_not_changed() -> None:
    drawn = form(ROWS)
    before = {"rows": [{"item": "a", "amount": 1}, {"item": "b", "amount": 200, "why": "w"}]}
    items = drawn.fields(before)[0].items
    assert [[field.value for field in item] for item in items] == [["a", "1"], ["b", "200", "w"]]
    check(drawn, {"rows": [{"item": "new"}]}, before)
    assert before["rows"][0]["item"] == "a"


def test_a_new_list_begins_with_the_rows_the_form_asks_for() -> None:
    assert len(form({**ROWS, "defaultRepetitions": 3}).fields({})[0].items) == 3
    assert len(form({**ROWS, "defaultRepetitions": 0}).fields({})[0].items) == 0


def test_thousands_of_rows_are_cut() -> None:
    drawn = form(ROWS)
    entered = posted(drawn, {f"rows[{n}].item": ["x"] for n in range(3000)})
    assert len(check(drawn, entered, {}).data["rows"]) <= 200
