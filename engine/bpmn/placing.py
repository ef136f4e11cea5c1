"""Starting somewhere else than at a start event, and ending before the end (Zeebe's start and
runtime instructions of a new instance)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.eventsubs import arm
from engine.bpmn.nodes import Node
from engine.errors import Invalid, NotFound

_NO_PLACES = frozenset({"startEvent", "boundaryEvent"})

Place = list[str]
"""Ids from the outermost sub-process to the element itself."""


def places(process: ProcessInfo, elements: Iterable[str]) -> list[Place]:
    """Where these elements are. Raises NotFound, or Invalid for one where nothing can start."""
    return [_place(process, element_id) for element_id in elements]


def known(process: ProcessInfo, elements: Iterable[str]) -> list[str]:
    """The ids as they are. Raises NotFound for one that is no element."""
    return [_element(process, one).id for one in elements]


def set_down(level: Any, inside: Sequence[Place]) -> None:
    """Set a token on each place of a level; sub-processes around them are entered once."""
    if level.spec.scope_events:
        arm(level)
    deeper: dict[str, list[Place]] = {}
    for first, *rest in inside:
        if rest:
            deeper.setdefault(first, []).append(rest)
        else:
            _enter(level, first, {})
    for first, rests in deeper.items():
        _enter(level, first, {"inside": rests})


def _enter(level: Any, element_id: str, data: dict[str, Any]) -> None:
    node: Node = level.spec.task_specs[element_id]
    task = level.sprout(node, level.task_tree, TaskState.FUTURE)
    task.internal_data.update(data)
    # A join does not wait here for tokens that never come: it is entered like any other node.
    if Node._update_hook(node, task):
        task._ready()


def _place(process: ProcessInfo, element_id: str) -> Place:
    element = _element(process, element_id)
    before = (process.elements[process.flows[flow].source] for flow in element.incoming)
    if (
        element.type in _NO_PLACES
        or element.event_sub_process
        or element.compensates
        or any(one.type == "eventBasedGateway" for one in before)
    ):
        raise Invalid(
            f"不能从 {element_id} 开始：开始事件、边界事件、事件子流程、补偿处理和"
            "事件网关之后的事件不能直接进入。",
            f"An instance cannot start at {element_id}: start and boundary events, event "
            "sub-processes, compensation handlers and events behind an event-based gateway "
            "cannot be entered directly.",
        )
    path = [element.id]
    while element.parent is not None:
        element = process.elements[element.parent]
        if element.type == "adHocSubProcess" or element.event_sub_process or _repeats(element):
            raise Invalid(
                f"不能从 {element_id} 开始：它在多实例、循环、即席或事件子流程 {element.id} 里。",
                f"An instance cannot start at {element_id}: it is inside {element.id}, which is "
                "repeated, an ad-hoc or an event sub-process.",
            )
        path.insert(0, element.id)
    return path


def _repeats(element: Element) -> bool:
    return element.loop is not None or element.repeat is not None


def _element(process: ProcessInfo, element_id: str) -> Element:
    found = process.elements.get(element_id)
    if found is None:
        raise NotFound(
            f"流程 {process.id} 里没有节点 {element_id}。",
            f"Process {process.id} has no element {element_id}.",
        )
    return found
