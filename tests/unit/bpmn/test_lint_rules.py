"""Every rule finds its fault, leaves the good drawing alone, and stands in docs/lint.md."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from engine.bpmn import BpmnInvalid, Known, lint, parse
from engine.bpmn.rules.catalogue import CATALOGUE, FILE, SEEN
from engine.model import Finding
from tests.unit.bpmn.drawing import definitions, end, flows, process, start
from tests.unit.bpmn.rule_examples import (
    BEGIN,
    EXAMPLES,
    FINISH,
    GOOD,
    MORE_BAD,
    PAGE,
    page,
    whole,
)

RULES = {one.name: one for one in CATALOGUE}
WORLD = Known(
    forms=frozenset({"f"}), job_types=frozenset({"mail.send"}),
    not_callable=frozenset({"by-mail"}), groups=frozenset({"网络部"}),
)  # fmt: skip
_ROOM = Path(__file__).parents[3] / "engine" / "bpmn"
DRAWN = sorted(EXAMPLES.keys() - {one.name for one in SEEN})


def findings(content: bytes) -> list[Finding]:
    return lint(parse(content, "x.bpmn"), WORLD)


@pytest.mark.parametrize("rule", DRAWN)
def test_the_bad_example_is_found_with_its_place_and_remedy(rule: str) -> None:
    for bad in (EXAMPLES[rule][0], *MORE_BAD.get(rule, ())):
        found = [one for one in findings(whole(bad)) if one.rule == rule]
        assert found, bad
        assert found[0].severity == RULES[rule].severity
        assert all(one.file == "x.bpmn" and one.line and one.element_id for one in found)
        assert all(one.zh and one.en and one.remedy_zh and one.remedy_en for one in found)


@pytest.mark.parametrize("rule", DRAWN)
def test_the_good_example_has_no_errors_nor_this_finding(rule: str) -> None:
    found = findings(whole(EXAMPLES[rule][1]))
    assert [one for one in found if one.severity == "error" or one.rule == rule] == []


def test_what_readers_see_is_a_warning_or_a_hint() -> None:
    found = {one.rule: one.severity for one in findings(whole(GOOD))}
    found["no-overlapping-elements"] = "warning"  # nothing is drawn here
    assert found == {one.name: one.severity for one in SEEN}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"<a>", "xml"),
        (b"<a/>", "bpmn"),
        (whole(GOOD).replace(b"camunda.org/schema/zeebe/1.0", b"camunda.org/schema/1.0/bpmn"),
         "camunda-7"),
        (whole(GOOD).replace(b' isExecutable="true"', b""), "executable-process"),
        (whole(GOOD + GOOD), "duplicate-id"),
        (definitions(process(start(), end(), flows("start end"), id_="1 x")), "process-id"),
    ],
)  # fmt: skip
def test_faults_of_the_file(content: bytes, rule: str) -> None:
    try:
        found = findings(content)
    except BpmnInvalid as error:
        found = list(error.findings)
    assert rule in {one.rule for one in found}
    assert rule in {one.name for one in FILE}


def test_every_rule_in_the_code_is_in_the_catalogue_and_has_an_example() -> None:
    used = set()
    for path in _ROOM.rglob("*.py"):
        if path.name != "catalogue.py":
            used |= _rules(ast.parse(path.read_text(encoding="utf-8")))
    assert used == RULES.keys()
    assert {one.name for one in CATALOGUE} - {one.name for one in FILE} <= EXAMPLES.keys() | {
        "id-required"
    }


def _rules(tree: ast.AST) -> set[str]:
    """The rules named in calls of ``Remarks.on``, ``_of_file`` and ``Finding``."""
    found: set[str] = set()
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        name = call.func.id if isinstance(call.func, ast.Name) else name
        at = {"on": 1, "_of_file": 1, "Finding": 0}.get(name)
        if at is not None:
            found |= {
                one.value
                for one in ast.walk(call.args[at])
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
    return found


def test_the_page_is_what_the_code_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    made = text.split(BEGIN)[1].split(FINISH)[0]
    assert made == page(), "run: python -m tests.unit.bpmn.rule_examples"
