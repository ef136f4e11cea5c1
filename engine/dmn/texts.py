"""The FEEL texts of a DMN file, compiled in the scope of names they stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from engine.dmn.item_types import ItemTypes
from engine.dmn.trace import Problem, Trace
from engine.feel import Expression, FeelError, UnaryTests, compile_expression, compile_unary_tests
from engine.feel.scope import Frame
from engine.feel.text import short_text
from engine.feel.types import Type, coerce
from engine.feel.values import Value, kind

Closure = Callable[[Frame], Value]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file something stands: ``zh``/``en`` name it within its element."""

    line: int
    id: str
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One FEEL text: its place, what it became and the types of the variables in scope. If
    ``closed`` there are no other variables. ``wanted``: the type its place declares;
    ``subject``: the type of ``?`` for a cell."""

    place: Place
    compiled: Expression | UnaryTests
    scope: Mapping[str, Type | None]
    closed: bool
    wanted: Type | None = None
    subject: Type | None = None


class Texts:
    """Compiles the FEEL texts of one file. ``scope`` are the variables at the present place with
    their types, ``closed`` whether there are no others; ``members`` the entries of contexts
    anywhere in the file. ``faults`` collects what does not compile, which gives null."""

    def __init__(self, types: ItemTypes, members: Iterable[str]) -> None:
        self.types = types
        self.scope: Mapping[str, Type | None] = {}
        self.closed = False
        self.members = tuple(members)
        self.feel_types = types.types
        self.faults: list[tuple[Place, FeelError]] = []
        self.texts: list[Text] = []
        self._cells: dict[tuple[str, tuple[str, ...]], UnaryTests] = {}

    def expression(self, text: str, place: Place, wanted: Type | None = None) -> Closure:
        """The closure of FEEL ``text``; empty text is null."""
        compiled = self.compiled(text, place, wanted)
        return null if compiled is None else compiled.run

    def compiled(self, text: str, place: Place, wanted: Type | None = None) -> Expression | None:
        """The compiled text; None if it is empty or wrong (``faults`` tells)."""
        if not text:
            return None
        try:
            made = compile_expression(
                text,
                names=self.scope,
                types=self.feel_types,
                members=self.members,
                unknown_functions=True,
            )
        except FeelError as error:
            self.faults.append((place, error))
            return None
        self.texts.append(Text(place, made, self.scope, self.closed, wanted))
        return made

    def tests(self, text: str, place: Place, subject: Type | None) -> UnaryTests | None:
        """A compiled cell; None if it is empty or "-". A wrong one never matches."""
        if not text or text == "-":
            return None
        try:
            made = self._cell(text)
        except FeelError as error:
            self.faults.append((place, error))
            return compile_unary_tests("1 = 2")
        self.texts.append(Text(place, made, self.scope, self.closed, None, subject))
        return made

    def _cell(self, text: str) -> UnaryTests:
        """Compile a cell once for all places with the same names in scope."""
        key = (text, tuple(self.scope))
        known = self._cells.get(key)
        if known is None:
            known = self._cells[key] = compile_unary_tests(
                text,
                names=self.scope,
                types=self.feel_types,
                members=self.members,
                unknown_functions=True,
            )
        return known

    def typed(self, closure: Closure, reference: str | None, identity: str) -> Closure:
        """``closure`` with its value coerced to a type; what does not fit becomes null."""
        wanted = self.types.named(reference)
        if wanted is None or str(wanted) == "Any":
            return closure

        def evaluate(frame: Frame) -> Value:
            return fitted(closure(frame), wanted, frame, identity)

        return evaluate


def fitted(value: Value, wanted: Type | None, frame: Frame, identity: str) -> Value:
    """``value`` coerced to ``wanted``, or null with a problem."""
    fits, coerced = coerce(value, wanted)
    if not fits:
        shown = short_text(value, 60)
        report(
            frame, "type", identity,
            f"值 {shown}（{kind(value)}）不符合类型 {wanted}。",
            f"The value {shown} ({kind(value)}) does not conform to {wanted}.",
        )  # fmt: skip
    return coerced


def report(frame: Frame, slug: str, identity: str, zh: str, en: str) -> None:
    """Note a fatal problem of the evaluation that ``frame`` belongs to."""
    meter = frame.meter
    if isinstance(meter, Trace):
        meter.problem(Problem(slug, zh, en, identity))


def null(frame: Frame) -> Value:
    """The closure of what is not there."""
    return None
