"""The instructions that do something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import Invalid
from engine.model import Json
from engine.scenarios.clock import instant, later
from engine.scenarios.examples import example
from engine.scenarios.failure import Failed
from engine.scenarios.finding import (
    incident_of,
    instance_of,
    open_job,
    open_task,
    visits_of,
    waiting,
)
from engine.scenarios.mocks import JobMock
from engine.scenarios.stage import Instance
from engine.scenarios.theatre import Theatre

Data = Mapping[str, Any]


def _create(theatre: Theatre, data: Data) -> None:
    process_id = data["processDefinitionSelector"]["processDefinitionId"]
    begin = [one["elementId"] for one in data.get("startInstructions") or []]
    halt = [one["afterElementId"] for one in data.get("runtimeInstructions") or []]
    theatre.start(process_id, data.get("variables") or {}, begin, halt)


def _complete_task(theatre: Theatre, data: Data) -> None:
    task = open_task(theatre.stage, data["userTaskSelector"])
    opened = task.opened
    values = _values(data, task.instance, opened.element_id)
    theatre.act(task.instance, lambda run: run.complete(opened.token, values))


def _complete_job(theatre: Theatre, data: Data) -> None:
    job = open_job(theatre.stage, data["jobSelector"])
    opened = job.opened
    values = _values(data, job.instance, opened.element_id)
    theatre.act(job.instance, lambda run: run.complete(opened.token, values))


def _complete_ad_hoc(theatre: Theatre, data: Data) -> None:
    job = open_job(theatre.stage, data["jobSelector"])
    token = job.opened.token
    chosen = [
        (one["elementId"], one.get("variables") or {})
        for one in data.get("activateElements") or []
    ]
    values = data.get("variables") or {}
    fulfilled = data.get("completionConditionFulfilled") is True
    cancel = data.get("cancelRemainingInstances") is True
    theatre.act(job.instance, lambda run: run.activate(token, chosen, values, fulfilled, cancel))


def _complete_listener(theatre: Theatre, data: Data) -> None:
    job = open_job(theatre.stage, data["jobSelector"])
    token, event = job.opened.token, job.opened.listener
    if event is None or event in ("start", "end"):
        raise Failed(
            f"作业 {job.opened.element_id}（{job.opened.type}）不是用户任务监听器的作业。",
            f"The job {job.opened.type} of {job.opened.element_id} is no user task listener's.",
        )
    corrections, reason = data.get("corrections") or {}, data.get("deniedReason") or ""
    if data.get("denied") is True:
        theatre.act(job.instance, lambda run: run.deny(token, reason))
    else:
        theatre.act(job.instance, lambda run: run.correct(token, corrections, {}))


def _throw_error(theatre: Theatre, data: Data) -> None:
    job = open_job(theatre.stage, data["jobSelector"])
    token, code, message = job.opened.token, data["errorCode"], data.get("errorMessage")
    values = data.get("variables") or {}
    theatre.act(job.instance, lambda run: run.throw_error(token, code, message, values))


def _publish(theatre: Theatre, data: Data) -> None:
    now = theatre.library.clock.now()
    until = later(now, f"PT{data.get('timeToLive', 0) / 1000:f}S")
    theatre.publish(
        data["name"], data.get("correlationKey", ""), data.get("variables") or {}, until,
        data.get("messageId"),
    )


def _correlate(theatre: Theatre, data: Data) -> None:
    now = theatre.library.clock.now()
    name, key = data["name"], data.get("correlationKey", "")
    if not theatre.publish(name, key, data.get("variables") or {}, now):
        raise Failed(
            f"没有实例在等消息 {name}（关联键 {key!r}）；{waiting(theatre.stage)}",
            f"No instance waits for the message {name} with key {key!r}.",
        )


def _broadcast(theatre: Theatre, data: Data) -> None:
    theatre.broadcast(data["signalName"], data.get("variables") or {})


def _evaluate_starts(theatre: Theatre, data: Data) -> None:
    theatre.start_where_true(data["variables"])


def _increase_time(theatre: Theatre, data: Data) -> None:
    theatre.deploy()
    moment = later(theatre.library.clock.now(), data["duration"])
    if moment < theatre.library.clock.now():
        raise Invalid("INCREASE_TIME 不能倒退。", "INCREASE_TIME cannot go back.")
    theatre.move_clock(moment)


def _set_time(theatre: Theatre, data: Data) -> None:
    theatre.move_clock(instant(data["time"]))


def _evaluate(theatre: Theatre, data: Data) -> None:
    decision_id = data["decisionDefinitionSelector"]["decisionDefinitionId"]
    theatre.decide(decision_id, data.get("variables") or {})


def _resolve(theatre: Theatre, data: Data) -> None:
    incident = incident_of(theatre.stage, data["incidentSelector"])
    theatre.act(incident.instance, lambda run: run.retry(incident.token))


def _update_variables(theatre: Theatre, data: Data) -> None:
    instance = instance_of(theatre.stage, data["processInstanceSelector"])
    selector = data.get("elementSelector")
    token = ""
    if selector is not None:
        found = [one for one in visits_of(instance, selector) if one.state == "active"]
        if not found:
            raise Failed(
                f"节点 {selector} 不在等待；{waiting(theatre.stage)}", f"{selector} is not active."
            )
        token = found[-1].token
    values = data["variables"]
    theatre.act(instance, lambda run: run.set_variables(token, values, local=bool(token)))


def _mock_child(theatre: Theatre, data: Data) -> None:
    theatre.mock_child(data["processDefinitionId"], data.get("variables") or {})


def _mock_decision(theatre: Theatre, data: Data) -> None:
    theatre.mocks.decisions[data["decisionDefinitionId"]] = data.get("variables") or {}


def _mock_job(theatre: Theatre, data: Data) -> None:
    mock = JobMock(data.get("variables") or {}, data.get("useExampleData") is True)
    theatre.mock_job(data["jobType"], mock)


def _mock_error(theatre: Theatre, data: Data) -> None:
    error = (data["errorCode"], data.get("errorMessage"))
    theatre.mock_job(data["jobType"], JobMock(data.get("variables") or {}, error=error))


def _values(data: Data, instance: Instance, element_id: str) -> Mapping[str, Json]:
    if data.get("useExampleData") is True:
        return example(instance, element_id)
    return data.get("variables") or {}


ACTIONS: dict[str, Callable[[Theatre, Data], None]] = {
    "CREATE_PROCESS_INSTANCE": _create,
    "COMPLETE_USER_TASK": _complete_task,
    "COMPLETE_JOB": _complete_job,
    "COMPLETE_JOB_AD_HOC_SUB_PROCESS": _complete_ad_hoc,
    "COMPLETE_JOB_USER_TASK_LISTENER": _complete_listener,
    "THROW_BPMN_ERROR_FROM_JOB": _throw_error,
    "PUBLISH_MESSAGE": _publish,
    "CORRELATE_MESSAGE": _correlate,
    "BROADCAST_SIGNAL": _broadcast,
    "EVALUATE_CONDITIONAL_START_EVENT": _evaluate_starts,
    "INCREASE_TIME": _increase_time,
    "SET_TIME": _set_time,
    "EVALUATE_DECISION": _evaluate,
    "RESOLVE_INCIDENT": _resolve,
    "UPDATE_VARIABLES": _update_variables,
    "MOCK_CHILD_PROCESS": _mock_child,
    "MOCK_DMN_DECISION": _mock_decision,
    "MOCK_JOB_WORKER_COMPLETE_JOB": _mock_job,
    "MOCK_JOB_WORKER_THROW_BPMN_ERROR": _mock_error,
}
