"""Activities with rounds: multi-instances, loops, ad-hoc sub-processes."""

from __future__ import annotations

from tests.properties.board import Place, Record, Token, Value, Values, holds, value_of
from tests.properties.catching import Catching
from tests.properties.net import Collects


class Repeating(Catching):
    """The body holds its rounds; each round is a scope of its own."""

    def _repeat(self, token: Token) -> None:
        element = token.element
        if element.collects and element.rounds is not None:
            token.values[element.collects.into] = [None] * element.rounds
        if element.rounds == 0 or (element.test_before and not self._again(token, 0)):
            self._ready(token)
            return
        for _ in range((element.rounds or 1) if not element.sequential else 1):
            self._begin(token)
        self._arm(token)

    def _begin(self, body: Token) -> None:
        body.begun += 1
        token = self._count(body.place, body.element, body)
        token.index = body.begun
        token.values = {"loopCounter": token.index}
        if body.element.rounds is not None:
            token.values["item"] = token.index - 1
        kept = _kept_inside(body.element.collects)
        token.values = {kept: None} | token.values if kept else token.values
        self._prepare(token)

    def _again(self, token: Token, done: int) -> bool:
        """Whether there is another round of a standard loop."""
        element = token.element
        assert element.again is not None
        view = self.view(token) | {"loopCounter": done}
        return (not element.most or done < element.most) and holds(element.again, view)

    def _collect(self, token: Token) -> None:
        """A round is about to be over."""
        body, element = token.body, token.element
        assert body is not None
        collects = element.gathers if token.hidden else element.collects
        if collects:
            collected = list(_list(body.values[collects.into]))
            made = value_of(collects.element, self.view(token))
            if token.hidden:
                collected.append(made)
            else:  # another one may have taken the name, and made it shorter
                collected += [None] * (token.index - len(collected))
                collected[token.index - 1] = made
            body.values[collects.into] = collected
        if token.hidden:
            results = _list(body.values[collects.into]) if collects else []
            token.enough = 0 < element.suffices <= len(results)
        elif element.again is not None:
            token.enough = not self._again(token, token.index)
        else:
            token.enough = body.done + 1 in (element.rounds, element.enough)

    def _one_done(self, token: Token) -> None:
        """A round is over."""
        body = token.body
        assert body is not None
        body.done += 1
        if token.hidden:
            self._inner_done(body, token)
        elif token.enough:
            self._kill_rounds(body, spare=token)
            self._ready(body)
        elif body.element.sequential or body.element.again is not None:
            self._begin(body)

    def _kill_rounds(self, body: Token, spare: Token | None) -> None:
        for one in list(body.rounds):
            if one is not spare:
                self.kill(one)

    def _begin_ad_hoc(self, token: Token) -> None:
        element = token.element
        if element.gathers:
            token.values[element.gathers.into] = []
        if not element.chosen:
            token.values["adHocSubProcessElements"] = list(self.diagram.choices(element.id))
            self._open(token)
            return
        self._choose(token, element.chosen)

    def _choose(self, token: Token, chosen: list[str]) -> None:
        if token.element.in_order:
            token.queue += chosen
            self._next(token, 0)
            return
        for one in chosen:
            self._begin_inner(token, one)

    def _next(self, token: Token, most: int) -> None:
        """Where they run in order: begin the next one if not more than ``most`` are left."""
        if token.queue and len(token.rounds) <= most:
            self._begin_inner(token, token.queue.pop(0))

    def _begin_inner(self, token: Token, chosen: str) -> None:
        """What is chosen runs in a scope of its own, with what follows it."""
        inner = Token(token.element, token.place, token.path, token, hidden=True)
        token.rounds.append(inner)
        kept = _kept_inside(token.element.gathers)
        inner.values = {kept: None} if kept else {}
        inner.inner = Place(token.element.id, inner)
        self._enter(inner.inner, self.diagram.elements[chosen])

    def _activate(
        self, token: Token, values: Values, chosen: list[str], fulfilled: bool, cancel: bool
    ) -> None:
        self.merge(token, values)
        token.wait = ""
        self._choose(token, chosen)
        if fulfilled:
            self._close(token, cancel, None)
        elif not token.rounds:
            self._ready(token)

    def _choose_more(self, token: Token, chosen: list[str], cancel: bool) -> None:
        """Somebody begins more where no worker chooses, or other things instead."""
        if cancel:
            token.queue.clear()
            self._kill_rounds(token, None)
        self._choose(token, chosen)

    def _inner_done(self, token: Token, inner: Token) -> None:
        assert inner.inner is not None
        if inner.inner.done:
            token.kept.append(
                Record(token.element.id, "", inner.inner.done, dict(inner.values))
            )
        if inner.enough:
            self._close(token, token.element.cancel_rest, inner)
            return
        self._next(token, 1)
        if token.closing or token.element.chosen:
            if token.rounds == [inner]:
                self._ready(token)
        else:
            self._open(token)

    def _close(self, token: Token, cancel: bool, spare: Token | None) -> None:
        token.wait, token.held = "", False
        token.queue.clear()
        if cancel:
            self._kill_rounds(token, spare)
        if [one for one in token.rounds if one is not spare]:
            token.closing = True
        else:
            self._ready(token)

    def _give(self, token: Token, collects: Collects | None) -> None:
        if collects:
            self.merge(token.around, {collects.into: token.values[collects.into]})


def _kept_inside(collects: Collects | None) -> str:
    """The variable that an output element names is each round's own (Zeebe's rule)."""
    return collects.element.name if collects and not collects.element.number else ""


def _list(value: Value) -> list[Value]:
    assert isinstance(value, list)
    return value
