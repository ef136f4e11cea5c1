"""Ten thousand random diagrams: after every step the engine shows what the model shows."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from engine.bpmn import Known, lint, parse
from tests.properties.generator import free, sound, structured
from tests.properties.lockstep import Pair
from tests.properties.net import Diagram
from tests.properties.scale import parts
from tests.properties.writing import written


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


@pytest.mark.parametrize("seeds", parts(1000, 60, 60), ids=str)
def test_what_is_sound_is_not_refused(seeds: range) -> None:
    for seed in seeds:
        diagram = sound(seed)
        findings = lint(parse(written(diagram), "sound.bpmn"), Known())
        assert [one for one in findings if one.severity == "error"] == [], seed
