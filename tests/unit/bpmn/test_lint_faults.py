"""Random well-nested diagrams have no error; the same diagrams with one fault have it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from lxml import etree

from engine.bpmn import Known, lint, parse
from tests.unit.bpmn.random_process import random_process

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SEEDS = range(150)
_DOUBLED = frozenset({"fake-join", "lack-of-synchronization"})

Fault = tuple[frozenset[str], str | None]
"""The rules of which one must be found, and at which element (None: anywhere)."""


def errors(content: bytes) -> set[tuple[str, str | None]]:
    found = lint(parse(content, "random.bpmn"), Known())
    return {(one.rule, one.element_id) for one in found if one.severity == "error"}


def test_well_nested_diagrams_have_no_error() -> None:
    for seed in SEEDS:
        assert errors(random_process(seed)) == set(), seed


def _flows(root: etree._Element, end: str, element: str) -> list[etree._Element]:
    return [one for one in root.iter(f"{BPMN}sequenceFlow") if one.get(end) == element]


def _gateways(root: etree._Element, kind: str, end: str) -> Iterator[etree._Element]:
    """Gateways of a kind with several flows that have it as ``end``."""
    for one in root.iter(f"{BPMN}{kind}Gateway"):
        if len(_flows(root, end, one.get("id", ""))) > 1:
            yield one


def _named(root: etree._Element, name: str | None) -> etree._Element:
    return next(one for one in root.iter(f"{BPMN}*") if one.get("id") == name)


def _behind(root: etree._Element, first: str) -> set[str]:
    """The ids of what comes after an element."""
    seen: set[str] = set()
    open_ = [first]
    while open_:
        targets = {flow.get("targetRef", "") for flow in _flows(root, "sourceRef", open_.pop())}
        open_ += targets - seen
        seen |= targets
    return seen


def _rename(element: etree._Element, kind: str) -> None:
    element.tag = f"{BPMN}{kind}Gateway"
    element.attrib.pop("default", "")


def _choice_joined_in_parallel(root: etree._Element, dice: random.Random) -> Fault | None:
    found = list(_gateways(root, "exclusive", "targetRef"))
    if not found:
        return None
    join = dice.choice(found)
    _rename(join, "parallel")
    return frozenset({"join-deadlock"}), join.get("id")


def _fork_merged(root: etree._Element, dice: random.Random) -> Fault | None:
    """Where nothing but an end comes behind the merge, merging does no harm."""
    found = [
        one
        for kind in ("parallel", "inclusive")
        for one in _gateways(root, kind, "targetRef")
        if any(_task(_named(root, behind)) for behind in _behind(root, one.get("id", "")))
    ]
    if not found:
        return None
    join = dice.choice(found)
    _rename(join, "exclusive")
    return _DOUBLED, join.get("id")


def _task(element: etree._Element) -> bool:
    return etree.QName(element).localname in ("userTask", "subProcess")


def _join_left_out(root: etree._Element, dice: random.Random) -> Fault | None:
    """The flows into a parallel join lead to the task behind it instead."""
    found = [
        one
        for one in _gateways(root, "parallel", "targetRef")
        for way in _flows(root, "sourceRef", one.get("id", ""))
        if _task(_named(root, way.get("targetRef")))
    ]
    if not found:
        return None
    join = dice.choice(found)
    (behind,) = _flows(root, "sourceRef", join.get("id", ""))
    target = behind.get("targetRef", "")
    for flow in _flows(root, "targetRef", join.get("id", "")):
        flow.set("targetRef", target)
    for gone in (behind, join):
        _remove(gone)
    return frozenset({"fake-join"}), target


def _fork_chosen(root: etree._Element, dice: random.Random) -> Fault | None:
    """A parallel split becomes an exclusive one with conditions and default."""
    found = list(_gateways(root, "parallel", "sourceRef"))
    if not found:
        return None
    split = dice.choice(found)
    _rename(split, "exclusive")
    first, *others = _flows(root, "sourceRef", split.get("id", ""))
    split.set("default", first.get("id", ""))
    for number, flow in enumerate(others):
        etree.SubElement(flow, f"{BPMN}conditionExpression").text = f"=x = {number}"
    return frozenset({"join-deadlock"}), None


def _flow_removed(root: etree._Element, dice: random.Random) -> Fault | None:
    found = [
        one
        for one in root.iter(f"{BPMN}sequenceFlow")
        if len(_flows(root, "targetRef", one.get("targetRef", ""))) == 1
    ]
    flow = dice.choice(found)
    _remove(flow)
    return frozenset({"no-disconnected"}), flow.get("targetRef")


def _default_removed(root: etree._Element, dice: random.Random) -> Fault | None:
    found = [one for one in root.iter(f"{BPMN}exclusiveGateway") if one.get("default")]
    if not found:
        return None
    split = dice.choice(found)
    flow = str(split.attrib.pop("default"))
    return frozenset({"conditional-flows"}), flow


def _default_made_a_condition(root: etree._Element, dice: random.Random) -> Fault | None:
    fault = _default_removed(root, dice)
    if fault is None:
        return None
    flow = _named(root, fault[1])
    etree.SubElement(flow, f"{BPMN}conditionExpression").text = "=other = 1"
    return frozenset({"gateway-default"}), flow.get("sourceRef")


def _way_out_closed(root: etree._Element, dice: random.Random) -> Fault | None:
    """The default flow out of a loop leads back into it, too."""
    found = [
        (flow, back)
        for split in _gateways(root, "exclusive", "sourceRef")
        for flow in _flows(root, "sourceRef", split.get("id", ""))
        if flow.get("id") == split.get("default")
        for back in _flows(root, "sourceRef", split.get("id", ""))
        if back is not flow and split.get("id") in _behind(root, back.get("targetRef", ""))
        if split.get("id") not in _behind(root, flow.get("targetRef", ""))
    ]
    if not found:
        return None
    flow, back = dice.choice(found)
    flow.set("targetRef", back.get("targetRef", ""))
    return frozenset({"endless-loop"}), None


def _remove(node: etree._Element) -> None:
    parent = node.getparent()
    assert parent is not None
    parent.remove(node)


@pytest.mark.parametrize(
    "injure",
    [
        _choice_joined_in_parallel,
        _fork_merged,
        _join_left_out,
        _fork_chosen,
        _flow_removed,
        _default_removed,
        _default_made_a_condition,
        _way_out_closed,
    ],
)
def test_one_fault_is_found(
    injure: Callable[[etree._Element, random.Random], Fault | None],
) -> None:
    injured = 0
    for seed in SEEDS:
        root = etree.fromstring(random_process(seed))
        fault = injure(root, random.Random(seed))
        if fault is None:
            continue
        injured += 1
        rules, element = fault
        found = errors(etree.tostring(root))
        assert any(one in rules and element in (None, at) for one, at in found), (seed, found)
    assert injured > 5
