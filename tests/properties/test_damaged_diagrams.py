"""A thousand damaged diagrams: refused with findings, or run with anything that may happen.
Never another exception, never a hang."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from functools import partial

import pytest

from engine.bpmn import BpmnInvalid, Diagram, Known, Run, compile_process, lint, parse
from engine.bpmn import changes as c
from engine.errors import BihuanError, Conflict
from engine.model import Json
from tests.properties.corpus import FUNCTIONS, diagrams
from tests.properties.damage import of_xml
from tests.properties.patience import patience
from tests.properties.saying import said
from tests.properties.scale import parts
from tests.unit.bpmn.harness import Bench, Clock

VALUES: list[Json] = [None, True, 0, -1.5, "", "x", "PT1H", [], [1, None], {}, {"a": [{}]}]
CORPUS = diagrams()


@pytest.mark.parametrize("seeds", parts(2000, 200, 50), ids=str)
def test_refused_or_run(seeds: range) -> None:
    for seed in seeds:
        dice = random.Random(seed)
        content = of_xml(dice.choice(CORPUS), dice)
        try:
            with patience():
                refused_or_run(content, dice)
        except Exception as fault:
            fault.add_note(f"damaged diagram {seed}: {len(content)} bytes")
            raise


def refused_or_run(content: bytes, dice: random.Random) -> None:
    try:
        diagram = parse(content, "damaged.bpmn")
    except BpmnInvalid as refused:
        said(*refused.findings)
        return
    findings = lint(diagram, Known(functions=FUNCTIONS))
    if findings:
        said(*findings)
    if not any(one.severity == "error" for one in findings):
        for info in diagram.processes:
            if info.executable:
                run(diagram, info.id, dice, values(content, dice))


def values(content: bytes, dice: random.Random) -> dict[str, Json]:
    """Variables to start with: those that random diagrams read, and odd ones."""
    read: dict[str, Json] = {
        name: dice.randrange(10) for name in re.findall(r"v_\w+", content.decode())
    }
    odd = {name: dice.choice(VALUES) for name in ("x", "items", "amount", "category")}
    return {"key": "k", **odd, **read}


def run(
    diagram: Diagram, process_id: str, dice: random.Random, variables: dict[str, Json]
) -> None:
    """What lint lets pass compiles and runs from each of its starts."""
    program = compile_process(diagram, process_id, FUNCTIONS)
    world = Clock({"d": lambda variables: dice.choice(VALUES)}, catches=("OUT",))
    for start in program.process.starts or [None]:
        one = Bench(program, world)
        try:
            one.start(variables, start.id if start else None)
        except BihuanError:
            continue
        for _ in range(25):
            if one.ended() is not None or not act(one, dice):
                break
        if one.ended() is None:
            cancel(one)


def cancel(one: Bench) -> None:
    """Nothing is left but canceling listeners, and what those ran into."""
    with suppress(Conflict):  # it may be on its way out already
        one.act(lambda it: it.terminate())
    while one.open():
        token, wait = min(one.open().items())
        assert isinstance(wait, c.JobOpened)
        assert wait.listener == "canceling"
        one.act(partial(Run.complete, token=token, variables={}))
    assert one.ended() is not None or one.incidents()


def act(one: Bench, dice: random.Random) -> bool:
    """One thing that may happen; False if nothing may."""
    waits, stuck = one.open(), one.incidents()
    if stuck and (not waits or dice.randrange(3) == 0):
        token = dice.choice(stuck).token
        one.set({"x": dice.choice(VALUES)})
        one.act(lambda it: it.retry(token))
        return True
    if not waits:
        return False
    token = dice.choice(sorted(waits))
    wait, result = waits[token], {"x": dice.choice(VALUES), "v": 1}
    if isinstance(wait, c.TimerSet):
        one.act(lambda it: it.fire(token))
    elif isinstance(wait, c.Subscribed):
        one.act(lambda it: it.receive(token, result))
    elif dice.randrange(5) == 0:
        one.act(lambda it: it.throw_error(token, dice.choice("AB"), "broken", result))
    else:
        try:
            one.act(lambda it: it.complete(token, result))
        except Conflict:  # it was completed, and waits for its listener
            assert isinstance(wait, c.TaskOpened)
            assert stuck or any(isinstance(each, c.JobOpened) for each in waits.values())
    return True
