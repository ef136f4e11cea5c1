"""Torn DMN files: refused with a finding, or parsed and checked; nothing else."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.dmn import check
from engine.dmn.parse import load
from engine.errors import BihuanError, Invalid

from .writing import decision, definitions, literal, requirement, table

GOOD = definitions(
    "<itemDefinition name='tL'><typeRef>string</typeRef><allowedValues><text>\"a\",\"b\"</text>"
    "</allowedValues></itemDefinition>",
    "<inputData id='x' name='x'><variable name='x' typeRef='tL'/></inputData>",
    "<businessKnowledgeModel id='k' name='k'><variable name='k'/><encapsulatedLogic>"
    "<formalParameter name='n' typeRef='number'/>" + literal("n + 1")
    + "</encapsulatedLogic></businessKnowledgeModel>",
    decision(
        "d",
        table(
            [("x", "string"), ("n", "number")],
            [['"a"', "> 3", "1", "note"], ["not(\"a\")", "[1..3]", "k(n)"], ["-", "-", "0"]],
            policy="FIRST", values="0, 1, 2", allowed=['"a","b"'],
        ),
        requirement("requiredInput", "x"), requirement("requiredKnowledge", "k"),
    ),
    decision(
        "e",
        "<context><contextEntry><variable name='a'/>" + literal("d") + "</contextEntry>"
        "<contextEntry><relation><column name='c'/><row>" + literal("a") + "</row></relation>"
        "</contextEntry></context>",
        requirement("requiredDecision", "d"),
    ),
    "<decisionService id='s' name='s'><outputDecision href='#e'/><inputData href='#x'/>"
    "</decisionService>",
)  # fmt: skip


def torn(seed: int, times: int) -> bytes:
    """The good file with elements removed, doubled, moved, renamed, and texts exchanged."""
    random = Random(seed)
    root = etree.fromstring(GOOD)
    for _ in range(times):
        nodes = [node for node in root.iter() if node is not root]
        if not nodes:
            break
        _tear(random, root, random.choice(nodes))
    return etree.tostring(root)


def _tear(random: Random, root: etree._Element, node: etree._Element) -> None:
    parent = node.getparent()
    assert parent is not None
    match random.randrange(6):
        case 0:
            parent.remove(node)
        case 1:
            parent.append(deepcopy(node))
        case 2:
            random.choice(list(root.iter())).append(deepcopy(node))
        case 3:
            node.tag = random.choice([str(other.tag) for other in root.iter()])
        case 4:
            node.text = random.choice(["", "-", "1 +", "x.y", "null", "'", "[1..", "🙂"])
        case _:
            for name in list(node.attrib):
                node.set(name, random.choice(["", "x", "#d", "d", "number", "UNIQUE", "9" * 50]))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_a_torn_file_is_refused_or_runs(seed: int, times: int) -> None:
    try:
        model = load(torn(seed, times), "torn.dmn")
    except Invalid:
        return
    check(model, "torn.dmn", {"our function"})
    for name in model.decisions:
        with suppress(BihuanError):
            model.evaluate(name, {"x": "a", "n": 2})


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 40), st.binary(max_size=6))
def test_torn_bytes_are_refused_or_run(start: int, length: int, splinter: bytes) -> None:
    content = GOOD[:start] + splinter + GOOD[start + length :]
    try:
        model = load(content, "torn.dmn")
    except Invalid:
        return
    check(model, "torn.dmn")
