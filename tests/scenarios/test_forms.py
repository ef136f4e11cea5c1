"""The scenarios answer what the forms let a person enter; the forms demand D5's elements."""

from __future__ import annotations

from functools import cache

import pytest
import time_machine

import forms
from engine.scenarios import Coverage, TestCase
from engine.scenarios.actions import ACTIONS
from engine.scenarios.assertions import ASSERTIONS
from engine.scenarios.finding import open_task
from engine.scenarios.reading import Instruction
from engine.scenarios.theatre import Theatre
from tests.scenarios.complaint import PROJECT, cases, library


@cache
def form(form_id: str) -> forms.Form:
    path = PROJECT / "forms" / f"{form_id}.form"
    return forms.parse(path.read_bytes(), path.name)


@pytest.mark.parametrize("path", sorted((PROJECT / "forms").glob("*.form")), ids=lambda p: p.stem)
def test_form_can_be_drawn_and_is_named_as_its_file(path) -> None:  # type: ignore[no-untyped-def]
    assert forms.findings(path.read_bytes(), path.name) == []
    assert form(path.stem).id == path.stem


def _submit(theatre: Theatre, step: Instruction) -> None:
    task = open_task(theatre.stage, step.data["userTaskSelector"])
    assert task.opened.form_id is not None
    with time_machine.travel(theatre.library.clock.now(), tick=False):
        checked = forms.check(
            form(task.opened.form_id), step.data["variables"], task.instance.scopes[""]
        )
    what = f"step {step.number}, {task.opened.form_id}"
    assert checked.errors == {}, what
    unknown = set(step.data["variables"]) - set(checked.data)
    assert not unknown, f"{what}: no visible field takes {unknown}"


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.file}:{case.name}")
def test_answers_pass_their_forms(case: TestCase) -> None:
    theatre = Theatre(library(), Coverage())
    for step in case.instructions:
        if step.type == "COMPLETE_USER_TASK":
            _submit(theatre, step)
        (ACTIONS.get(step.type) or ASSERTIONS[step.type])(theatre, step.data)


FEEDBACK = ("handled_at", "course", "cause", "result", "handler", "reply_advice", "revisit_advice")


@pytest.mark.parametrize("missing", [*FEEDBACK, "result_certain"])
def test_feedback_without_one_of_its_elements_is_refused(missing: str) -> None:
    full = {
        "handling": "answer", "handled_at": "2026-03-02T10:30:00+08:00", "handler": "李强",
        "course": "现场测试", "cause": "高负荷", "result": "已扩容", "result_certain": "yes",
        "solved": "yes", "company_fault": "no", "reply_advice": "说明", "revisit_advice": "了解",
    }
    assert forms.check(form("complaint-handle"), full, {}).errors == {}
    given = full | {missing: ""}
    assert missing in forms.check(form("complaint-handle"), given, {}).errors


INTAKE = {
    "channel": "hotline", "kind": "complaint", "customer_ref": "13800000001",
    "customer_name": "王芳", "customer_level": "ordinary", "region": "hangzhou",
    "category": "network", "subcategory": "network.speed", "description": "晚上上网很慢",
    "place": "文三路", "occurred": "晚上", "escalation_source": "none", "urgency": "normal",
}


@pytest.mark.parametrize(
    ("category", "subcategory", "demanded"),
    [
        ("network", "network.speed", {"place", "occurred"}),
        ("broadband", "broadband.fault", {"place", "occurred"}),
        ("billing", "billing.dispute", {"bill_month", "amount"}),
        ("vas", "vas.refund", {"product", "amount"}),
        ("marketing", "marketing.outbound", {"product"}),
        ("attitude", "attitude.hall", set()),
    ],
)
def test_each_scenario_template_demands_its_elements(
    category: str, subcategory: str, demanded: set[str]
) -> None:
    given = {
        key: value for key, value in INTAKE.items() if key not in ("place", "occurred")
    } | {"category": category, "subcategory": subcategory}
    assert set(forms.check(form("complaint-intake"), given, {}).errors) == demanded


def test_a_subcategory_of_another_category_is_refused() -> None:
    given = {**INTAKE, "subcategory": "billing.dispute"}
    assert "subcategory" in forms.check(form("complaint-intake"), given, {}).errors
