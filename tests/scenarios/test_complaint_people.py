"""Nobody waits for a group in which nobody is: orders flow straight to teams of people."""

from __future__ import annotations

import json

from lxml import etree

from tests.scenarios.complaint import FOLDER, PROJECT

ORGANISATION = PROJECT / "processes/organisation/sample.organisation.json"


def test_every_team_of_the_routing_has_people() -> None:
    people = json.loads(ORGANISATION.read_text("utf-8"))["people"]
    manned = {group for person in people for group in person["groups"]}
    rules = etree.parse(FOLDER / "routing.dmn").iterfind(".//{*}outputEntry/{*}text")
    named = {rule.text.strip('"') for rule in rules if rule.text}
    teams = {text for text in named if "." in text and " " not in text}
    assert "network.radio" in teams
    assert teams <= manned

    branches = {group for group in manned if group.startswith("branch-") and "." not in group}
    assert {f"{branch}.{team}" for branch in branches for team in ("install", "service", "general")
            } <= manned


def test_every_group_that_a_diagram_names_has_people() -> None:
    people = json.loads(ORGANISATION.read_text("utf-8"))["people"]
    manned = {group for person in people for group in person["groups"]}
    named: set[str] = set()
    for path in FOLDER.glob("*.bpmn"):
        for one in etree.parse(path).iterfind(".//{*}assignmentDefinition"):
            groups = one.get("candidateGroups") or ""
            if not groups.startswith("="):
                named.add(groups)
    assert named - {""} <= manned
