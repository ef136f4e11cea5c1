"""Which elements and flows of each diagram the test cases passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.bpmn import Diagram


@dataclass(frozen=True, slots=True)
class DiagramCoverage:
    """One process: what there is and what was never passed, in the order of the file."""

    process_id: str
    filename: str
    elements: int
    flows: int
    missed_elements: tuple[str, ...]
    missed_flows: tuple[str, ...]

    @property
    def percent(self) -> float:
        """Passed elements and flows of all, in percent."""
        total = self.elements + self.flows
        missed = len(self.missed_elements) + len(self.missed_flows)
        return 100.0 if not total else 100.0 * (total - missed) / total


@dataclass(slots=True)
class Coverage:
    """Collected over any number of test cases of one library."""

    elements: dict[str, set[str]] = field(default_factory=dict)
    flows: dict[str, set[str]] = field(default_factory=dict)

    def entered(self, process_id: str, element_id: str) -> None:
        self.elements.setdefault(process_id, set()).add(element_id)

    def taken(self, process_id: str, flow_id: str) -> None:
        self.flows.setdefault(process_id, set()).add(flow_id)

    def of(self, diagrams: Mapping[str, Diagram]) -> list[DiagramCoverage]:
        """The figures of every diagram, those never entered too."""
        return [self._one(process_id, diagram) for process_id, diagram in diagrams.items()]

    def _one(self, process_id: str, diagram: Diagram) -> DiagramCoverage:
        process = diagram.process(process_id)
        assert process is not None, process_id
        elements = self.elements.get(process_id, set())
        flows = self.flows.get(process_id, set())
        return DiagramCoverage(
            process_id, diagram.filename, len(process.elements), len(process.flows),
            tuple(one for one in process.elements if one not in elements),
            tuple(one for one in process.flows if one not in flows),
        )
