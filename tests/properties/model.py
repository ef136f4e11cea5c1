"""BPMN 2.0.2 as a game of tokens (clause 13), with Zeebe's variables, as simple as it can be
said: no history, no cost in mind, nothing of the engine. Tests play it beside the engine.

A token enters an element, may wait there, and is then in the row of those that move. One after
the other leaves its element, and what its flows lead to is entered at once. After every move the
conditions are read. Where none can move, an inclusive gateway fires; where none can, all rests."""

from __future__ import annotations

from collections.abc import Mapping

from tests.properties.board import Armed, Path, Place, Token, Value, Values, holds, value_of
from tests.properties.net import LOOKED_UP, SUBS, WAITING, Diagram, Element
from tests.properties.undoing import Undoing


class Game(Undoing):
    """One instance. ``outside``: error codes that a caller would catch."""

    def __init__(
        self, diagram: Diagram, values: Mapping[str, Value], outside: frozenset[str]
    ) -> None:
        super().__init__(diagram, values)
        self.outside = outside
        self.thrown: list[tuple[str, Values]] = []
        """Messages and signals, with the variables that went with them."""
        self._prepare(self.frame)
        self._settle()

    # -- what may happen from outside

    def complete(self, path: Path, values: Values) -> None:
        """A task, job, call, message, signal or timer that a token itself waits for."""
        token = self.token(path)
        if token.element.kind == "ad hoc":
            self._activate(token, values, [], False, False)
        else:
            token.result = dict(values)
            self._hear(token, "completing")
        self._settle()

    def happen(self, path: Path, values: Values) -> None:
        """An armed event."""
        self._happen(*self.armed()[path], values)
        self._settle()

    def throw(self, path: Path, kind: str, code: str, values: Values) -> None:
        """An error of a task, job, call or listener; an escalation of a call."""
        found = self._catcher(self._of(path), None, kind, code)
        if found is not None:
            self._catch(*found, values)
        elif kind == "error":
            self._end("error")
        self._settle()

    def activate(
        self, path: Path, values: Values, chosen: list[str], fulfilled: bool, cancel: bool
    ) -> None:
        """The job of an ad-hoc sub-process is done."""
        self._activate(self.token(path), values, chosen, fulfilled, cancel)
        self._settle()

    def choose(self, path: Path, chosen: list[str], cancel: bool) -> None:
        """Somebody begins elements of an ad-hoc sub-process."""
        self._choose_more(self.token(path), chosen, cancel)
        self._settle()

    def hear(self, path: Path, values: Values) -> None:
        """The job of a listener is done."""
        if path[-1][0] == "canceling listener":
            self._bid_farewell(path)
            return
        token = self._of(path)
        event = token.hearing
        if event == "completing":
            token.result |= values
        elif event in ("assigning", "updating"):
            token.asked |= values
        elif event == "end":
            self.merge(token.around, values)
        else:
            token.values |= values
        self._hear(token, event)
        self._settle()

    def ask(self, path: Path, event: str, values: Values, local: bool) -> None:
        """Somebody assigns or changes a user task, and sets variables at it."""
        token = self.token(path)
        token.asked, token.asked_local = dict(values), local
        self._hear(token, event)
        self._settle()

    def deny(self, path: Path) -> None:
        """A listener says no: the task waits as before."""
        token = self._of(path)
        token.hearing, token.heard, token.result, token.asked = "", 0, {}, {}

    def fail(self, path: Path) -> None:
        """What a token or a listener waits for ends with an incident …"""
        self._set_held(path, True)

    def retry(self, path: Path) -> None:
        """… until it is tried again."""
        self._set_held(path, False)
        if path[-1][1] != 0:
            self._open(self.token(path))
        self._settle()

    def set_variables(self, path: Path | None, values: Values, local: bool) -> None:
        token = self.token(path) if path else None
        if local and token is not None:
            token.values |= values
        else:
            self.merge(token, values)
        self._settle()

    def caught(self, path: Path, kind: str, code: str) -> bool:
        """Whether an error or escalation thrown there would be caught."""
        return self._catcher(self._of(path), None, kind, code) is not None

    def _bid_farewell(self, path: Path) -> None:
        """A canceling listener has heard of it: the next one; what comes after the last."""
        farewell = next(one for one in self.farewells if one.path == path)
        if farewell.heard < farewell.token.element.listeners.count("canceling"):
            farewell.heard += 1
            return
        self.farewells.remove(farewell)
        for place in list(self.places()):
            for late in [one for one in place.late if farewell in one.after]:
                late.after.remove(farewell)
                if not late.after:
                    place.late.remove(late)
                    self._enter(place, late.element, late.values)
        if self.ending and not self.farewells:
            self.ended = self.ending
        self._leave_place(self.root)
        self._settle()

    def _of(self, path: Path) -> Token:
        """Whose wait this is."""
        return self.token(path[:-1] if path[-1][1] == 0 else path)

    def _set_held(self, path: Path, held: bool) -> None:
        for farewell in self.farewells:
            if farewell.path == path:
                farewell.deaf = held
                return
        token = self._of(path)
        if token.path == path:
            token.held = held
        else:
            token.deaf = held

    # -- moving

    def _settle(self) -> None:
        self._look()
        while not self.ended:
            if self._moving:
                token = self._moving.popleft()
                if not token.gone:
                    self._move(token)
                self._look()
            elif not self._release():
                return

    def _arrive(self, place: Place, flow: str) -> None:
        self.taken[flow] += 1
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

    def _release(self) -> bool:
        for place in self.places():
            for element in self.diagram.inside(place.id):
                if element.kind == "or" and self._is_due(place, element):
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
        others |= {late.element.id for late in place.late}
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
            at = self.diagram.elements[open_.pop()]
            if at.id in seen:
                continue
            seen.add(at.id)
            open_ += [event.id for event in self.diagram.boundaries(at.id)]
            open_ += [self.diagram.catch(at).id] if at.kind == "link throw" else []
            for flow in at.outgoing:
                found |= {flow} & set(gateway.incoming)
                open_.append(self.diagram.flows[flow].target)
        return found

    # -- entering

    def _enter(
        self,
        place: Place,
        element: Element,
        result: Values | None = None,
        *,
        caught: bool = False,
        undoes: Token | None = None,
    ) -> Token:
        token = self._count(place, element, None)
        token.result, token.caught, token.undoes = dict(result or {}), caught, undoes
        if element.repeats:
            self._repeat(token)
        else:
            self._prepare(token)
        return token

    def _prepare(self, token: Token) -> None:
        token.values |= self.mapped(token, token.element.inputs)
        self._hear(token, "start")

    def _hear(self, token: Token, event: str) -> None:
        """The next listener of an event; when none is left, what comes after it."""
        if token.heard < token.element.listeners.count(event):
            token.heard += 1
            token.hearing = event
            return
        token.heard, token.hearing = 0, ""
        after = {
            "start": self._work, "creating": self._open, "completing": self._ready,
            "assigning": self._agree, "updating": self._agree, "end": self._ready,
        }  # fmt: skip
        token.told = event == "end"
        after[event](token)

    def _agree(self, token: Token) -> None:
        """All listeners have agreed to what somebody asked for."""
        if token.asked_local:
            token.values |= token.asked
        else:
            self.merge(token, token.asked)

    def _work(self, token: Token) -> None:
        """The element's own work; whatever waits is listened beside."""
        kind = token.element.kind
        if kind == "user":
            self._hear(token, "creating")
        elif kind in WAITING and not token.caught:
            self._open(token)
        elif kind in SUBS:
            within = "" if kind == "process" else token.element.id
            token.inner = self.root if kind == "process" else Place(within, token)
            self._enter(token.inner, self.diagram.start(within), token.result)
            token.result = {}
        elif kind == "events":
            targets = [self.diagram.flows[flow].target for flow in token.element.outgoing]
            token.armed = {target: Armed() for target in targets}
        elif kind == "ad hoc":
            self._begin_ad_hoc(token)
        elif kind not in ("compensate", "compensation end") or not self._compensate(token):
            if kind in ("publish", "broadcast"):
                self.thrown.append((token.element.id, dict(token.values)))
            if kind == "script":
                name, expression = token.element.script
                token.result = {name: value_of(expression, self.view(token))}
            self._ready(token)
        if token not in self._moving:
            self._arm(token)

    def _open(self, token: Token) -> None:
        element = token.element
        token.wait, token.held = WAITING.get(element.kind, "job"), False
        everything = element.kind != "call" or element.all_parent
        token.given = self.view(token) if everything else dict(token.values)

    # -- leaving

    def _move(self, token: Token) -> None:
        if token.element.kind == "cancel" and not token.place.interrupted:
            token.place.interrupted = True
            self.clear(token.place, spare=token)
            if self._undo(token, [token.place], ""):
                return
        if not (token.ghost or token.hidden or token.told):
            self._take_in(token)
            if not token.is_body and "end" in token.element.listeners:
                self._hear(token, "end")
                return
        self._go(token)

    def _take_in(self, token: Token) -> None:
        """What came goes outwards, or stays inside where output mappings choose."""
        element, result = token.element, token.result
        if token.is_body:
            self._give(token, element.collects)
            return
        starts = element.kind == "start" and token.place.owner is not None
        if element.outputs or (element.trigger == "error" and not starts):
            token.values |= result
        elif element.trigger == "error" and token.place.owner is not None:
            token.place.owner.values |= result
        elif element.kind != "events" and (element.kind != "call" or element.all_child):
            self.merge(token, result)
        if element.kind == "ad hoc":
            self._give(token, element.gathers)
        if element.outputs:
            made = self.mapped(token, element.outputs)
            self.merge(token if token.body is not None else token.around, made)

    def _go(self, token: Token) -> None:
        """It leaves its element: by its flows, or by what it throws."""
        if token is self.frame:
            self._end("completed")
            return
        element, place = token.element, token.place
        flows: list[str] = []
        if token.body is not None:
            self._collect(token)
        elif not token.ghost:
            flows = [token.way] if token.way else self._chosen(token)
        if element.kind == "start":
            self._listen(place)
        token.armed.clear()
        self._record(token)
        self._effect(token)
        if token.undoes is not None and not token.gone:
            self._undo_next(token.undoes)
        elif token.body is not None:
            self._one_done(token)
        elif not token.gone:
            self._spread(token, flows)
        self._drop(token)

    def _spread(self, token: Token, flows: list[str]) -> None:
        if token.element.kind == "link throw":
            self._enter(token.place, self.diagram.catch(token.element))
        for flow in flows:
            if token.way:
                self.taken[flow] += 1
                target = self.diagram.elements[self.diagram.flows[flow].target]
                self._enter(token.place, target, token.result, caught=True)
            else:
                self._arrive(token.place, flow)

    def _drop(self, token: Token) -> None:
        """It is over; so is its place if it was the last one there."""
        token.wait = ""
        self.kill(token)
        self._leave_place(token.place)

    def _leave_place(self, place: Place) -> None:
        """The process is not over before the farewells in it."""
        if not place.empty or place.over or (place is self.root and self.farewells):
            return
        place.over = True
        place.armed.clear()
        if place.owner is not None and not place.owner.gone:
            self._ready(place.owner)

    def _listen(self, place: Place) -> None:
        """The event sub-processes of a scope listen from its start event on."""
        events = self.diagram.event_starts(place.id)
        place.armed = {one.id: Armed() for one in events if one.trigger not in LOOKED_UP}

    def _chosen(self, token: Token) -> list[str]:
        element, view = token.element, self.view(token)
        true = [flow for flow in element.outgoing if self._holds(flow, element, view)]
        if element.kind == "xor":
            true = true[:1]
        return true or [flow for flow in element.outgoing if flow == element.default]

    def _holds(self, flow: str, element: Element, view: Values) -> bool:
        condition = self.diagram.flows[flow].condition
        if condition is None:
            return flow != element.default
        return holds(condition, view)

    def _effect(self, token: Token) -> None:
        kind, code, own = token.element.kind, token.element.code, dict(token.values)
        if kind == "terminate":
            self.clear(token.place, spare=token)
        elif kind == "cancel":
            self._cancel(token.place)
        elif kind in ("error", "escalate", "escalation end"):
            what = "error" if kind == "error" else "escalation"
            found = self._catcher(None, token.place, what, code)
            if found is not None:
                self._catch(*found, own)
            elif kind == "error":
                assert code in self.outside
                self._end("error")
