"""The complaint process does what its scenarios say, on every path."""

from __future__ import annotations

import json
import re

import pytest

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


def test_every_rule_of_the_limits_can_be_reached() -> None:
    table = library().decisions["complaint-limit-table"]
    reached: set[int] = set()
    for step in ("派单", "处理", "回复"):
        for given in (
            {"customer_level": "vip"}, {"customer_level": "high-star"}, {"urgent": True},
            {"customer_level": "ordinary"},
            {"subcategory": "partner.cooperation", "consent_extended": True},
        ):
            given = {"subcategory": "network.speed", "customer_level": "ordinary", **given}
            record = table.evaluate("complaint-limit-table", {"step": step, **given}).record
            reached |= {rule["index"] for rule in record["rules"]}
    assert reached == set(range(1, 14))


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
    for region in [*fields["region"], None]:
        for subcategory in [*fields["subcategory"], None]:
            for channel in fields["channel"]:
                given = {"region": region, "subcategory": subcategory, "channel": channel}
                unit = routing.evaluate("complaint-routing", given).value["unit"]
                assert unit in groups, (given, unit)
                given["customer_level"] = "ordinary"
                desk = routing.evaluate("complaint-reply-desk", given)
                assert desk.value in groups, (given, desk.value)
