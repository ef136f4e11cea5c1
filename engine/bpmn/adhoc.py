"""Ad-hoc sub-processes: inner elements chosen while it runs, by an expression or by a worker.

Each chosen element runs in an inner instance, a scope of its own, with what follows it (Zeebe's
rule). The body is a scope with the output collection.

Event sub-processes inside it belong to the body, not to one inner instance. They are armed, and
run, in a level of their own, which a hidden token (``Watch``) holds as long as the body lasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.bpmn.eventsubs import arm
from engine.bpmn.expressions import Text, Trouble
from engine.bpmn.multi_instance import MultiInstance
from engine.bpmn.nodes import Task, is_ghost, is_listener
from engine.bpmn.subprocess import SubProcess
from engine.bpmn.tasks import JobTask
from engine.bpmn.workflow import Instance, token_of
from engine.errors import Conflict, Invalid
from engine.model import Json

Chosen = tuple[str, dict[str, Json]]
"""An inner element and the variables of its inner instance."""


class InnerInstance(SubProcess):
    """One chosen element and what follows it."""

    hidden = True
    recorded = False

    def enter(self, task: Task) -> bool:
        if is_ghost(task):
            return super().enter(task)
        level = task.workflow.top_workflow.create_subprocess(task, self.bpmn_id)
        level.spawn(level.spec.task_specs[task.internal_data["element"]])
        return False

    def _leave(self, task: Task, top: Instance) -> None:
        """Mappings are the body's."""


class Watch(SubProcess):
    """Holds the level in which the event sub-processes of an ad-hoc sub-process are armed."""

    hidden = True
    recorded = False
    stays = True
    body: AdHocSubProcess

    def overruled(self, task: Task) -> None:
        """An interrupting one has begun: it alone runs, and when it is over the whole is
        (Camunda 8, Ad-hoc sub-processes, Event sub-processes)."""
        self.body.overrule(task.workflow.tasks[task.internal_data["body"]])


class EventInside(SubProcess):
    """An event sub-process of an ad-hoc sub-process. That it is over counts like the end of an
    inner instance: its output is collected, the condition read, the worker asked again."""

    around: AdHocSubProcess

    def _go(self, task: Task, top: Instance) -> None:
        task.internal_data.pop("done", None)
        self.around.collect(task)

    def left(self, task: Task) -> None:
        self.around.one_done(task)


