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
    return forms.parse(path.read_bytes(), path.name, library().setting.functions)


@pytest.mark.parametrize("path", sorted((PROJECT / "forms").glob("*.form")), ids=lambda p: p.stem)
def test_form_can_be_drawn_and_is_named_as_its_file(path) -> None:  # type: ignore[no-untyped-def]
    assert forms.findings(path.read_bytes(), path.name, library().setting.functions) == []
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
    "category": "network", "subcategory": "network.speed", "category3": "network.speed.slow-4g",
    "category4": "network.speed.slow-4g.peak", "description": "晚上上网很慢", "place": "文三路",
    "occurred": "晚上", "terminal": "华为", "escalation_source": "none", "urgency": "normal",
}
ELEMENTS = (
    "place", "occurred", "terminal", "bill_month", "amount", "product", "vendor", "account",
    "order_no", "staff", "other_party", "promised", "bank",
)


@pytest.mark.parametrize(
    ("leaf", "demanded"),
    [
        ("network.speed.slow-4g.peak", {"place", "occurred", "terminal"}),
        ("broadband.fault.down.dial", {"place", "occurred", "account"}),
        ("broadband.install.not-on-time.no-show", {"place", "occurred", "order_no"}),
        ("billing.dispute.overage.cap", {"bill_month", "amount"}),
        ("billing.roaming.international.data", {"bill_month", "amount", "place"}),
        ("vas.refund.not-arrived.promised", {"product", "amount", "vendor", "bank"}),
        ("marketing.outbound.vendor.privacy", {"product", "vendor"}),
        ("marketing.outbound.misleading.free", {"product", "promised"}),
        ("sim.port.port-out.contract", {"other_party"}),
        ("attitude.hall.manner.rude", {"staff"}),
        ("sim.account.cancel.reserve", set()),
    ],
)
def test_each_scenario_template_demands_its_elements(leaf: str, demanded: set[str]) -> None:
    keys = leaf.split(".")
    levels = zip(("category", "subcategory", "category3", "category4"), range(1, 5), strict=True)
    given = {key: value for key, value in INTAKE.items() if key not in ELEMENTS}
    given |= {name: ".".join(keys[:level]) for name, level in levels}
    assert set(forms.check(form("complaint-intake"), given, {}).errors) == demanded
    drawn = {one.name for one in form("complaint-intake").fields(given)}
    assert drawn & set(ELEMENTS) == demanded


@pytest.mark.parametrize("level", ["subcategory", "category3", "category4"])
def test_each_level_must_be_chosen_and_belong_to_the_one_above(level: str) -> None:
    assert forms.check(form("complaint-intake"), INTAKE, {}).errors == {}
    other = {"subcategory": "billing.dispute", "category3": "network.voice.drop",
             "category4": "network.speed.slow-5g.no-5g"}[level]
    for wrong in (other, ""):
        errors = forms.check(form("complaint-intake"), INTAKE | {level: wrong}, {}).errors
        assert level in errors


def test_the_levels_unfold_one_by_one() -> None:
    def options(name: str, **entered: str) -> list[str] | None:
        drawn = {one.name: one for one in form("complaint-intake").fields({}, entered)}
        return [one.label for one in drawn[name].options] if name in drawn else None

    assert options("subcategory") == []
    assert options("category3", category="sim") is None
    assert options("category3", category="sim", subcategory="sim.port") == [
        "携出受阻", "携入问题",
    ]
    assert options(
        "category4", category="sim", subcategory="sim.port", category3="sim.port.port-in"
    ) == ["携入后收不到短信", "携入后无法使用", "携入生效超时"]


def test_a_retired_scenario_is_offered_to_the_case_that_has_it_only() -> None:
    old = "billing.deduction.recharge.card"
    above = {"category": "billing", "subcategory": "billing.deduction",
             "category3": "billing.deduction.recharge"}
    with time_machine.travel("2026-03-02T10:00:00+08:00", tick=False):
        def offered(**more: str) -> list[str]:
            drawn = form("complaint-pre-process").fields(above | more)
            (level,) = (one for one in drawn if one.name == "category4")
            return [one.text for one in level.options]

        assert old not in offered()
        assert old in offered(category4=old)
