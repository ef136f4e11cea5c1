"""BPMN: parse, lint, compile, run. The only door to SpiffWorkflow."""

from engine.bpmn.diagram import Diagram, Element, Flow, ProcessInfo, Start
from engine.bpmn.known import Known
from engine.bpmn.lint import lint
from engine.bpmn.parse import BpmnInvalid, parse
from engine.bpmn.program import Program, compile_process
from engine.bpmn.run import Run
from engine.bpmn.world import World

__all__ = [
    "BpmnInvalid",
    "Diagram",
    "Element",
    "Flow",
    "Known",
    "ProcessInfo",
    "Program",
    "Run",
    "Start",
    "World",
    "compile_process",
    "lint",
    "parse",
]
