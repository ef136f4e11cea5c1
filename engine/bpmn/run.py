"""One process instance in motion: start or restore, act, read the changes, save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.bpmn import placing
from engine.bpmn.changes import Change
from engine.bpmn.adhoc import AdHocSubProcess
from engine.bpmn.ears import Asking
from engine.bpmn.expressions import Trouble, variables_of
from engine.bpmn.listening import abandon, deny
from engine.bpmn.moving import heed, move
from engine.bpmn.nodes import is_listener
from engine.bpmn.program import Program
from engine.bpmn.scopes import Scopes
from engine.bpmn.state import load, save
from engine.bpmn.throwing import catcher, escalate, throw_error, uncaught
from engine.bpmn.user_tasks import UserTask
from engine.bpmn.workflow import Instance, token_of
from engine.bpmn.world import World
from engine.errors import Conflict, Invalid
from engine.model import Json


class Run:
    """Every operation goes on until everything waits, and appends to ``changes``.

    An operation on a token that is unknown, finished or waits for something else raises
    Conflict and changes nothing; variables that are not JSON raise Invalid and change
    nothing. Use one Run in one thread."""

    def __init__(self, program: Program, instance: Instance) -> None:
        self.program = program
        self._instance = instance

    @classmethod
    def start(
        cls,
        program: Program,
        variables: Mapping[str, Json],
        world: World,
        start_id: str | None = None,
        *,
        at: Sequence[str] = (),
        halt_after: Sequence[str] = (),
    ) -> Run:
        """Begin a new instance at a start event (None: the plain one). The variables are the
        process's; at a message start they pass through the start event's output mappings.
        ``at``: begin at these elements instead, sub-processes around them entered; the instance
        is terminated when an element of ``halt_after`` is over. Raises NotFound and Invalid."""
        inside = placing.places(program.process, at)
        instance = Instance(program.spec, program.subs, Scopes(), world)
        instance.halts = placing.known(program.process, halt_after)
        values = variables_of(variables)
        node = None if inside else program.start_node(start_id)
        later = values if node is not None and node.output_mappings else {}
        if not later:
            instance.put("", values)
        threshold = program.spec.threshold
        if threshold is not None and "start" in threshold.asked:
            begin = {"at": inside} if node is None else {"begin": node.name, "values": later}
            instance.spawn(threshold, {"event": "start", **begin})
        elif node is None:
            placing.set_down(instance, inside)
        else:
            instance.spawn(node, {"result": later} if later else {})
        instance.do_engine_steps()
        return cls(program, instance)

    @classmethod
    def restore(cls, program: Program, state: bytes, world: World) -> Run:
        """Go on with a saved instance. Raises Invalid if the state is not of this program."""
        return cls(program, load(program, state, world))

    @property
    def changes(self) -> list[Change]:
        """What happened since start or restore, in order."""
        return self._instance.changes

    @property
    def ended(self) -> bool:
        """Whether the instance is over."""
        return self._instance.ended

    def complete(self, token: str, variables: Mapping[str, Json]) -> None:
        """A user task, job or called child is done; these are its results."""
        values = variables_of(variables)
        task = self._waiting(token, "task", "job", "call")
        task.task_spec.finish(task, values)
        self._go_on()

    def fire(self, token: str) -> None:
        """A timer is due."""
        task = self._waiting(token, "timer")
        task.task_spec.fire(task)
        self._go_on()

    def receive(self, token: str, variables: Mapping[str, Json]) -> None:
        """A message or signal arrived for a subscription."""
        values = variables_of(variables)
        task = self._waiting(token, "message", "signal")
        task.task_spec.deliver(task, values)
        self._go_on()

    def throw_error(
        self, token: str, code: str, message: str | None, variables: Mapping[str, Json]
    ) -> None:
        """A job, user task or called child failed with a BPMN error. The nearest error boundary
        event catches it; else the instance ends with it if the caller catches it
        (``World.catches_error``); else it is an incident at the token."""
        values = variables_of(variables)
        task = self._waiting(token, "task", "job", "call")
        top = self._instance
        ear, task = task, task.workflow.tasks.get(task.internal_data.get("host"), task)
        beside = isinstance(task.task_spec, Asking)
        caught = catcher(task, "error", code) is not None or top.world.catches_error(code)
        if beside or not caught:
            self._incident(ear, uncaught(code, message))
            return
        top.end_wait(ear, "completed")
        throw_error(top, task, code, message, values)
        self._go_on()

    def assign(self, token: str, assignee: str | None, action: str = "assign") -> None:
        """Give a user task to somebody (None: to nobody); its assigning listeners hear of it
        first. ``action``: assign, claim, unassign …, which they are told."""
        self._user_task(token).task_spec.assign(self._task(token), assignee, action)
        self._go_on()

    def update(
        self, token: str, changes: Mapping[str, Json], variables: Mapping[str, Json] | None = None
    ) -> None:
        """Change a user task's dueDate, followUpDate, candidateUsers, candidateGroups, priority
        (null keeps, "" and [] clear); its updating listeners hear of it first. Raises Invalid."""
        values = variables_of(variables or {})
        task = self._user_task(token)
        task.task_spec.update(task, changes, values, local=False)
        self._go_on()

    def correct(
        self, token: str, corrections: Mapping[str, Json], variables: Mapping[str, Json]
    ) -> None:
        """A task listener's job is done and corrects the task: as in ``update``, and assignee.
        What it corrects counts when every listener has agreed. Raises Invalid."""
        values = variables_of(variables)
        ear = self._waiting(token, "job")
        ear.task_spec.correct(ear, corrections)
        ear.task_spec.finish(ear, values)
        self._go_on()

    def deny(self, token: str, reason: str = "") -> None:
        """A task listener forbids what it hears of (assigning, updating, completing): its user
        task is as it was."""
        deny(self._waiting(token, "job"), reason)
        self._go_on()

    def listened(self, token: str) -> str:
        """The token of the element at which the job of this token listens; "" if it is no
        listener's."""
        host: str = self._task(token).internal_data.get("host", "")
        return host

    def activate(
        self,
        token: str,
        elements: Sequence[tuple[str, Mapping[str, Json]]],
        variables: Mapping[str, Json],
        fulfilled: bool = False,
        cancel_remaining: bool = False,
    ) -> None:
        """The job of an ad-hoc sub-process is done: begin these inner elements, each with
        variables of its own, or end it (``fulfilled``), now or when those that run are done.
        Raises Invalid for an element that it cannot begin with."""
        values = variables_of(variables)
        chosen = [(element, variables_of(own)) for element, own in elements]
        task = self._waiting(token, "job")
        node = task.task_spec
        if not isinstance(node, AdHocSubProcess):
            raise Invalid(
                f"“{node.bpmn_name or node.bpmn_id}”不是即席子流程，不能激活元素。",
                f"“{node.bpmn_name or node.bpmn_id}” is no ad-hoc sub-process.",
            )
        node.known(chosen)
        self._instance.merge(self._instance.chain(task), values)
        node.activate(task, chosen, fulfilled, cancel_remaining)
        self._go_on()

    def choose(
        self,
        token: str,
        elements: Sequence[tuple[str, Mapping[str, Json]]],
        cancel_remaining: bool = False,
    ) -> None:
        """Begin elements of an ad-hoc sub-process that no worker drives, beside what runs in it
        or instead. Raises Invalid for none, or one it cannot begin with."""
        task = self._task(token)
        node = task.task_spec
        if not isinstance(node, AdHocSubProcess) or "loop" not in task.internal_data:
            raise Conflict(
                "这里没有在等待激活元素的即席子流程。",
                "No ad-hoc sub-process is running here.",
                token=token,
            )
        chosen = [(element, variables_of(own)) for element, own in elements]
        if not chosen:
            raise Invalid("没有指明要激活的元素。", "No element to activate is named.")
        node.known(chosen)
        node.add(task, chosen, cancel_remaining)
        self._go_on()

    def escalate(self, token: str, code: str | None, variables: Mapping[str, Json]) -> None:
        """A called child escalated."""
        values = variables_of(variables)
        escalate(self._instance, self._waiting(token, "call"), code, values)
        self._go_on()

    def fail(self, token: str, kind: str, zh: str, en: str) -> None:
        """What the token waits for cannot be had (a called process is missing, a form …): the
        wait ends with an incident, and ``retry`` opens it anew."""
        self._incident(self._waiting(token, "task", "job", "call"), Trouble(kind, zh, en))

    def retry(self, token: str) -> None:
        """Try again what ended in the incident of this token."""
        top = self._instance
        task = top.find(token)
        phase = None if task is None or top.ended else top.clear_incident(task)
        if task is None or phase is None:
            raise Conflict(
                "这个节点没有待处理的异常，可能已被别人处理。",
                "There is no open incident at this element; somebody may have resolved it.",
                token=token,
            )
        task.task_spec.repeat(task, phase)
        self._go_on()

    def terminate(self, reason: str = "") -> None:
        """Cancel the whole instance. Where user tasks have canceling listeners it ends, for
        this reason, when these have been heard. Raises Conflict if it is cancelled already."""
        if self._instance.ended:
            raise _over()
        if self._instance.ending is not None:
            raise Conflict(
                "该流程实例已在取消中，正在等待“取消”监听器的作业完成。",
                "This process instance is being cancelled; it waits for canceling listeners.",
            )
        self._instance.end("terminated", None, reason or None)

    def variables(self, token: str = "") -> dict[str, Json]:
        """Everything visible at a token (locals before outer ones); "" is the process."""
        top = self._instance
        if not token:
            return dict(top.scopes.root)
        return dict(top.view(self._scoped(token)))

    def set_variables(self, token: str, values: Mapping[str, Json], local: bool = False) -> None:
        """Set variables where they exist, seen from the token, or exactly there; the updating
        listeners of a user task hear of it first."""
        copy = variables_of(values)
        top = self._instance
        if top.ended:
            raise _over()
        task = self._scoped(token) if token else None
        if task is None:
            top.put("", copy)
        elif "updating" in task.task_spec.hears and task.internal_data.get("wait") == "task":
            task.task_spec.update(task, {}, copy, local)
        elif local:
            top.put(token_of(task), copy)
        else:
            top.merge(top.chain(task), copy)
        self._go_on()

    def move(self, variable: str, before: datetime, after: datetime) -> bool:
        """A due time has changed: where the variable holds ``before`` it becomes ``after``, and
        what has read it follows: armed timers with a date, due times of open tasks. Whether the
        variable was found. Raises ExpressionFailed, Conflict if the instance is over."""
        if self._instance.ended:
            raise _over()
        found = move(self._instance, variable, before, after)
        self._go_on()
        return found

    def heed(self, values: Mapping[str, Json]) -> None:
        """Take over what the calling process has handed down: the variables are set, due times
        and timers that have read them follow, and called processes hear it, too. Raises
        ExpressionFailed, Invalid, Conflict if the instance is over."""
        if self._instance.ended:
            raise _over()
        heed(self._instance, variables_of(values))
        self._go_on()

    def active(self) -> list[tuple[str, str]]:
        """Where the tokens are: (token, element id). Armed events are not among them."""
        return [
            (token_of(task), task.task_spec.bpmn_id)
            for level in self._instance.levels()
            for task in level.tokens()
            if not (is_listener(task) or task.task_spec.hidden or "after" in task.internal_data)
        ]

    def save(self) -> bytes:
        """The state, for ``restore`` with the same program."""
        return save(self._instance, self.program.process.id)

    def _task(self, token: str) -> Any:
        task = self._instance.find(token)
        if task is None:
            raise Conflict(
                "该节点已经结束或不存在，可能已被别人处理。",
                "This element has ended or does not exist; somebody may have been faster.",
                token=token,
            )
        return task

    def _scoped(self, token: str) -> Any:
        """The task whose variables are seen at a token: for a listener's job its element's."""
        task = self._task(token)
        return task.workflow.tasks.get(task.internal_data.get("host"), task)

    def _user_task(self, token: str) -> Any:
        task = self._waiting(token, "task")
        assert isinstance(task.task_spec, UserTask)
        return task

    def _incident(self, task: Any, trouble: Trouble) -> None:
        """The wait of a token is over by an incident, and with it what listeners hear of it."""
        abandon(task)
        self._instance.clear_incident(task)
        self._instance.incident(task, "work", trouble)

    def _waiting(self, token: str, *kinds: str) -> Any:
        if self._instance.ended:
            raise _over()
        task = self._task(token)
        if task.internal_data.get("wait") not in kinds:
            raise Conflict(
                f"“{task.task_spec.bpmn_name or task.task_spec.bpmn_id}”现在没有等待这个操作。",
                f"“{task.task_spec.bpmn_name or task.task_spec.bpmn_id}” does not wait for this "
                "now.",
                token=token,
            )
        return task

    def _go_on(self) -> None:
        self._instance.do_engine_steps()
        self._instance.steps = self._instance.rounds = 0


def _over() -> Conflict:
    return Conflict("该流程实例已经结束。", "This process instance is over.")
