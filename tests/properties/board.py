"""What the model sees at a moment: places, tokens on them, variables in scopes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.properties.net import WAITING, Condition, Diagram, Element, Expression

Value = int | str | list["Value"] | None
Values = dict[str, Value]
Path = tuple[tuple[str, int], ...]
"""Element instances from the process inwards: (element, how many-th time there). What is armed
beside one has the number 0, so has the job of a listener."""


@dataclass(slots=True)
class Armed:
    """An event that listens."""

    fired: int = 0
    was: bool = False
    """Whether its condition was true when it was last looked at."""


@dataclass(slots=True)
class Record:
    """Something that has completed and can be undone: by a handler; or a sub-process, by what is
    recorded inside it, with the variables that it had."""

    of: str
    handler: str = ""
    inside: list[Record] = field(default_factory=list)
    values: Values = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Place:
    """One run of the process, of a sub-process, or of what an ad-hoc sub-process has begun."""

    id: str
    owner: Token | None = None
    tokens: list[Token] = field(default_factory=list)
    parked: Counter[str] = field(default_factory=Counter)
    """Tokens that wait at joins, by flow."""
    armed: dict[str, Armed] = field(default_factory=dict)
    """Starts of event sub-processes that listen."""
    late: list[Late] = field(default_factory=list)
    done: list[Record] = field(default_factory=list)
    """What can be undone, in order of completion."""
    interrupted: bool = False
    over: bool = False

    @property
    def empty(self) -> bool:
        return not (self.tokens or self.parked.total() or self.late)


@dataclass(eq=False, slots=True)
class Farewell:
    """A user task that is gone, of which its canceling listeners hear."""

    token: Token
    heard: int = 1
    deaf: bool = False

    @property
    def path(self) -> Path:
        return (*self.token.path, ("canceling listener", 0))


@dataclass(eq=False, slots=True)
class Late:
    """What has cancelled user tasks goes on after their farewells."""

    element: Element
    values: Values
    after: list[Farewell]


@dataclass(eq=False, slots=True)
class Token:
    """One element instance that has been entered. Its variables are a scope."""

    element: Element
    place: Place
    path: Path
    body: Token | None = None
    """The repeated activity or ad-hoc sub-process that this is a round of."""
    values: Values = field(default_factory=dict)
    result: Values = field(default_factory=dict)
    """What came with the event that it waited for."""
    wait: str = ""
    held: bool = False
    """Whether an incident holds what it waits for."""
    given: Values = field(default_factory=dict)
    """The variables that a job or a called process was given."""
    inner: Place | None = None
    rounds: list[Token] = field(default_factory=list)
    index: int = 0
    begun: int = 0
    done: int = 0
    enough: bool = False
    hidden: bool = False
    """Whether it is no element of the diagram: an inner instance of an ad-hoc sub-process."""
    closing: bool = False
    armed: dict[str, Armed] = field(default_factory=dict)
    reads: Armed = field(default_factory=Armed)
    """Of a conditional event that waits itself."""
    caught: bool = False
    """Whether the event has already happened, at the event-based gateway before it."""
    way: str = ""
    """The flow that an event-based gateway takes."""
    hearing: str = ""
    """The listener's event that is heard now."""
    heard: int = 0
    told: bool = False
    """Whether its end listeners have all been heard."""
    asked: Values = field(default_factory=dict)
    """Variables that somebody sets at a user task, once its listeners have agreed."""
    asked_local: bool = False
    deaf: bool = False
    """Whether an incident holds the listener's job."""
    undoes: Token | None = None
    """The compensation event that it undoes something for."""
    ghost: bool = False
    """Whether it is a completed sub-process that is undone: it listens to nothing any more."""
    todo: list[tuple[Place, Record]] = field(default_factory=list)
    undoing: Token | None = None
    queue: list[str] = field(default_factory=list)
    """What is chosen and waits for its turn, in an ad-hoc sub-process that runs in order."""
    kept: list[Record] = field(default_factory=list)
    """What its rounds have done."""
    gone: bool = False

    @property
    def around(self) -> Token | None:
        """The scope around it; None is the process."""
        return self.body or self.place.owner

    @property
    def leaves_farewell(self) -> bool:
        """Whether listeners hear of it when it is cancelled: a user task that is not done."""
        there = self.wait == "task" or self.hearing == "creating"
        return there and "canceling" in self.element.listeners

    @property
    def is_body(self) -> bool:
        """Whether it holds the rounds of a repeated activity."""
        return self.element.repeats and self.body is None and not self.ghost


