"""Joins that can wait for ever: the token game is played over every choice the diagram has.

Tokens that do not wait for others move one after the other, in one order: they cannot disturb
each other. So only choices branch, and the number of markings stays small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations

from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.reach import reach
from engine.bpmn.remarks import Remarks
from engine.model import Finding

Marking = tuple[str, ...]
"""The flows that hold a token, sorted; a flow may stand there more than once."""

_MOST_MARKINGS = 4000
_MOST_TOKENS = 24


@dataclass(frozen=True, slots=True)
class _Stuck:
    join: Element
    missing: tuple[str, ...]
    choices: tuple[str, ...]


@dataclass(slots=True)
class _Game:
    """The token game of one process or sub-process."""

    process: ProcessInfo
    scope: str | None
    elements: dict[str, Element] = field(init=False)
    reach: dict[str, dict[str, frozenset[str]]] = field(init=False)

    def __post_init__(self) -> None:
        self.elements = {one.id: one for one in self.process.children(self.scope)}
        self.reach = {
            one.id: reach(self.process, list(self.elements.values()), one)
            for one in self.elements.values()
            if one.type == "inclusiveGateway"
        }

    def stuck(self) -> Iterator[_Stuck]:
        """Every join that some play leaves waiting, with the choices that lead there."""
        open_: list[tuple[Marking, tuple[str, ...]]] = [
            (tuple(sorted(element.outgoing)), ())
            for element in self.elements.values()
            if element.type == "startEvent"
        ]
        seen: set[Marking] = set()
        while open_ and len(seen) < _MOST_MARKINGS:
            marking, choices = open_.pop()
            if marking in seen or len(marking) > _MOST_TOKENS:
                continue
            seen.add(marking)
            moves = self._moves(marking)
            if moves is None:
                yield from self._waiting(marking, choices)
                continue
            for after, chosen in moves:
                open_.append((after, (*choices, chosen) if chosen else choices))

    def _moves(self, marking: Marking) -> list[tuple[Marking, str]] | None:
        """The markings after the next move, with the flow chosen; None: nothing can move."""
        for flow in marking:
            element = self._target(flow)
            if not self._is_join(element):
                return [
                    (self._after(marking, (flow,), made, element), chosen)
                    for made, chosen in self._results(element)
                ]
        for element in map(self._target, marking):
            taken = self._joined(marking, element)
            if taken:
                return [
                    (self._after(marking, taken, made, element), chosen)
                    for made, chosen in self._results(element)
                ]
        return None

    def _after(
        self, marking: Marking, taken: tuple[str, ...], made: tuple[str, ...], element: Element
    ) -> Marking:
        if element.type == "endEvent" and element.event and element.event.kind == "terminate":
            return ()
        rest = list(marking)
        for flow in taken:
            rest.remove(flow)
        return tuple(sorted((*rest, *made)))

    def _results(self, element: Element) -> Iterator[tuple[tuple[str, ...], str]]:
        """What leaving the element can produce: the flows, and the one to name."""
        ways = element.outgoing
        if element.type == "intermediateThrowEvent":
            ways += tuple(flow for other in self.process.links(element) for flow in other.outgoing)
        if element.type in ("exclusiveGateway", "eventBasedGateway") and len(ways) > 1:
            yield from (((way,), way) for way in ways)
        elif element.type == "inclusiveGateway" and len(ways) > 1:
            sizes = (combinations(ways, size) for size in range(1, min(len(ways), 4) + 1))
            yield from ((some, some[0]) for some in chain.from_iterable(sizes))
        else:
            yield ways, ""
        for event in self.process.boundaries(element.id):
            if event.handler is not None:
                continue
            if event.interrupting:
                yield event.outgoing, event.id
            else:
                yield (*ways, *event.outgoing), event.id

    def _is_join(self, element: Element) -> bool:
        return element.type in ("parallelGateway", "inclusiveGateway") and len(element.incoming) > 1

    def _joined(self, marking: Marking, element: Element) -> tuple[str, ...]:
        """The flows a join takes a token from; empty while it waits."""
        arrived = tuple(flow for flow in element.incoming if flow in marking)
        empty = frozenset(element.incoming) - frozenset(arrived)
        if element.type == "parallelGateway":
            return () if empty else arrived
        for flow in marking:
            ways = self.reach[element.id].get(self._target(flow).id, frozenset())
            here = self._target(flow).id == element.id
            if not here and ways & empty and not ways & frozenset(arrived):
                return ()
        return arrived

    def _waiting(self, marking: Marking, choices: tuple[str, ...]) -> Iterator[_Stuck]:
        for join in dict.fromkeys(self._target(flow).id for flow in marking):
            element = self.elements[join]
            missing = tuple(flow for flow in element.incoming if flow not in marking)
            yield _Stuck(element, missing, choices)

    def _target(self, flow: str) -> Element:
        return self.elements[self.process.flows[flow].target]


def check(remarks: Remarks, process: ProcessInfo) -> Iterator[Finding]:
    """One warning for each join that can wait for ever. Only for processes without broken
    flows (``support.refusals`` is empty)."""
    for scope in process.scopes():
        told: set[str] = set()
        for stuck in _Game(process, scope).stuck():
            if stuck.join.id not in told:
                told.add(stuck.join.id)
                yield _finding(remarks, process, stuck)


def _finding(remarks: Remarks, process: ProcessInfo, stuck: _Stuck) -> Finding:
    missing = _names(process, stuck.missing)
    path = _names(process, stuck.choices[-3:])
    via = f"例如走 {'、'.join(path)} 时，" if path else ""
    via_en = f", for instance by way of {', '.join(path)}" if path else ""
    return remarks.on(
        stuck.join,
        "join-deadlock",
        f"可能永远等下去：{via}{'、'.join(missing)} 不会到达。",
        f"can wait for ever: {', '.join(missing)} may never arrive{via_en}.",
        (
            "分支与汇合用同一种网关：排他分出的用排他汇合，并行分出的用并行汇合。",
            "Join with the kind of gateway that split: exclusive with exclusive, parallel with "
            "parallel.",
        ),
        severity="warning",
    )


def _names(process: ProcessInfo, ids: tuple[str, ...]) -> list[str]:
    """Flows and events by their labels; a flow without one by where it comes from."""
    names = []
    for one in ids:
        flow, event = process.flows.get(one), process.elements.get(one)
        if flow is not None:
            source = process.elements[flow.source]
            names.append(f"“{flow.name or source.name or one}”")
        elif event is not None:
            names.append(f"“{event.name or one}”")
    return names
