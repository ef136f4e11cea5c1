"""The board (看板): everything in progress at one glance – how it stands, where it lies, what is
most urgent. Supervisors see everything, who leads a unit what lies in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, select

from engine import cases, groups, privacy
from engine.clocks.clock import span_of
from engine.errors import Forbidden, Invalid
from engine.groups import Group
from engine.model import Person
from engine.store.unit import store_of
from engine.tables import case_clocks as clocks
from engine.tables import cases as case_table
from engine.tables import customers, people
from engine.tables import user_tasks as tasks

Standing = Literal["late", "near", "open", "paused"]

BY = ("status", "unit", "person")
STANDINGS: tuple[Standing, ...] = ("late", "near", "open", "paused")
_WARNED = timedelta(minutes=30)
"""So long before its end something is near it, where its clock has no warning."""
_FAR = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Work:
    """An open task: its name, the group it is for, who has it (None: nobody yet)."""

    name: str
    group: str | None
    login: str | None
    holder: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """A case in progress, masked. ``due_at`` is what runs out next: a clock of the case, else its
    open task, else the case itself; None where nothing runs."""

    key: int
    number: str
    kind: str
    title: str
    status: str
    level: str | None
    sample: bool
    received_at: datetime
    standing: Standing
    clock: str
    due_at: datetime | None
    warn_at: datetime | None
    work: tuple[Work, ...]

    @property
    def unclaimed(self) -> bool:
        return any(one.login is None for one in self.work)


@dataclass(frozen=True, slots=True)
class Column:
    """``cards`` are the most urgent ones; ``counts`` says how many there are of each standing."""

    id: str
    name: str
    counts: Mapping[Standing, int]
    cards: tuple[Card, ...]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Board:
    """``until``: when it looks different by the mere passing of time; None: never."""

    columns: tuple[Column, ...]
    counts: Mapping[Standing, int]
    unclaimed: int
    until: datetime | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def may_see(person: Person) -> bool:
    """Supervisors, administrators, and who leads or deputises a unit."""
    return bool(person.oversees or person.leads)


def show(
    conn: Connection, person: Person, by: str = "status", *, kind: str = "", only: str = "",
    most: int = 6,
) -> Board:
    """The board in columns by status, unit or person, with the ``most`` most urgent cases of
    each. ``only``: a standing, or "unclaimed"; the counts of the whole stay. A case that lies in
    two units stands in both columns. Forbidden, Invalid."""
    if not may_see(person):
        raise Forbidden(
            "看板供主管和单位负责人使用；您的工作在“待办”里。",
            "The board is for supervisors and leads; your work is in the inbox.",
        )
    if by not in BY:
        raise Invalid(f"看板不能按“{by}”排列。", f"The board has no columns by {by}.")
    now = store_of(conn).now()
    known = groups.all_(conn)
    cards = _cards(conn, kind, now)
    if not person.oversees:
        mine = _below(known, person.leads)
        cards = [one for one in cards if any(work.group in mine for work in one.work)]
    shown = [one for one in cards if not only or only == one.standing
             or (only == "unclaimed" and one.unclaimed)]
    names = _statuses(conn, kind) if by == "status" else {}
    placed: dict[str, list[Card]] = {name: [] for name in names}
    for card in shown:
        for id_, name in _places(card, by, known).items():
            placed.setdefault(id_, []).append(card)
            names.setdefault(id_, name)
    columns = [_column(id_, names[id_], found, most) for id_, found in placed.items() if found]
    if by != "status":
        columns.sort(key=lambda one: (-one.counts["late"], -one.counts["near"], -one.total))
    moments = [at for one in cards for at in (one.due_at, one.warn_at) if at and at > now]
    return Board(
        tuple(columns), _counted(cards), sum(one.unclaimed for one in cards),
        min(moments, default=None),
    )


def _column(id_: str, name: str, cards: list[Card], most: int) -> Column:
    return Column(id_, name, _counted(cards), tuple(cards[:most]))


def _counted(cards: Iterable[Card]) -> dict[Standing, int]:
    counts: dict[Standing, int] = dict.fromkeys(STANDINGS, 0)
    for card in cards:
        counts[card.standing] += 1
    return counts


def _places(card: Card, by: str, known: Mapping[str, Group]) -> dict[str, str]:
    """The columns a case stands in: id → name."""
    if by == "status":
        return {card.status: card.status}
    if not card.work:
        return {"": "等待中（没有待办任务）"}
    if by == "person":
        return {one.login or "?": one.holder or one.login or "未领取" for one in card.work}
    units = (_unit(known, one.group) for one in card.work)
    return {one.id: one.name for one in units}


def _unit(known: Mapping[str, Group], id_: str | None) -> Group:
    """The department, branch or vendor a group is part of; a group by itself is its own."""
    if id_ is None or id_ not in known:
        return Group("?", "未指定单位")
    here = known[id_]
    while here.kind == "team" and here.parent is not None and here.parent in known:
        here = known[here.parent]
    return here


def _below(known: Mapping[str, Group], leads: Iterable[str]) -> set[str]:
    """The groups led, and all that is part of them."""
    found: set[str] = set()
    fresh = set(leads)
    while fresh:
        found |= fresh
        fresh = {one.id for one in known.values() if one.parent in found} - found
    return found


def _statuses(conn: Connection, kind: str) -> dict[str, str]:
    """All statuses in the order in which the kinds name them."""
    kinds = [one for one in cases.kinds(conn) if not kind or one.id == kind]
    return {status: status for one in kinds for status in one.statuses}


def _cards(conn: Connection, kind: str, now: datetime) -> list[Card]:
    """All open cases, the most urgent first. Three statements, each by an index of what is open;
    what is over costs nothing."""
    c = case_table.c
    # Not joined: of all customers ever known, the few are looked up by their keys.
    level = select(customers.c.level).where(customers.c.key == c.customer_key).scalar_subquery()
    query = select(
        c.key, c.number, c.kind, c.title, c.status, c.sample, c.received_at, c.due_at,
        level.label("level"),
    ).where(c.closed_at.is_(None))
    if kind:
        query = query.where(c.kind == kind)
    levels = _levels(conn)
    work, due = _work(conn)
    running, paused = _clocks(conn)
    cards = []
    for row in conn.execute(query):
        clock = running.get(row.key)
        still = clock is None and row.key in paused
        at = clock.due_at if clock else None if still else due.get(row.key) or row.due_at
        warned = span_of(clock.warn_before) if clock else None
        warn = at and at - (warned or _WARNED)
        cards.append(Card(
            row.key, row.number, row.kind, privacy.prose(row.title), row.status,
            levels.get(row.kind, {}).get(row.level, row.level), row.sample,
            row.received_at, _standing(at, warn, still, now), clock.name if clock else "",
            at, warn, work.get(row.key, ()),
        ))
    cards.sort(key=lambda one: (one.due_at or now + _FAR, one.received_at, one.key))
    return cards


def _levels(conn: Connection) -> dict[str, Mapping[str, str]]:
    """Kind → the words for its customers' levels, where the field they are read from has some."""
    found: dict[str, Mapping[str, str]] = {}
    for kind in cases.kinds(conn):
        level = kind.customer.get("level")
        read = level.variables if level is not None else frozenset()
        found[kind.id] = next((one.options for one in kind.fields if one.key in read), {})
    return found


