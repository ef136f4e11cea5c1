"""One process instance in motion: start or restore, act, read the changes, save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.changes import Change
from engine.bpmn.expressions import Trouble, variables_of
from engine.bpmn.nodes import is_listener
from engine.bpmn.program import Program
from engine.bpmn.scopes import Scopes
from engine.bpmn.state import load, save
from engine.bpmn.throwing import catcher, escalate, throw_error, uncaught
from engine.bpmn.workflow import Instance, token_of
from engine.bpmn.world import World
from engine.errors import Conflict
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
    ) -> Run:
        """Begin a new instance at a start event (None: the plain one). The variables are the
        process's; at a message start they pass through the start event's output mappings."""
        node = program.start_node(start_id)
        instance = Instance(program.spec, program.subs, Scopes(), world)
        values = variables_of(variables)
        if node.output_mappings:
            instance.spawn(node, {"result": values} if values else {})
        else:
            instance.put("", values)
            instance.spawn(node)
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
        """A message arrived for a subscription."""
        values = variables_of(variables)
        task = self._waiting(token, "message")
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
        if catcher(task, "error", code) is None and not top.world.catches_error(code):
            top.incident(task, "work", uncaught(code, message))
            return
        top.end_wait(task, "completed")
        throw_error(top, task, code, message, values)
        self._go_on()

    def escalate(self, token: str, code: str | None, variables: Mapping[str, Json]) -> None:
        """A called child escalated."""
        values = variables_of(variables)
        escalate(self._instance, self._waiting(token, "call"), code, values)
        self._go_on()

    def fail(self, token: str, kind: str, zh: str, en: str) -> None:
        """What the token waits for cannot be had (a called process is missing, a form …): the
        wait ends with an incident, and ``retry`` opens it anew."""
        task = self._waiting(token, "task", "job", "call")
        self._instance.incident(task, "work", Trouble(kind, zh, en))

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

    def terminate(self) -> None:
        """Cancel the whole instance."""
        if self._instance.ended:
            raise _over()
        self._instance.end("terminated")

    def variables(self, token: str = "") -> dict[str, Json]:
        """Everything visible at a token (locals before outer ones); "" is the process."""
        top = self._instance
        if not token:
            return dict(top.scopes.root)
        return dict(top.view(self._task(token)))

    def set_variables(self, token: str, values: Mapping[str, Json], local: bool = False) -> None:
        """Set variables where they exist, seen from the token, or exactly there."""
        copy = variables_of(values)
        top = self._instance
        if top.ended:
            raise _over()
        if not token:
            top.put("", copy)
        elif local:
            top.put(token_of(self._task(token)), copy)
        else:
            top.merge(top.chain(self._task(token)), copy)

    def active(self) -> list[tuple[str, str]]:
        """Where the tokens are: (token, element id). Armed events are not among them."""
        return [
            (token_of(task), task.task_spec.bpmn_id)
            for level in self._instance.levels()
            for task in level.tokens()
            if not is_listener(task)
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
        self._instance.steps = 0


def _over() -> Conflict:
    return Conflict("该流程实例已经结束。", "This process instance is over.")