class Board:
    """All tokens and variables of an instance."""

    def __init__(self, diagram: Diagram, values: Mapping[str, Value]) -> None:
        self.diagram = diagram
        self.frame = Token(diagram.process, Place("outside"), (), values=dict(values))
        """The process itself."""
        self.root = Place("", self.frame)
        self.farewells: list[Farewell] = []

    @property
    def values(self) -> Values:
        """The variables of the process."""
        return self.frame.values

    # -- what is seen from outside

    def waits(self) -> dict[Path, str]:
        """What waits → for what."""
        found = {path: self._kind(event) for path, (_, event) in self.armed().items()}
        for one in self.farewells:
            found[one.path] = "incident" if one.deaf else "listener"
        for token in (self.frame, *self.tokens()):
            if token.wait:
                found[token.path] = "incident" if token.held else token.wait
            if token.hearing:
                found[heard(token)] = "incident" if token.deaf else "listener"
        return {path: kind for path, kind in found.items() if kind != "condition"}

    def rests(self) -> bool:
        """Whether nothing that could happen from outside would move it."""
        reads = any(event.condition for _, event in self.armed().values())
        return not (self.waits() or reads or any(one.wait for one in self.tokens()))

    def active(self) -> Counter[str]:
        """Where the tokens are."""
        found = Counter(token.element.id for token in self.tokens() if not token.hidden)
        for place in self.places():
            for flow, count in place.parked.items():
                found[self.diagram.flows[flow].target] += count
        return +found

    def views(self) -> dict[Path, Values]:
        """The variables that each token sees."""
        return {one.path: self.view(one) for one in self.tokens() if not one.hidden}

    def ad_hocs(self) -> list[Path]:
        """The ad-hoc sub-processes in which somebody may begin more."""
        running = (one for one in self.tokens() if one.rounds and not one.is_body)
        return [one.path for one in running if one.element.chosen and not one.closing]

    def given(self) -> dict[Path, Values]:
        """What those who work were given."""
        works = (one for one in self.tokens() if one.wait in ("job", "call") and not one.held)
        return {one.path: one.given for one in works}

    # -- variables: Zeebe's rules

    def view(self, token: Token | None) -> Values:
        """All variables visible there, inner before outer ones."""
        return self.view(token.around) | token.values if token is not None else {}

    def merge(self, scope: Token | None, values: Values) -> None:
        """Each variable goes to the innermost scope that has it, else to the process."""
        for name, value in values.items():
            at = scope
            while at is not None and name not in at.values:
                at = at.around
            (at or self.frame).values[name] = value

    def mapped(self, token: Token, pairs: list[tuple[str, Expression]]) -> Values:
        """Mappings are read in order; a later one sees the earlier ones."""
        made: Values = {}
        for name, expression in pairs:
            made[name] = value_of(expression, self.view(token) | made)
        return made

    # -- looking

    def places(self, place: Place | None = None) -> Iterator[Place]:
        """A place (the whole process) and all inside, outer before inner."""
        place = place or self.root
        yield place
        for token in list(place.tokens):
            for one in _with_rounds(token):
                if one.inner is not None:
                    yield from self.places(one.inner)

    def tokens(self) -> Iterator[Token]:
        for place in self.places():
            for token in list(place.tokens):
                yield from _with_rounds(token)

    def token(self, path: Path) -> Token:
        if not path:
            return self.frame
        return next(one for one in self.tokens() if one.path == path and not one.hidden)

    def armed(self) -> dict[Path, tuple[Token | Place, Element]]:
        """What listens, and beside what."""
        found: dict[Path, tuple[Token | Place, Element]] = {}
        for place in self.places():
            outer = place.owner.path if place.owner else ()
            for event in place.armed:
                found[(*outer, (event, 0))] = (place, self.diagram.elements[event])
        for token in self.tokens():
            for event in token.armed:
                found[(*token.path, (event, 0))] = (token, self.diagram.elements[event])
        return found

    def _kind(self, event: Element) -> str:
        kind = event.trigger or WAITING.get(event.kind, event.kind)
        return "timer" if kind == "cycle" else kind

    # -- taking away

    def kill(self, token: Token) -> None:
        """Take it away with all inside it, and what is undone for it."""
        if token.leaves_farewell and not token.gone:
            self.farewells.append(Farewell(token))
        token.gone, token.wait, token.hearing = True, "", ""
        token.armed.clear()
        siblings = token.body.rounds if token.body else token.place.tokens
        if token in siblings:
            siblings.remove(token)
        for one in list(token.rounds):
            self.kill(one)
        if token.inner is not None:
            self.clear(token.inner)
            token.inner.over = True
        if token.undoing is not None:
            self.kill(token.undoing)

    def clear(self, place: Place, spare: Token | None = None) -> None:
        """Take away all that is in a place."""
        for token in list(place.tokens):
            if token is not spare:
                self.kill(token)
        place.parked.clear()
        place.armed.clear()
        place.late.clear()


def heard(token: Token) -> Path:
    """The path of its listener's job."""
    return (*token.path, (f"{token.hearing} listener", 0))


def holds(condition: Condition, view: Values) -> bool:
    value = view.get(condition.name)
    return isinstance(value, int) and value < condition.limit


def value_of(expression: Expression, view: Values) -> Value:
    """A sum with what is no number is null."""
    if not expression.name:
        return expression.number
    value = view.get(expression.name)
    if not expression.number:
        return value
    return value + expression.number if isinstance(value, int) else None


def _with_rounds(token: Token) -> Iterator[Token]:
    yield token
    for one in list(token.rounds):
        yield from _with_rounds(one)