class AdHocSubProcess(MultiInstance):
    """The body. It ends when its completion condition is true or no inner instance is left;
    nothing has to be chosen at once (Zeebe's rule).

    A sequential one has one inner instance at a time; what has been chosen waits its turn (BPMN
    2.0, Ad-Hoc Sub-Process, ``ordering``), and no turn comes once the condition is true."""

    active: Text | None = None
    cancel_remaining = True
    elements: frozenset[str] = frozenset()
    """What may be chosen: the inner elements without incoming flow."""
    job: JobTask | None = None
    listed: list[Json]
    """What a worker is told about ``elements``."""
    watch: Watch

    def enter(self, task: Task) -> bool:
        top: Instance = task.workflow.top_workflow
        if self.job is not None and "loop" in task.internal_data:  # its job alone is tried again
            self._ask(task)
            return False
        if self.output_collection:
            top.put(token_of(task), {self.output_collection: []})
        if self.job is not None:
            top.put(token_of(task), {"adHocSubProcessElements": self.listed})
        chosen = () if self.active is None else self.active.strings(top.view(task))
        self._known(chosen)
        self._arm(task, top)
        task.internal_data["loop"] = {"total": 0, "begun": 0, "done": 0}
        if self.job is not None:
            self._ask(task)
        self._choose(task, [(element, {}) for element in chosen])
        return False

    def activate(
        self, task: Task, chosen: Sequence[Chosen], fulfilled: bool, cancel_remaining: bool
    ) -> None:
        """The answer of the worker: begin these, or end."""
        task.workflow.top_workflow.end_wait(task, "completed")
        self._choose(task, chosen)
        if fulfilled:
            self._close(task, cancel_remaining, spare=None)
        elif not self._running(task):
            self._end(task)

    def overrule(self, task: Task) -> None:
        """An interrupting event sub-process takes over."""
        task.internal_data["closing"] = True
        task.internal_data.pop("queue", None)
        self._call_off(task)
        for inner in self._inner(task):
            inner.cancel()
            task.workflow.forget(inner)

    def add(self, task: Task, chosen: Sequence[Chosen], cancel_remaining: bool) -> None:
        """Begin these, too. Raises Conflict where a worker chooses, or when it is ending."""
        if self.job is not None or task.internal_data.get("closing"):
            raise Conflict(
                f"“{self.bpmn_name or self.bpmn_id}”由作业决定激活什么，或正在结束，"
                "不能从外部激活。",
                f"“{self.bpmn_name or self.bpmn_id}” is driven by its job, or is ending: nothing "
                "can be activated from outside.",
            )
        if cancel_remaining:
            task.internal_data.pop("queue", None)
            self._cancel_running(task, None)
        self._choose(task, chosen)

    def known(self, chosen: Sequence[Chosen]) -> None:
        """Raises Invalid for an element that cannot be chosen."""
        try:
            self._known([element for element, _ in chosen])
        except Trouble as trouble:
            raise Invalid(trouble.zh, trouble.en) from None

    def finish(self, task: Task, values: dict[str, Json]) -> None:
        """The worker has nothing to choose."""
        top = task.workflow.top_workflow
        if values:
            top.merge(top.chain(task), values)
        self.activate(task, (), False, False)

    def collect(self, inner: Task) -> None:
        top = inner.workflow.top_workflow
        task = self._body_of(inner)
        if self.output_collection and self.output is not None:
            collected = top.scopes.own(token_of(task)).get(self.output_collection) or []
            value = self.output.evaluate(top.view(inner))
            top.put(token_of(task), {self.output_collection: [*collected, value]})
        if self.condition is not None:
            inner.internal_data["enough"] = self.condition.truth(top.view(task))
        if "done" in inner.internal_data:
            entry = {"of": self.bpmn_id, "node": self.inner.name}
            entry |= {"inside": inner.internal_data.pop("done")}
            entry |= {"scope": dict(top.scopes.own(token_of(inner)))}
            task.internal_data.setdefault("undoable", []).append(entry)

    def one_done(self, inner: Task) -> None:
        task = self._body_of(inner)
        rest = [one for one in self._running(task) if one is not inner]
        if inner.internal_data.get("enough", False):
            self._close(task, self.cancel_remaining, spare=inner)
            return
        rest += self._next(task, [one for one in self._inner(task) if one is not inner])
        if task.internal_data.get("closing") or self.job is None:
            if not rest:
                self._end(task)
        else:
            self._call_off(task)
            self._ask(task)

    def _choose(self, task: Task, chosen: Sequence[Chosen]) -> None:
        if not self.sequential:
            for element, values in chosen:
                self._begin_one(task, element, values)
            return
        task.internal_data.setdefault("queue", []).extend([*one] for one in chosen)
        self._next(task, self._inner(task))

    def _next(self, task: Task, running: Sequence[Task]) -> list[Task]:
        """Begin the inner instance whose turn has come; it alone, or nothing."""
        queue = task.internal_data.get("queue")
        if running or not queue:
            return []
        return [self._begin_one(task, *queue.pop(0))]

    def _close(self, task: Task, cancel_remaining: bool, spare: Task | None) -> None:
        task.internal_data.pop("queue", None)
        self._call_off(task)
        if cancel_remaining:
            self._cancel_running(task, spare)
        if any(one is not spare for one in self._running(task)):
            task.internal_data["closing"] = True
        else:
            self._end(task)

    def _end(self, task: Task) -> None:
        """Nothing is left inside: leave, and hear no more."""
        level = self._watched(task)
        for one in () if level is None else level.tokens():
            if is_listener(one):
                one.cancel()
                one.workflow.forget(one)
        task._ready()

    def left(self, task: Task) -> None:
        super().left(task)
        watch = task.workflow.tasks.get(task.internal_data.get("watch", ""))
        if watch is not None:
            watch.cancel()
            task.workflow.forget(watch)

    def _leave(self, task: Task, top: Instance) -> None:
        super()._leave(task, top)
        if self.output_mappings:
            view = top.view(task)
            target = top.outer(task) if self.body is None else top.chain(task)
            top.merge(target, self._mapped(self.output_mappings, view, view))

    def _call_off(self, task: Task) -> None:
        """Its job is no longer asked for; nor is what the job ran into."""
        top = task.workflow.top_workflow
        top.end_wait(task, "cancelled")
        top.clear_incident(task)

    def _ask(self, task: Task) -> None:
        assert self.job is not None
        self.job.enter(task)

    def _begin_one(self, task: Task, element: str, values: dict[str, Json]) -> Task:
        data = task.internal_data
        data["loop"]["begun"] += 1
        child = task.workflow.park(
            self.inner,
            {"body": token_of(task), "index": data["loop"]["begun"], "element": element},
        )
        local = {self.output_variable: None} if self.output_variable else {}
        task.workflow.top_workflow.put(token_of(child), {**local, **values})
        self.inner._update(child)
        return child

    def _arm(self, task: Task, top: Instance) -> None:
        """Have the event sub-processes listen. Raises Trouble, and then none does."""
        if not top.subprocess_specs[self.bpmn_id].scope_events:
            return
        watch = task.workflow.park(self.watch, {"body": token_of(task), "watch": True})
        try:
            arm(top.create_subprocess(watch, self.bpmn_id))
        except Trouble:
            top.subprocesses.pop(watch.id)
            task.workflow.forget(watch)
            raise
        task.internal_data["watch"] = watch.id

    def _watched(self, task: Task) -> Any | None:
        """The level of its event sub-processes."""
        return task.workflow.top_workflow.subprocesses.get(task.internal_data.get("watch"))

    def _body_of(self, inner: Task) -> Task:
        """The body of an inner instance, or around an event sub-process."""
        if "body" in inner.internal_data:
            return super()._body_of(inner)
        return super()._body_of(inner.workflow.host)

    def _inner(self, task: Task) -> list[Task]:
        """Its inner instances."""
        mine = token_of(task)
        return [
            one
            for one in task.workflow.tokens()
            if one.internal_data.get("body") == mine and "watch" not in one.internal_data
        ]

    def _running(self, task: Task) -> list[Task]:
        """All that keeps it going: inner instances and event sub-processes that have begun."""
        level = self._watched(task)
        begun = [] if level is None else [one for one in level.tokens() if not is_listener(one)]
        return [*self._inner(task), *begun]

    def _cancel_running(self, task: Task, spare: Task | None) -> None:
        for one in self._running(task):
            if one is not spare:
                one.cancel()
                one.workflow.forget(one)

    def _known(self, chosen: Sequence[str]) -> None:
        unknown = [one for one in chosen if one not in self.elements]
        if not unknown:
            return
        names = "、".join(sorted(self.elements))
        raise Trouble(
            "EXTRACT_VALUE_ERROR",
            f"“{self.bpmn_name or self.bpmn_id}”不能激活 {'、'.join(unknown)}。可以激活：{names}。",
            f"“{self.bpmn_name or self.bpmn_id}” cannot activate {', '.join(unknown)}. It can "
            f"activate {', '.join(sorted(self.elements))}.",
        )
