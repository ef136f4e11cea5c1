"""Every row of docs/bpmn.md is run or refused, and the page says what the tests found."""

from __future__ import annotations

import pytest

from engine.bpmn import Known, lint, parse
from engine.bpmn.support import ACTIVITIES, EVENTS, GATEWAYS
from tests.unit.bpmn.harness import Bench, Clock, bench
from tests.unit.bpmn.supported import BEGIN, FINISH, PAGE, REFUSED, SUPPORTED, table
from tests.unit.bpmn.supported_events import Row


@pytest.mark.parametrize("row", SUPPORTED, ids=lambda row: row.name)
def test_runs_to_its_end(row: Row) -> None:
    errors = [one for one in lint(parse(row.content, "x"), Known()) if one.severity == "error"]
    assert errors == []
    one = bench(row.content, Clock({"d": lambda variables: 1})).start({}, row.start)
    for action in row.actions:
        assert one.incidents() == []
        act(one, *action.split())
    ended = one.ended()
    assert ended is not None
    assert ended.how == "completed"


def act(one: Bench, kind: str, element: str, *more: str) -> None:
    """One action of a row."""
    if kind == "set":
        one.set({element: True})
    elif kind == "throw":
        one.throw(element, more[0])
    elif kind == "activate":
        one.activate(element, *more)
    elif kind == "deny":
        one.act(lambda run: run.deny(one.listener(element)))
    elif kind == "assign":
        one.act(lambda run: run.assign(one.task(element), more[0]))
    elif kind == "update":
        one.act(lambda run: run.update(one.task(element), {"priority": 80}))
    else:
        names = {"complete": "complete", "fire": "fire", "receive": "receive", "listener": "hear"}
        getattr(one, names[kind])(element)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_is_refused_with_a_remedy(row: Row) -> None:
    assert remedies()[row.name]


def remedies() -> dict[str, str]:
    """What lint says to draw instead, by row."""
    found = {}
    for row in REFUSED:
        findings = lint(parse(row.content, "x"), Known())
        (finding,) = [
            one for one in findings if one.rule == "unsupported" and one.element_id == row.element
        ]
        found[row.name] = finding.remedy_en
    return found


def test_no_supported_kind_is_missing_in_the_table() -> None:
    run = "".join(row.content.decode() for row in SUPPORTED)
    for tag in ACTIVITIES | GATEWAYS:
        assert f"<bpmn:{tag} " in run, tag
    for tag, kinds in EVENTS.items():
        for kind in kinds - {"none"}:
            assert any(
                f"<bpmn:{tag} " in row.content.decode()
                and f"<bpmn:{kind}EventDefinition" in row.content.decode()
                for row in SUPPORTED
            ), (tag, kind)


def test_the_page_says_what_the_tests_found() -> None:
    page = PAGE.read_text(encoding="utf-8")
    part = page.split(BEGIN)[1].split(FINISH)[0]
    assert part == table(remedies()), "run: python -m tests.unit.bpmn.supported"
