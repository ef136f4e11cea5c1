"""Diagram → Program: the SpiffWorkflow specification of one process with every text compiled.

Spiff's own XML parser is not used: it recurses once per element of a path, passes over what
it cannot reach, and ignores conditions on flows out of tasks. The specification is built from
the Diagram instead, breadth first, from task specifications of our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from engine.bpmn.assembly import ProcessSpec, assemble, farewells
from engine.bpmn.build import Builder
from engine.bpmn.diagram import Diagram, Element, ProcessInfo
from engine.bpmn.nodes import Node
from engine.bpmn.parse import BpmnInvalid
from engine.bpmn.support import refusals
from engine.errors import Invalid, NotFound
from engine.feel import Function
from engine.model import Json


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

    def starts_with(self, start_id: str, variables: Mapping[str, Json]) -> bool:
        """Whether the condition of a conditional start event is true for these variables."""
        condition = getattr(self.start_node(start_id), "condition", None)
        return condition is not None and condition.evaluate(variables) is True

    def catches_error(self, element_id: str, code: str) -> bool:
        """Whether something here catches this error thrown by the (call) activity: a boundary
        event around it, or an event sub-process of a scope around it."""
        element = self.process.elements.get(element_id)
        while element is not None:
            events = [*self.process.boundaries(element.id), *self._scope_events(element)]
            for one in events:
                if one.event and one.event.kind == "error" and one.event.code in (None, code):
                    return True
            element = self.process.elements.get(element.parent or "")
        return False

    def _scope_events(self, element: Element) -> Iterator[Element]:
        """The start events of the event sub-processes beside an element."""
        for other in self.process.children(element.parent):
            if other.event_sub_process and other.id != element.id:
                start = self.process.event_start(other.id)
                if start is not None:
                    yield start


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
    specs = {scope: assemble(builder, process, scope) for scope in process.scopes()}
    farewells(specs[None], specs.values())
    specs[None].threshold = builder.threshold(specs[None])
    return Program(diagram, process, specs)
