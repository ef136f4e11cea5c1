"""Plays process instances in memory: takes the changes of a Run to the stage, starts called
processes, correlates messages, fires timers. What the store and the workers do on PostgreSQL."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.bpmn import Run, World
from engine.bpmn import changes as c
from engine.errors import Conflict, Invalid
from engine.model import Binding, Json
from engine.scenarios.clock import later
from engine.scenarios.coverage import Coverage
from engine.scenarios.examples import example
from engine.scenarios.library import Library
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
    Visit,
)

MOST_FIRINGS = 10_000

Act = Callable[[Run], None]


@dataclass(frozen=True, slots=True)
class JobMock:
    """How jobs of a type are answered: completed with variables, or a BPMN error thrown."""

    variables: Mapping[str, Json]
    example: bool = False
    error: tuple[str, str | None] | None = None


@dataclass(slots=True)
class Mocks:
    jobs: dict[str, JobMock] = field(default_factory=dict)
    children: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    decisions: dict[str, Mapping[str, Json]] = field(default_factory=dict)


class _World(World):
    """The world of one instance: the simulated clock and the library's decisions."""

    def __init__(self, theatre: Theatre, caller: tuple[Instance, str] | None) -> None:
        self._theatre = theatre
        self._caller = caller

    def now(self) -> datetime:
        return self._theatre.library.clock.now()

    def decide(
        self, decision_id: str, binding: Binding, variables: dict[str, Json]
    ) -> tuple[Json, dict[str, Json]]:
        return self._theatre.decide(decision_id, variables)

    def catches_error(self, code: str) -> bool:
        caller = self._caller
        while caller is not None:
            instance, token = caller
            element_id = _visit(instance, token).element_id
            if instance.program.catches_error(element_id, code):
                return True
            caller = instance.caller
        return False


