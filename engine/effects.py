"""What each change of a run means outside of it: rows, history, called processes, messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine import buffer, definitions
from engine.bpmn.attributes import TASK_EVENTS
from engine.bpmn.changes import (
    Broadcast,
    Called,
    Change,
    ClocksMarked,
    ClockStarted,
    Decided,
    HandedDown,
    ElementEntered,
    ElementLeft,
    Ended,
    Escalated,
    FlowTaken,
    IncidentCleared,
    IncidentRaised,
    JobOpened,
    Published,
    Subscribed,
    TaskChange,
    TaskMoved,
    TaskOpened,
    TimerSet,
    Told,
    VariablesChanged,
    WaitEnded,
)
from engine.buffer import Target, Thrown
from engine.clocks.ledger import Event, Move
from engine.world import Parent

if TYPE_CHECKING:
    from engine.step import Member, Step

_TASK_KEY = "io.camunda.zeebe:userTaskKey"
_MOVES = {
    "claim": "task.claimed", "unassign": "task.released", "assign": "task.assigned",
    "complete": "task.completed",
}  # fmt: skip
MAX_CALL_DEPTH = 50
"""Processes that call one another in a chain; a process that calls itself ends here."""


def carry_out(step: Step, member: Member, change: Change) -> None:
    """Do what the change means; what it sets off is put off with ``step.later``."""
    _HANDLERS[type(change)](step, member, change)


def _note(step: Step, member: Member, kind: str, change: Any, /, **data: Any) -> None:
    """One entry of the history about the element of the change."""
    step.chain.add(
        kind,
        data,
        instance_key=member.key,
        element_id=getattr(change, "element_id", None),
        token=getattr(change, "token", None) or None,
    )


# -- elements


def _entered(step: Step, member: Member, change: ElementEntered) -> None:
    data: dict[str, Any] = {"scope": change.scope} if change.scope else {}
    if member.flows:
        data["flows"] = member.flows
        member.flows = []
    _note(step, member, "element.entered", change, **data)
    element = member.process.info.elements.get(change.element_id)
    status = element.properties.get("case.status") if element else None
    if status:
        step.status = status
        _note(step, member, "status.changed", change, status=status)


def _left(step: Step, member: Member, change: ElementLeft) -> None:
    _note(step, member, f"element.{change.how}", change)


def _flow(step: Step, member: Member, change: FlowTaken) -> None:
    member.flows.append(change.flow_id)


def _variables(step: Step, member: Member, change: VariablesChanged) -> None:
    data = {"scope": change.scope, "values": change.values}
    step.chain.add("variables.changed", data, instance_key=member.key)
    if not change.scope and member.key == step.case_id:
        step.variables_changed = True


def _told(step: Step, member: Member, change: Told) -> None:
    step.told.append(change)


def _decided(step: Step, member: Member, change: Decided) -> None:
    data = {"decision": change.decision_id, "record": change.record}
    _note(step, member, "decision.evaluated", change, **data)
    step.decided[(member.key, change.token)] = change.record


# -- clocks


def _clock(step: Step, member: Member, change: ClockStarted) -> None:
    record = step.decided.get((member.key, change.token))
    _clocks_told(step, member, change, *step.ledger.start(member.key, change, record))


def _clocks(step: Step, member: Member, change: ClocksMarked) -> None:
    _clocks_told(step, member, change, *step.ledger.mark(change, member.run.variables()))


def _clocks_told(
    step: Step, member: Member, change: Any, events: list[Event], moves: list[Move]
) -> None:
    for event in events:
        _note(step, member, event.kind, change, **event.data)
    if moves:
        step.later(lambda: step.move_due(moves))


# -- waits


def _task(step: Step, member: Member, change: TaskOpened) -> None:
    form_key = None
    if change.form_id is not None:
        form = definitions.resolve(
            step.unit.conn, step.number, "form", change.form_id, change.form_binding,
            member.process.definition,
        )  # fmt: skip
        if form is None:
            error = definitions.missing("form", change.form_id)
            _fail(step, member, change.token, "FORM_NOT_FOUND", error.zh, error.en)
            return
        form_key = form.key
    key = step.waits.open_task(member.key, member.process.definition.key, change, form_key)
    data = {
        "task": key,
        "name": change.name,
        "assignee": change.assignee,
        "groups": change.candidate_groups,
        "users": change.candidate_users,
        "due_at": change.due_at,
    }
    _note(step, member, "task.created", change, **{k: v for k, v in data.items() if v})


def _task_changed(step: Step, member: Member, change: TaskChange) -> None:
    """The history names who has asked for it, not the worker who agreed last."""
    task = step.waits.change_task(member.key, change)
    if task["key"] is None:
        return
    data = {"task": task["key"], "name": task["name"], "event": change.event}
    data |= {"reason": change.reason, **change.values}
    agreed = change.how == "done" and change.event != "canceling"
    kind = _MOVES.get(change.action, "task.updated") if agreed else f"task.{change.how}"
    actor = step.chain.actor
    if task["move"] is not None and task["move"]["by"]:
        step.chain.actor = task["move"]["by"]
    if change.how == "denied":
        step.chain.actor = actor
    _note(step, member, kind, change, **{k: v for k, v in data.items() if v})
    step.chain.actor = actor


def _job(step: Step, member: Member, change: JobOpened) -> None:
    if change.host and change.listener in TASK_EVENTS:
        task = step.waits.task_key(member.key, change.host)
        known = {} if task is None else {_TASK_KEY: str(task)}
        change = replace(change, headers=change.headers | known)
    key = step.waits.open_job(member.key, change)
    _note(step, member, "job.created", change, job=key, type=change.type)


def _timer(step: Step, member: Member, change: TimerSet) -> None:
    step.waits.set_timer(member.key, change.token, change.element_id, change.due_at)
    _note(step, member, "timer.set", change, due_at=change.due_at)


def _subscribed(step: Step, member: Member, change: Subscribed) -> None:
    step.waits.subscribe(member.key, change)
    if change.kind == "message":
        process_id = member.process.definition.id
        target = Target(member.key, change.token, change.element_id, process_id)
        step.opened.append((target, change))


def _ended_wait(step: Step, member: Member, change: WaitEnded) -> None:
    step.waits.end(member.key, change.token, change.how)
    if change.how == "cancelled":
        for child in list(step.members.values()):
            if child.new and child.parent == Parent(member.key, change.token):
                step.terminate(child)


def _task_moved(step: Step, member: Member, change: TaskMoved) -> None:
    step.waits.move_task(member.key, change.token, change.due_at)
    _note(step, member, "task.moved", change, due_at=change.due_at)


def _handed_down(step: Step, member: Member, change: HandedDown) -> None:
    step.later(lambda: step.hand_down(member, change.values))


def _fail(step: Step, member: Member, token: str, kind: str, zh: str, en: str) -> None:
    """Turn a wait that cannot be had into an incident of the run, which ``retry`` repeats."""
    step.later(lambda: member.run.fail(token, kind, zh, en))


def _incident(step: Step, member: Member, change: IncidentRaised) -> None:
    key = step.waits.raise_incident(member.key, change)
    data = {"incident": key, "kind": change.kind, "zh": change.zh, "en": change.en}
    _note(step, member, "incident.raised", change, **data)


def _cleared(step: Step, member: Member, change: IncidentCleared) -> None:
    step.waits.clear_incident(member.key, change.token)
    _note(step, member, "incident.resolved", change)


# -- other instances


def _called(step: Step, member: Member, change: Called) -> None:
    step.waits.ended.discard((member.key, change.token))
    conn = step.unit.conn
    definition = definitions.resolve(
        conn, step.number, "process", change.process_id, change.binding, member.process.definition
    )
    if definition is None:
        error = definitions.missing("process", change.process_id)
        _fail(step, member, change.token, "CALLED_ELEMENT_ERROR", error.zh, error.en)
        return
    if member.depth >= MAX_CALL_DEPTH:
        _fail(
            step, member, change.token, "CALLED_ELEMENT_ERROR",
            f"流程调用已嵌套 {MAX_CALL_DEPTH} 层：流程“{change.process_id}”可能在循环调用自己。",
            f"Calls nest {MAX_CALL_DEPTH} deep: process “{change.process_id}” may call itself.",
        )  # fmt: skip
        return
    parent = Parent(member.key, change.token)
    process = definitions.process(conn, step.number, definition)
    step.later(lambda: _begin_child(step, process, change, parent))


def _begin_child(step: Step, process: definitions.Process, change: Called, parent: Parent) -> None:
    if (parent.key, parent.token) not in step.waits.ended:
        step.begin(process, change.variables, parent)


def _ended(step: Step, member: Member, change: Ended) -> None:
    member.status = "error" if change.how == "error" else change.how
    if change.how == "terminated":
        member.reason = member.reason or change.error_message
        change = replace(change, error_message=None)
    data = {"code": change.error_code, "message": change.error_message, "reason": member.reason}
    kind = "failed" if change.how == "error" else change.how
    _note(step, member, f"instance.{kind}", change, **{k: v for k, v in data.items() if v})
    parent = member.parent
    if parent is not None and not member.cancelled and change.how != "terminated":
        step.later(lambda: _return(step, parent, change))


def _return(step: Step, parent: Parent, change: Ended) -> None:
    """Tell the call activity how its child ended."""
    if (parent.key, parent.token) in step.waits.ended:
        return
    run = step.member(parent.key).run
    if change.how == "error":
        run.throw_error(
            parent.token, change.error_code or "", change.error_message, change.variables
        )
    else:
        run.complete(parent.token, change.variables)


def _escalated(step: Step, member: Member, change: Escalated) -> None:
    step.chain.add("escalation.thrown", {"code": change.code}, instance_key=member.key)
    parent = member.parent
    if parent is not None:
        step.later(lambda: _escalate(step, parent, change))


def _escalate(step: Step, parent: Parent, change: Escalated) -> None:
    if (parent.key, parent.token) not in step.waits.ended:
        step.member(parent.key).run.escalate(parent.token, change.code, change.variables)


def _published(step: Step, member: Member, change: Published) -> None:
    data = {"message": change.message, "correlation_key": change.correlation_key}
    _note(step, member, "message.published", change, **data)
    thrown = Thrown(
        "message", change.message, change.correlation_key, change.variables, change.time_to_live_s
    )
    step.later(lambda: buffer.throw(step, thrown))


def _broadcast(step: Step, member: Member, change: Broadcast) -> None:
    _note(step, member, "signal.thrown", change, signal=change.signal)
    # At once: it is for those who wait now, not for what the rest of the step opens.
    buffer.throw(step, Thrown("signal", change.signal, "", change.variables))


_HANDLERS: dict[type[Any], Callable[[Step, Member, Any], None]] = {
    ElementEntered: _entered,
    ElementLeft: _left,
    FlowTaken: _flow,
    TaskOpened: _task,
    TaskChange: _task_changed,
    JobOpened: _job,
    TimerSet: _timer,
    Subscribed: _subscribed,
    Called: _called,
    WaitEnded: _ended_wait,
    Published: _published,
    Broadcast: _broadcast,
    Decided: _decided,
    ClockStarted: _clock,
    ClocksMarked: _clocks,
    TaskMoved: _task_moved,
    HandedDown: _handed_down,
    VariablesChanged: _variables,
    IncidentRaised: _incident,
    IncidentCleared: _cleared,
    Ended: _ended,
    Escalated: _escalated,
    Told: _told,
}
