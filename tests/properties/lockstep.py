"""The engine beside the model: the same diagram, the same random happenings, the same view
from outside after every one. The engine is saved and restored each time."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from engine.bpmn import Known, Program, Run, compile_process, lint, parse
from engine.bpmn import changes as c
from tests.properties.generator import CODES, OUTSIDE
from tests.properties.model import Game, Path
from tests.properties.net import Diagram, Element
from tests.properties.writing import written
from tests.unit.bpmn.harness import Clock

KINDS = {
    c.TaskOpened: "task", c.JobOpened: "job", c.Called: "call", c.TimerSet: "timer",
    c.Subscribed: "message",
}  # fmt: skip
MOST_STEPS = 40
MOST_TOKENS = 60
MOST_LINTED = 150
"""Elements of a diagram in which lint must see each deadlock; its search is bounded."""


class Watched:
    """An instance of the engine, named by paths like the model's."""

    def __init__(self, diagram: Diagram, program: Program, values: dict[str, int]) -> None:
        self.diagram, self.program = diagram, program
        self.world = Clock(catches=(OUTSIDE,))
        self.waits: dict[Path, tuple[str, c.Change]] = {}
        self.entered: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.ended = ""
        self._paths: dict[str, Path] = {"": ()}
        self._numbers: Counter[Path] = Counter()
        self._last: dict[str, str] = {}
        self._scopes: defaultdict[str, list[str]] = defaultdict(list)
        self._left: set[str] = set()
        self._keep(Run.start(program, dict(values), self.world))

    def act(self, operation: Callable[[Run], None]) -> None:
        run = Run.restore(self.program, self.state, self.world)
        operation(run)
        self._keep(run)

    def active(self) -> Counter[str]:
        return Counter(element for _, element in self._run.active())

    def kinds(self) -> dict[Path, str]:
        return {path: kind for path, (kind, _) in self.waits.items()}

    def token(self, path: Path) -> str:
        return str(self._change(path).token)

    def due(self, path: Path) -> None:
        """Move the clock to the time of a timer."""
        self.world.time = max(self.world.time, self._change(path).due_at)

    def _change(self, path: Path) -> Any:
        return self.waits[path][1]

    def _keep(self, run: Run) -> None:
        self.state = run.save()
        again = Run.restore(self.program, self.state, self.world)
        assert again.save() == self.state
        assert again.active() == run.active()
        self._run = run
        for change in run.changes:
            self._note(change)

    def _note(self, change: c.Change) -> None:
        if isinstance(change, c.ElementEntered):
            self._enter(change)
        elif isinstance(change, c.ElementLeft):
            self._left.add(change.token)
        elif isinstance(change, c.FlowTaken):
            self.taken[change.flow_id] += 1
        elif isinstance(change, c.WaitEnded):
            path = self._paths[change.token]
            assert self.waits.pop(path)
        elif isinstance(change, c.Ended):
            self.ended = change.how
        elif isinstance(change, c.IncidentRaised):
            raise AssertionError(f"incident at {change.element_id}: {change.en}")
        elif type(change) in KINDS:
            self._open(change)

    def _enter(self, change: c.ElementEntered) -> None:
        if change.token in self._paths:
            raise AssertionError(f"entered twice: {change.element_id}")
        prefix = self._paths[change.scope]
        self.entered[change.element_id] += 1
        self._numbers[(*prefix, (change.element_id, 0))] += 1
        number = self._numbers[(*prefix, (change.element_id, 0))]
        self._paths[change.token] = (*prefix, (change.element_id, number))
        self._scopes[change.element_id].append(change.token)
        if not prefix or prefix[-1][0] != change.element_id:
            self._last[change.element_id] = change.token

    def _open(self, change: Any) -> None:
        if change.token not in self._paths:
            event = self.diagram.elements[change.element_id]
            self._paths[change.token] = (*self._host(event), (event.id, 0))
        path = self._paths[change.token]
        assert path not in self.waits
        kind = change.kind if isinstance(change, c.Subscribed) else KINDS[type(change)]
        self.waits[path] = (kind, change)

    def _host(self, event: Element) -> Path:
        """What an event is armed beside: the activity or gateway that was entered last, the
        oldest scope where it is not yet armed."""
        if event.kind == "start":
            scope = self.diagram.elements[event.parent].parent
            return self._scope(scope, event.id) if scope else ()
        host = event.host or self.diagram.flows[event.incoming[0]].source
        return self._paths[self._last[host]]

    def _scope(self, scope: str, event: str) -> Path:
        armed = set(self._paths.values())
        rounds = self.diagram.elements[scope].rounds is not None
        for token in self._scopes[scope]:
            path = self._paths[token]
            is_round = len(path) > 1 and path[-2][0] == scope
            free = (*path, (event, 0)) not in armed
            if free and rounds == is_round and token not in self._left:
                return path
        raise AssertionError(f"no scope {scope} for {event}")


