"""Ten thousand random diagrams: after every step the engine shows what the model shows."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.properties.generator import free, structured
from tests.properties.lockstep import Pair
from tests.properties.net import Diagram
from tests.properties.scale import parts


@pytest.mark.parametrize("seeds", parts(7000, 160, 40), ids=str)
def test_nested_blocks(seeds: range) -> None:
    in_step(structured, seeds)


@pytest.mark.parametrize("seeds", parts(3000, 120, 60), ids=str)
def test_acyclic_graphs(seeds: range) -> None:
    in_step(free, seeds)


def in_step(make: Callable[[int], Diagram], seeds: range) -> None:
    for seed in seeds:
        pair = Pair(make(seed), random.Random(seed))
        try:
            pair.play()
        except AssertionError as difference:
            text = f"{make.__name__}({seed}) after {pair.log}:\n{pair.content.decode()}"
            difference.add_note(text)
            raise


def test_structured_diagrams_are_not_refused() -> None:
    """What is drawn by the rules has no error, and mostly no warning of a deadlock."""
    warned = 0
    for seed in range(40):
        findings = Pair(structured(seed), random.Random(seed)).findings
        assert [one for one in findings if one.severity == "error"] == []
        warned += any(one.rule == "join-deadlock" for one in findings)
    assert warned < 12
