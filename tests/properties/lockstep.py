"""The engine beside the model: the same diagram, the same random happenings, the same view
from outside after every one."""

from __future__ import annotations

import random
from functools import partial

import pytest

from engine.bpmn import Known, Run, compile_process, lint, parse
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
ASKED = ["assigning", "updating"]
"""What else than completing it somebody may do with a user task."""
HEARD_WHILE_WAITING = (*ASKED, "completing")
"""Events of user tasks whose listeners may deny them."""
MOST_STEPS = 40
MOST_TOKENS = 60
SAYS_SO = {"join-deadlock", "too-large-to-play"}
"""What lint says of a diagram that can be stuck: that, or that it could not be played through."""


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
        if not self.game.ended and self.game.rests():
            rules = {one.rule for one in self.findings}
            assert rules & SAYS_SO, "stuck, and lint did not say that it can"
        if not self.game.ended:
            self.terminate()

    def terminate(self) -> None:
        """Nothing is left then but farewells."""
        if not self.game.ending:
            self.engine.act(lambda run: run.terminate())
        while self.engine.waits:
            path, kind = min(self.engine.kinds().items())
            assert path[-1][0] == "canceling listener"
            token = self.engine.token(path)
            if kind == "incident":
                self.engine.act(partial(Run.retry, token=token))
            else:
                self.engine.act(partial(Run.complete, token=token, variables={}))
        assert self.engine.ended in ("terminated", self.game.ending)

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
        more = self.game.ad_hocs()
        if more and self.dice.randrange(12) == 0:
            self.begin_more(self.dice.choice(sorted(more)))
        elif kind == "incident":
            self.log.append(f"retry {path}")
            token = self.engine.token(path)
            self.engine.act(lambda run: run.retry(token))
            self.game.retry(path)
        elif kind == "task" and self.game.token(path).hearing in HEARD_WHILE_WAITING:
            self.refused(path)
        elif kind == "task" and self.dice.randrange(5) == 0:
            self.change(path)
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
        token, task = self.engine.scope(path), self.game.token(path or ())
        if task.wait == "task" and task.hearing in HEARD_WHILE_WAITING:
            return
        self.engine.act(lambda run: run.set_variables(token, values, local))
        if path and task.wait == "task" and not task.held and "updating" in task.element.listeners:
            self.game.ask(path, "updating", values, local)
        else:
            self.game.set_variables(path, values, local)

    def refused(self, path: Path) -> None:
        """A task that is being completed cannot be completed again."""
        token, before = self.engine.token(path), self.engine.state
        self.log.append(f"task {path} is refused")
        with pytest.raises(Conflict):
            self.engine.act(lambda run: run.complete(token, {}))
        assert self.engine.state == before

    def listener(self, path: Path) -> None:
        token, event = self.engine.token(path), path[-1][0].split()[0]
        if event in HEARD_WHILE_WAITING and self.dice.randrange(3) == 0:
            self.log.append(f"deny {path}")
            self.engine.act(lambda run: run.deny(token))
            self.game.deny(path)
        elif self.dice.randrange(8) or not self.throw(path, "listener"):
            values = self.values()
            self.log.append(f"hear {path} {values}")
            self.engine.act(lambda run: run.complete(token, values))
            self.game.hear(path, values)

    def change(self, path: Path) -> None:
        """Somebody takes a user task, or changes what it says and variables at it."""
        token = self.engine.token(path)
        heard = self.game.token(path).element.listeners
        event = self.dice.choice([one for one in heard if one in ASKED] or ASKED)
        values: Values = self.values() if event == "updating" else {}
        self.log.append(f"{event} {path} {values}")
        if event == "assigning":
            self.engine.act(lambda run: run.assign(token, "li"))
        else:
            self.engine.act(lambda run: run.update(token, {"priority": 80}, values))
        self.game.ask(path, event, values, False)

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

    def begin_more(self, path: Path) -> None:
        """Somebody begins elements of an ad-hoc sub-process."""
        token, cancel = self.engine.scope(path), self.dice.randrange(4) == 0
        chosen = self.dice.choices(self.game.diagram.choices(path[-1][0]), k=1)
        self.log.append(f"begin more {chosen} at {path}, {cancel=}")
        self.engine.act(lambda run: run.choose(token, [(chosen[0], {})], cancel))
        self.game.choose(path, chosen, cancel)

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
        """Throw an error or escalation. An error that nothing would catch is an incident, and
        so is every error of a listener of the process, or of what is gone."""
        token, values = self.engine.token(path), self.values()
        alone = len(path) == 1 and kind == "listener"
        alone = alone or path[-1][0] == "canceling listener"
        codes = () if alone else (*CODES, LOST)
        caught = [one for one in codes if self.game.caught(path, "error", one)]
        code = self.dice.choice([*caught * 3, *CODES, OUTSIDE, LOST])
        what = self.dice.choice(["error", "escalation"]) if kind == "call" else "error"
        lost = code not in caught and (alone or code != OUTSIDE)
        if what == "error" and lost and code not in (OUTSIDE, LOST):
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
