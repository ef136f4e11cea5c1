"""A thousand damaged forms: refused with findings, or drawn, posted and checked with anything
entered. Never another exception, never a hang."""

from __future__ import annotations

import random
from typing import Any

import pytest

import forms
from engine.errors import BihuanError, Invalid
from tests.properties.corpus import FUNCTIONS, files
from tests.properties.damage import ODD, of_json
from tests.properties.patience import patience
from tests.properties.saying import said
from tests.properties.scale import parts

CORPUS = files(".form")
ENTERED = [one for one in ODD if one != float("inf")]


@pytest.mark.parametrize("seeds", parts(1000, 100, 50), ids=str)
def test_refused_or_used(seeds: range) -> None:
    for seed in seeds:
        dice = random.Random(seed)
        content = of_json(dice.choice(CORPUS), dice)
        try:
            with patience():
                refused_or_used(content, dice)
        except Exception as fault:
            fault.add_note(f"damaged form {seed}: {len(content)} bytes")
            raise


def refused_or_used(content: bytes, dice: random.Random) -> None:
    findings = forms.findings(content, "damaged.form", FUNCTIONS)
    assert all(one.zh and one.en for one in findings)
    try:
        form = forms.parse(content, "damaged.form", FUNCTIONS)
    except Invalid as refused:
        said(refused)
        assert any(one.severity == "error" for one in findings)
        return
    assert all(one.severity != "error" for one in findings)
    for _ in range(4):
        try:
            use(form, dice)
        except BihuanError as failed:
            said(failed)


def use(form: forms.Form, dice: random.Random) -> None:
    """Draw it, post what a browser could, check what a program could send."""
    names = [field.name for field in form.fields({}) if field.name]
    variables: dict[str, Any] = {name.split(".")[0]: dice.choice(ENTERED) for name in names}
    entered: dict[str, Any] = {name: dice.choice(ENTERED) for name in names}
    drawn = form.fields(variables, entered)
    typed = {field.name: [str(dice.choice(ENTERED))] for field in drawn if field.name}
    for given in (entered, forms.posted(form, typed)):
        checked = forms.check(form, given, variables)
        assert all(isinstance(text, str) and text for text in checked.errors.values())
