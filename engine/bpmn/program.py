"""Diagram → Program: the SpiffWorkflow specification of one process with every text compiled.

Spiff's own XML parser is not used: it recurses once per element of a path, passes over what
it cannot reach, and ignores conditions on flows out of tasks. The specification is built from
the Diagram instead, breadth first, from task specifications of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.specs.StartTask import StartTask
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from engine.bpmn.build import Builder
from engine.bpmn.diagram import Diagram, ProcessInfo
from engine.bpmn.gateways import InclusiveGateway
from engine.bpmn.nodes import Node, Way
from engine.bpmn.parse import BpmnInvalid
from engine.bpmn.reach import reach
from engine.bpmn.support import refusals
from engine.errors import Invalid, NotFound
from engine.feel import Function


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


class Program:
    """One compiled process. Shared by all its instances and all threads; never changed."""

    def __init__(
        self, diagram: Diagram, process: ProcessInfo, specs: dict[str | None, ProcessSpec]
    ) -> None:
        self.process = process
        self.filename = diagram.filename
        self.spec = specs[None]
        self.subs = {key: spec for key, spec in specs.items() if key is not None}

    def start_node(self, start_id: str | None) -> Node:
        """The start event to begin with. Raises NotFound, or Invalid if none can be chosen."""
        found = self.spec.starts.get(start_id)
        if found is None and start_id is None and len(self.process.starts) == 1:
            found = self.spec.starts.get(self.process.starts[0].id)
        if found is not None:
            return found
        if start_id is None:
            raise Invalid(
                f"流程 {self.process.id} 没有无触发器的开始事件，必须指明从哪个开始事件启动。",
                f"Process {self.process.id} has no plain start event; name the one to start at.",
            )
        raise NotFound(
            f"流程 {self.process.id} 没有开始事件 {start_id}。",
            f"Process {self.process.id} has no start event {start_id}.",
        )

    def catches_error(self, element_id: str, code: str) -> bool:
        """Whether a boundary event catches this error thrown by the (call) activity."""
        return self._catches("error", element_id, code)

    def _catches(self, kind: Literal["error"], element_id: str, code: str) -> bool:
        element = self.process.elements.get(element_id)
        while element is not None:
            for event in self.process.boundaries(element.id):
                found = event.event
                if found and found.kind == kind and found.code in (None, code):
                    return True
            element = self.process.elements.get(element.parent or "")
        return False


def compile_process(
    diagram: Diagram, process_id: str, functions: Mapping[str, Function] | None = None
) -> Program:
    """Compile one process of a diagram. Raises NotFound if the diagram does not have it and
    BpmnInvalid if it has elements that cannot run or texts that are no FEEL."""
    process = diagram.process(process_id)
    if process is None:
        raise NotFound(
            f"文件 {diagram.filename} 中没有流程 {process_id}。",
            f"File {diagram.filename} has no process {process_id}.",
        )
    findings = refusals(diagram.filename, process)
    if findings:
        raise BpmnInvalid(findings)
    builder = Builder(diagram.filename, process, functions or {})
    specs: dict[str | None, ProcessSpec] = {}
    scopes: list[str | None] = [None]
    scopes += [one.id for one in process.elements.values() if one.type == "subProcess"]
    for scope in scopes:
        specs[scope] = _scope(builder, process, scope)
    return Program(diagram, process, specs)


def _scope(builder: Builder, process: ProcessInfo, scope: str | None) -> ProcessSpec:
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
        if element.attached_to is not None:
            nodes[element.attached_to].boundaries.append(node)
        if element.type == "startEvent":
            spec.starts[element.id] = node
            if element.event is None or element.event.kind == "none":
                spec.starts.setdefault(None, node)
        if isinstance(node, InclusiveGateway):
            node.reach = reach(process, elements, element)
            spec.inclusive_joins.append(node)
    return spec
