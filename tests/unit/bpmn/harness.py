"""Drives a Run the way the store does: a fresh Run from bytes for every operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from engine.bpmn import Program, Run, World, compile_process, parse
from engine.bpmn import changes as c
from engine.errors import NotFound
from engine.model import Binding, Json

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
T = TypeVar("T")


class Clock(World):
    """A world with a settable time, decisions given as functions, and codes that callers
    catch."""

    def __init__(
        self,
        decisions: Mapping[str, Callable[[Mapping[str, Json]], Json]] | None = None,
        catches: tuple[str, ...] = (),
    ) -> None:
        self.time = NOW
        self.decisions = dict(decisions or {})
        self.catches = catches

    def now(self) -> datetime:
        return self.time

    def decide(
        self, decision_id: str, binding: Binding, variables: dict[str, Json]
    ) -> tuple[Json, dict[str, Json]]:
        if decision_id not in self.decisions:
            raise NotFound(f"没有决策 {decision_id}。", f"No decision {decision_id}.")
        value = self.decisions[decision_id](variables)
        return value, {"decision": decision_id, "output": value}

    def catches_error(self, code: str) -> bool:
        return code in self.catches


class Bench:
    """One instance under test. After every operation the state is saved and the next one
    starts from the bytes; ``all`` are the changes of its whole life, ``new`` of the last
    operation."""

    def __init__(self, program: Program, world: World) -> None:
        self.program = program
        self.world = world
        self.state = b""
        self.all: list[c.Change] = []
        self.new: list[c.Change] = []

    def start(
        self, variables: Mapping[str, Json] | None = None, start_id: str | None = None
    ) -> Bench:
        self._keep(Run.start(self.program, variables or {}, self.world, start_id))
        return self

    def act(self, operation: Callable[[Run], None]) -> Bench:
        run = self.run()
        operation(run)
        self._keep(run)
        return self

    def run(self) -> Run:
        return Run.restore(self.program, self.state, self.world)

    def _keep(self, run: Run) -> None:
        self.new = list(run.changes)
        self.all += self.new
        self.state = run.save()
        restored = self.run()
        assert restored.save() == self.state
        assert restored.active() == run.active()
        assert restored.variables() == run.variables()

    # -- acting by element id

    def complete(self, element: str, variables: Mapping[str, Json] | None = None) -> Bench:
        return self.act(lambda run: run.complete(self.wait(element), variables or {}))

    def fire(self, element: str) -> Bench:
        """Move the clock to the timer's due time and fire it."""
        timer = self.timers()[element]
        if isinstance(self.world, Clock):
            self.world.time = max(self.world.time, timer.due_at)
        return self.act(lambda run: run.fire(timer.token))

    def receive(self, element: str, variables: Mapping[str, Json] | None = None) -> Bench:
        return self.act(lambda run: run.receive(self.wait(element), variables or {}))

    def throw(self, element: str, code: str, variables: Mapping[str, Json] | None = None) -> Bench:
        token = self.wait(element)
        return self.act(lambda run: run.throw_error(token, code, "broken", variables or {}))

    def retry(self) -> Bench:
        (incident,) = self.incidents()
        return self.act(lambda run: run.retry(incident.token))

    def set(self, values: Mapping[str, Json], token: str = "") -> Bench:
        return self.act(lambda run: run.set_variables(token, values))

    def hear(self, element: str, variables: Mapping[str, Json] | None = None) -> Bench:
        """Complete the job of a listener at an element."""
        return self.act(lambda run: run.complete(self.listener(element), variables or {}))

    def activate(self, element: str, *chosen: str, **how: bool) -> Bench:
        """The worker of an ad-hoc sub-process chooses inner elements."""
        token = self.wait(element)
        return self.act(lambda run: run.activate(token, [(one, {}) for one in chosen], {}, **how))

    def choose(self, element: str, *chosen: str, **how: bool) -> Bench:
        """Somebody activates inner elements of an ad-hoc sub-process."""
        token = self.token(element)
        return self.act(lambda run: run.choose(token, [(one, {}) for one in chosen], **how))

    # -- looking

    def token(self, element: str) -> str:
        """The token of the only (else the first) element instance that is active."""
        return next(token for token, name in self.run().active() if name == element)

    def listener(self, element: str) -> str:
        """The token of the listener's job that waits at an element."""
        return next(
            token
            for token, one in self.open().items()
            if isinstance(one, c.JobOpened) and one.listener and one.element_id == element
        )

    def task(self, element: str) -> str:
        """The token of the user task that waits at an element."""
        return next(
            token
            for token, one in self.open().items()
            if isinstance(one, c.TaskOpened) and one.element_id == element
        )

    def open(self) -> dict[str, c.Change]:
        """What waits, by token: the opening change."""
        waits: dict[str, c.Change] = {}
        for change in self.all:
            if isinstance(
                change, c.TaskOpened | c.JobOpened | c.TimerSet | c.Subscribed | c.Called
            ):
                assert change.token not in waits, f"opened twice: {change}"
                waits[change.token] = change
            elif isinstance(change, c.WaitEnded):
                del waits[change.token]
        return waits

    def wait(self, element: str) -> str:
        """The token of the only (else the first) wait at an element."""
        return next(token for token, one in self.open().items() if _element(one) == element)

    def waits(self) -> list[str]:
        """The elements that wait, sorted."""
        return sorted(_element(one) for one in self.open().values())

    def timers(self) -> dict[str, c.TimerSet]:
        return {one.element_id: one for one in self.open().values() if isinstance(one, c.TimerSet)}

    def active(self) -> list[str]:
        return sorted(element for _, element in self.run().active())

    def of(self, kind: type[T]) -> list[T]:
        """All changes of a kind so far."""
        return [change for change in self.all if isinstance(change, kind)]

    def entered(self) -> list[str]:
        return [change.element_id for change in self.of(c.ElementEntered)]

    def flows(self) -> list[str]:
        return [change.flow_id for change in self.of(c.FlowTaken)]

    def incidents(self) -> list[c.IncidentRaised]:
        """The incidents that are open."""
        found: dict[str, c.IncidentRaised] = {}
        for change in self.all:
            if isinstance(change, c.IncidentRaised):
                found[change.token] = change
            elif isinstance(change, c.IncidentCleared):
                del found[change.token]
        return list(found.values())

    def ended(self) -> c.Ended | None:
        found = self.of(c.Ended)
        assert len(found) <= 1
        if found:
            assert self.open() == {}
            assert self.incidents() == []
            assert self.all[-1] is found[0]
            self._all_left()
        return found[0] if found else None

    def _all_left(self) -> None:
        left = [change.token for change in self.of(c.ElementLeft)]
        entered = [change.token for change in self.of(c.ElementEntered)]
        assert sorted(left) == sorted(entered)

    def variables(self, element: str = "") -> dict[str, Json]:
        token = self.wait(element) if element else ""
        return self.run().variables(token)


def program(content: bytes, process_id: str = "p") -> Program:
    return compile_process(parse(content, "test.bpmn"), process_id)


def bench(content: bytes, world: World | None = None) -> Bench:
    return Bench(program(content), world or Clock())


def later(**parts: float) -> datetime:
    return NOW + timedelta(**parts)


def _element(change: Any) -> str:
    return str(change.element_id)
