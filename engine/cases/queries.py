"""Looking cases up: lists, a customer's cases, one case. Everything comes out masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select, tuple_

from engine import customers, definitions, privacy
from engine.cases import expressions
from engine.cases.kinds import CaseKind
from engine.cases.lookup import kind as kind_of
from engine.cases.lookup import kinds
from engine.errors import Invalid, NotFound
from engine.model import Json
from engine.store.search import contains
from engine.tables import case_clocks as clocks
from engine.tables import cases as table
from engine.tables import customers as customer_table

_PAST_SHOWN = 50
_MOST_WORDS = 8
_FEW = 1000


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as lists show it; ``data`` holds the kind's ``list`` fields, masked. ``paused``: it
    has clocks and all of them stand still, so nothing of it runs out and it is not ``late``.
    ``due_at`` is the case's own; of an open case without one, what its clocks run out at next."""

    key: int
    number: str
    kind: str
    title: str
    status: str
    customer_name: str
    customer_ref: str
    customer_level: str | None
    data: Mapping[str, Json]
    received_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    late: bool
    sample: bool
    merged: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as its page shows it: ``data`` holds all fields of the kind, masked; ``hidden`` are
    those that ``reveal`` would show."""

    row: CaseRow
    kind: CaseKind
    data: Mapping[str, Json]
    hidden: frozenset[str]
    opened_at: datetime
    source: str | None
    source_ref: str | None
    customer_key: int | None
    marks: tuple[str, ...]
    contacts: int


@dataclass(frozen=True, slots=True)
class Page:
    """``next`` goes into ``after`` for the following page; None at the end."""

    rows: tuple[CaseRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class CustomerCases:
    """What intake shows at once (one complaint database for all channels): open cases, oldest
    first, and the past ones, latest first. The name is masked; ``marks`` are those in force."""

    key: int
    name: str
    level: str | None
    star: str | None
    marks: tuple[str, ...]
    contact: Mapping[str, Json]
    open: tuple[CaseRow, ...]
    past: tuple[CaseRow, ...]


def search(
    conn: Connection, *, text: str = "", kind: str | None = None,
    statuses: Sequence[str] = (), state: str = "all", late: bool = False,
    category: str = "", after: str | None = None, limit: int = 50,
) -> Page:
    """Cases by receipt, latest first. ``text`` is looked for anywhere in number, title, customer
    and the searched fields, all its words; ``state`` is "open", "closed" or "all"; ``late``
    leaves open cases whose due time has passed; ``category`` is a code of any level."""
    now = datetime.now(UTC)
    query = _select().order_by(table.c.received_at.desc(), table.c.key.desc())
    query = query.where(*_containing(conn, text.split()[:_MOST_WORDS]))
    if kind:
        query = query.where(table.c.kind == kind)
    if statuses:
        query = query.where(table.c.status.in_(statuses))
    if state == "open" or late:
        query = query.where(table.c.closed_at.is_(None))
    elif state == "closed":
        query = query.where(table.c.closed_at.is_not(None))
    if late:
        query = query.where(func.coalesce(table.c.due_at, _next_due()) < now, ~_paused())
    if category:
        query = query.where(_of_category(conn, category))
    if after:
        query = query.where(_after(after))
    found = conn.execute(query.limit(limit + 1)).all()
    rows = _rows(conn, found[:limit], now)
    last = rows[-1] if len(found) > limit else None
    return Page(rows, None if last is None else f"{last.received_at.timestamp()!r}_{last.key}")


def _of_category(conn: Connection, code: str) -> ColumnElement[bool]:
    """A code stands in the field of its level, in cases of its subcategories too."""
    level = code.count(".") + 1
    fields = {
        field.key for kind in kinds(conn) for field in kind.fields
        if field.catalogue is not None and field.level == level
    }
    # As with words: "coalesce" keeps the cases from being taken for rare, and read to the last.
    found = or_(false(), *(table.c.data[key].astext == code for key in sorted(fields)))
    return func.coalesce(found, false())


def view(conn: Connection, case_id: int) -> CaseView:
    """The case; NotFound."""
    found = conn.execute(
        _select(
            table.c.opened_at, table.c.source, table.c.source_ref, table.c.customer_key,
            table.c.marks, table.c.contacts,
        )
        .where(table.c.key == case_id)
    ).first()
    if found is None:
        raise NotFound(f"没有案件 {case_id}。", f"There is no case {case_id}.", key=case_id)
    kind = kind_of(conn, found.kind)
    hidden = frozenset(
        one.key for one in kind.fields if one.mask and found.data.get(one.key) is not None
    )
    return CaseView(
        row=_row(found, kind, datetime.now(UTC)), kind=kind, data=_masked(kind, found.data),
        hidden=hidden, opened_at=found.opened_at, source=found.source,
        source_ref=found.source_ref, customer_key=found.customer_key,
        marks=tuple(found.marks), contacts=found.contacts,
    )


def of_customer(conn: Connection, ref: str) -> CustomerCases | None:
    """The cases of the customer with this number, in any spelling; None for a number nobody has
    complained from. At most fifty past cases."""
    customer = customers.glance(conn, ref, datetime.now(UTC))
    return None if customer is None else _of_known(conn, customer)


def of_person(conn: Connection, key: int) -> CustomerCases:
    """The cases of the person whose record this is, by all his numbers. NotFound."""
    return _of_known(conn, customers.glance_at(conn, key, datetime.now(UTC)))


def _of_known(conn: Connection, customer: customers.Known) -> CustomerCases:
    now = datetime.now(UTC)
    mine = _select().where(table.c.customer_key.in_(customer.records))
    opened = conn.execute(
        mine.where(table.c.closed_at.is_(None)).order_by(table.c.received_at, table.c.key)
    ).all()
    past = conn.execute(
        mine.where(table.c.closed_at.is_not(None))
        .order_by(table.c.received_at.desc(), table.c.key.desc()).limit(_PAST_SHOWN)
    ).all()
    return CustomerCases(
        customer.key, privacy.name(customer.name), customer.level, customer.data.get("star"),
        customer.marks, customer.data.get("contact", {}), _rows(conn, opened, now),
        _rows(conn, past, now),
    )


def siblings(conn: Connection, case_id: int, limit: int = 8) -> tuple[CaseRow, ...]:
    """Other cases of the same customer: open ones first, then the latest past ones."""
    this = (
        select(func.coalesce(customer_table.c.merged_into, customer_table.c.key))
        .join(table, table.c.customer_key == customer_table.c.key)
        .where(table.c.key == case_id).scalar_subquery()
    )
    found = conn.execute(
        _select()
        .where(table.c.customer_key.in_(_records(this)), table.c.key != case_id)
        .order_by(table.c.closed_at.is_not(None), table.c.received_at.desc()).limit(limit)
    ).all()
    return _rows(conn, found, datetime.now(UTC))


def rows(conn: Connection, keys: Sequence[int]) -> tuple[CaseRow, ...]:
    """The cases with these keys, latest received first; unknown keys are left out."""
    found = conn.execute(
        _select().where(table.c.key.in_(keys)).order_by(table.c.received_at.desc())
    ).all()
    return _rows(conn, found, datetime.now(UTC))


def duplicates(conn: Connection, kind_id: str, data: Mapping[str, Json]) -> tuple[CaseRow, ...]:
    """Open cases of the same customer that agree in the fields the kind's ``duplicates`` name:
    what intake warns of before a second case is opened for the same matter."""
    kind = kind_of(conn, kind_id)
    waits = and_(table.c.closed_at.is_(None), table.c.status.not_in(_answered(kind)))
    return _alike(conn, kind, data, kind.duplicates, waits)


def repeats(conn: Connection, kind_id: str, data: Mapping[str, Json]) -> tuple[CaseRow, ...]:
    """Closed cases of the same customer that agree in the fields the kind's ``repeats`` names,
    the latest first: what a new case may be another complaint about. So are open ones that are
    answered; merged ones are not: their originals are."""
    kind = kind_of(conn, kind_id)
    same = kind.repeats.same if kind.repeats else ()
    over = or_(table.c.closed_at.is_not(None), table.c.status.in_(_answered(kind)))
    return _alike(conn, kind, data, same, and_(over, table.c.merged_into.is_(None)))[::-1]


def _answered(kind: CaseKind) -> tuple[str, ...]:
    return kind.repeats.statuses if kind.repeats else ()


def _alike(
    conn: Connection, kind: CaseKind, data: Mapping[str, Json], keys: Sequence[str],
    state: ColumnElement[bool],
) -> tuple[CaseRow, ...]:
    said = expressions.customer(kind, data)
    if said is None or not keys:
        return ()
    same = {key: data.get(key) for key in keys}
    if any(value is None or value == "" for value in same.values()):
        return ()
    customer = customers.glance(conn, said.ref, datetime.now(UTC))
    if customer is None:
        return ()
    found = conn.execute(
        _select()
        .where(
            table.c.customer_key.in_(customer.records), table.c.kind == kind.id,
            state, table.c.data.contains(same),
        )
        .order_by(table.c.received_at)
    ).all()
    return _rows(conn, found, datetime.now(UTC))


def _records(person: ColumnElement[int]) -> Select[Any]:
    """The keys of this leading record of a customer, and of those merged into it."""
    record = customer_table.alias("record")
    return select(record.c.key).where(or_(record.c.key == person, record.c.merged_into == person))


def _select(*more: ColumnElement[Any]) -> Select[Any]:
    return select(
        table.c.key, table.c.number, table.c.kind, table.c.title, table.c.status, table.c.data,
        table.c.received_at, table.c.due_at, table.c.closed_at, table.c.sample,
        table.c.merged_into, _paused().label("paused"), _next_due().label("next_due"),
        customer_table.c.name.label("customer_name"), customer_table.c.ref.label("customer_ref"),
        customer_table.c.level.label("customer_level"), *more,
    ).outerjoin(customer_table, customer_table.c.key == table.c.customer_key)


def _paused() -> ColumnElement[bool]:
    still = select(func.bool_and(clocks.c.state == "paused")).where(
        clocks.c.case_id == table.c.key, clocks.c.ended_at.is_(None)
    )
    return func.coalesce(still.scalar_subquery(), false())


def _next_due() -> ColumnElement[datetime]:
    return select(func.min(clocks.c.due_at)).where(
        clocks.c.case_id == table.c.key, clocks.c.ended_at.is_(None), clocks.c.state == "running"
    ).scalar_subquery()


def _containing(conn: Connection, words: list[str]) -> list[ColumnElement[bool]]:
    """Few cases are found by the index of bigrams; of many, the latest are found faster by
    walking through the cases in order, so that the words need not be rare."""
    if not words:
        return []
    rare = select(table.c.key).where(*(contains(table.c.search, word) for word in words))
    found = conn.scalars(rare.limit(_FEW + 1)).all()
    if len(found) <= _FEW:
        return [table.c.key.in_(found)]
    # Not LIKE, which is taken for rare: then all cases would be read and sorted. Taken for common,
    # they are read from the latest on until the page is full.
    lowered = func.lower(table.c.search)
    return [func.strpos(lowered, word.lower()) > 0 for word in words]


def _after(cursor: str) -> ColumnElement[bool]:
    moment, _, key = cursor.partition("_")
    try:
        at = datetime.fromtimestamp(float(moment), UTC)
        return tuple_(table.c.received_at, table.c.key) < tuple_(at, int(key))
    except (ValueError, OverflowError, OSError) as error:
        raise Invalid("翻页标记不对。", "The cursor is wrong.") from error


def _rows(conn: Connection, found: Sequence[Any], now: datetime) -> tuple[CaseRow, ...]:
    if not found:
        return ()
    number = definitions.number(conn)
    return tuple(_row(one, kind_of(conn, one.kind, number), now) for one in found)


def _row(found: Any, kind: CaseKind, now: datetime) -> CaseRow:
    shown = {one.key for one in kind.fields if one.list}
    data = {key: value for key, value in found.data.items() if key in shown}
    due_at = found.due_at or found.next_due
    open_late = (
        found.closed_at is None and due_at is not None and due_at < now and not found.paused
    )
    closed_late = (
        found.closed_at is not None and found.due_at is not None
        and found.closed_at > found.due_at
    )
    return CaseRow(
        key=found.key, number=found.number, kind=found.kind, title=privacy.prose(found.title),
        status=found.status, customer_name=privacy.name(found.customer_name or ""),
        customer_ref=privacy.phone(found.customer_ref or ""),
        customer_level=found.customer_level, data=_masked(kind, data),
        received_at=found.received_at, due_at=due_at, closed_at=found.closed_at,
        late=open_late or closed_late, sample=found.sample,
        merged=found.merged_into is not None, paused=found.paused,
    )


def _masked(kind: CaseKind, data: Mapping[str, Json]) -> dict[str, Json]:
    masks = {one.key: one.mask for one in kind.fields}
    return {key: privacy.masked(value, masks.get(key)) for key, value in data.items()}
