"""Takes the changes of a step to the stage."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from engine.bpmn import Run
from engine.bpmn import changes as c
from engine.model import Json
from engine.scenarios.clock import later
from engine.scenarios.coverage import Coverage
from engine.scenarios.library import Library
from engine.scenarios.mocks import Mocks
from engine.scenarios.stage import (
    Call,
    Incident,
    Instance,
    Job,
    Message,
    Stage,
    Subscription,
    Task,
    Timer,
)


class Director(Protocol):
    """What the changes of one instance need to set off others; the theatre is one."""

    library: Library
    coverage: Coverage
    stage: Stage
    mocks: Mocks
    work: deque[Callable[[], None]]

    def begin(
        self, process_id: str, variables: Mapping[str, Json],
        caller: tuple[Instance, str] | None, start_id: str | None = None,
    ) -> Instance: ...

    def step(self, instance: Instance, act: Callable[[Run], None]) -> None: ...

    def send(self, message: Message) -> int: ...

    def correlate(self, message: Message, subscription: Subscription) -> bool: ...

    def signal(
        self, name: str, variables: Mapping[str, Json], heard: Sequence[Subscription]
    ) -> None: ...


class Taker:
    """What follows in other instances is put off until the step is over (``Director.work``)."""

    def __init__(self, theatre: Director) -> None:
        self._theatre = theatre
        self._stage = theatre.stage

    def take(self, instance: Instance, run: Run) -> None:
        instance.saved = run.save()
        for change in run.changes:
            taker = _TAKERS.get(type(change))
            if taker is not None:
                taker(self, instance, change)

    def _entered(self, instance: Instance, change: c.ElementEntered) -> None:
        instance.enter(change.token, change.element_id)
        if not instance.mocked:
            key = (instance.program.filename, instance.process_id)
            self._theatre.coverage.entered(key, change.element_id)

    def _left(self, instance: Instance, change: c.ElementLeft) -> None:
        instance.leave(change.token, "completed" if change.how == "completed" else "terminated")

    def _flow(self, instance: Instance, change: c.FlowTaken) -> None:
        if not instance.mocked:
            key = (instance.program.filename, instance.process_id)
            self._theatre.coverage.taken(key, change.flow_id)

    def _task(self, instance: Instance, change: c.TaskOpened) -> None:
        self._stage.tasks.append(Task(instance, change))

    def _task_changed(self, instance: Instance, change: c.TaskChange) -> None:
        for task in self._stage.tasks:
            if task.instance is instance and task.opened.token == change.token:
                task.opened = replace(task.opened, **change.values)

    def _task_moved(self, instance: Instance, change: c.TaskMoved) -> None:
        for task in self._stage.tasks:
            if task.instance is instance and task.opened.token == change.token:
                task.opened = replace(task.opened, due_at=change.due_at)

    def _handed_down(self, instance: Instance, change: c.HandedDown) -> None:
        def tell() -> None:
            for call in list(self._stage.calls):
                child = call.child if call.instance is instance else None
                if child is not None and child.state == "active":
                    self._theatre.step(child, lambda run: run.heed(change.values))

        self._theatre.work.append(tell)

    def _job(self, instance: Instance, change: c.JobOpened) -> None:
        self._stage.jobs.append(Job(instance, change))

    def _timer(self, instance: Instance, change: c.TimerSet) -> None:
        self._stage.timers.append(Timer(instance, change.token, change.due_at))

    def _subscribed(self, instance: Instance, change: c.Subscribed) -> None:
        subscription = Subscription(instance, change)
        self._stage.subscriptions.append(subscription)
        now = self._theatre.library.clock.now()

        def find() -> None:
            alive = [message for message in self._stage.messages if message.until > now]
            any(self._theatre.correlate(message, subscription) for message in alive)

        self._theatre.work.append(find)

    def _called(self, instance: Instance, change: c.Called) -> None:
        theatre = self._theatre
        call = Call(instance, change.token)
        self._stage.calls.append(call)

        def begin() -> None:
            if call not in self._stage.calls:
                return
            known = change.process_id in theatre.library.diagrams
            if known or change.process_id in theatre.mocks.children:
                caller = (instance, change.token)
                call.child = theatre.begin(change.process_id, change.variables, caller)
                return
            zh, en = f"没有流程 {change.process_id}。", f"No process {change.process_id}."
            theatre.step(
                instance, lambda run: run.fail(change.token, "CALLED_ELEMENT_ERROR", zh, en)
            )

        theatre.work.append(begin)

    def _wait_ended(self, instance: Instance, change: c.WaitEnded) -> None:
        stage = self._stage
        waits: list[Task | Job | Subscription] = [
            *stage.tasks, *stage.jobs, *stage.subscriptions,
        ]
        for wait in waits:
            if wait.instance is instance and wait.opened.token == change.token:
                wait.state = change.how if wait.state == "open" else wait.state
        stage.timers[:] = [
            t for t in stage.timers if t.instance is not instance or t.token != change.token
        ]
        for call in [
            x for x in stage.calls if x.instance is instance and x.token == change.token
        ]:
            stage.calls.remove(call)
            child = call.child
            if change.how == "cancelled" and child is not None and child.state == "active":
                self._theatre.step(child, lambda run: run.terminate())

    def _published(self, instance: Instance, change: c.Published) -> None:
        theatre = self._theatre
        until = later(theatre.library.clock.now(), f"PT{change.time_to_live_s}S")
        message = Message(change.message, change.correlation_key, change.variables, until)

        def send() -> None:
            theatre.send(message)

        theatre.work.append(send)

    def _broadcast(self, instance: Instance, change: c.Broadcast) -> None:
        """Only who waits at this moment hears it, not who begins to wait after it."""
        theatre = self._theatre
        heard = self._stage.hearing(change.signal)
        theatre.work.append(lambda: theatre.signal(change.signal, change.variables, heard))

    def _variables(self, instance: Instance, change: c.VariablesChanged) -> None:
        instance.scopes.setdefault(change.scope, {}).update(change.values)

    def _incident(self, instance: Instance, change: c.IncidentRaised) -> None:
        self._stage.incidents.append(
            Incident(instance, change.token, change.element_id, change.kind, change.zh)
        )

    def _cleared(self, instance: Instance, change: c.IncidentCleared) -> None:
        self._stage.incidents[:] = [
            one for one in self._stage.incidents
            if one.instance is not instance or one.token != change.token
        ]

    def _ended(self, instance: Instance, change: c.Ended) -> None:
        instance.state = "completed" if change.how == "completed" else "terminated"
        instance.scopes[""] = dict(change.variables)
        for visit in instance.visits:
            instance.leave(visit.token, "terminated")
        self._theatre.work.append(lambda: self._report(instance, change))

    def _report(self, instance: Instance, change: c.Ended) -> None:
        """Tell the caller, unless it no longer waits."""
        call = self._call_of(instance)
        if call is None or change.how == "terminated":
            return
        step, token = self._theatre.step, call.token
        values, code, message = change.variables, change.error_code or "", change.error_message
        if change.how == "completed":
            step(call.instance, lambda run: run.complete(token, values))
        else:
            step(call.instance, lambda run: run.throw_error(token, code, message, values))

    def _escalated(self, instance: Instance, change: c.Escalated) -> None:
        def tell() -> None:
            call = self._call_of(instance)
            if call is not None:
                token, code, values = call.token, change.code, change.variables
                self._theatre.step(call.instance, lambda run: run.escalate(token, code, values))

        self._theatre.work.append(tell)

    def _call_of(self, child: Instance) -> Call | None:
        return next((one for one in self._stage.calls if one.child is child), None)


_TAKERS: dict[type, Callable[[Taker, Instance, Any], None]] = {
    c.ElementEntered: Taker._entered,
    c.ElementLeft: Taker._left,
    c.FlowTaken: Taker._flow,
    c.TaskOpened: Taker._task,
    c.TaskChange: Taker._task_changed,
    c.TaskMoved: Taker._task_moved,
    c.HandedDown: Taker._handed_down,
    c.JobOpened: Taker._job,
    c.TimerSet: Taker._timer,
    c.Subscribed: Taker._subscribed,
    c.Called: Taker._called,
    c.WaitEnded: Taker._wait_ended,
    c.Published: Taker._published,
    c.Broadcast: Taker._broadcast,
    c.VariablesChanged: Taker._variables,
    c.IncidentRaised: Taker._incident,
    c.IncidentCleared: Taker._cleared,
    c.Ended: Taker._ended,
    c.Escalated: Taker._escalated,
}
