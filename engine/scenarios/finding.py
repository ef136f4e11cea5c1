"""Selectors → what they mean on the stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.model import Json
from engine.scenarios.failure import Failed, show
from engine.scenarios.stage import Incident, Instance, Job, Stage, Task, Visit

Selector = Mapping[str, Any]


def instance_of(stage: Stage, selector: Selector) -> Instance:
    """The instance started last of the process. Raises Failed."""
    wanted = selector["processDefinitionId"]
    for instance in reversed(stage.instances):
        if instance.process_id == wanted:
            return instance
    known = "、".join(dict.fromkeys(one.process_id for one in stage.instances)) or "无"
    raise Failed(f"流程 {wanted} 还没有实例；已启动：{known}。", f"No instance of {wanted}.")


def visits_of(instance: Instance, selector: Selector) -> list[Visit]:
    """The element instances of an element, in the order of their entering."""
    return [
        visit for visit in instance.visits
        if selector.get("elementId") in (None, visit.element_id)
        and selector.get("elementName") in (None, visit.name)
    ]


def tasks_of(stage: Stage, selector: Selector) -> list[Task]:
    """The user tasks of all states, the oldest first."""
    return [
        task for task in stage.tasks
        if selector.get("elementId") in (None, task.opened.element_id)
        and selector.get("taskName") in (None, task.opened.name)
        and selector.get("processDefinitionId") in (None, task.instance.process_id)
    ]


def open_task(stage: Stage, selector: Selector) -> Task:
    """The oldest open user task that fits. Raises Failed with what is open."""
    for task in tasks_of(stage, selector):
        if task.state == "open":
            return task
    raise Failed(
        f"没有等待中的用户任务 {show(dict(selector))}；{waiting(stage)}",
        f"No open user task {show(dict(selector))}.",
    )


def open_job(stage: Stage, selector: Selector) -> Job:
    """The oldest open job that fits. Raises Failed with what is open."""
    for job in stage.jobs:
        if job.state == "open" and _job_fits(job, selector):
            return job
    raise Failed(
        f"没有等待中的作业 {show(dict(selector))}；{waiting(stage)}",
        f"No open job {show(dict(selector))}.",
    )


def incident_of(stage: Stage, selector: Selector) -> Incident:
    """The oldest open incident that fits. Raises Failed."""
    for incident in stage.incidents:
        fits = selector.get("elementId") in (None, incident.element_id)
        if fits and selector.get("processDefinitionId") in (None, incident.instance.process_id):
            return incident
    raise Failed(
        f"没有未处理的异常 {show(dict(selector))}；{waiting(stage)}",
        f"No open incident {show(dict(selector))}.",
    )


def decisions_of(stage: Stage, selector: Selector) -> list[dict[str, Json]]:
    """The evaluations of a decision, the latest last."""
    return [
        record for record in stage.decisions
        if selector.get("decisionDefinitionId") in (None, record.get("decision"))
        and selector.get("decisionDefinitionName") in (None, record.get("name"))
    ]


def waiting(stage: Stage) -> str:
    """What the play waits for, in one sentence."""
    parts = [
        *_names("用户任务", (t.opened.element_id for t in stage.tasks if t.state == "open")),
        *_names("作业", (j.opened.element_id for j in stage.jobs if j.state == "open")),
        *_names("消息", _subscribed(stage, "message")),
        *_names("信号", _subscribed(stage, "signal")),
        *(f"异常 {one.element_id}（{one.zh}）" for one in stage.incidents),
    ]
    return "现在等待：" + ("；".join(parts) if parts else "无") + "。"


def _subscribed(stage: Stage, kind: str) -> list[str]:
    return [
        one.opened.message for one in stage.subscriptions
        if one.state == "open" and one.opened.kind == kind
    ]


def _names(what: str, names: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(names))
    return [f"{what} {'、'.join(found)}"] if found else []


def _job_fits(job: Job, selector: Selector) -> bool:
    return (
        selector.get("jobType") in (None, job.opened.type)
        and selector.get("elementId") in (None, job.opened.element_id)
        and selector.get("processDefinitionId") in (None, job.instance.process_id)
    )
