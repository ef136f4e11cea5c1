"""BPMN 2.0.2 as a game of tokens (clause 13), as simple as it can be said: no history, no cost
in mind, nothing of the engine. Tests play it beside the engine.

Tokens that can move do, in the order in which they began; then sub-processes without a token
are left; then an inclusive gateway fires. When nothing of that is possible, all rests."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.properties.net import WAITING, Diagram, Element

Path = tuple[tuple[str, int], ...]
"""Element instances from the process inwards: (element, how many-th time there)."""


@dataclass(eq=False, slots=True)
class Place:
    """One run of the process or of a sub-process."""

    id: str
    owner: Token | None = None
    tokens: list[Token] = field(default_factory=list)
    parked: Counter[str] = field(default_factory=Counter)
    """Tokens that wait at joins, by flow."""
    armed: dict[str, int] = field(default_factory=dict)
    """Starts of event sub-processes that are armed → how often they have fired."""
    interrupted: bool = False
    dead: bool = False


@dataclass(eq=False, slots=True)
class Token:
    """One element instance that has been entered."""

    element: Element
    place: Place
    path: Path
    body: Token | None = None
    inner: Place | None = None
    rounds: list[Token] = field(default_factory=list)
    begun: int = 0
    done: int = 0
    armed: dict[str, int] = field(default_factory=dict)
    """Events that are armed beside it → how often they have fired."""


class Game:
    """One instance. ``outside``: error codes that a caller would catch."""

    def __init__(
        self, diagram: Diagram, values: Mapping[str, int], outside: frozenset[str]
    ) -> None:
        self.diagram = diagram
        self.values = dict(values)
        self.outside = outside
        self.root = Place("")
        self.ended = ""
        self.entered: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self._numbers: Counter[Path] = Counter()
        self._moving: deque[tuple[Place, str]] = deque()
        self._begin_place(self.root)
        self._settle()

    # -- what may happen from outside

    def complete(self, path: Path, values: Mapping[str, int]) -> None:
        """A task, job, call, message or timer that a token itself waits for."""
        self.values.update(values)
        self._leave(self._waiting()[path])
        self._settle()

    def happen(self, path: Path) -> None:
        """An armed event: its path is that of its host and one step more."""
        host, event = self._armed()[path], self.diagram.elements[path[-1][0]]
        if isinstance(host, Token) and host.element.kind == "events":
            self._remove(host)
            self.taken.update(set(host.element.outgoing) & set(event.incoming))
            self._count(host.place, event, None)
            self._send(host.place, event.outgoing)
        else:
            host.armed[event.id] += 1
            if event.trigger in ("timer", "cycle") and host.armed[event.id] == event.times:
                del host.armed[event.id]
            self._catch(host, event)
        self._settle()

    def throw(self, path: Path, kind: str, code: str) -> None:
        """An error of a task, job or call; an escalation of a call."""
        self._throw(self._waiting()[path], None, kind, code)
        self._settle()

    # -- what is seen from outside

    def waits(self) -> dict[Path, str]:
        """What waits → for what."""
        waiting = self._waiting()
        found = {path: WAITING[token.element.kind] for path, token in waiting.items()}
        for path in self._armed():
            event = self.diagram.elements[path[-1][0]]
            kind = event.trigger or event.kind
            found[path] = "timer" if kind == "cycle" else kind
        return found

    def active(self) -> Counter[str]:
        """Where the tokens are."""
        found: Counter[str] = Counter()
        for place in self._places(self.root):
            for flow, count in place.parked.items():
                found[self.diagram.flows[flow].target] += count
            for token in place.tokens:
                found[token.element.id] += 1 + len(token.rounds)
        return +found

    def caught(self, path: Path, kind: str, code: str) -> bool:
        """Whether an error or escalation thrown there would be caught."""
        return self._catcher(self._waiting()[path], None, kind, code) is not None

    # -- moving

    def _settle(self) -> None:
        while not self.ended:
            if self._moving:
                place, flow = self._moving.popleft()
                if not place.dead:
                    self._arrive(place, flow)
            elif not self._leave_empty() and not self._release():
                return

    def _arrive(self, place: Place, flow: str) -> None:
        element = self.diagram.elements[self.diagram.flows[flow].target]
        if element.kind not in ("and", "or") or len(element.incoming) == 1:
            self._enter(place, element)
            return
        place.parked[flow] += 1
        if element.kind == "and" and all(place.parked[one] for one in element.incoming):
            self._join(place, element)

    def _join(self, place: Place, element: Element) -> None:
        for flow in element.incoming:
            if place.parked[flow]:
                place.parked[flow] -= 1
        self._enter(place, element)

    def _leave_empty(self) -> bool:
        """Leave a sub-process, or end the process, when no token is left inside."""
        for place in self._places(self.root):
            if place.tokens or place.parked.total():
                continue
            place.dead = True
            place.armed.clear()
            if place.owner is None:
                self.ended = "completed"
            else:
                self._leave(place.owner)
            return True
        return False

    def _release(self) -> bool:
        for place in self._places(self.root):
            for element in self.diagram.elements.values():
                here = element.kind == "or" and element.parent == place.id
                if here and self._is_due(place, element):
                    self._join(place, element)
                    return True
        return False

    def _is_due(self, place: Place, gateway: Element) -> bool:
        """BPMN 2.0.2, 13.4.3: no token has a way to an empty flow, unless it also has one to a
        flow with a token."""
        full = {flow for flow in gateway.incoming if place.parked[flow]}
        if not full:
            return False
        others = {token.element.id for token in place.tokens}
        others |= {self.diagram.flows[one].target for one in +place.parked}
        for element in others - {gateway.id}:
            ways = self._ways(element, gateway)
            if ways - full and not ways & full:
                return False
        return True

    def _ways(self, element: str, gateway: Element) -> set[str]:
        """The flows into the gateway that a token at the element leads to, not through it. It
        may leave by the element's boundary events, too."""
        found: set[str] = set()
        open_, seen = [element], {gateway.id}
        while open_:
            at = open_.pop()
            if at in seen:
                continue
            seen.add(at)
            open_ += [event.id for event in self.diagram.boundaries(at)]
            for flow in self.diagram.elements[at].outgoing:
                found |= {flow} & set(gateway.incoming)
                open_.append(self.diagram.flows[flow].target)
        return found

    # -- the life of a token

    def _count(self, place: Place, element: Element, body: Token | None) -> Token:
        outer = body or place.owner
        prefix = outer.path if outer else ()
        self.entered[element.id] += 1
        self._numbers[(*prefix, (element.id, 0))] += 1
        number = self._numbers[(*prefix, (element.id, 0))]
        return Token(element, place, (*prefix, (element.id, number)), body)

    def _enter(self, place: Place, element: Element, body: Token | None = None) -> None:
        token = self._count(place, element, body)
        repeats = element.rounds is not None and body is None
        if repeats and not element.rounds:
            self._leave(token)
        elif repeats or element.kind in WAITING or element.kind in ("sub", "event sub", "events"):
            (body.rounds if body else place.tokens).append(token)
            if body is None:
                self._arm(token)
            if repeats:
                for _ in range(1 if element.sequential else element.rounds or 0):
                    self._begin(token)
            elif element.kind in ("sub", "event sub"):
                token.inner = Place(element.id, token)
                self._begin_place(token.inner)
        else:
            self._leave(token)

    def _begin_place(self, place: Place) -> None:
        """A scope begins: its event sub-processes are armed, its start event is entered."""
        starts = self.diagram.event_starts(place.id)
        place.armed = {
            one.id: 0 for one in starts if one.trigger not in ("error", "escalation")
        }
        self._enter(place, self.diagram.start(place.id))

    def _arm(self, token: Token) -> None:
        if token.element.kind == "events":
            flows = [self.diagram.flows[flow] for flow in token.element.outgoing]
            token.armed = {flow.target: 0 for flow in flows}
        events = self.diagram.boundaries(token.element.id)
        token.armed |= {
            event.id: 0 for event in events if event.trigger not in ("error", "escalation")
        }

    def _begin(self, body: Token) -> None:
        body.begun += 1
        self._enter(body.place, body.element, body)

    def _leave(self, token: Token) -> None:
        self._remove(token)
        body, element = token.body, token.element
        if body is not None:
            body.done += 1
            if body.done == element.rounds or body.done == element.enough:
                self._leave(body)
            elif element.sequential:
                self._begin(body)
            return
        if element.kind == "terminate":
            self._kill(token.place)
            token.place.dead = False
        elif element.kind == "error":
            self._throw(None, token.place, "error", element.code)
        elif element.kind in ("escalate", "escalation end"):
            before = token.place.interrupted
            self._throw(None, token.place, "escalation", element.code)
            if token.place.interrupted != before:
                return
        self._send(token.place, self._chosen(element))

    def _chosen(self, element: Element) -> list[str]:
        true = [flow for flow in element.outgoing if self._holds(flow, element)]
        if element.kind == "xor":
            true = true[:1]
        return true or [flow for flow in element.outgoing if flow == element.default]

    def _holds(self, flow: str, element: Element) -> bool:
        condition = self.diagram.flows[flow].condition
        if condition is None:
            return flow != element.default
        return self.values[f"v_{condition.task}"] < condition.limit

    def _send(self, place: Place, flows: list[str]) -> None:
        if not place.dead and not self.ended:
            self.taken.update(flows)
            self._moving += [(place, flow) for flow in flows]

    def _remove(self, token: Token) -> None:
        siblings = token.body.rounds if token.body else token.place.tokens
        if token in siblings:
            siblings.remove(token)
        for each in (token, *token.rounds):
            if each.inner is not None:
                self._kill(each.inner)

    def _kill(self, place: Place) -> None:
        for each in self._places(place):
            each.dead = True
        self._moving = deque(move for move in self._moving if not move[0].dead)
        place.tokens.clear()
        place.parked.clear()
        place.armed.clear()

    # -- errors and escalations

    def _throw(self, holder: Token | None, place: Place | None, kind: str, code: str) -> None:
        """From an activity, or from an event in a place."""
        found = self._catcher(holder, place, kind, code)
        if found is not None:
            self._catch(*found)
        elif kind == "error":
            assert code in self.outside
            self.ended = "error"
            self._kill(self.root)

    def _catcher(
        self, holder: Token | None, place: Place | None, kind: str, code: str
    ) -> tuple[Token | Place, Element] | None:
        """What catches it, from the inside outwards: events at the edge of an activity, then
        event sub-processes beside it."""
        while holder is not None or place is not None:
            if holder is not None:
                holder = holder.body or holder
                event = _matching(self.diagram.boundaries(holder.element.id), kind, code)
                if event is not None:
                    return holder, event
                place = holder.place
            assert place is not None
            starts = [] if place.interrupted else self.diagram.event_starts(place.id)
            if holder is not None:
                starts = [one for one in starts if one.parent != holder.element.id]
            event = _matching(starts, kind, code)
            if event is not None:
                return place, event
            holder, place = place.owner, None
        return None

    def _catch(self, host: Token | Place, event: Element) -> None:
        if isinstance(host, Place):
            if event.interrupting:
                self._kill(host)
                host.dead, host.interrupted = False, True
            self._enter(host, self.diagram.elements[event.parent])
            return
        if event.interrupting:
            self._remove(host)
        self._count(host.place, event, None)
        self._send(host.place, event.outgoing)

    # -- looking

    def _places(self, place: Place) -> Iterator[Place]:
        """A place and all inside, inner before outer."""
        for token in list(place.tokens):
            for each in (token, *token.rounds):
                if each.inner is not None:
                    yield from self._places(each.inner)
        yield place

    def _waiting(self) -> dict[Path, Token]:
        found = {}
        for place in self._places(self.root):
            for token in place.tokens:
                if token.element.kind in WAITING and token.element.rounds is None:
                    found[token.path] = token
                if token.element.kind in WAITING:
                    found |= {each.path: each for each in token.rounds}
        return found

    def _armed(self) -> dict[Path, Token | Place]:
        found: dict[Path, Token | Place] = {}
        for place in self._places(self.root):
            outer = place.owner.path if place.owner else ()
            found |= {(*outer, (event, 0)): place for event in place.armed}
            for token in place.tokens:
                found |= {(*token.path, (event, 0)): token for event in token.armed}
        return found


def _matching(events: list[Element], kind: str, code: str) -> Element | None:
    """The event that catches the code; else one that catches every code."""
    for wanted in (code, ""):
        for event in events:
            if event.trigger == kind and event.code == wanted:
                return event
    return None