class Pair:
    """A diagram in the model and in the engine."""

    def __init__(self, diagram: Diagram, dice: random.Random) -> None:
        self.content = written(diagram)
        self.dice = dice
        parsed = parse(self.content, "random.bpmn")
        self.findings = lint(parsed, Known())
        values = {f"v_{one}": dice.randrange(10) for one in diagram.elements}
        self.tasks = list(values)
        self.game = Game(diagram, values, frozenset({OUTSIDE}))
        self.engine = Watched(diagram, compile_process(parsed, "p"), values)
        self.log: list[str] = []

    def play(self) -> None:
        """Raises AssertionError where they differ. At the end neither waits, or both do."""
        self.compare()
        while not self.game.ended and self.game.waits() and len(self.log) < MOST_STEPS:
            if self.game.active().total() > MOST_TOKENS:
                break
            self.step()
            self.compare()
        small = len(self.game.diagram.elements) <= MOST_LINTED
        if small and not self.game.ended and not self.game.waits():
            rules = {one.rule for one in self.findings}
            assert "join-deadlock" in rules, "stuck, and lint did not say that it can"

    def compare(self) -> None:
        game, engine = self.game, self.engine
        assert engine.ended == game.ended
        assert engine.kinds() == game.waits()
        assert engine.active() == game.active()
        assert engine.entered == game.entered
        assert engine.taken == game.taken

    def step(self) -> None:
        path, kind = self.dice.choice(sorted(self.game.waits().items()))
        token = self.engine.token(path)
        armed = path[-1][1] == 0
        goes_wrong = kind in ("task", "job", "call") and self.dice.randrange(6) == 0
        if goes_wrong and self.throw(path, kind, token):
            return
        self.log.append(f"{kind} {path}")
        if kind == "timer":
            self.engine.due(path)
            self.engine.act(lambda run: run.fire(token))
        elif kind in ("message", "signal"):
            self.engine.act(lambda run: run.receive(token, {}))
        else:
            values = {f"v_{path[-1][0]}": self.dice.randrange(10)}
            self.log[-1] += f" {values}"
            self.engine.act(lambda run: run.complete(token, values))
            self.game.complete(path, values)
            return
        if armed:
            self.game.happen(path)
        else:
            self.game.complete(path, {})

    def throw(self, path: Path, kind: str, token: str) -> bool:
        """Throw an error or escalation if something would catch it."""
        code = self.dice.choice([*CODES * 5, OUTSIDE])
        what = self.dice.choice(["error", "escalation"]) if kind == "call" else "error"
        if what == "error" and code != OUTSIDE and not self.game.caught(path, "error", code):
            return False
        self.log.append(f"{what} {code} at {path}")
        if what == "error":
            self.engine.act(lambda run: run.throw_error(token, code, None, {}))
        else:
            self.engine.act(lambda run: run.escalate(token, code, {}))
        self.game.throw(path, what, code)
        return True
