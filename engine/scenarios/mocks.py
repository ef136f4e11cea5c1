"""What test cases put in the place of workers, decisions and called processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from engine.bpmn import Program, compile_process, parse
from engine.model import Json


@dataclass(frozen=True, slots=True)
class JobMock:
    """How jobs of a type are answered: completed with variables, or a BPMN error thrown."""

    variables: Mapping[str, Json]
    example: bool = False
    error: tuple[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class ChildMock:
    """A process that ends at once, with these variables beside those it was called with."""

    program: Program
    variables: Mapping[str, Json]


@dataclass(slots=True)
class Mocks:
    jobs: dict[str, JobMock] = field(default_factory=dict)
    children: dict[str, ChildMock] = field(default_factory=dict)
    decisions: dict[str, Mapping[str, Json]] = field(default_factory=dict)


def child(process_id: str, variables: Mapping[str, Json]) -> ChildMock:
    """The stand-in of a process: a start and an end."""
    text = _CHILD.format(id=quoteattr(process_id)).encode()
    return ChildMock(compile_process(parse(text, process_id), process_id, {}), variables)


_CHILD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'targetNamespace="mock"><bpmn:process id={id} isExecutable="true">'
    '<bpmn:startEvent id="mock-start"/><bpmn:endEvent id="mock-end"/>'
    '<bpmn:sequenceFlow id="mock-flow" sourceRef="mock-start" targetRef="mock-end"/>'
    "</bpmn:process></bpmn:definitions>"
)
