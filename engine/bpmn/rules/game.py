"""The token game of one process or sub-process, played over every choice the diagram has.

Tokens that do not wait for others move one after the other, in one order: they cannot disturb
each other. So only choices branch, and the number of markings stays small. Data is not looked
at, except that conditions which exclude each other are never both true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.bpmn.diagram import SUB_PROCESSES, Element, ProcessInfo, may_be_chosen
from engine.bpmn.reach import reach
from engine.bpmn.rules.conditions import disjoint
from engine.feel import Function

Marking = tuple[str, ...]
"""The flows that hold a token, sorted; a flow may stand there more than once."""
Play = tuple[Marking, tuple[str, ...]]
"""A marking, and the flows and events chosen on the way there."""

_MOST_MARKINGS = 20_000
_MOST_TOKENS = 24
_MOST_SETS = 256
"""How many sets of conditional flows out of one element are tried."""
_ALL_END = frozenset({"terminate", "error", "cancel"})


@dataclass(slots=True)
class Game:
    """``beside``: non-interrupting boundary events happen, too. ``once``: flows that lead back
    into a loop are not taken, so that nothing happens twice by itself."""

    process: ProcessInfo
    scope: str | None
    functions: Mapping[str, Function]
    beside: bool = True
    once: bool = False
    elements: dict[str, Element] = field(init=False)
    reach: dict[str, dict[str, frozenset[str]]] = field(init=False)
    back: frozenset[str] = field(init=False)
    results: dict[str, list[tuple[tuple[str, ...], str]]] = field(init=False)
    after: dict[str, tuple[str, ...]] = field(init=False)
    """The elements a token at this one can come to next."""
    attached: dict[str, list[Element]] = field(init=False)
    """The boundary events by what they are attached to."""
    idle: frozenset[str] = field(init=False, default=frozenset())
    """Flows whose tokens can disturb nobody: they lead to no join, nor to what is looked for."""
    cut: bool = field(init=False, default=False)
    """Whether there is more than could be played."""

    def __post_init__(self) -> None:
        self.elements = {one.id: one for one in self.process.children(self.scope)}
        self.attached = {}
        for one in self.elements.values():
            if one.attached_to is not None:
                self.attached.setdefault(one.attached_to, []).append(one)
        self.after = {one.id: tuple(self._after(one)) for one in self.elements.values()}
        self.back = frozenset(self._back()) if self.once else frozenset()
        self.results = {one.id: list(self._results(one)) for one in self.elements.values()}
        self.reach = {
            one.id: reach(self.process, list(self.elements.values()), one)
            for one in self.elements.values()
            if one.type == "inclusiveGateway"
        }

    @property
    def begins(self) -> list[Element]:
        """Where tokens begin: start events, or what an ad-hoc sub-process may begin with."""
        around = self.process.elements.get(self.scope or "")
        if around is not None and around.type == "adHocSubProcess":
            return [one for one in self.elements.values() if may_be_chosen(one)]
        return [one for one in self.elements.values() if one.type == "startEvent"]

    def stuck(self) -> Iterator[Play]:
        """The markings in which nothing can move any more, though tokens are left."""
        self.idle = self._idle(frozenset())
        for marking, choices in self._plays(frozenset()):
            if marking and not self._moves(marking, frozenset()):
                yield marking, choices

    def crowded(self, merges: frozenset[str]) -> Iterator[tuple[Element, tuple[str, ...], Play]]:
        """The merges that tokens can come to on several flows at the same time, the flows, and
        the way there."""
        self.idle = self._idle(merges)
        for marking, choices in self._plays(merges):
            if self._first_mover(marking, merges) is not None:
                continue
            for merge in dict.fromkeys(self.target(flow).id for flow in marking):
                flows = tuple(one for one in self.elements[merge].incoming if one in marking)
                if merge in merges and len(flows) > 1:
                    yield self.elements[merge], flows, (marking, choices)

    def target(self, flow: str) -> Element:
        return self.elements[self.process.flows[flow].target]

    def _after(self, element: Element) -> Iterator[str]:
        yield from (self.process.flows[flow].target for flow in element.outgoing)
        yield from (one.id for one in self.attached.get(element.id, ()))
        if element.type == "intermediateThrowEvent":
            yield from (one.id for one in self.process.links(element))

    def _plays(self, late: frozenset[str]) -> Iterator[Play]:
        """Every marking met, each once; tokens before ``late`` elements move last."""
        open_: list[Play] = [
            (self._sorted(made), (chosen,) if chosen else ())
            for element in self.begins
            for made, chosen in self.results[element.id]
        ]
        seen: set[Marking] = set()
        while open_:
            marking, choices = open_.pop()
            if marking in seen:
                continue
            if len(marking) > _MOST_TOKENS or len(seen) >= _MOST_MARKINGS:
                self.cut = True
                continue
            seen.add(marking)
            yield marking, choices
            for after, chosen in self._moves(marking, late):
                open_.append((after, (*choices, chosen) if chosen else choices))

    def _moves(self, marking: Marking, late: frozenset[str]) -> list[tuple[Marking, str]]:
        """The markings after the next move, with the flow chosen; empty: nothing can move."""
        first = self._first_mover(marking, late)
        if first is not None:
            return self._moved(marking, (first,))
        for flow in marking:
            element = self.target(flow)
            taken = self._joined(marking, element) if self._is_join(element) else ()
            if taken:
                return self._moved(marking, taken)
        last = [flow for flow in dict.fromkeys(marking) if self.target(flow).id in late]
        return [move for flow in last for move in self._moved(marking, (flow,))]

    def _first_mover(self, marking: Marking, late: frozenset[str]) -> str | None:
        for flow in marking:
            element = self.target(flow)
            if element.id not in late and not self._is_join(element):
                return flow
        return None

    def _moved(self, marking: Marking, taken: tuple[str, ...]) -> list[tuple[Marking, str]]:
        element = self.target(taken[0])
        if self._ends_all(element):
            return [((), "")]
        rest = list(marking)
        for flow in taken:
            rest.remove(flow)
        return [(self._sorted((*rest, *made)), chosen) for made, chosen in self.results[element.id]]

    def _sorted(self, flows: Iterable[str]) -> Marking:
        return tuple(sorted(one for one in flows if not (one in self.back or one in self.idle)))

    def _idle(self, wanted: frozenset[str]) -> frozenset[str]:
        """All flows but those that lead to a join, to an end of everything, or to ``wanted``."""
        before: dict[str, list[str]] = {}
        for at, ways in self.after.items():
            for to in ways:
                before.setdefault(to, []).append(at)
        open_ = [one.id for one in self.elements.values() if one.id in wanted or self._counts(one)]
        seen: set[str] = set()
        while open_:
            at = open_.pop()
            if at not in seen:
                seen.add(at)
                open_ += before.get(at, ())
        flows = (flow for one in self.elements.values() for flow in one.outgoing)
        return frozenset(flow for flow in flows if self.target(flow).id not in seen)

    def _counts(self, element: Element) -> bool:
        return self._is_join(element) or self._ends_all(element)

    def _ends_all(self, element: Element) -> bool:
        kind = element.event.kind if element.event else "none"
        return element.type == "endEvent" and (kind in _ALL_END or self._escapes(element))

    def _escapes(self, end: Element) -> bool:
        """Whether an escalation ends everything around it, too."""
        if end.event is None or end.event.kind != "escalation":
            return False
        catchers = list(self.process.boundaries(self.scope or ""))
        starts = (
            self.process.event_start(one.id)
            for one in self.elements.values()
            if one.event_sub_process
        )
        catchers += [one for one in starts if one is not None]
        return any(
            one.interrupting
            and one.event is not None
            and one.event.kind == "escalation"
            and one.event.code in (None, end.event.code)
            for one in catchers
        )

    def _results(self, element: Element) -> Iterator[tuple[tuple[str, ...], str]]:
        """What leaving the element can produce: the flows, and the one to name."""
        ways = list(self._ways(element)) if self._completes(element) else []
        yield from ways
        for event in self.attached.get(element.id, ()):
            if event.handler is not None or (event.event and event.event.kind == "compensate"):
                continue
            if event.interrupting:
                yield event.outgoing, event.id
            elif self.beside:
                yield from (((*way, *event.outgoing), event.id) for way, _ in ways[:2])

    def _completes(self, element: Element) -> bool:
        """Whether a sub-process can be left by its own ends."""
        if element.type not in SUB_PROCESSES:
            return True
        ends = [one for one in self.process.children(element.id) if one.type == "endEvent"]
        kinds = {one.event.kind if one.event else "none" for one in ends}
        return not ends or not kinds <= {"error", "cancel"}

    def _ways(self, element: Element) -> Iterator[tuple[tuple[str, ...], str]]:
        ways = element.outgoing
        if element.type == "intermediateThrowEvent":
            ways += tuple(flow for other in self.process.links(element) for flow in other.outgoing)
        if element.type in ("exclusiveGateway", "eventBasedGateway") and len(ways) > 1:
            yield from (((way,), way) for way in ways)
            return
        conditional = [way for way in ways if self._condition(way) and way != element.default]
        if element.type == "parallelGateway" or len(ways) < 2 or not conditional:
            yield ways, ""
            return
        always = tuple(way for way in ways if way not in conditional and way != element.default)
        for some in self._subsets(conditional):
            yield (*always, *some), some[0]
        if always or element.default in ways:
            yield always or (element.default or "",), (always or (element.default or "",))[0]

    def _subsets(self, ways: list[str]) -> list[tuple[str, ...]]:
        """The sets of conditional flows that may be taken together, the smaller ones first."""
        apart = disjoint([self._condition(way) for way in ways], self.functions)
        never = {frozenset(pair) for pair in apart}
        sets: list[tuple[int, ...]] = [(index,) for index in range(len(ways))]
        for some in sets:
            if len(sets) >= _MOST_SETS:
                self.cut = True
                break
            sets += [
                (*some, more)
                for more in range(some[-1] + 1, len(ways))
                if not any(frozenset((one, more)) in never for one in some)
            ]
        return [tuple(ways[index] for index in some) for some in sets]

    def _condition(self, flow: str) -> str:
        return self.process.flows[flow].condition or ""

    def _is_join(self, element: Element) -> bool:
        return element.type in ("parallelGateway", "inclusiveGateway") and len(element.incoming) > 1

    def _joined(self, marking: Marking, element: Element) -> tuple[str, ...]:
        """The flows a join takes a token from; empty while it waits."""
        arrived = tuple(flow for flow in element.incoming if flow in marking)
        empty = frozenset(element.incoming) - frozenset(arrived)
        if element.type == "parallelGateway":
            return () if empty else arrived
        for flow in marking:
            ways = self.reach[element.id].get(self.target(flow).id, frozenset())
            here = self.target(flow).id == element.id
            if not here and ways & empty and not ways & frozenset(arrived):
                return ()
        return arrived

    def _back(self) -> Iterator[str]:
        """The flows that lead back to an element on the way to them."""
        seen: set[str] = set()
        for start in self.begins:
            if start.id not in seen:
                yield from self._back_from(start.id, seen)

    def _back_from(self, start: str, seen: set[str]) -> Iterator[str]:
        seen.add(start)
        path = [(start, iter(self.after[start]))]
        on_path = {start}
        while path:
            at, open_ = path[-1]
            to = next(open_, None)
            if to is None:
                path.pop()
                on_path.discard(at)
            elif to in on_path:
                yield from (
                    flow
                    for flow in self.elements[at].outgoing
                    if self.process.flows[flow].target == to
                )
            elif to not in seen:
                seen.add(to)
                on_path.add(to)
                path.append((to, iter(self.after[to])))
