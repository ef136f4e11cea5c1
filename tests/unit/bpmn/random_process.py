"""Random processes of nested blocks: tasks, choices, forks, inclusive forks, loops,
sub-processes. The same seed makes the same process."""

from __future__ import annotations

import random

from tests.unit.bpmn.drawing import definitions, el, end, flow, process, start, user

Block = tuple[str, str]
"""First and last element."""


def random_process(seed: int) -> bytes:
    return _Maker(seed).file()


class _Maker:
    """Gates read ``v_NAME`` of the task just before them, which the test sets when it completes
    that task. No fork stands directly in a loop: there the library is wrong."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.count = 0
        self.parts: list[str] = []

    def file(self) -> bytes:
        first, last = self.block(3, in_loop=False)
        self.link("start", first)
        self.link(last, "end")
        return definitions(process(start(), *self.parts, end()))

    def block(self, depth: int, *, in_loop: bool) -> Block:
        if depth == 0:
            return self.task()
        makers = [self.sequence, self.choice, self.loop, self.sub_process]
        if not in_loop:
            makers += [self.fork, self.fork, self.inclusive]
        if self.dice.randrange(5) == 0:
            return self.task()
        return self.dice.choice(makers)(depth - 1, in_loop)

    def task(self) -> Block:
        name = self.add("t", user)
        return name, name

    def sequence(self, depth: int, in_loop: bool) -> Block:
        one = self.block(depth, in_loop=in_loop)
        two = self.block(depth, in_loop=in_loop)
        self.link(one[1], two[0])
        return one[0], two[1]

    def choice(self, depth: int, in_loop: bool) -> Block:
        ask, join = self.add("t", user), self.gateway("exclusiveGateway")
        gate = self.split("exclusiveGateway", ask, [f"=v_{ask} < 5", ""], join, depth, in_loop)
        self.link(ask, gate)
        return ask, join

    def inclusive(self, depth: int, in_loop: bool) -> Block:
        ask, join = self.add("t", user), self.gateway("inclusiveGateway")
        conditions = [f"=v_{ask} < 6", f"=v_{ask} > 3", ""]
        gate = self.split("inclusiveGateway", ask, conditions, join, depth, in_loop)
        self.link(ask, gate)
        return ask, join

    def fork(self, depth: int, in_loop: bool) -> Block:
        gate, join = self.gateway("parallelGateway"), self.gateway("parallelGateway")
        for _ in range(self.dice.choice([2, 2, 3])):
            first, last = self.block(depth, in_loop=in_loop)
            self.link(gate, first)
            self.link(last, join)
        return gate, join

    def loop(self, depth: int, in_loop: bool) -> Block:
        again, out = self.gateway("exclusiveGateway"), self.gateway("exclusiveGateway")
        first, last = self.block(depth, in_loop=True)
        ask, default = self.add("t", user), self.name("f")
        gate = self.gateway("exclusiveGateway", default=default)
        self.link(again, first)
        self.link(last, ask)
        self.link(ask, gate)
        self.link(gate, again, f"=v_{ask} < 4")
        self.parts.append(flow(gate, out, "", default))
        return again, out

    def sub_process(self, depth: int, in_loop: bool) -> Block:
        outside, self.parts = self.parts, []
        first, last = self.block(depth, in_loop=False)
        begin, finish = self.add("s", start), self.add("e", end)
        self.link(begin, first)
        self.link(last, finish)
        inside, self.parts = self.parts, outside
        name = self.name("sub")
        self.parts.append(el("subProcess", name, *inside))
        return name, name

    def split(
        self, tag: str, ask: str, conditions: list[str], join: str, depth: int, in_loop: bool
    ) -> str:
        """A gateway with a branch for each condition; "" is the default."""
        default = self.name("f")
        gate = self.gateway(tag, default=default)
        for condition in conditions:
            first, last = self.block(depth, in_loop=in_loop)
            if condition:
                self.link(gate, first, condition)
            else:
                self.parts.append(flow(gate, first, "", default))
            self.link(last, join)
        return gate

    def gateway(self, tag: str, **attributes: str) -> str:
        name = self.name("g")
        self.parts.append(el(tag, name, **attributes))
        return name

    def add(self, prefix: str, make: object) -> str:
        name = self.name(prefix)
        assert callable(make)
        self.parts.append(make(name))
        return name

    def link(self, source: str, target: str, condition: str = "") -> None:
        self.parts.append(flow(source, target, condition, self.name("f")))

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"
