"""Which elements and flows of each diagram the test cases passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.bpmn import Diagram

Key = tuple[str, str]
"""(file, process id)."""


@dataclass(frozen=True, slots=True)
class DiagramCoverage:
    """One process: what there is and what was never passed, in the order of the file."""

    process_id: str
    filename: str
    elements: int
    flows: int
    missed_elements: tuple[str, ...]
    missed_flows: tuple[str, ...]
    passed: frozenset[str] = frozenset()
    """Ids of the elements and flows that were passed."""

    @property
    def percent(self) -> float:
        """Passed elements and flows of all, in percent."""
        total = self.elements + self.flows
        missed = len(self.missed_elements) + len(self.missed_flows)
        return 100.0 if not total else 100.0 * (total - missed) / total


@dataclass(slots=True)
class Coverage:
    """Collected over any number of test cases and libraries."""

    elements: dict[Key, set[str]] = field(default_factory=dict)
    flows: dict[Key, set[str]] = field(default_factory=dict)

    def entered(self, key: Key, element_id: str) -> None:
        self.elements.setdefault(key, set()).add(element_id)

    def taken(self, key: Key, flow_id: str) -> None:
        self.flows.setdefault(key, set()).add(flow_id)

    def of(self, diagrams: Mapping[str, Diagram]) -> list[DiagramCoverage]:
        """The figures of every diagram, those never entered too."""
        return [self._one(process_id, diagram) for process_id, diagram in diagrams.items()]

    def _one(self, process_id: str, diagram: Diagram) -> DiagramCoverage:
        process = diagram.process(process_id)
        assert process is not None, process_id
        key = (diagram.filename, process_id)
        elements, flows = self.elements.get(key, set()), self.flows.get(key, set())
        return DiagramCoverage(
            process_id, diagram.filename, len(process.elements), len(process.flows),
            tuple(one for one in process.elements if one not in elements),
            tuple(one for one in process.flows if one not in flows),
            frozenset(elements | flows),
        )
