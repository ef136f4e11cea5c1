"""Random diagrams. The same seed makes the same diagram.

Structured ones are nested blocks of every kind; free ones are acyclic graphs of gateways and
tasks, sound or not. What ends a scope (terminate, error, escalation) stands behind a task of
its own, so that no outcome depends on which of two tokens moves first."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tests.properties.adorning import adorn
from tests.properties.net import SUBS, Condition, Diagram, Element, Flow, Kind, Trigger

CODES = ("A", "B")
OUTSIDE = "OUT"
"""The error code that a caller catches."""

Block = tuple[str, str]
"""First and last element."""

_TASKS: tuple[Kind, ...] = ("user", "user", "user", "job", "receive", "call")

_TRIGGERS: tuple[Trigger, ...] = (
    "timer", "message", "signal", "cycle", "condition", "error", "error", "error", "escalation",
)  # fmt: skip


def structured(seed: int) -> Diagram:
    """Blocks in blocks, some of which a token never leaves."""
    return _Structured(random.Random(seed)).make()


def sound(seed: int) -> Diagram:
    """Blocks that every token that enters them leaves once, or ends the scope."""
    maker = _Structured(random.Random(seed))
    maker.sound = True
    return maker.make()


def free(seed: int) -> Diagram:
    """An acyclic graph: every element leads to later ones."""
    return _Free(random.Random(seed)).make()


class _Maker:
    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.diagram = Diagram()
        self.parent = ""

    def add(self, kind: Kind, **more: Any) -> Element:
        made = self.diagram.elements
        element = Element(f"{kind.replace(' ', '')}{len(made)}", kind, self.parent, **more)
        made[element.id] = element
        return element

    def link(self, source: str, target: str, condition: Condition | None = None) -> str:
        flow = Flow(f"f{len(self.diagram.flows)}", source, target, condition)
        self.diagram.flows[flow.id] = flow
        self.diagram.elements[source].outgoing.append(flow.id)
        self.diagram.elements[target].incoming.append(flow.id)
        return flow.id

    def branches(self, gate: Element, ask: str, targets: list[str]) -> None:
        """Conditions on what ``ask`` was completed with; the last flow is the default."""
        *others, last = targets
        for target in others:
            self.link(gate.id, target, Condition(f"v_{ask}", self.dice.randrange(2, 9)))
        gate.default = self.link(gate.id, last)


class _Structured(_Maker):
    sound = False

    def make(self) -> Diagram:
        self.inside("", self.dice.choice([2, 3, 4, 4, 5, 5, 6]))
        for one in self.diagram.elements.values():
            if one.kind == "error" and not self.is_caught(one):
                one.code = OUTSIDE
        adorn(self.diagram, self.dice)
        return self.diagram

    def is_caught(self, one: Element) -> bool:
        """Whether an event around an error end catches its code."""
        around, inner = one.parent, ""
        while True:
            events = [
                each for each in self.diagram.event_starts(around) if each.parent != inner
            ]
            if around:
                events += self.diagram.boundaries(around)
            if any(each.trigger == "error" and each.code in (one.code, "") for each in events):
                return True
            if not around:
                return False
            around, inner = self.diagram.elements[around].parent, around

    def inside(
        self, parent: str, depth: int, *, ask_first: bool = False, **event: Any
    ) -> None:
        """What stands between start and end of a process or sub-process."""
        outer, self.parent = self.parent, parent
        start = self.add("start", **event)
        first, last = self.block(depth)
        if ask_first:
            first = self.before(first)
        self.link(start.id, first)
        self.link(last, self.add("end").id)
        if depth > 0 and self.dice.randrange(4) == 0:
            self.event_sub(depth)
        around = self.diagram.elements.get(parent)
        if around is not None and around.kind != "event sub" and self.dice.randrange(4) == 0:
            sub = self.add("event sub")
            self.inside(sub.id, self.dice.randrange(min(depth + 1, 2)), trigger="compensation")
        self.parent = outer

    def event_sub(self, depth: int) -> None:
        """An event sub-process in the present scope."""
        sub = self.add("event sub")
        self.inside(sub.id, self.dice.randrange(min(depth, 2)), **self.event(_TRIGGERS))

    def before(self, first: str) -> str:
        task = self.add("user").id
        self.link(task, first)
        return task

    @property
    def in_ad_hoc(self) -> bool:
        """Whether there are no starts and ends here."""
        around = self.diagram.elements.get(self.parent)
        return around is not None and around.kind == "ad hoc"

    def block(self, depth: int) -> Block:
        if depth == 0 or self.dice.randrange(8) == 0:
            return self.task()
        makers = [
            self.sequence, self.sequence, self.sequence, self.choice, self.fork, self.fork,
            self.inclusive, self.loop, self.sub, self.sub, self.guarded, self.guarded,
            self.first_event, self.linked, self.ad_hoc, self.transaction, self.undone,
        ]  # fmt: skip
        if not self.in_ad_hoc:
            makers.append(self.way_out)
        return self.dice.choice(makers)(depth - 1)

    def task(self) -> Block:
        if self.dice.randrange(6) == 0:
            kind: Kind = self.dice.choice(
                ["script", "script", "manual", "message", "signal", "timer", "condition",
                 "publish", "broadcast"]
            )  # fmt: skip
            task = self.add(kind)
        else:
            task = self.add(self.dice.choice(_TASKS))
            self.repeat(task)
        self.undo(task, 0)
        return task.id, task.id

    def repeat(self, task: Element) -> None:
        """Make it a multi-instance or a loop now and then."""
        number = self.dice.randrange(21)
        if number < 3:
            task.rounds = self.dice.choice([0, 1, 2, 3, 3])
            task.sequential = self.dice.random() < 0.5
            task.enough = self.dice.choice([0, 0, 1, 2])
        elif number < 5:
            asks = task.kind == "user" and self.dice.random() < 0.7
            read = f"v_{task.id}" if asks else f"c_{self.dice.randrange(4)}"
            task.again = Condition(read, self.dice.randrange(3, 9))
            task.sequential = True
            task.test_before = self.dice.random() < 0.4
            task.most = self.dice.choice([0, 2, 3] if asks else [1, 2, 3])

    def undo(self, task: Element, depth: int) -> None:
        """Give it a compensation handler now and then."""
        able = task.kind not in ("message", "signal", "timer", "condition", "publish", "broadcast")
        if not able or task.handles or self.dice.randrange(5):
            return
        handler = self.add(self.dice.choice(["user", "user", "job", "call", "sub", "ad hoc"]))
        handler.handles, task.undo = True, handler.id
        if self.dice.randrange(4) == 0:
            self.repeat(handler)
        if handler.kind == "sub":
            self.inside(handler.id, min(depth, 1), ask_first=True)
        elif handler.kind == "ad hoc":
            self.choose(handler, 0)

    def sequence(self, depth: int) -> Block:
        one, two = self.block(depth), self.block(depth)
        self.link(one[1], two[0])
        return one[0], two[1]

    def linked(self, depth: int) -> Block:
        """Two blocks with a link between them instead of a flow."""
        one, two = self.block(depth), self.block(depth)
        throw, catch = self.add("link throw"), self.add("link catch")
        throw.link = catch.link = throw.id
        self.link(one[1], throw.id)
        self.link(catch.id, two[0])
        return one[0], two[1]

    def undone(self, depth: int) -> Block:
        """A block, and an event that undoes what has completed."""
        first, last = self.block(depth)
        event = self.add("compensate")
        self.link(last, event.id)
        return first, event.id

    def choice(self, depth: int) -> Block:
        ask, gate = self.asked("xor")
        join = self.add("xor")
        self.fan(gate, ask, join, depth, self.dice.choice([2, 2, 3]))
        return ask, join.id

    def inclusive(self, depth: int) -> Block:
        ask, gate = self.asked("or")
        join = self.add("or")
        self.fan(gate, ask, join, depth, self.dice.choice([2, 3, 3]))
        return ask, join.id

    def asked(self, kind: Kind) -> tuple[str, Element]:
        """A task, and the gateway that reads its result."""
        ask, gate = self.add("user"), self.add(kind)
        self.link(ask.id, gate.id)
        return ask.id, gate

    def fan(self, gate: Element, ask: str, join: Element, depth: int, count: int) -> None:
        """Branches that meet again; one may be a mere flow."""
        short = self.dice.randrange(count * 5)
        blocks = [self.block(depth) for index in range(count) if index != short]
        targets = [first for first, _ in blocks]
        if short < count:
            targets.insert(short, join.id)
        self.branches(gate, ask, targets)
        for _, last in blocks:
            self.link(last, join.id)

    def fork(self, depth: int) -> Block:
        gate, join = self.add("and"), self.add("and")
        for _ in range(self.dice.choice([2, 2, 3])):
            first, last = self.block(depth)
            self.link(gate.id, first)
            self.link(last, join.id)
        return gate.id, join.id

    def loop(self, depth: int) -> Block:
        again, out = self.add("xor"), self.add("xor")
        first, last = self.block(depth)
        ask, gate = self.asked("xor")
        self.link(again.id, first)
        self.link(last, ask)
        self.branches(gate, ask, [again.id, out.id])
        return again.id, out.id

    def sub(self, depth: int) -> Block:
        sub = self.add("sub")
        self.repeat(sub)
        self.inside(sub.id, depth, ask_first=sub.repeats)
        self.undo(sub, depth)
        return sub.id, sub.id

    def ad_hoc(self, depth: int) -> Block:
        sub = self.add("ad hoc")
        self.repeat(sub)
        self.choose(sub, min(depth, 2))
        self.undo(sub, depth)
        return sub.id, sub.id

    def choose(self, sub: Element, depth: int) -> None:
        """What stands in an ad-hoc sub-process, and which of it begins."""
        outer, self.parent = self.parent, sub.id
        for _ in range(self.dice.choice([1, 2, 3])):
            first, last = self.block(depth)
            if self.diagram.elements[first].incoming or sub.repeats:
                self.before(first)
            self.conclude(last)
        self.parent = outer
        choices = self.diagram.choices(sub.id)
        if self.dice.randrange(3):
            count = min(len(choices), self.dice.choice([1, 2, 2, 3]))
            sub.chosen = self.dice.sample(choices, count)
        sub.cancel_rest = self.dice.random() < 0.6

    def conclude(self, last: str) -> None:
        """The end of a path. An ad-hoc sub-process has no end events: a task is the last."""
        if not self.in_ad_hoc:
            self.link(last, self.add("end").id)
        elif self.diagram.elements[last].kind in ("xor", "and", "or"):
            self.link(last, self.add("manual").id)

    def guarded(self, depth: int) -> Block:
        """An activity with boundary events."""
        host = self.add(self.dice.choice([*_TASKS, "sub", "sub", "sub", "sub", "ad hoc"]))
        self.repeat(host)
        if host.kind in SUBS:
            self.inside(host.id, depth, ask_first=host.repeats)
        if host.kind == "ad hoc":
            self.choose(host, min(depth, 2))
        self.undo(host, depth)
        join = self.add("xor")
        self.link(host.id, join.id)
        self.guard(host, join, depth, self.dice.choice([1, 1, 2, 3, 4]))
        return host.id, join.id

    def guard(self, host: Element, join: Element, depth: int, count: int) -> None:
        used = set()
        for _ in range(count):
            event = self.boundary(host.id, self.dice.choice(_TRIGGERS))
            if (event.trigger in ("error", "escalation")) and (event.trigger, event.code) in used:
                del self.diagram.elements[event.id]
                continue
            used.add((event.trigger, event.code))
            self.handle(event, join, depth)

    def transaction(self, depth: int) -> Block:
        """A sub-process that may be cancelled from inside."""
        host = self.add("transaction")
        self.inside(host.id, depth)
        start = self.diagram.start(host.id)
        outer, self.parent = self.parent, host.id
        ask, gate = self.asked("xor")
        then = self.diagram.flows[start.outgoing[0]].target
        fork, task, cancel = self.add("and"), self.add("user"), self.add("cancel")
        self.diagram.elements[then].incoming.remove(start.outgoing[0])
        self.diagram.flows[start.outgoing[0]].target = fork.id
        fork.incoming.append(start.outgoing[0])
        other = self.add("end")
        self.link(fork.id, then)
        self.link(fork.id, ask)
        self.branches(gate, ask, [task.id, other.id])
        self.link(task.id, cancel.id)
        self.parent = outer
        join = self.add("xor")
        self.link(host.id, join.id)
        self.handle(self.add("boundary", host=host.id, trigger="cancel"), join, depth)
        self.guard(host, join, depth, self.dice.choice([0, 0, 1]))
        return host.id, join.id

    def boundary(self, host: str, trigger: Trigger) -> Element:
        return self.add("boundary", host=host, **self.event([trigger]))

    def event(self, triggers: Sequence[Trigger]) -> dict[str, Any]:
        """What a boundary event or the start of an event sub-process reacts to."""
        trigger = self.dice.choice(triggers)
        found: dict[str, Any] = {"trigger": trigger}
        if trigger == "cycle":
            found["times"] = self.dice.choice([0, 1, 3])
        if trigger in ("error", "escalation"):
            found["code"] = self.dice.choice([*CODES, ""])
        if trigger == "cycle" or (trigger != "error" and self.dice.random() < 0.5):
            found["interrupting"] = False
        return found

    def handle(self, event: Element, join: Element, depth: int) -> None:
        """What happens after a boundary event: one that interrupts mostly leads back."""
        first, last = self.block(min(depth, 1))
        self.link(event.id, first)
        back = 0.85 if event.interrupting else 0.1
        if self.sound:
            back = float(event.interrupting)
        if self.dice.random() < back:
            self.link(last, join.id)
        else:
            self.conclude(last)

    def first_event(self, depth: int) -> Block:
        gate, join = self.add("events"), self.add("xor")
        for _ in range(self.dice.choice([2, 3])):
            event = self.add(self.dice.choice(["message", "signal", "timer", "condition"]))
            self.link(gate.id, event.id)
            if self.dice.random() < 0.3:
                self.link(event.id, join.id)
                continue
            first, last = self.block(depth)
            self.link(event.id, first)
            self.link(last, join.id)
        return gate.id, join.id

    def way_out(self, depth: int) -> Block:
        """A task after which the scope may be left: an error, an escalation, the end of all."""
        ask, gate = self.asked("xor")
        task = self.add("user").id
        first, last = self.block(depth)
        self.branches(gate, ask, self.dice.sample([task, first], 2))
        kinds: list[Kind] = [
            "terminate", "error", "error", "error", "escalation end", "compensation end",
            "escalate",
        ]  # fmt: skip
        kind = self.dice.choice(kinds[:4] if self.sound else kinds)
        effect = self.add(kind)
        self.link(task, effect.id)
        if kind in ("error", "escalation end", "escalate"):
            effect.code = self.dice.choice(CODES)
        if kind == "escalate":
            self.link(effect.id, self.add("end").id)
        return ask, last


class _Free(_Maker):
    def make(self) -> Diagram:
        start = self.add("start")
        ask = self.add("user")
        self.link(start.id, ask.id)
        kinds: list[Kind] = ["user", "user", "xor", "and", "or", "or", "job", "manual"]
        middle = [self.add(self.dice.choice(kinds)) for _ in range(self.dice.randrange(3, 13))]
        ends = [self.add("end"), self.add("end")]
        row = [ask, *middle]
        for index, element in enumerate(row):
            self.leave(element, ask.id, [*row[index + 1 :], *ends])
        self.drop_unreached()
        return self.diagram

    def leave(self, element: Element, ask: str, later: list[Element]) -> None:
        """Mostly near ways, so that branches meet again."""
        count = 1
        if element.kind in ("xor", "and", "or"):
            count = min(len(later), self.dice.choice([1, 2, 2, 3]))
        near = later[: max(count, 5)]
        targets = [one.id for one in self.dice.sample(near, count)]
        if element.kind in ("xor", "or") and count > 1:
            self.branches(element, ask, targets)
            return
        for target in targets:
            self.link(element.id, target)

    def drop_unreached(self) -> None:
        """Take out what nothing leads to."""
        made, flows = self.diagram.elements, self.diagram.flows
        while True:
            lost = [one for one in made.values() if not one.incoming and one.kind != "start"]
            if not lost:
                return
            for one in lost:
                del made[one.id]
                for flow in one.outgoing:
                    made[flows[flow].target].incoming.remove(flow)
                    del flows[flow]
