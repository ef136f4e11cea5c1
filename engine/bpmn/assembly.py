"""Connects the nodes of one scope: flows, links, boundary events, event sub-processes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.specs.StartTask import StartTask
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from engine.bpmn.build import Builder
from engine.bpmn.build_events import scope_event
from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.ears import Farewell, Threshold
from engine.bpmn.events import LinkThrowEvent
from engine.bpmn.eventsubs import ScopeEvent
from engine.bpmn.gateways import InclusiveGateway
from engine.bpmn.multi_instance import MultiInstance
from engine.bpmn.nodes import Node, Way
from engine.bpmn.reach import reach
from engine.bpmn.user_tasks import UserTask


class ProcessSpec(BpmnProcessSpec):
    """The specification of a process or sub-process. Unlike Spiff's it has no start, end and
    join tasks of its own, whose names could be those of elements."""

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.io_specification = None
        self.start = StartTask(self, ":root")
        self.starts: dict[str | None, Node] = {}
        self.inclusive_joins: list[InclusiveGateway] = []
        self.scope_events: list[ScopeEvent] = []
        """The start events of its event sub-processes, compensation apart."""
        self.conditional = False
        """Whether anything in the process waits for a condition."""
        self.undo_start: Node | None = None
        """Its compensation event sub-process."""
        self.threshold: Threshold | None = None
        """The node of the process's own listeners."""


def assemble(builder: Builder, process: ProcessInfo, scope: str | None) -> ProcessSpec:
    """The specification of a process (None) or of one of its sub-processes."""
    spec = ProcessSpec(scope or process.id)
    elements = list(process.children(scope))
    nodes = {element.id: builder.node(spec, element) for element in elements}
    for element in elements:
        node = nodes[element.id]
        for flow_id in element.outgoing:
            flow = process.flows[flow_id]
            target = nodes[flow.target]
            node.connect(target)
            node.ways.append(Way(flow_id, target, builder.condition(flow)))
        if isinstance(node, LinkThrowEvent):
            node.target = nodes[process.links(element)[0].id]
        if element.attached_to is not None:
            _attach(nodes, element)
        if element.type == "startEvent":
            spec.starts[element.id] = node
            if element.event is None or element.event.kind == "none":
                spec.starts.setdefault(None, node)
        if element.event_sub_process:
            _listen(builder, process, spec, element, nodes[element.id])
        if isinstance(node, InclusiveGateway):
            node.reach = reach(process, elements, element)
            spec.inclusive_joins.append(node)
    if scope is not None:
        _undo_start(process, scope, spec, nodes)
    spec.conditional = any(
        one.event is not None and one.event.kind == "conditional"
        for one in process.elements.values()
    )
    return spec


def farewells(root: ProcessSpec, specs: Iterable[ProcessSpec]) -> None:
    """Give the user tasks with canceling listeners nodes under which those are asked: at the
    process, whatever is cancelled around the task."""
    for spec in specs:
        for node in list(spec.task_specs.values()):
            if isinstance(node, UserTask) and "canceling" in node.hears:
                farewell = Farewell(root, f"{node.name}#farewell", node.element)
                farewell.of, node.farewell = node, farewell


def _attach(nodes: dict[str, Node], element: Element) -> None:
    host = nodes[element.attached_to or ""]
    if element.handler is None:
        host.boundaries.append(nodes[element.id])
        return
    host.undo, host.recorded = nodes[element.handler], True
    if isinstance(host, MultiInstance):
        host.inner.recorded = False


def _listen(
    builder: Builder, process: ProcessInfo, spec: ProcessSpec, element: Element, node: Node
) -> None:
    node.recorded = False
    start = process.event_start(element.id)
    if start is None or start.event is None or start.event.kind == "compensate":
        return
    event = scope_event(builder, spec, start)
    event.sub_process = node
    spec.scope_events.append(event)


def _undo_start(
    process: ProcessInfo, scope: str, spec: ProcessSpec, nodes: dict[str, Node]
) -> None:
    """Note the compensation event sub-process of a sub-process."""
    for element in process.children(scope):
        start = process.event_start(element.id) if element.event_sub_process else None
        if start is not None and start.event is not None and start.event.kind == "compensate":
            spec.undo_start = nodes[element.id]
