"""Damaged test cases are refused, fail or pass; damaged drawings are drawn or left out."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from engine.errors import Invalid
from engine.scenarios import Coverage, play, read
from engine.scenarios.drawing import draw
from tests.scenarios.complaint import FOLDER, library

ODD: tuple[Any, ...] = (
    None, True, -1, 1.5, 10**30, "", "=1", "P99999Y", "PT-1S", "9999-12-31T23:59:59Z", "nan",
    "\ud800", [], {}, [[]], {"elementId": "x"}, "IS_ACTIVE",
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of everything inside a JSON value."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.test.json")), ids=lambda path: path.name)
def test_a_damaged_file_is_refused_or_played(path: Any) -> None:
    dice = random.Random(path.name)
    whole = json.loads(path.read_bytes())["testCases"]
    refused = []
    for _ in range(60):
        case = copy.deepcopy(dice.choice(whole))
        container, key = dice.choice(list(places(case)))
        if dice.random() < 0.3:
            del container[key]
        else:
            container[key] = copy.deepcopy(dice.choice(ODD))
        try:
            (found,) = read(json.dumps({"testCases": [case]}).encode(), path.name)
        except Invalid as error:
            refused.append(error.zh)
            continue
        outcome = play(found, library(), Coverage())
        assert outcome.passed or outcome.zh
    assert 0 < len(refused) < 60
    assert all(path.name in text for text in refused)


def test_a_damaged_drawing_is_drawn_as_far_as_it_goes() -> None:
    dice = random.Random(7)
    source = (FOLDER / "complaint.bpmn").read_bytes()
    for _ in range(150):
        root = ElementTree.fromstring(source)
        nodes = list(root.iter())
        for _ in range(5):
            node = dice.choice(nodes)
            if node.attrib and dice.random() < 0.7:
                node.set(dice.choice(list(node.attrib)), str(dice.choice(ODD[:11])))
            else:
                node.clear()
        svg = draw(ElementTree.tostring(root), "x.bpmn", ())
        assert svg == "" or ElementTree.fromstring(svg).get("viewBox")
        assert "nan" not in svg.split(">")[0]
