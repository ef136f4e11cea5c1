"""An instance of the engine, seen from outside: what waits, what it was given, where the tokens
are and which variables they see, all named by paths like the model's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson

from engine.bpmn import Program, Run
from engine.bpmn import changes as c
from tests.properties.board import Path, Value, Values
from tests.properties.generator import OUTSIDE
from tests.unit.bpmn.harness import Clock

KINDS = {
    c.TaskOpened: "task", c.JobOpened: "job", c.Called: "call", c.TimerSet: "timer",
}  # fmt: skip


class Watched:
    """It is saved and restored after every operation."""

    def __init__(self, program: Program, values: Values) -> None:
        self.program = program
        self.world = Clock(catches=(OUTSIDE,))
        self.waits: dict[Path, tuple[str, c.Change]] = {}
        self.entered: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.thrown: list[tuple[str, Values]] = []
        self.ended = ""
        self.incidents: set[Path] = set()
        self._inside: set[str] = set()
        """What has been entered and not left."""
        self._open: dict[str, tuple[str, Any]] = {}
        self._held: dict[str, c.IncidentRaised] = {}
        self._paths: dict[str, Path] = {"": ()}
        self._numbers: Counter[Path] = Counter()
        self._keep(Run.start(program, dict(values), self.world))

    def act(self, operation: Callable[[Run], None]) -> None:
        run = self.run()
        operation(run)
        self._keep(run)

    def run(self) -> Run:
        return Run.restore(self.program, self.state, self.world)

    def active(self) -> Counter[str]:
        return Counter(element for _, element in self._run.active())

    def kinds(self) -> dict[Path, str]:
        return {path: kind for path, (kind, _) in self.waits.items()}

    def views(self) -> dict[Path, Values]:
        """Tokens that wait at a join have entered nothing and see nothing."""
        tokens = [token for token, _ in self._run.active() if token in self._paths]
        return {self._paths[token]: _plain(self._run.variables(token)) for token in tokens}

    def values(self) -> Values:
        return _plain(self._run.variables())

    def given(self) -> dict[Path, Values]:
        return {
            path: _plain(change.variables)
            for path, (kind, change) in self.waits.items()
            if kind in ("job", "call") and isinstance(change, c.JobOpened | c.Called)
        }

    def token(self, path: Path) -> str:
        return str(self._change(path).token)

    def scope(self, path: Path | None) -> str:
        """The token that entered the element of a path; None is the process."""
        return next(one for one, known in self._paths.items() if known == (path or ()))

    def due(self, path: Path) -> None:
        """Move the clock to the time of a timer."""
        self.world.time = max(self.world.time, self._change(path).due_at)

    def _change(self, path: Path) -> Any:
        return self.waits[path][1]

    # -- following

    def _keep(self, run: Run) -> None:
        self.state = run.save()
        again = self.run()
        assert again.save() == self.state
        assert again.active() == run.active()
        self._run = run
        for change in run.changes:
            self._note(change)
        saved = orjson.loads(self.state)
        self._name(saved)
        self.waits = {self._paths[token]: wait for token, wait in self._open.items()}
        for token, raised in self._held.items():
            self.waits[self._paths[token]] = ("incident", raised)
        if self.ended:
            assert not self.waits, "the end leaves something waiting"
            assert not self._inside, "the end leaves something entered"
            assert not saved["locals"], "variables outlive their scope"

    def _note(self, change: c.Change) -> None:
        assert not self.ended, "something happens after the end"
        if isinstance(change, c.ElementEntered):
            self._enter(change)
        elif isinstance(change, c.ElementLeft):
            self._inside.remove(change.token)
        elif isinstance(change, c.FlowTaken):
            self.taken[change.flow_id] += 1
        elif isinstance(change, c.WaitEnded):
            del self._open[change.token]
        elif isinstance(change, c.IncidentRaised):
            assert change.kind == "UNHANDLED_ERROR_EVENT", change.en
            self._held[change.token] = change
        elif isinstance(change, c.IncidentCleared):
            del self._held[change.token]
        elif isinstance(change, c.Published | c.Broadcast):
            self.thrown.append((change.element_id, _plain(change.variables)))
        elif isinstance(change, c.Ended):
            self.ended = change.how
            assert change.variables == self._run.variables()
        elif isinstance(change, c.Subscribed):
            self._wait(change, change.kind)
        elif type(change) in KINDS:
            listens = isinstance(change, c.JobOpened) and change.listener
            self._wait(change, "listener" if listens else KINDS[type(change)])

    def _wait(self, change: Any, kind: str) -> None:
        assert change.token not in self._open, f"opened twice: {change}"
        self._open[change.token] = (kind, change)

    def _enter(self, change: c.ElementEntered) -> None:
        assert change.token not in self._paths, f"entered twice: {change.element_id}"
        prefix = self._paths[change.scope]
        self.entered[change.element_id] += 1
        self._inside.add(change.token)
        self._numbers[(*prefix, (change.element_id, 0))] += 1
        number = self._numbers[(*prefix, (change.element_id, 0))]
        self._paths[change.token] = (*prefix, (change.element_id, number))

    def _name(self, saved: dict[str, Any]) -> None:
        """Events and listeners that are armed are named after what they are armed beside."""
        self._beside("", saved["tokens"])
        for owner, tokens, *_ in saved["inside"]:
            self._beside(owner, tokens)

    def _beside(self, owner: str, tokens: list[list[Any]]) -> None:
        for token, name, data in tokens:
            asks = "host" in data or "event" in data
            if not asks or token in self._paths:
                continue
            beside = self._paths[data.get("host") or owner]
            self._paths[token] = (*beside, (_armed(name, data), 0))


def _armed(name: str, data: dict[str, Any]) -> str:
    """What is armed: an event, or a listener's job; of a task that is gone if it keeps what that
    saw."""
    if "event" in data:
        return f"{data['event']} listener"
    return "canceling listener" if "view" in data else name.split("#")[0]


def _plain(values: dict[str, Any]) -> Values:
    """What the worker of an ad-hoc sub-process is told becomes the ids of the elements."""
    return {name: _ids(value) for name, value in values.items()}


def _ids(value: Any) -> Value:
    if isinstance(value, list):
        return [_ids(one) for one in value]
    made: Value = value["elementId"] if isinstance(value, dict) else value
    return made
