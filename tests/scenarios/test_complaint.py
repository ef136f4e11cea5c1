"""The complaint process does what its scenarios say, on every path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from lxml import etree

from engine import catalogue
from engine.scenarios import Coverage, TestCase, play
from tests.scenarios.complaint import FOLDER, PROJECT, cases, library


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.file}:{case.name}")
def test_scenario(case: TestCase) -> None:
    outcome = play(case, library(), Coverage())
    assert outcome.passed, f"step {outcome.step and outcome.step.number}: {outcome.zh}"


def test_every_element_and_flow_of_every_diagram_is_passed() -> None:
    coverage = Coverage()
    for case in cases():
        play(case, library(), coverage)
    figures = coverage.of(library().diagrams)
    assert len(figures) == len(list(FOLDER.glob("*.bpmn")))
    missed = {
        one.filename: (*one.missed_elements, *one.missed_flows)
        for one in figures if one.percent < 100
    }
    assert missed == {}


def test_each_scenario_file_sets_the_time_first() -> None:
    """A scenario that reads the real clock passes on some days only."""
    for case in cases():
        kinds = [step.type for step in case.instructions]
        assert kinds[0] in ("SET_TIME", "EVALUATE_DECISION"), case.name


def _records(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield record
    for one in record["required"]:
        yield from _records(one)


def test_the_scenarios_of_the_decisions_pass_every_rule_of_every_table() -> None:
    known, functions = library().decisions, library().setting.functions
    passed: set[tuple[str, str]] = set()
    for case in cases():
        for step in case.instructions:
            if step.type != "EVALUATE_DECISION":
                continue
            asked = step.data["decisionDefinitionSelector"]["decisionDefinitionId"]
            given = step.data["variables"]
            found = known[asked].evaluate(asked, given, functions)
            assert not found.problems, (asked, given)
            for record in _records(found.record):
                passed |= {(record["decision"], rule["id"]) for rule in record["rules"]}
    rules = {
        (decision.get("id"), rule.get("id"))
        for path in FOLDER.glob("*.dmn")
        for decision in etree.parse(path).iter("{*}decision")
        for rule in decision.iter("{*}rule")
    }
    assert passed == rules


def test_diagrams_name_only_forms_statuses_and_groups_that_exist() -> None:
    kind = json.loads((FOLDER / "complaint.case.json").read_bytes())
    organisation = (PROJECT / "processes/organisation/sample.organisation.json").read_text("utf-8")
    groups = set(json.loads(organisation)["groups"])
    for path in FOLDER.glob("*.bpmn"):
        text = path.read_text("utf-8")
        for form in re.findall(r'(?:formId|name="action\.form" value)="([^"]+)"', text):
            assert (PROJECT / "forms" / f"{form}.form").is_file(), f"{path.name}: {form}"
        for status in re.findall(r'name="case\.status" value="([^"]+)"', text):
            assert status in kind["statuses"], f"{path.name}: {status}"
        named = re.findall(r'(?:candidateGroups|name="action\.groups" value)="([^"=]+)"', text)
        for group in ",".join(named).split(","):
            assert not group or group in groups, f"{path.name}: {group}"


def test_tables_route_only_to_groups_that_exist() -> None:
    organisation = (PROJECT / "processes/organisation/sample.organisation.json").read_text("utf-8")
    groups = set(json.loads(organisation)["groups"])
    routing = library().decisions["complaint-routing"]
    regions = json.loads((FOLDER / "complaint.case.json").read_bytes())
    fields = {field["key"]: field.get("options", {}) for field in regions["fields"]}
    known = _catalogue().categories
    functions = library().setting.functions
    assert len(fields["region"]) == 17
    for region, channel in product([*fields["region"], None], fields["channel"]):
        for code in (None, *(one for one in known if known[one].level in (2, 3))):
            given = {"region": region, "channel": channel, "customer_level": "ordinary",
                     "subcategory": code and ".".join(code.split(".")[:2]), "category3": code}
            found = routing.evaluate("complaint-routing", given, functions).value
            assert {found["unit"], found["team_group"]} <= groups, (given, found)
            assert found["team_group"].startswith(found["unit"])
        desk = routing.evaluate("complaint-reply-desk", given).value
        assert desk in groups, (given, desk)


def test_the_catalogue_has_four_levels_and_each_category_goes_where_the_tables_send_it() -> None:
    known = _catalogue().categories
    assert all(one.children for one in known.values() if one.level < 4)
    assert {one.level for one in known.values()} == {1, 2, 3, 4}
    organisation = (PROJECT / "processes/organisation/sample.organisation.json").read_text("utf-8")
    units = {"branch", *json.loads(organisation)["groups"]}
    routing, functions = library().decisions["complaint-routing"], library().setting.functions
    for code, one in known.items():
        assert one.specialty, code
        assert one.unit in units, code
        if one.level == 4:
            given = {"category4": code, "region": "ningbo", "channel": "hotline"}
            found = routing.evaluate("complaint-routing", given, functions).value
            assert found["specialty"] == one.specialty
            assert found["team"] != "综合班", f"{code}: no rule knows {one.specialty}"


def test_elements_of_the_catalogue_are_fields_of_the_form_and_of_the_case() -> None:
    intake = json.loads((PROJECT / "forms/complaint-intake.form").read_bytes())
    kind = json.loads((FOLDER / "complaint.case.json").read_bytes())
    elements = set(_catalogue().elements)
    assert elements <= {one.get("key") for one in intake["components"]}
    assert elements <= {one["key"] for one in kind["fields"]}


def _catalogue() -> catalogue.Catalogue:
    path = FOLDER / "complaint.catalogue.json"
    return catalogue.parse(path.read_bytes(), path.name)
