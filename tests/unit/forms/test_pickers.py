"""File fields: ids from a browser, references in variables, required or not."""

from __future__ import annotations

from typing import Any

from forms import check, pickers, posted, referred
from tests.unit.forms.drawn import form, text


def picker(**more: Any) -> dict[str, Any]:
    return {"type": "filepicker", "key": "proof", "label": "凭证", **more}


def reference(identity: str, name: str = "a.jpg") -> dict[str, Any]:
    return {"camunda.document.type": "camunda", "storeId": "bihuan", "documentId": identity,
            "metadata": {"fileName": name, "contentType": "image/jpeg", "size": 3}}


def test_a_browser_sends_ids_and_the_page_puts_references_in() -> None:
    made = form(picker(multiple=True, accept="image/*"))
    assert posted(made, {"proof": ["", "7", "8"]}) == {"proof": ["7", "8"]}
    known = check(made, {"proof": [reference("7"), reference("8")]}, {})
    assert (known.errors, len(known.data["proof"])) == ({}, 2)
    assert referred(made, known.data) == ["7", "8"]
    gone = check(made, {"proof": [reference("7"), "8"]}, {})
    assert gone.errors == {"proof": "有文件已不在，请重新上传。"}
    [drawn] = made.fields({}, {"proof": [reference("7", "门头.jpg"), "8"]})
    assert [(one.text, one.label) for one in drawn.files] == [("7", "门头.jpg")]
    assert (drawn.accept, drawn.many) == ("image/*", True)


def test_one_file_where_one_is_asked_for() -> None:
    two = check(form(picker()), {"proof": [reference("7"), reference("8")]}, {})
    assert two.errors == {"proof": "只能附一个文件。"}


def test_required_always_or_by_an_expression() -> None:
    always = form(picker(validate={"required": True}))
    assert check(always, {"proof": []}, {}).errors == {"proof": "请附上文件。"}
    some = form(text("kind"), picker(validate={"required": '=kind = "fee"'}))
    assert check(some, {"kind": "fee"}, {}).errors == {"proof": "请附上文件。"}
    assert check(some, {"kind": "other"}, {}).errors == {}
    assert [one.required for one in some.fields({}, {"kind": "fee"})] == [False, True]


def test_what_the_case_has_stays_and_groups_have_names() -> None:
    inside = form({"type": "group", "path": "visit", "components": [picker(id="p")]})
    assert list(pickers(inside)) == ["visit.proof"]
    before = {"visit": {"proof": [reference("7")]}}
    assert referred(inside, check(inside, {}, before).data) == ["7"]
