"""A thousand damaged decision tables: refused with findings, or evaluated to a value or an
explained failure. Never another exception, never a hang."""

from __future__ import annotations

import random
from typing import Any

import pytest

from engine import dmn
from engine.errors import BihuanError, Invalid
from tests.properties.corpus import FUNCTIONS, files
from tests.properties.damage import ODD, of_xml
from tests.properties.patience import patience
from tests.properties.saying import said
from tests.properties.scale import parts

CORPUS = files(".dmn")


@pytest.mark.parametrize("seeds", parts(1000, 100, 50), ids=str)
def test_refused_or_evaluated(seeds: range) -> None:
    for seed in seeds:
        dice = random.Random(seed)
        content = of_xml(dice.choice(CORPUS), dice)
        try:
            with patience():
                refused_or_evaluated(content, dice)
        except Exception as fault:
            fault.add_note(f"damaged table {seed}: {len(content)} bytes")
            raise


def refused_or_evaluated(content: bytes, dice: random.Random) -> None:
    try:
        model = dmn.parse(content, "damaged.dmn")
    except Invalid as refused:
        said(refused)
        return
    for one in dmn.check(model, "damaged.dmn", FUNCTIONS):
        said(one)
    for decision in model.decisions.values():
        for _ in range(3):
            evaluate(model, decision, dice)


def evaluate(model: dmn.Model, decision: dmn.DecisionInfo, dice: random.Random) -> None:
    context: dict[str, Any] = {name: dice.choice(ODD[:-3]) for name in decision.inputs}
    try:
        found = model.evaluate(decision.id, context, FUNCTIONS)
    except BihuanError as failed:
        said(failed)
        return
    assert found.record["decision"] == decision.id
