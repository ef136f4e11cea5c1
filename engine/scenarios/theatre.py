"""Plays process instances in memory: steps them, starts called processes, correlates messages
and signals, fires timers. What the store and the workers do on PostgreSQL."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from engine.bpmn import Program, Run, World
from engine.errors import Conflict, Invalid
from engine.model import Binding, Json
from engine.scenarios import starts
from engine.scenarios.coverage import Coverage
from engine.scenarios.examples import example
from engine.scenarios.library import Library
from engine.scenarios.mocks import JobMock, Mocks, child
from engine.scenarios.stage import Instance, Job, Message, Stage, StartTimer, Subscription, Timer
from engine.scenarios.taking import Taker

MOST_FIRINGS = 10_000

Act = Callable[[Run], None]


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
            if instance.program.catches_error(instance.by_token[token].element_id, code):
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
        self.work: deque[Callable[[], None]] = deque()
        self._taker = Taker(self)
        self._deployed = False

    def deploy(self) -> None:
        """From now on the timers of start events run, as if the files were deployed here. Only
        a clock that is set before anything else goes before it."""
        if not self._deployed:
            self._deployed = True
            now = self.library.clock.now()
            self.stage.start_timers.extend(starts.timers(self.library, now))

    def start(
        self, process_id: str, variables: Mapping[str, Json],
        at: Sequence[str] = (), halt_after: Sequence[str] = (),
    ) -> Instance:
        """Start a process: at its plain start event, at the one start event named, or at these
        elements. It is terminated when an element of ``halt_after`` is over."""
        self.deploy()
        instance = self._started(process_id, variables, at, halt_after)
        self._settle()
        return instance

    def act(self, instance: Instance, act: Act) -> None:
        """Do something to an instance and follow what comes of it."""
        self.step(instance, act)
        self._settle()

    def mock_job(self, job_type: str, mock: JobMock) -> None:
        """Answer the jobs of a type so, the open ones at once."""
        self.mocks.jobs[job_type] = mock
        self._settle()

    def mock_child(self, process_id: str, variables: Mapping[str, Json]) -> None:
        """From now on the process ends at once with these variables."""
        self.mocks.children[process_id] = child(process_id, variables)

    def decide(
        self, decision_id: str, variables: Mapping[str, Json]
    ) -> tuple[Json, dict[str, Json]]:
        mocked = self.mocks.decisions.get(decision_id)
        if mocked is not None:
            model = self.library.decisions.get(decision_id)
            name = model.decisions[decision_id].name if model is not None else decision_id
            value: Json = dict(mocked)
            record: dict[str, Json] = {
                "decision": decision_id, "name": name, "output": value, "rules": [],
            }
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
        self.deploy()
        if message_id is not None:
            identity = (name, key, message_id)
            if identity in self.stage.message_ids:
                raise Conflict(
                    f"消息 {name} 的编号 {message_id} 已经用过。",
                    f"The message id {message_id} of {name} is already used.",
                )
            self.stage.message_ids.add(identity)
        reached = self.send(Message(name, key, dict(variables), until))
        self._settle()
        return reached

    def broadcast(self, signal: str, variables: Mapping[str, Json]) -> None:
        """Give a signal to all that wait for it now, and to the start events of its name."""
        self.deploy()
        self.signal(signal, variables, self.stage.hearing(signal))
        self._settle()

    def start_where_true(self, variables: Mapping[str, Json]) -> None:
        """Start each process with a conditional start event that is true of the variables."""
        self.deploy()
        for process_id, start_id in list(starts.for_variables(self.library, variables)):
            if process_id not in self.mocks.children:
                self.begin(process_id, variables, None, start_id)
        self._settle()

    def move_clock(self, moment: datetime) -> None:
        """Go to ``moment``, firing on the way what becomes due, each at its time."""
        clock = self.library.clock
        for _ in range(MOST_FIRINGS):
            due = [one for one in self._timers() if one.due_at <= moment]
            if not due:
                clock.set(moment)
                return
            timer = min(due, key=lambda one: one.due_at)
            clock.set(max(clock.now(), timer.due_at))
            self._fire(timer)
            self._settle()
        raise _endless()

    # -- one step of one instance

    def begin(
        self, process_id: str, variables: Mapping[str, Json],
        caller: tuple[Instance, str] | None, start_id: str | None = None,
        start_key: tuple[str, str] | None = None,
    ) -> Instance:
        mock = self.mocks.children.get(process_id)
        program = self.library.program(process_id) if mock is None else mock.program
        if mock is not None:
            variables, start_id = {**variables, **mock.variables}, None
        instance = self._new(program, caller, mocked=mock is not None)
        instance.start_key = start_key
        run = Run.start(program, variables, _World(self, caller), start_id)
        self._taker.take(instance, run)
        return instance

    def step(self, instance: Instance, act: Act) -> None:
        """Restored from its saved state at every step, as on the database."""
        run = Run.restore(instance.program, instance.saved, _World(self, instance.caller))
        act(run)
        self._taker.take(instance, run)

    def _started(
        self, process_id: str, variables: Mapping[str, Json], at: Sequence[str],
        halt_after: Sequence[str],
    ) -> Instance:
        if process_id in self.mocks.children:
            return self.begin(process_id, variables, None)
        program = self.library.program(process_id)
        named = next((one.id for one in program.process.starts if [one.id] == list(at)), None)
        instance = self._new(program, None, mocked=False)
        run = Run.start(
            program, variables, _World(self, None), named,
            at=() if named else at, halt_after=halt_after,
        )
        self._taker.take(instance, run)
        return instance

    def _new(
        self, program: Program, caller: tuple[Instance, str] | None, *, mocked: bool
    ) -> Instance:
        instance = Instance(len(self.stage.instances) + 1, program, caller, mocked)
        self.stage.instances.append(instance)
        return instance

    def _settle(self) -> None:
        for _ in range(MOST_FIRINGS):
            if self.work:
                self.work.popleft()()
            elif not (self._answer_job() or self._fire_due() or self._start_held()):
                return
        raise _endless()

    def _timers(self) -> list[Timer | StartTimer]:
        return [*self.stage.timers, *self.stage.start_timers]

    def _fire_due(self) -> bool:
        now = self.library.clock.now()
        due = next((timer for timer in self._timers() if timer.due_at <= now), None)
        if due is not None:
            self._fire(due)
        return due is not None

    def _fire(self, timer: Timer | StartTimer) -> None:
        if isinstance(timer, Timer):
            self.stage.timers.remove(timer)
            self.step(timer.instance, lambda run: run.fire(timer.token))
            return
        self.stage.start_timers.remove(timer)
        following = starts.following(self.library, timer, self.library.clock.now())
        if following is not None:
            self.stage.start_timers.append(following)
        if timer.process_id not in self.mocks.children:
            self.begin(timer.process_id, {}, None, timer.start_id)

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
            self.step(job.instance, lambda run: run.complete(token, variables))
            return
        code, message = mock.error
        self.step(job.instance, lambda run: run.throw_error(token, code, message, variables))

    # -- messages and signals

    def send(self, message: Message) -> int:
        for subscription in list(self.stage.subscriptions):
            self.correlate(message, subscription)
        found = [
            one for one in starts.for_message(self.library, message.name)
            if one[0] not in self.mocks.children
        ]
        for one in found:
            self._start(message, *one)
        if message.until > self.library.clock.now():
            self.stage.messages.append(message)
        return len(message.reached)

    def _start(self, message: Message, process_id: str, start_id: str) -> bool:
        """Start a process by a message that has not reached it, unless one of its key is
        running: it then waits (engine.message_starts)."""
        if process_id in message.reached:
            return False
        start_key = (process_id, message.key) if message.key else None
        running = None if start_key is None else self.stage.running(start_key)
        if running is not None:
            message.held.append((process_id, start_id))
            return False
        message.reached.add(process_id)
        self.begin(process_id, message.variables, None, start_id, start_key)
        return True

    def _start_held(self) -> bool:
        now = self.library.clock.now()
        for message in self.stage.messages:
            for process_id, start_id in message.held:
                if process_id in message.reached:
                    message.held.remove((process_id, start_id))
                    return True
                running = self.stage.running((process_id, message.key))
                if running is None and message.until > now:
                    message.held.remove((process_id, start_id))
                    return self._start(message, process_id, start_id)
        return False

    def correlate(self, message: Message, subscription: Subscription) -> bool:
        opened, instance = subscription.opened, subscription.instance
        if (
            subscription.state != "open" or opened.kind != "message"
            or instance.process_id in message.reached
            or (opened.message, opened.correlation_key) != (message.name, message.key)
        ):
            return False
        message.reached.add(instance.process_id)
        self._receive(subscription, message.variables)
        return True

    def signal(
        self, name: str, variables: Mapping[str, Json], heard: Sequence[Subscription]
    ) -> None:
        for one in heard:
            if one.state == "open":
                self._receive(one, variables)
        for process_id, start_id in list(starts.for_signal(self.library, name)):
            if process_id not in self.mocks.children:
                self.begin(process_id, variables, None, start_id)

    def _receive(self, subscription: Subscription, variables: Mapping[str, Json]) -> None:
        subscription.correlated += 1
        token = subscription.opened.token
        self.step(subscription.instance, lambda run: run.receive(token, variables))

    def _remember(self, record: dict[str, Json]) -> None:
        for required in record.get("required") or []:
            self._remember(required)
        self.stage.decisions.append(record)


def _endless() -> Invalid:
    return Invalid(
        f"连续触发超过 {MOST_FIRINGS} 次仍未停下，流程里有不等待的循环，或定时间隔太短。",
        f"More than {MOST_FIRINGS} steps without coming to rest: a loop that never waits, or a "
        "timer that repeats too often.",
    )