def _standing(
    at: datetime | None, warn: datetime | None, still: bool, now: datetime
) -> Standing:
    if at is None or warn is None:
        return "paused" if still else "open"
    return "late" if at <= now else "near" if warn <= now else "open"


def _work(conn: Connection) -> tuple[dict[int, tuple[Work, ...]], dict[int, datetime]]:
    """Case → its open tasks, and the first of their due times."""
    t = tasks.c
    rows: Sequence[Any] = conn.execute(
        select(t.case_id, t.name, t.candidate_groups, t.assignee, t.due_at,
               people.c.name.label("holder"))
        .outerjoin(people, people.c.login == t.assignee)
        .where(t.state == "created").order_by(t.key)
    ).all()
    work: dict[int, tuple[Work, ...]] = {}
    due: dict[int, datetime] = {}
    for row in rows:
        group = row.candidate_groups[0] if row.candidate_groups else None
        one = Work(row.name, group, row.assignee, row.holder)
        work[row.case_id] = (*work.get(row.case_id, ()), one)
        if row.due_at is not None:
            due[row.case_id] = min(row.due_at, due.get(row.case_id, row.due_at))
    return work, due


def _clocks(conn: Connection) -> tuple[dict[int, Any], set[int]]:
    """Case → its running clock that runs out next; the cases that have a paused one."""
    k = clocks.c
    rows = conn.execute(
        select(k.case_id, k.name, k.due_at, k.warn_before, k.state)
        .where(k.ended_at.is_(None)).order_by(k.due_at)
    ).all()
    running: dict[int, Any] = {}
    for row in rows:
        if row.state == "running":
            running.setdefault(row.case_id, row)
    return running, {row.case_id for row in rows if row.state == "paused"}
