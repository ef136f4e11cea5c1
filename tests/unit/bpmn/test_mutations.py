"""Diagrams broken at random: every one is refused with findings or runs; none crashes."""

from __future__ import annotations

import copy
import random

import pytest
from lxml import etree

from engine.bpmn import BpmnInvalid, Diagram, Known, compile_process, lint, parse
from engine.bpmn import changes as c
from engine.bpmn.support import ACTIVITIES, EVENTS, GATEWAYS
from engine.errors import BihuanError
from tests.unit.bpmn.harness import Bench, Clock
from tests.unit.bpmn.random_process import random_process
from tests.unit.bpmn.supported import REFUSED, SUPPORTED

CORPUS = [row.content for row in (*SUPPORTED, *REFUSED)]
CORPUS += [random_process(seed) for seed in range(10)]
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
TAGS = [*sorted(ACTIVITIES | GATEWAYS | set(EVENTS)), "sequenceFlow", "transaction"]
VALUES = ["", "=", "=1", "x", "=null", "true", "false", "PT1H", "=[1]", "=missing", "R/PT1H"]


def broken(seed: int) -> bytes:
    dice = random.Random(seed)
    root = etree.fromstring(dice.choice(CORPUS))
    for _ in range(dice.choice([1, 1, 2, 4])):
        nodes = [node for node in root.iter() if node.getparent() is not None]
        if not nodes:
            break
        node, ids = dice.choice(nodes), [str(one.get("id")) for one in nodes if one.get("id")]
        key = dice.choice(sorted(map(str, node.attrib))) if node.attrib else None
        kind = dice.randrange(6)
        if kind == 0:
            place = node.getparent()
            assert place is not None
            place.remove(node)
        elif kind == 1 and key:
            node.set(key, dice.choice([*VALUES, *ids]))
        elif kind == 2 and key:
            del node.attrib[key]
        elif kind == 3:
            node.text = dice.choice(VALUES)
        elif kind == 4:
            node.tag = BPMN + dice.choice(TAGS)
        else:
            place = dice.choice(nodes)
            if node not in place.iterancestors() and place not in list(node.iter()):
                place.append(copy.deepcopy(node))
    return etree.tostring(root)


def drive(one: Bench, dice: random.Random) -> None:
    """Some random steps, then the end; the harness checks what must always hold."""
    for _ in range(10):
        waits = one.open()
        if one.ended() or not waits:
            break
        token = dice.choice(sorted(waits))
        wait = waits[token]
        if isinstance(wait, c.TimerSet):
            one.act(lambda run, t=token: run.fire(t))  # type: ignore[misc]
        elif isinstance(wait, c.Subscribed):
            one.act(lambda run, t=token: run.receive(t, {"x": 1}))  # type: ignore[misc]
        elif not heard(one, wait):
            one.act(lambda run, t=token: run.complete(t, {"v": 1}))  # type: ignore[misc]
    if one.ended() is None:
        one.act(lambda run: run.terminate())
        assert one.ended() is not None


def heard(one: Bench, wait: c.Change) -> bool:
    """Whether listeners already hear of something at this user task."""
    if not isinstance(wait, c.TaskOpened):
        return False
    moved = {x.token: x.how for x in one.of(c.TaskChange)}
    return moved.get(wait.token) == "asked"


def try_out(diagram: Diagram, seed: int) -> None:
    errors = [one for one in lint(diagram, Known()) if one.severity == "error"]
    for info in diagram.processes:
        if not info.executable:
            continue
        try:
            prog = compile_process(diagram, info.id)
        except BihuanError:
            assert errors, "lint found nothing where compiling fails"
            continue
        if not errors:
            drive(started(Bench(prog, Clock({"d": lambda variables: 1}))), random.Random(seed))


def started(one: Bench) -> Bench:
    starts = one.program.process.starts
    return one.start({"key": "k"}, starts[0].id if starts else None)


@pytest.mark.parametrize("part", range(4))
def test_a_broken_diagram_is_refused_or_runs(part: int) -> None:
    for seed in range(part * 150, part * 150 + 150):
        try:
            diagram = parse(broken(seed), "x.bpmn")
        except BpmnInvalid:
            continue
        try_out(diagram, seed)
