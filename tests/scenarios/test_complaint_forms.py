"""What the forms of the complaint demand beyond what the scenarios enter."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import time_machine

import forms
from tests.scenarios.complaint import PROJECT, library

PATHS = tuple(sorted((PROJECT / "forms").glob("complaint-*.form")))


@cache
def form(form_id: str) -> forms.Form:
    path = PROJECT / "forms" / f"{form_id}.form"
    return forms.parse(path.read_bytes(), path.name, library().setting.functions)


def offered(form_id: str, key: str, variables: dict[str, Any]) -> set[str]:
    """The labels that the field offers."""
    (field,) = [one for one in form(form_id).fields(variables) if one.name == key]
    return {option.label for option in field.options}


@pytest.mark.parametrize(("order", "more"), [
    ({"category": "network", "unit": "network"}, set()),
    ({"category": "vas", "unit": "support-centre"}, {"转厂家核实", "先行赔付"}),
    ({"category": "marketing", "unit": "marketing"}, {"转厂家核实", "先行赔付"}),
    ({"category": "billing", "unit": "vendors"}, {"转厂家核实", "先行赔付"}),
    ({"category": "billing", "unit": "support-centre"}, {"先行赔付"}),
    ({"category": "billing", "unit": "finance", "compensation_state": "paid"}, set()),
])
def test_vendors_and_compensation_are_offered_where_money_may_be_owed(
    order: dict[str, Any], more: set[str]
) -> None:
    assert offered("complaint-handle", "handling", order) == {"反馈处理结果", "转派其他单位"} | more


CLAIM = {
    "handling": "compensate", "vendor": "sp-xinghe", "fault_party": "vendor",
    "refund_by": "company", "original_amount": 30, "compensation_reason": "误导订购",
}


@pytest.mark.parametrize("missing", ["fault_party", "original_amount", "compensation_reason"])
def test_a_claim_says_whose_fault_how_much_and_why(missing: str) -> None:
    order = {"category": "vas", "unit": "vendors"}
    assert forms.check(form("complaint-handle"), CLAIM, order).errors == {}
    given = {key: value for key, value in CLAIM.items() if key != missing}
    assert missing in forms.check(form("complaint-handle"), given, order).errors


DISPATCH = {
    "intake_result": "dispatch", "category": "partner", "subcategory": "partner.cooperation",
    "description": "合作方收费争议",
}


def test_an_agreed_time_says_with_whom_how_and_when() -> None:
    given = {**DISPATCH, "agreed_reply_at": "2026-03-04T15:00:00+08:00"}
    assert "agreed_how" in forms.check(form("complaint-pre-process"), given, {}).errors
    agreed = forms.check(form("complaint-pre-process"), {**given, "agreed_how": "电话"}, {})
    assert "agreed_how" not in agreed.errors
    assert agreed.data["agreed_by"] == "客户本人"
    assert agreed.data["agreed_at"]


@pytest.mark.parametrize(("days", "wrong"), [(3, True), (4, False), (7, False), (8, True)])
def test_consent_is_to_four_to_seven_working_days_and_says_whose_it_is(
    days: int, *, wrong: bool
) -> None:
    given = {**DISPATCH, "consent_extended": True, "consent_days": days}
    errors = forms.check(form("complaint-pre-process"), given, {}).errors
    assert ("consent_days" in errors) == wrong
    assert "consent_how" in errors


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_no_form_shows_what_is_masked(path: Any) -> None:
    """Names and numbers of customers are masked beside the form; its texts must not tell them."""
    texts = [
        f'{one.get("text", "")}{one.get("defaultValue", "")}'
        for one in json.loads(path.read_bytes())["components"]
    ]
    for word in ("customer_name", "customer_ref", "contact_phone", "customer.name"):
        assert not [text for text in texts if word in text], word


def _said(form_id: str, variables: dict[str, Any]) -> str:
    """Its texts by the real clock, which the tests move: scenarios have one of their own."""
    known = {
        name: one for name, one in library().setting.functions.items()
        if name not in ("now", "today")
    }
    path = PROJECT / "forms" / f"{form_id}.form"
    parsed = forms.parse(path.read_bytes(), path.name, known)
    return "\n".join(field.content for field in parsed.fields(variables) if field.content)


@time_machine.travel("2026-03-02T21:30:00+08:00", tick=False)
def test_who_replies_at_night_is_told_not_to_call() -> None:
    assert "现在是静默时段" in _said("complaint-reply", {"customer": None})
    asked = {"customer": {"contact": {"night": True}}}
    assert "现在是静默时段" not in _said("complaint-reply", asked)


@time_machine.travel("2026-03-02T10:00:00+08:00", tick=False)
def test_who_replies_sees_when_the_customer_wants_to_be_called() -> None:
    wish = {"from": "18:30", "to": "21:00", "note": "白天上课"}
    said = _said("complaint-reply", {"customer": {"contact": wish}})
    assert "18:30–21:00" in said
    assert "白天上课" in said
    assert "静默时段" not in said


@pytest.mark.parametrize(("category", "subcategory", "branch"), [
    ("broadband", "broadband.fault", True), ("billing", "billing.dispute", False),
])
def test_work_at_the_customer_s_home_is_answered_by_the_branch(
    category: str, subcategory: str, *, branch: bool
) -> None:
    order = {"category": category, "subcategory": subcategory, "handling": "answer"}
    (field,) = [
        one for one in form("complaint-handle").fields(order) if one.name == "visit_needed"
    ]
    assert bool(field.value) is branch