class Theatre:
    """One test case's play. Every public operation goes on until everything waits and nothing
    is due at the present moment."""

    def __init__(self, library: Library, coverage: Coverage) -> None:
        self.library = library
        self.coverage = coverage
        self.stage = Stage()
        self.mocks = Mocks()
        self._work: deque[Callable[[], None]] = deque()

    def start(
        self, process_id: str, variables: Mapping[str, Json], start_id: str | None = None
    ) -> Instance:
        instance = self._begin(process_id, variables, None, start_id)
        self._settle()
        return instance

    def act(self, instance: Instance, act: Act) -> None:
        """Do something to an instance and follow what comes of it."""
        self._step(instance, act)
        self._settle()

    def mock_job(self, job_type: str, mock: JobMock) -> None:
        """Answer the jobs of a type so, the open ones at once."""
        self.mocks.jobs[job_type] = mock
        self._settle()

    def decide(
        self, decision_id: str, variables: Mapping[str, Json]
    ) -> tuple[Json, dict[str, Json]]:
        mocked = self.mocks.decisions.get(decision_id)
        if mocked is not None:
            value: Json = dict(mocked)
            record: dict[str, Json] = {"decision": decision_id, "output": value, "rules": []}
        else:
            value, record = self.library.decide(decision_id, variables)
        self._remember(record)
        return value, record

    def publish(
        self, name: str, key: str, variables: Mapping[str, Json], until: datetime,
        message_id: str | None = None,
    ) -> int:
        """Correlate a message, once per instance; how many instances got it at once. What is
        alive after that waits for later subscriptions until ``until``."""
        if message_id is not None:
            identity = (name, key, message_id)
            if identity in self.stage.message_ids:
                raise Conflict(
                    f"消息 {name} 的编号 {message_id} 已经用过。",
                    f"The message id {message_id} of {name} is already used.",
                )
            self.stage.message_ids.add(identity)
        reached = self._send(Message(name, key, dict(variables), until))
        self._settle()
        return reached

    def move_clock(self, moment: datetime) -> None:
        """Go to ``moment``, firing on the way what becomes due, each at its time."""
        clock = self.library.clock
        while True:
            due = [timer for timer in self.stage.timers if timer.due_at <= moment]
            if not due:
                break
            timer = min(due, key=lambda one: one.due_at)
            clock.set(max(clock.now(), timer.due_at))
            self._fire(timer)
            self._settle()
        clock.set(moment)

    # -- one step of one instance

    def _begin(
        self, process_id: str, variables: Mapping[str, Json],
        caller: tuple[Instance, str] | None, start_id: str | None = None,
    ) -> Instance:
        program = self.library.program(process_id)
        instance = Instance(len(self.stage.instances) + 1, program, caller)
        self.stage.instances.append(instance)
        run = Run.start(program, variables, _World(self, caller), start_id)
        self._take(instance, run)
        return instance

    def _step(self, instance: Instance, act: Act) -> None:
        """Restored from its saved state at every step, as on the database."""
        run = Run.restore(instance.program, instance.saved, _World(self, instance.caller))
        act(run)
        self._take(instance, run)

    def _take(self, instance: Instance, run: Run) -> None:
        instance.saved = run.save()
        for change in run.changes:
            taker = _TAKERS.get(type(change))
            if taker is not None:
                taker(self, instance, change)

    def _settle(self) -> None:
        for _ in range(MOST_FIRINGS):
            if self._work:
                self._work.popleft()()
            elif not self._answer_job() and not self._fire_due():
                return
        raise Invalid(
            f"连续触发超过 {MOST_FIRINGS} 次仍未停下，流程里有不等待的循环。",
            f"More than {MOST_FIRINGS} steps without coming to rest: a loop that never waits.",
        )

    def _fire_due(self) -> bool:
        now = self.library.clock.now()
        due = next((timer for timer in self.stage.timers if timer.due_at <= now), None)
        if due is not None:
            self._fire(due)
        return due is not None

    def _fire(self, timer: Timer) -> None:
        self.stage.timers.remove(timer)
        self._step(timer.instance, lambda run: run.fire(timer.token))

    def _answer_job(self) -> bool:
        for job in self.stage.jobs:
            mock = self.mocks.jobs.get(job.opened.type) if job.state == "open" else None
            if mock is not None:
                self.answer(job, mock)
                return True
        return False

    def answer(self, job: Job, mock: JobMock) -> None:
        """Do a job as the mock says."""
        token, variables = job.opened.token, mock.variables
        if mock.example:
            variables = example(job.instance, job.opened.element_id)
        if mock.error is None:
            self._step(job.instance, lambda run: run.complete(token, variables))
            return
        code, message = mock.error
        self._step(job.instance, lambda run: run.throw_error(token, code, message, variables))

    # -- messages

    def _send(self, message: Message) -> int:
        for subscription in list(self.stage.subscriptions):
            self._correlate(message, subscription)
        started = self._message_starts(message)
        if message.until > self.library.clock.now():
            self.stage.messages.append(message)
        return len(message.seen) + started

    def _correlate(self, message: Message, subscription: Subscription) -> bool:
        opened, instance = subscription.opened, subscription.instance
        if (
            subscription.state != "open" or instance.number in message.seen
            or (opened.message, opened.correlation_key) != (message.name, message.key)
        ):
            return False
        message.seen.add(instance.number)
        subscription.correlated += 1
        self._step(instance, lambda run: run.receive(opened.token, message.variables))
        return True

    def _message_starts(self, message: Message) -> int:
        found = [
            (process_id, start.id)
            for process_id, program in self.library.programs.items()
            for start in program.process.starts
            if start.kind == "message" and start.message == message.name
        ]
        for process_id, start_id in found:
            self._begin(process_id, message.variables, None, start_id)
        return len(found)

    # -- what a step changed

    def _entered(self, instance: Instance, change: c.ElementEntered) -> None:
        name = instance.element_name(change.element_id)
        instance.visits.append(Visit(change.token, change.element_id, name))
        self.coverage.entered(instance.process_id, change.element_id)

    def _left(self, instance: Instance, change: c.ElementLeft) -> None:
        for visit in instance.visits:
            if visit.token == change.token and visit.state == "active":
                instance.end_visit(
                    visit, "completed" if change.how == "completed" else "terminated"
                )

    def _flow(self, instance: Instance, change: c.FlowTaken) -> None:
        self.coverage.taken(instance.process_id, change.flow_id)

    def _task(self, instance: Instance, change: c.TaskOpened) -> None:
        self.stage.tasks.append(Task(instance, change))

    def _job(self, instance: Instance, change: c.JobOpened) -> None:
        self.stage.jobs.append(Job(instance, change))

    def _timer(self, instance: Instance, change: c.TimerSet) -> None:
        self.stage.timers.append(Timer(instance, change.token, change.due_at))

    def _subscribed(self, instance: Instance, change: c.Subscribed) -> None:
        subscription = Subscription(instance, change)
        self.stage.subscriptions.append(subscription)
        now = self.library.clock.now()

        def find() -> None:
            alive = [message for message in self.stage.messages if message.until > now]
            any(self._correlate(message, subscription) for message in alive)

        self._work.append(find)

    def _called(self, instance: Instance, change: c.Called) -> None:
        call = Call(instance, change.token)
        self.stage.calls.append(call)
        mocked = self.mocks.children.get(change.process_id)

        def begin() -> None:
            if call not in self.stage.calls:
                return
            if mocked is not None:
                self._step(instance, lambda run: run.complete(change.token, mocked))
            elif change.process_id not in self.library.programs:
                zh, en = f"没有流程 {change.process_id}。", f"No process {change.process_id}."
                self._step(
                    instance, lambda run: run.fail(change.token, "CALLED_ELEMENT_ERROR", zh, en)
                )
            else:
                caller = (instance, change.token)
                call.child = self._begin(change.process_id, change.variables, caller)

        self._work.append(begin)

    def _wait_ended(self, instance: Instance, change: c.WaitEnded) -> None:
        stage = self.stage
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
                self._step(child, lambda run: run.terminate())

    def _published(self, instance: Instance, change: c.Published) -> None:
        until = later(self.library.clock.now(), f"PT{change.time_to_live_s}S")
        message = Message(change.message, change.correlation_key, change.variables, until)

        def send() -> None:
            self._send(message)

        self._work.append(send)

    def _variables(self, instance: Instance, change: c.VariablesChanged) -> None:
        instance.scopes.setdefault(change.scope, {}).update(change.values)

    def _incident(self, instance: Instance, change: c.IncidentRaised) -> None:
        self.stage.incidents.append(
            Incident(instance, change.token, change.element_id, change.kind, change.zh)
        )

    def _cleared(self, instance: Instance, change: c.IncidentCleared) -> None:
        self.stage.incidents[:] = [
            one for one in self.stage.incidents
            if one.instance is not instance or one.token != change.token
        ]

    def _ended(self, instance: Instance, change: c.Ended) -> None:
        instance.state = "completed" if change.how == "completed" else "terminated"
        instance.scopes[""] = dict(change.variables)
        for visit in instance.visits:
            if visit.state == "active":
                instance.end_visit(visit, "terminated")
        self._work.append(lambda: self._report(instance, change))

    def _report(self, instance: Instance, change: c.Ended) -> None:
        """Tell the caller, unless it no longer waits."""
        call = next((one for one in self.stage.calls if one.child is instance), None)
        if call is None or change.how == "terminated":
            return
        values, code, message = change.variables, change.error_code or "", change.error_message
        if change.how == "completed":
            self._step(call.instance, lambda run: run.complete(call.token, values))
        else:
            self._step(
                call.instance, lambda run: run.throw_error(call.token, code, message, values)
            )

    def _escalated(self, instance: Instance, change: c.Escalated) -> None:
        def tell() -> None:
            call = next((one for one in self.stage.calls if one.child is instance), None)
            if call is not None:
                code, values = change.code, change.variables
                self._step(call.instance, lambda run: run.escalate(call.token, code, values))

        self._work.append(tell)

    def _remember(self, record: dict[str, Json]) -> None:
        for required in record.get("required") or []:
            self._remember(required)
        self.stage.decisions.append(record)


_TAKERS: dict[type, Callable[[Theatre, Instance, Any], None]] = {
    c.ElementEntered: Theatre._entered,
    c.ElementLeft: Theatre._left,
    c.FlowTaken: Theatre._flow,
    c.TaskOpened: Theatre._task,
    c.JobOpened: Theatre._job,
    c.TimerSet: Theatre._timer,
    c.Subscribed: Theatre._subscribed,
    c.Called: Theatre._called,
    c.WaitEnded: Theatre._wait_ended,
    c.Published: Theatre._published,
    c.VariablesChanged: Theatre._variables,
    c.IncidentRaised: Theatre._incident,
    c.IncidentCleared: Theatre._cleared,
    c.Ended: Theatre._ended,
    c.Escalated: Theatre._escalated,
}


def _visit(instance: Instance, token: str) -> Visit:
    return next(visit for visit in instance.visits if visit.token == token)
