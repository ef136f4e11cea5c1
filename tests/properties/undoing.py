"""Compensation: what has completed is recorded, and undone in reverse order (BPMN 2.0.2,
13.5.5)."""

from __future__ import annotations

from tests.properties.board import Place, Record, Token
from tests.properties.net import Element
from tests.properties.repeating import Repeating


class Undoing(Repeating):
    """Records stand where the activity has completed."""

    def _record(self, token: Token) -> None:
        """What has completed can be undone, rounds when all of them have; but not undoing."""
        element = token.element
        whole = token
        while whole.body is not None:
            whole = whole.body
        if whole.undoes is not None or token.hidden:
            return
        done = token.place.done if token.body is None else token.body.kept
        if element.undo:
            if token.body is None:
                done.append(Record(element.id, element.undo))
        elif token.kept:
            done += token.kept
        elif token.inner is not None and element.kind != "event sub":
            inside = token.inner.done
            if inside or self._undo_start(element.id):
                done.append(Record(element.id, "", inside, dict(token.values)))

    def _undo_start(self, sub: str) -> Element | None:
        """The event sub-process that says how a sub-process is undone."""
        for start in self.diagram.event_starts(sub):
            if start.trigger == "compensation":
                return self.diagram.elements[start.parent]
        return None

    def _compensate(self, token: Token) -> bool:
        """All of its scope; in an event sub-process then all of the scope around it."""
        places = [token.place]
        owner = token.place.owner
        while owner is not None and owner.element.kind == "event sub":
            places.insert(0, owner.place)
            owner = owner.place.owner
        return self._undo(token, places, token.element.undoes)

    def _undo(self, token: Token, places: list[Place], activity: str) -> bool:
        """What has completed last is undone first. False: there is nothing to undo."""
        for place in places:
            chosen = [one for one in place.done if activity in ("", one.of)]
            place.done = [one for one in place.done if one not in chosen]
            token.todo += [(place, one) for one in chosen]
        return bool(token.todo) and self._undo_next(token)

    def _undo_next(self, owner: Token) -> bool:
        if not owner.todo:
            owner.undoing = None
            if not owner.ghost:
                self._ready(owner)
            return False
        place, record = owner.todo.pop()
        if record.handler:
            handler = self.diagram.elements[record.handler]
            owner.undoing = self._enter(place, handler, undoes=owner)
        else:
            owner.undoing = self._revive(place, record, owner)
        return True

    def _revive(self, place: Place, record: Record, owner: Token) -> Token:
        """A completed sub-process, as it was."""
        element = self.diagram.elements[record.of]
        token = self._ghost(place, element)
        token.undoes, token.ghost, token.values = owner, True, dict(record.values)
        token.inner = Place(record.of, token, done=record.inside)
        start = None if token.hidden else self._undo_start(record.of)
        if start is not None:
            self._enter(token.inner, start)
        else:
            self._undo(token, [token.inner], "")
        return token

    def _ghost(self, place: Place, element: Element) -> Token:
        if element.kind != "ad hoc":
            return self._count(place, element, None)
        path = place.owner.path if place.owner else ()
        token = Token(element, place, path, hidden=True)
        place.tokens.append(token)
        return token
