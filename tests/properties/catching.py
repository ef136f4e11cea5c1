"""Events that happen, and what catches an error or escalation."""

from __future__ import annotations

from tests.properties.board import Armed, Late, Place, Token, Values, holds
from tests.properties.line import Line
from tests.properties.net import LOOKED_UP, Element


class Catching(Line):
    """Boundary events, event sub-processes and event-based gateways."""

    def _arm(self, token: Token) -> None:
        """The events at the edge of an activity."""
        if token.body is None:
            events = self.diagram.boundaries(token.element.id)
            token.armed |= {one.id: Armed() for one in events if one.trigger not in LOOKED_UP}

    def _happen(self, host: Token | Place, event: Element, values: Values) -> None:
        if isinstance(host, Token) and host.element.kind == "events":
            host.way, host.result = event.incoming[0], values
            host.armed.clear()
            self._ready(host)
            return
        armed = host.armed[event.id]
        armed.fired += 1
        if event.trigger in ("timer", "cycle") and armed.fired == event.times:
            del host.armed[event.id]
        self._catch(host, event, values)

    def _look(self) -> None:
        """A conditional event happens when its condition becomes true."""
        if self.ended:
            return
        for host, event in list(self.armed().values()):
            if event.condition is not None and event.id in host.armed:
                at = host if isinstance(host, Token) else host.owner
                if self._has_become_true(host.armed[event.id], event, at):
                    self._happen(host, event, {})
        for token in list(self.tokens()):
            if token.wait == "condition" and self._has_become_true(
                token.reads, token.element, token
            ):
                self._ready(token)

    def _has_become_true(self, armed: Armed, event: Element, at: Token | None) -> bool:
        assert event.condition is not None
        was, armed.was = armed.was, holds(event.condition, self.view(at))
        return armed.was and not was

    def _catcher(
        self, holder: Token | None, place: Place | None, kind: str, code: str
    ) -> tuple[Token | Place, Element] | None:
        """What catches it, from the inside outwards: events at the edge of an activity, then
        event sub-processes beside it. What has completed and is undone listens no more."""
        while holder is not None or place is not None:
            beside = ""
            if holder is not None:
                while holder.body is not None:
                    holder = holder.body
                beside = holder.element.id
                event = _matching(self.diagram.boundaries(beside), kind, code)
                if event is not None and not holder.ghost:
                    return holder, event
                place = holder.place
            assert place is not None
            starts = self.diagram.event_starts(place.id)
            event = _matching([one for one in starts if one.parent != beside], kind, code)
            over = place.interrupted or (place.owner is not None and place.owner.ghost)
            if event is not None and not over:
                return place, event
            holder, place = place.owner, None
        return None

    def _catch(self, host: Token | Place, event: Element, values: Values) -> None:
        before = len(self.farewells)
        if isinstance(host, Place):
            if event.interrupting:
                self.clear(host)
                host.interrupted = True
            place, event = host, self.diagram.elements[event.parent]
        else:
            if event.interrupting:
                self.kill(host)
            place = host.place
        if len(self.farewells) > before:
            place.late.append(Late(event, values, self.farewells[before:]))
        else:
            self._enter(place, event, values)

    def _cancel(self, place: Place) -> None:
        """The transaction has been undone: it is left by its cancel boundary event."""
        owner = place.owner
        while owner is not None:
            event = _matching(self.diagram.boundaries(owner.element.id), "cancel", "")
            if event is not None and owner.body is None:
                self._catch(owner, event, {})
                return
            owner = owner.around


def _matching(events: list[Element], kind: str, code: str) -> Element | None:
    """The event that catches the code; else one that catches every code."""
    for wanted in (code, ""):
        for event in events:
            if event.trigger == kind and event.code == wanted:
                return event
    return None
