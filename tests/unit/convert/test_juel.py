"""JUEL → FEEL, judged by what the FEEL computes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.convert import juel
from engine.convert.feel import Writer
from engine.convert.juel import Untranslatable
from engine.feel import compile_expression, to_json
from engine.model import Json

ORDER = {
    "amount": 120, "status": "open", "approved": True, "rejected": False, "name": "Li O'Neil",
    "customer": {"level": "gold", "address": {"city": "北京"}, "active": True},
    "items": [{"sku": "a"}, {"sku": "b"}], "tags": ["x", "y"], "none": None, "empty_": "",
    "nothing": [], "key": "level", "a-b": 7, "loopCounter": 2, "numberOfInstances": 4,
    "numberOfCompletedInstances": 2, "in": 5, "one_": 1,
}  # fmt: skip

SAME = [
    ("approved", True),
    ("!approved", False),
    ("not rejected", True),
    ("amount > 100 && status == 'open'", True),
    ("amount gt 100 and status ne 'open'", False),
    ("amount le 120 or rejected", True),
    ("amount lt 120 || amount ge 121", False),
    ("(amount > 100 || approved) && !approved", False),
    ("rejected || approved && amount > 1000", False),
    ("amount + 1 * 2", 122),
    ("(amount + 1) * 2", 242),
    ("amount - 10 - 5", 105),
    ("amount - (10 - 5)", 115),
    ("amount / 8", 15),
    ("amount div 8 % 4", 3),
    ("amount mod 7", 1),
    ("-amount + 1", -119),
    ("amount > 100 ? 'high' : 'low'", "high"),
    ("!approved ? 'no' : 'yes'", "yes"),
    ("amount > 500 ? 1 : amount > 100 ? 2 : 3", 2),
    ("empty none", True),
    ("empty empty_", True),
    ("empty nothing", True),
    ("empty status", False),
    ("empty items", False),
    ("!empty amount", True),
    ("not empty tags and approved", True),
    ("none == null", True),
    ("status != null", True),
    ("customer.level == 'gold'", True),
    ("customer.address.city", "北京"),
    ("customer['level']", "gold"),
    ("customer[key]", "gold"),
    ("items[numberOfCompletedInstances - 1].sku == items[one_].sku", True),
    ("items[1].sku", "b"),
    ("items[loopCounter].sku", "b"),
    ("items[loopCounter - 1].sku", "a"),
    ("loopCounter", 1),
    ("nrOfCompletedInstances / nrOfInstances >= 0.5", True),
    ("customer.getLevel()", "gold"),
    ("customer.isActive()", True),
    ("customer.get('level')", "gold"),
    ("items.get(0).sku", "a"),
    ("customer.containsKey('level')", True),
    ("customer.containsKey('size')", False),
    ("execution.getVariable('status')", "open"),
    ("execution.getVariable(\"a-b\") + 1", 8),
    ("execution.hasVariable('none')", False),
    ("task.getVariableLocal('amount')", 120),
    ("status.equals('open')", True),
    ("!status.equals('open')", False),
    ("'OPEN'.equalsIgnoreCase(status)", True),
    ("status.toUpperCase()", "OPEN"),
    ("status.length() + 1", 5),
    ("status.contains('pe')", True),
    ("tags.contains('x')", True),
    ("tags.contains('z') || status.contains('z')", False),
    ("status.startsWith('op') && status.endsWith('n')", True),
    ("status.substring(1)", "pen"),
    ("status.substring(1, 3)", "pe"),
    ("status.matches('o.*')", True),
    ("status.matches('pe')", False),
    ("tags.size() == 2", True),
    ("nothing.isEmpty()", True),
    ("status.concat('!')", "open!"),
    ("amount.toString()", "120"),
    ("customer.prop(\"level\").stringValue()", "gold"),
    ("S(customer).prop('address').prop('city').value()", "北京"),
    ("var:get(status)", "open"),
    ("var:equals(amount, 120)", True),
    ("vars:getOrDefault('none', 5)", 5),
    ("variables:isEmpty(nothing)", True),
    ("var:lt(amount, 200) && var:exists(status)", True),
    ("var:contains(tags, 'x') && !collection:contains(tags, 'z')", True),
    ("in + 1", 6),
    ("approved ? amount.mod : not approved", None),
    ("name == 'Li O\\'Neil'", True),
    ('name == "Li O\'Neil"', True),
    ("'a\\\\b'", "a\\b"),
    ("amount === 120 && status !== 'x'", True),
    ("true", True),
    ("null == null", True),
]  # fmt: skip


def feel(source: str) -> str:
    return Writer().write(juel.parse(source))


def value(source: str, variables: dict[str, Json]) -> Json:
    return to_json(compile_expression(feel(source)).evaluate(variables))


@pytest.mark.parametrize(("source", "expected"), SAME)
def test_computes_the_same(source: str, expected: Json) -> None:
    assert value(source, ORDER) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("amount > 100 && !approved", "amount > 100 and not(approved)"),
        ("a && (b || c)", "a and (b or c)"),
        ("order.total >= limit", "order.total >= limit"),
        ("!x ? 1 : 2", "if x then 2 else 1"),
        ("dateTime().plusDays(3).toDate()", 'now() + duration("P3D")'),
        ("now().minusHours(n)", 'now() - duration("PT" + string(n) + "H")'),
    ],
)
def test_reads_as_a_person_would_write_it(source: str, expected: str) -> None:
    assert feel(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "", "a b", "a &&", "(a", "a[", "a.", "f(", "a ? b", "'open", "a = 1", "x -> x", "a; b",
        "bean.check(amount)", "myBean.doIt()", "execution.id", "execution", "task.assignee",
        "execution.setVariable('a', 1)", "decisionResult.singleResult.x", "a.b.c(1, 2)",
        "list.stream().count()", "unknown:fn(x)", "currentUser()", "{1}", "a ?? b",
        "x.matches(y)", "execution.processInstance.businessKey",
    ],
)  # fmt: skip
def test_what_feel_cannot_say_is_refused_with_a_reason(source: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        feel(source)
    assert caught.value.zh.endswith("。") or caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("code == '5'", "juel-coercion"),
        ("done == 'true'", "juel-coercion"),
        ("a + 'x'", "juel-coercion"),
        ("a + b", "juel-null"),
        ("!a", "juel-null"),
        ("loopCounter == 0", "loop-counter"),
        ("a % 2 == 0", "modulo-sign"),
        ("JSON(x).prop('y')", "spin"),
    ],
)
def test_differences_are_noted(source: str, rule: str) -> None:
    writer = Writer()
    writer.write(juel.parse(source))
    assert rule in {note.rule for note in writer.notes}


@pytest.mark.parametrize("source", ["a == 5", "status == 'open'", "a && b", "x.y > 1", "1 + 2"])
def test_where_nothing_differs_nothing_is_noted(source: str) -> None:
    writer = Writer()
    writer.write(juel.parse(source))
    assert writer.notes == []


def test_texts_around_expressions() -> None:
    pieces = juel.parts("Dear ${name}, \\${x} #{a.b > 1 ? '}' : \"{\"}!")
    assert [one if isinstance(one, str) else Writer().write(one) for one in pieces] == [
        "Dear ", "name", ", ${x} ", 'if a.b > 1 then "}" else "{"', "!",
    ]  # fmt: skip


@pytest.mark.parametrize("count", [10_000, 151])
@pytest.mark.parametrize("source", ["({})", "!{}", "-{}", "{}.a", "{} + 1", "{} ? 1 : 2"])
def test_endless_nesting_is_refused(source: str, count: int) -> None:
    text = "a"
    before, after = source.split("{}")
    with pytest.raises(Untranslatable):
        feel(before * count + text + after * count)


# --- any expression over numbers and booleans computes what JUEL would -------------------------


@dataclass(frozen=True)
class Sample:
    """A JUEL text and its value; ``kind`` is number or boolean."""

    text: str
    value: int | bool


NUMBERS = {"x": 3, "y": -2, "z": 10}
TRUTHS = {"p": True, "q": False}


def numbers(inner: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
    def join(left: Sample, operator: str, right: Sample) -> Sample:
        results = {
            "+": left.value + right.value,
            "-": left.value - right.value,
            "*": left.value * right.value,
        }
        return Sample(f"({left.text} {operator} {right.text})", results[operator])

    def bare(left: Sample, right: Sample) -> Sample:
        return Sample(f"{left.text} - {right.text}", left.value - right.value)

    joined = st.builds(join, inner, st.sampled_from("+-*"), inner)
    return joined | st.builds(lambda a, b: Sample(f"({bare(a, b).text})", bare(a, b).value),
                              inner, inner)  # fmt: skip


NUMBER = st.recursive(
    st.sampled_from([Sample(name, number) for name, number in NUMBERS.items()])
    | st.integers(0, 99).map(lambda one: Sample(str(one), one)),
    numbers,
    max_leaves=6,
)


def comparison(left: Sample, operator: str, right: Sample) -> Sample:
    results = {
        "==": left.value == right.value, "!=": left.value != right.value,
        "<": left.value < right.value, "le": left.value <= right.value,
        "gt": left.value > right.value, ">=": left.value >= right.value,
    }  # fmt: skip
    return Sample(f"{left.text} {operator} {right.text}", results[operator])


def truths(inner: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
    def both(left: Sample, right: Sample) -> Sample:
        return Sample(f"({left.text} && {right.text})", bool(left.value and right.value))

    def either(left: Sample, right: Sample) -> Sample:
        return Sample(f"({left.text} or {right.text})", bool(left.value or right.value))

    def choice(first: Sample, second: Sample, third: Sample) -> Sample:
        chosen = second if first.value else third
        return Sample(f"({first.text} ? {second.text} : {third.text})", chosen.value)

    negated = inner.map(lambda one: Sample(f"!({one.text})", not one.value))
    return (
        negated
        | st.builds(both, inner, inner)
        | st.builds(either, inner, inner)
        | st.builds(choice, inner, inner, inner)
    )


TRUTH = st.recursive(
    st.sampled_from([Sample(name, truth) for name, truth in TRUTHS.items()])
    | st.builds(comparison, NUMBER, st.sampled_from(["==", "!=", "<", "le", "gt", ">="]), NUMBER),
    truths,
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(TRUTH | NUMBER)
def test_any_expression_computes_the_same(sample: Sample) -> None:
    try:
        got = value(sample.text, {**NUMBERS, **TRUTHS})
    except Untranslatable:
        assert len(sample.text) > 60  # only for its depth
        return
    assert got == sample.value


@settings(max_examples=600, deadline=None)
@given(st.text(st.sampled_from("ab.()[]!?:&|<>=+-'\"${}#, 0123empty not\\"), max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    reasons: list[str] = []
    try:
        for one in juel.parts(text):
            reasons += [] if isinstance(one, str) else [Writer().write(one)]
    except Untranslatable as error:
        reasons = [error.zh, error.en]
    assert all(reasons)
