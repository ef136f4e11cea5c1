"""What elements have besides their place: variables, listeners, what compensation undoes."""

from __future__ import annotations

import random

from tests.properties.net import (
    ACTIVITIES,
    SUBS,
    Collects,
    Condition,
    Diagram,
    Element,
    Expression,
    Mapping,
)

NAMES = ("x", "y", "z")
"""Variables that everybody reads and writes."""
SWITCHES = tuple(f"c_{number}" for number in range(4))
"""Variables that conditions read; always numbers."""
_COLLECTIONS = ("all", "gained")
_THROWS = ("error", "escalate", "escalation end", "publish", "broadcast")
_CATCHES = ("message", "signal", "timer", "condition", "boundary")


def adorn(diagram: Diagram, dice: random.Random) -> None:
    if dice.randrange(10) == 0:
        diagram.process.listeners = dice.choices(["start", "end"], k=dice.choice([1, 2, 2, 3]))
    for one in diagram.elements.values():
        if one.kind == "condition" or one.trigger == "condition":
            beside = [each.condition for each in diagram.boundaries(one.host) if one.host]
            while one.condition is None or one.condition in beside:
                one.condition = Condition(dice.choice(SWITCHES), dice.randrange(2, 9))
        _variables(one, dice)
        _listen(diagram, one, dice)
        if one.kind in ("compensate", "compensation end") and dice.random() < 0.5:
            able = _can_be_undone(diagram, one)
            one.undoes = dice.choice(able) if able else ""


def _variables(one: Element, dice: random.Random) -> None:
    works = one.kind in ACTIVITIES and one.kind != "event sub"
    triggered = one.kind == "start" and one.trigger not in (None, "compensation")
    if dice.random() < (0.2 if works else 0.6 if one.kind in _THROWS else 0):
        one.inputs = _some(dice)
    if dice.random() < (0.2 if works or one.kind in _CATCHES or triggered else 0):
        one.outputs = _some(dice)
        if one.kind == "user":
            one.outputs.append((f"v_{one.id}", Expression(f"v_{one.id}")))
    if one.kind == "script":
        one.script = (dice.choice((*NAMES, dice.choice(SWITCHES))), Expression("", 1))
        if one.script[0] in NAMES:
            one.script = (one.script[0], _expression(dice))
    if one.kind == "call":
        one.all_parent, one.all_child = dice.random() < 0.6, dice.random() < 0.6
    if one.rounds is not None and dice.random() < 0.5:
        one.collects = _collects(dice)
    if one.kind == "ad hoc" and dice.random() < 0.6:
        one.gathers = _collects(dice)
        one.suffices = dice.choice([0, 1, 2]) if one.chosen else 0
    one.in_order = one.kind == "ad hoc" and dice.random() < 0.3


def _some(dice: random.Random) -> list[Mapping]:
    names = dice.sample(NAMES, dice.choice([1, 1, 2]))
    return [(name, _expression(dice)) for name in names]


def _expression(dice: random.Random) -> Expression:
    name = dice.choice((*NAMES, *NAMES, "", "item", "loopCounter"))
    return Expression(name, dice.choice([0, 0, 1, 7]))


def _collects(dice: random.Random) -> Collects:
    return Collects(dice.choice(_COLLECTIONS), _expression(dice))


def _listen(diagram: Diagram, one: Element, dice: random.Random) -> None:
    """No listener where an event-based gateway waits, nor at a join, which tokens that wait for
    it could reach again."""
    waited = any(
        diagram.elements[diagram.flows[flow].source].kind == "events" for flow in one.incoming
    )
    join = one.kind in ("and", "or") and len(one.incoming) > 1
    if waited or join or dice.random() > (0.2 if one.kind == "user" else 0.08):
        return
    events = ["start", "end"]
    if one.kind in ("start", "boundary"):
        events = ["end"]
    if one.kind == "user":
        events += ["creating", "assigning", "updating", "completing", "completing", "canceling"]
    one.listeners = dice.choices(events, k=dice.choice([1, 1, 2, 3]))


def _can_be_undone(diagram: Diagram, one: Element) -> list[str]:
    """What a compensation event may name: in its scope, in an event sub-process also in the
    scope around it."""
    scopes = [one.parent]
    while (around := diagram.elements.get(scopes[-1])) and around.kind == "event sub":
        scopes.append(around.parent)
    return [
        each.id
        for each in diagram.elements.values()
        if each.parent in scopes and not each.handles
        if each.undo or (each.kind in (*SUBS, "ad hoc") and each.kind != "event sub")
    ]
