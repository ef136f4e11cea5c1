"""The engine beside the model: the same diagram, the same random happenings, the same view
from outside after every one."""

from __future__ import annotations

import random

import pytest

from engine.bpmn import Known, compile_process, lint, parse
from engine.errors import Conflict
from tests.properties.adorning import NAMES, SWITCHES
from tests.properties.board import Path, Values
from tests.properties.generator import CODES, OUTSIDE
from tests.properties.model import Game
from tests.properties.net import Diagram
from tests.properties.watching import Watched
from tests.properties.writing import written

LOST = "LOST"
"""An error code that nobody catches."""
MOST_STEPS = 40
MOST_TOKENS = 60
MOST_LINTED = 150
"""Elements of a diagram in which lint must see each deadlock; its search is bounded."""


class Pair:
    """A diagram in the model and in the engine."""

    def __init__(self, diagram: Diagram, dice: random.Random) -> None:
        self.content = written(diagram)
        self.dice = dice
        parsed = parse(self.content, "random.bpmn")
        self.findings = lint(parsed, Known())
        names = [f"v_{one}" for one in diagram.elements] + [*SWITCHES, "x"]
        values: Values = {name: dice.randrange(10) for name in names}
        self.game = Game(diagram, values, frozenset({OUTSIDE}))
        self.engine = Watched(compile_process(parsed, "p"), values)
        self.log: list[str] = []

    def play(self) -> None:
        """Raises AssertionError where they differ. At the end neither waits, or both do."""
        self.compare()
        while not self.game.ended and not self.game.rests() and len(self.log) < MOST_STEPS:
            if self.game.active().total() > MOST_TOKENS:
                break
            self.step()
            self.compare()
        small = len(self.game.diagram.elements) <= MOST_LINTED
        if small and not self.game.ended and self.game.rests():
            rules = {one.rule for one in self.findings}
            assert "join-deadlock" in rules, "stuck, and lint did not say that it can"
        if not self.game.ended:
            self.engine.act(lambda run: run.terminate())
            assert self.engine.ended == "terminated"

    def compare(self) -> None:
        game, engine = self.game, self.engine
        assert engine.ended == game.ended
        assert engine.kinds() == game.waits()
        assert engine.active() == game.active()
        assert engine.entered == game.entered
        assert engine.taken == game.taken
        assert engine.values() == game.values
        assert engine.views() == game.views()
        assert engine.given() == game.given()
        assert engine.thrown == game.thrown

    # -- one random happening

    def step(self) -> None:
        if self.dice.randrange(8) == 0 or not self.game.waits():
            self.set_variables()
            return
        path, kind = self.dice.choice(sorted(self.game.waits().items()))
        if kind == "incident":
            self.log.append(f"retry {path}")
            token = self.engine.token(path)
            self.engine.act(lambda run: run.retry(token))
            self.game.retry(path)
        elif kind == "task" and self.game.token(path).hearing == "completing":
            self.refused(path)
        elif kind == "listener":
            self.listener(path)
        elif kind in ("task", "job", "call"):
            if self.dice.randrange(6) or not self.throw(path, kind):
                self.work(path, kind)
        else:
            self.event(path, kind)

    def set_variables(self) -> None:
        """As an administrator may: in the process, or where a token stands."""
        path = None
        if self.dice.randrange(2) == 0:
            path = self.dice.choice([None, *sorted(self.game.views())])
        values: Values = {self.dice.choice(SWITCHES): self.dice.randrange(10)}
        local = path is not None and self.dice.random() < 0.3
        if path is not None:
            values = {self.dice.choice(NAMES): self.dice.randrange(10)}
        self.log.append(f"set {values} at {path}, local: {local}")
        token = self.engine.scope(path)
        self.engine.act(lambda run: run.set_variables(token, values, local))
        self.game.set_variables(path, values, local)

    def refused(self, path: Path) -> None:
        """A task that is being completed cannot be completed again."""
        token, before = self.engine.token(path), self.engine.state
        self.log.append(f"task {path} is refused")
        with pytest.raises(Conflict):
            self.engine.act(lambda run: run.complete(token, {}))
        assert self.engine.state == before

    def listener(self, path: Path) -> None:
        token = self.engine.token(path)
        if path[-1][0] == "completing listener" and self.dice.randrange(3) == 0:
            self.log.append(f"deny {path}")
            self.engine.act(lambda run: run.deny(token))
            self.game.deny(path)
        elif self.dice.randrange(8) or not self.throw(path, "listener"):
            values = self.values()
            self.log.append(f"hear {path} {values}")
            self.engine.act(lambda run: run.complete(token, values))
            self.game.hear(path, values)

    def work(self, path: Path, kind: str) -> None:
        """A task, job or call is done."""
        token, element = self.engine.token(path), self.game.token(path).element
        values = {f"v_{element.id}": self.dice.randrange(10), **self.values()}
        if element.kind == "ad hoc" and self.dice.randrange(4):
            self.choose(path, values)
            return
        self.log.append(f"{kind} {path} {values}")
        self.engine.act(lambda run: run.complete(token, values))
        self.game.complete(path, values)

    def choose(self, path: Path, values: Values) -> None:
        """The job of an ad-hoc sub-process begins some of its elements, or ends it."""
        token, diagram = self.engine.token(path), self.game.diagram
        choices = diagram.choices(path[-1][0])
        chosen = self.dice.choices(choices, k=self.dice.choice([0, 1, 1, 2]))
        fulfilled = self.dice.randrange(4) == 0
        cancel = self.dice.random() < 0.5
        self.log.append(f"begin {chosen} at {path} {values}, {fulfilled=}, {cancel=}")
        begun: list[tuple[str, Values]] = [(one, {}) for one in chosen]
        self.engine.act(lambda run: run.activate(token, begun, values, fulfilled, cancel))
        self.game.activate(path, values, chosen, fulfilled, cancel)

    def event(self, path: Path, kind: str) -> None:
        """A timer, message or signal."""
        token = self.engine.token(path)
        values = {} if kind == "timer" else self.values()
        self.log.append(f"{kind} {path} {values}")
        if kind == "timer":
            self.engine.due(path)
            self.engine.act(lambda run: run.fire(token))
        else:
            self.engine.act(lambda run: run.receive(token, values))
        if path[-1][1] == 0:
            self.game.happen(path, values)
        else:
            self.game.complete(path, values)

    def throw(self, path: Path, kind: str) -> bool:
        """Throw an error or escalation. An error that nothing would catch is an incident."""
        token, values = self.engine.token(path), self.values()
        code = self.dice.choice([*CODES * 5, OUTSIDE, LOST])
        what = self.dice.choice(["error", "escalation"]) if kind == "call" else "error"
        lost = code != OUTSIDE and not self.game.caught(path, "error", code)
        if what == "error" and lost and code != LOST:
            return False
        self.log.append(f"{what} {code} at {path} {values}")
        if what == "escalation":
            self.engine.act(lambda run: run.escalate(token, code, values))
        else:
            self.engine.act(lambda run: run.throw_error(token, code, None, values))
        if what == "error" and lost:
            self.game.fail(path)
        else:
            self.game.throw(path, what, code, values)
        return True

    def values(self) -> Values:
        """What comes along: often nothing."""
        names = self.dice.sample((*NAMES, *SWITCHES), self.dice.choice([0, 0, 1, 2]))
        return {name: self.dice.randrange(10) for name in names}
