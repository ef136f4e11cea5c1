"""A DMN file as plain values: what ``reader`` finds and the compiler reads.

Names follow the DMN 1.5 metamodel. ``line`` is the line in the file."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Boxed:
    """A boxed expression. ``type_ref`` is the declared type of its value."""

    id: str
    type_ref: str | None
    line: int


@dataclass(frozen=True, slots=True)
class LiteralExpression(Boxed):
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """``name`` None: the result of the context."""

    name: str | None
    type_ref: str | None
    value: Boxed | None


@dataclass(frozen=True, slots=True)
class Context(Boxed):
    entries: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True)
class Invocation(Boxed):
    callee: Boxed
    bindings: tuple[tuple[str, Boxed | None], ...]


@dataclass(frozen=True, slots=True)
class Relation(Boxed):
    columns: tuple[tuple[str, str | None], ...]
    rows: tuple[tuple[Boxed, ...], ...]


@dataclass(frozen=True, slots=True)
class BoxedList(Boxed):
    items: tuple[Boxed, ...]


@dataclass(frozen=True, slots=True)
class FunctionDefinition(Boxed):
    kind: str
    parameters: tuple[tuple[str, str | None], ...]
    body: Boxed | None


@dataclass(frozen=True, slots=True)
class Conditional(Boxed):
    condition: Boxed
    then: Boxed
    otherwise: Boxed


@dataclass(frozen=True, slots=True)
class Filter(Boxed):
    source: Boxed
    match: Boxed


@dataclass(frozen=True, slots=True)
class Iteration(Boxed):
    """``kind``: for, some or every."""

    kind: str
    variable: str
    source: Boxed
    body: Boxed


@dataclass(frozen=True, slots=True)
class Input:
    id: str
    label: str
    expression: str
    type_ref: str | None
    values: str
    line: int


@dataclass(frozen=True, slots=True)
class Output:
    id: str
    name: str
    label: str
    type_ref: str | None
    values: str
    default: str
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotation: str
    line: int


@dataclass(frozen=True, slots=True)
class DecisionTable(Boxed):
    """``hit_policy`` in capitals as DMN spells it; ``aggregation`` SUM, MIN, MAX, COUNT or ""."""

    hit_policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """A node of the requirements graph. ``variable`` is the name its value has in FEEL;
    ``requires`` and ``knows`` are hrefs of information and knowledge requirements;
    ``version_tag`` is Camunda 8's."""

    kind: str
    id: str
    name: str
    variable: str
    type_ref: str | None
    line: int
    requires: tuple[str, ...] = ()
    knows: tuple[str, ...] = ()
    logic: Boxed | None = None
    service: Service | None = None
    version_tag: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """The hrefs of a decision service."""

    outputs: tuple[str, ...]
    input_decisions: tuple[str, ...]
    input_data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    name: str
    type_ref: str | None
    allowed: str
    constraint: str
    collection: bool
    components: tuple[ItemDefinition, ...]
    function: tuple[tuple[str | None, ...], str | None] | None
    line: int


@dataclass(frozen=True, slots=True)
class Import:
    """``name`` is the prefix of the imported names in this file."""

    name: str
    namespace: str
    type: str
    location: str


@dataclass(frozen=True, slots=True)
class Definitions:
    id: str
    name: str
    namespace: str
    filename: str
    elements: dict[str, Element] = field(default_factory=dict)
    items: tuple[ItemDefinition, ...] = ()
    imports: tuple[Import, ...] = ()
