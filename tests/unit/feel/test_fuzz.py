"""Whatever the text, there is a value or an error of FEEL, soon, and nothing else."""

from __future__ import annotations

import json
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import (
    FeelError,
    Limits,
    compile_expression,
    compile_unary_tests,
    from_json,
    to_json,
)
from engine.feel.check import check, type_of
from engine.feel.compare import identity
from engine.feel.lexer import tokenize
from engine.feel.text import to_literal
from engine.feel.types import resolved

from .expressions import CONTEXT, EXPRESSIONS, torn

SMALL = Limits(steps=20_000, depth=20, string=20_000, items=5_000, total=200_000, seconds=5)


@settings(max_examples=600, deadline=None)
@given(EXPRESSIONS)
def test_a_well_formed_expression_has_a_value_or_passes_a_limit(text: str) -> None:
    variables = deepcopy(CONTEXT)
    expression = compile_expression(text, names=CONTEXT)
    try:
        value = expression.evaluate(variables, limits=SMALL)
        again, _ = expression.explain(variables, limits=SMALL)
        assert identity(value) == identity(again) or "function" in to_literal(value)
        to_literal(value)
        json.dumps(to_json(value), allow_nan=False)
    except FeelError as error:
        told = error.zh and error.en
    else:
        told = "a value"
    assert told
    assert variables == CONTEXT


@settings(max_examples=600, deadline=None)
@given(torn())
def test_a_torn_text_is_refused_or_has_a_value(text: str) -> None:
    for compile_ in (compile_expression, compile_unary_tests):
        try:
            compiled = compile_(text, names=CONTEXT)
        except FeelError as error:
            place = error.position or 0
        else:
            place = 0
            check(compiled.tree, dict.fromkeys(CONTEXT), closed=True)
        assert 0 <= place <= len(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_refused_or_has_a_value(text: str) -> None:
    try:
        compile_expression(text).evaluate(CONTEXT, limits=SMALL)
    except FeelError:
        return


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, st.sampled_from(list(CONTEXT.values())))
def test_a_cell_is_true_false_or_null(text: str, value: object) -> None:
    try:
        result = compile_unary_tests(text, names=CONTEXT).test(value, CONTEXT, limits=SMALL)
    except FeelError:
        return
    assert result in (True, False, None)


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS)
def test_the_type_an_expression_is_said_to_have_is_the_one_its_value_has(text: str) -> None:
    expression = compile_expression(text, names=CONTEXT)
    types = dict.fromkeys(CONTEXT)
    said = type_of(expression.tree, types)
    try:
        value = expression.evaluate(CONTEXT, limits=SMALL)
    except FeelError:
        return
    if value is not None and said is not None:
        assert resolved(said).admits(value), f"{to_literal(value)} is no {said}"


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_values_can_be_written_and_read_again(text: str) -> None:
    try:
        value = compile_expression(text, names=CONTEXT).evaluate(CONTEXT, limits=SMALL)
        written = to_literal(value)
        if "function" in written or len(written) > 5000:
            return
        plain = to_json(value)
    except FeelError:
        return
    assert to_json(from_json(plain)) == plain


@settings(max_examples=300)
@given(st.text(max_size=80))
def test_tokens_cover_the_text_in_order(text: str) -> None:
    try:
        tokens = tokenize(text)
    except FeelError:
        return
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)
    assert all(text[token.start : token.end] == token.text for token in tokens)
