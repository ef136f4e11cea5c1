"""The task specification all elements share: entering, waiting, leaving.

A token *enters* (input mappings, boundary events armed, the element's own work), may wait,
*leaves* (result, output mappings) and *goes* (choice of flows). A phase that raises Trouble
becomes an incident; ``retry`` repeats exactly that phase. *work* is the element's own work
alone: it is repeated when the wait failed, not the entering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import compensation
from engine.bpmn.changes import ElementEntered, ElementLeft, FlowTaken
from engine.bpmn.expressions import Text, Trouble, nested
from engine.bpmn.listening import ListenerJob, listen
from engine.bpmn.workflow import Instance, token_of
from engine.errors import Conflict
from engine.model import Json

if TYPE_CHECKING:
    from engine.bpmn.clocks import Clocks
    from engine.bpmn.conventions import Conventions
    from engine.bpmn.diagram import Element

_LEAVING = ("leave", "mark", "go")

Task = Any
"""A SpiffWorkflow task; the library is untyped."""


@dataclass(frozen=True, slots=True)
class Way:
    """A sequence flow out of an element, with its compiled condition."""

    id: str
    target: Any
    condition: Text | None = None


class Node(BpmnTaskSpec):
    """A flow node. The program is shared by all instances: nothing here changes after
    ``compile_process``; everything about one token is in its task's ``internal_data``."""

    parked = False
    """Whether a token arriving here waits for others instead of entering (joins)."""
    recorded = False
    """Whether its completion is recorded for compensation."""
    hidden = False
    """Whether it is no element of the diagram: nothing tells of it."""
    stays = False
    """Whether the level that its token holds outlasts the tokens in it."""
    lasting = False
    """Whether nothing that is cancelled around it takes it along."""

    def __init__(self, wf_spec: Any, name: str, element: Element) -> None:
        super().__init__(wf_spec, name, description=element.type)
        self.bpmn_id = element.id
        self.bpmn_name = element.name
        self.element = element
        self.ways: list[Way] = []
        self.default: str | None = element.default
        self.code = element.event.code if element.event else None
        """Of an error or escalation; None means every code."""
        self.boundaries: list[Any] = []
        self.body: Any = None
        """The multi-instance body this is the inner activity of."""
        self.undo: Any = None
        """Its compensation handler."""
        self.hears: dict[str, list[ListenerJob]] = {}
        """Its listeners by event."""
        self.ear: Any = None
        """The node under which its listeners' jobs wait."""
        self.input_mappings: list[tuple[str, Text]] = []
        self.output_mappings: list[tuple[str, Text]] = []
        self.clocks: Clocks | None = None
        self.conventions: Conventions | None = None

    # -- what kinds of elements decide

    def enter(self, task: Task) -> bool:
        """Do the element's work; True if the token may leave at once."""
        return True

    def result(self, task: Task, values: dict[str, Json]) -> None:
        """Take in what the wait brought: merged up, or local where output mappings choose."""
        top = task.workflow.top_workflow
        if self.output_mappings:
            top.put(token_of(task), values)
        else:
            top.merge(top.chain(task), values)

    def choose(self, task: Task) -> list[str]:
        """The ids of the flows to take. A flow without condition is always taken, one with a
        condition if it is true, the default flow if no condition was (BPMN 2.0, Sequence Flow
        Considerations)."""
        chosen = [way.id for way in self.ways if way.condition is None and way.id != self.default]
        if len(chosen) == len(self.ways):
            return chosen
        view = task.workflow.top_workflow.view(task)
        true = {way.id for way in self.ways if way.condition and way.condition.truth(view)}
        if not true and not chosen:
            return [self.default_or_trouble()]
        return [way.id for way in self.ways if way.id in true or way.id in chosen]

    def boundary_for(self, kind: str, code: str | None) -> Any:
        """The boundary event here that catches a thrown code, or None."""
        same = [one for one in self.boundaries if one.kind == kind]
        exact = [one for one in same if one.code is not None and one.code == code]
        return next(iter(exact), next((one for one in same if one.code is None), None))

    def left(self, task: Task) -> None:
        """Called when the token has left, before it moves on."""

    def withdrawn(self, task: Task) -> None:
        """Called when the token is cancelled: cancel what runs inside."""

    def overruled(self, task: Task) -> None:
        """Called when an interrupting event sub-process begins in the level of the token."""

    def all_undone(self, task: Task) -> None:
        """Called when the compensation that this token waits for is over."""

    # -- the life of a token

    def finish(self, task: Task, values: dict[str, Json]) -> None:
        """The wait is over: the token leaves with this result."""
        task.workflow.top_workflow.end_wait(task, "completed")
        if values:
            task.internal_data["result"] = values
        task._ready()

    def repeat(self, task: Task, phase: str) -> None:
        """Try the phase again that ended in an incident."""
        if phase in _LEAVING:
            task.internal_data["phase"] = phase
        if phase in _LEAVING or self._attempt(task, phase):
            task._set_state(TaskState.WAITING)
            task._ready()

    def deliver(self, task: Task, values: dict[str, Json]) -> None:
        """A message or signal arrived for this token."""
        self.finish(task, values)

    def fire(self, task: Task) -> None:
        """This token's timer is due."""
        raise Conflict(
            f"节点 {self.bpmn_id} 没有在等待定时器。", f"Element {self.bpmn_id} awaits no timer."
        )

    def _attempt(self, task: Task, phase: str) -> bool:
        """Do a phase; False if it waits, or has raised an incident."""
        top = task.workflow.top_workflow
        try:
            if phase == "enter":
                if not self._enter(task, top):
                    return False
                # Listeners that have run do not run again.
                phase = "begin" if "start" in self.hears else phase
            if phase in ("enter", "begin"):
                return self._begin_work(task, top)
            if phase == "work":
                return self.enter(task)
            if phase == "leave":
                ghost = "ghost" in task.internal_data
                if not ghost:
                    self._leave(task, top)
                phase = "go" if ghost else "mark"
            if phase == "mark":
                for change in self.clocks.changes(task) if self.clocks else ():
                    top.emit(change)
                if self.clocks:
                    self.clocks.move(task)
                if self.conventions and (told := self.conventions.change(task)):
                    top.emit(told)
                phase = "hear:end" if "end" in self.hears and not is_ghost(task) else "go"
            if phase.startswith("hear:"):
                return self.hear_on(task, phase.removeprefix("hear:"))
            self._go(task, top)
            return True
        except Trouble as trouble:
            top.incident(task, phase, trouble)
            return False

    def _enter(self, task: Task, top: Instance) -> bool:
        """Input mappings and start listeners; False while those run."""
        if self.body is None:
            top.count_step()
        if self.input_mappings and not is_ghost(task):
            values = self._mapped(self.input_mappings, top.view(task), {})
            top.put(token_of(task), values)
        if "start" not in self.hears or is_ghost(task):
            return True
        return not listen(task, "start", self.hears["start"])

    def _begin_work(self, task: Task, top: Instance) -> bool:
        events = () if is_ghost(task) else self.boundaries
        armed = [(one, one.trigger.plan(task, True)) for one in events if one.trigger]
        if self.enter(task):
            return True
        if task.id in task.workflow.tasks:
            self.arm(task, armed)
        return False

    def arm(self, task: Task, armed: list[tuple[Any, Any]]) -> None:
        """Have boundary events wait, each with its plan."""
        for event, plan in armed:
            listener = task.workflow.park(event, {"host": token_of(task)})
            event.trigger.open(listener, plan)
            task.internal_data.setdefault("listeners", []).append(token_of(listener))

    def heard(self, task: Task, event: str, values: dict[str, Json]) -> None:
        """A listener is done: the next one, or the token goes on. A start listener's variables
        are the element's own, an end listener's go outwards (Zeebe's rule)."""
        top = task.workflow.top_workflow
        if event == "end":
            top.merge(top.outer(task), values)
        else:
            top.put(token_of(task), values)
        if self._attempt(task, f"hear:{event}"):
            task._ready()

    def hear_on(self, task: Task, event: str) -> bool:
        """Ask the next listener; without one, go on: True if the token may run."""
        if listen(task, event, self.hears.get(event, ())):
            return False
        if event == "start":
            return self._attempt(task, "begin")
        task.internal_data["phase"] = "go"
        return True

    def told(self, task: Task) -> dict[str, str]:
        """What its listeners' jobs are told in headers, besides the headers of the diagram."""
        return {}

    def correct(self, task: Task, corrections: Mapping[str, Json]) -> None:
        """A listener corrects what it hears of. Raises Invalid, Conflict."""
        raise Conflict(
            "只有用户任务的监听器可以更正任务，这个作业不能。",
            "Only listeners of user tasks can correct the task; this job cannot.",
        )

    def _leave(self, task: Task, top: Instance) -> None:
        values = task.internal_data.pop("result", None)
        if values:
            self.result(task, values)
        if self.output_mappings:
            view = top.view(task)
            made = self._mapped(self.output_mappings, view, view)
            # A round of a multi-instance keeps what it maps where its output is collected.
            target = top.outer(task) if self.body is None else top.chain(task)
            top.merge(target, made)

    def _go(self, task: Task, top: Instance) -> None:
        if is_ghost(task):
            return
        if self.body is not None:
            self.body.collect(task)
        elif self.ways:
            task.internal_data["ways"] = self.choose(task)

    def _mapped(
        self, pairs: list[tuple[str, Text]], view: Any, base: Mapping[str, Json]
    ) -> dict[str, Json]:
        """Evaluate mappings in order; a later one sees what the earlier ones made. A target
        path adds to the variable in ``base``."""
        done: list[tuple[str, Json]] = []
        for target, source in pairs:
            context = {**view, **nested(done, view)} if done else view
            done.append((target, source.evaluate(context, "IO_MAPPING_ERROR")))
        return nested(done, base)

    def default_or_trouble(self) -> str:
        """The default flow. Raises Trouble where there is none."""
        if self.default is not None:
            return self.default
        raise Trouble(
            "CONDITION_ERROR",
            f"“{self.bpmn_name or self.bpmn_id}”的出线条件都不成立，也没有默认流向。"
            "请修正变量后重试，或为它画一条默认流向。",
            f"No condition out of “{self.bpmn_name or self.bpmn_id}” is true and it has no "
            "default flow. Correct the variables and retry, or draw a default flow.",
        )

    # -- SpiffWorkflow's hooks

    def _predict(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is predicted: only what has begun is in the tree."""

    def _update_hook(self, task: Task) -> bool:
        task._set_state(TaskState.WAITING)
        top = task.workflow.top_workflow
        if not self.hidden:
            top.emit(ElementEntered(token_of(task), self.bpmn_id, top.told_scope(task)))
        return self._attempt(task, "enter")

    def _on_ready(self, task: Task) -> None:
        task.workflow.top_workflow.queue.append(task)

    def _run_hook(self, task: Task) -> bool | None:
        phase = task.internal_data.pop("phase", "leave")
        return True if self._attempt(task, phase) else None

    def _on_complete_hook(self, task: Task) -> None:
        top = task.workflow.top_workflow
        self._disarm(task)
        if not self.hidden:
            top.emit(ElementLeft(token_of(task), self.bpmn_id, "completed"))
        if self.recorded:
            compensation.record(task)
        top.scopes.drop(token_of(task))
        self.left(task)
        if top.halts and self.body is None and self.bpmn_id in top.halts:
            top.end("terminated")
            return
        if "undoes" in task.internal_data:
            compensation.undone(task)
        elif self.body is not None:
            self.body.one_done(task)
            return
        if task.id in task.workflow.tasks:
            self._spread(task, top)

    def _spread(self, task: Task, top: Instance) -> None:
        """Set a token on each chosen flow; Spiff lets the children enter."""
        chosen = task.internal_data.get("ways", ())
        carried = task.internal_data.get("carry")
        for way in self.ways:
            if way.id not in chosen:
                continue
            top.emit(FlowTaken(way.id))
            child = task.workflow.sprout(way.target, task, TaskState.FUTURE)
            if way.target.parked:
                child.internal_data["flow"] = way.id
            if carried:
                child.internal_data.update(carried)

    def _on_cancel(self, task: Task) -> None:
        top = task.workflow.top_workflow
        self.withdrawn(task)
        self._disarm(task)
        top.end_wait(task, "cancelled")
        top.clear_incident(task)
        top.scopes.drop(token_of(task))
        silent = self.hidden or is_listener(task) or "after" in task.internal_data
        if not silent and not (self.parked and "flow" in task.internal_data):
            top.emit(ElementLeft(token_of(task), self.bpmn_id, "cancelled"))
            if self.body is None and self.bpmn_id in top.halts:
                top.halting = True

    def _disarm(self, task: Task) -> None:
        for token in task.internal_data.pop("listeners", ()):
            listener = task.workflow.tasks.get(token)
            if listener is not None:
                listener.cancel()
                task.workflow.forget(listener)


def is_ghost(task: Task) -> bool:
    """Whether the task is a completed sub-process that is being compensated."""
    return "ghost" in task.internal_data


def is_listener(task: Task) -> bool:
    """Whether the task is an armed event that has not been entered."""
    return "host" in task.internal_data
