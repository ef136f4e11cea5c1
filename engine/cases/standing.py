"""Where a case stands, in the customer's words: for whoever knows its number and a number of
the customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from engine import customers, messages, privacy
from engine.cases.kinds import CaseField, CaseKind, PublicAction
from engine.cases.lookup import kind as kind_of
from engine.errors import Invalid, NotFound
from engine.model import Json
from engine.tables import cases as table

_DEFAULT = {True: "已办结", False: "正在处理"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a customer is told. ``original`` is the number of the case his was merged into; what
    is said is then said of that one, whose key is ``told_of``. ``answers``: the kind's public
    fields with their values; ``actions``: what he may do about it now, by the subscription (key)
    that each goes to. Where the original is another customer's, its answer is not shown and
    nothing that would end a step of it can be done: he can urge, not rate in the other's name."""

    key: int
    told_of: int
    number: str
    kind: str
    received_at: datetime
    said: str
    due_at: datetime | None
    closed_at: datetime | None
    original: str | None
    answers: tuple[tuple[CaseField, Json], ...]
    actions: Mapping[int, PublicAction]


def standing(conn: Connection, number: str, phone: str) -> Standing | None:
    """Where the case of this number stands; None where there is none, or ``phone`` is no number
    of its customer: nobody learns which."""
    row = conn.execute(_QUERY.where(table.c.number == number.strip().upper())).first()
    if row is None:
        return None
    public = kind_of(conn, row.kind).public
    given = [row.data[key] for key in (public.numbers if public else ()) if row.data.get(key)]
    if not _belongs(conn, row.customer_key, given, phone):
        return None
    return _told(conn, row)


def standing_of(conn: Connection, case_id: int) -> Standing:
    """The same for a case whose customer is known to be the one who asks. NotFound."""
    row = conn.execute(_QUERY.where(table.c.key == case_id)).first()
    if row is None:
        raise NotFound(f"没有案件 {case_id}。", f"There is no case {case_id}.", key=case_id)
    return _told(conn, row)


def _told(conn: Connection, row: Any) -> Standing:
    last, seen = row, {row.key}
    while last.merged_into is not None and last.merged_into not in seen:
        seen.add(last.merged_into)
        last = conn.execute(_QUERY.where(table.c.key == last.merged_into)).one()
    kind = kind_of(conn, last.kind)
    his = last is row or _one_customer(conn, row.customer_key, last.customer_key)
    return Standing(
        key=row.key, told_of=last.key, number=row.number,
        kind=kind_of(conn, row.kind).name, received_at=row.received_at,
        said=_words(kind, last.status, last.closed_at is not None), due_at=last.due_at,
        closed_at=last.closed_at, original=last.number if last.key != row.key else None,
        answers=_answers(kind, last.data) if his else _answers(kind_of(conn, row.kind), row.data),
        actions=_actions(conn, kind, last.key, his),
    )


def _one_customer(conn: Connection, one: int | None, other: int | None) -> bool:
    if one is None or other is None:
        return False
    return other in customers.glance_at(conn, one, datetime.now(UTC)).records


def _belongs(
    conn: Connection, customer_key: int | None, given: Sequence[Json], phone: str
) -> bool:
    try:
        said = customers.normalised(phone)
    except Invalid:
        return False
    if any(_same(str(one), said) for one in given):
        return True
    if customer_key is None:
        return False
    known = customers.glance(conn, said, datetime.now(UTC))
    return known is not None and customer_key in known.records


def _same(given: str, said: str) -> bool:
    try:
        return customers.normalised(given) == said
    except Invalid:
        return False


def _words(kind: CaseKind, status: str, closed: bool) -> str:
    known = kind.public.statuses if kind.public else {}
    return known.get(status, _DEFAULT[closed])


def _answers(kind: CaseKind, data: Mapping[str, Json]) -> tuple[tuple[CaseField, Json], ...]:
    fields = [kind.field(key) for key in (kind.public.fields if kind.public else ())]
    return tuple(
        (one, privacy.masked(data[one.key], one.mask)) for one in fields
        if one is not None and data.get(one.key) not in (None, "")
    )


def _actions(
    conn: Connection, kind: CaseKind, case_id: int, his: bool
) -> dict[int, PublicAction]:
    if kind.public is None or not kind.public.actions:
        return {}
    waiting: dict[str, int] = {}
    for one in messages.waiting(conn, case_id):
        if his or not one.interrupting:
            waiting.setdefault(one.name, one.key)
    offered = (one for one in kind.public.actions if one.message in waiting)
    return {waiting[one.message]: one for one in offered}


_QUERY = select(
    table.c.key, table.c.number, table.c.kind, table.c.status, table.c.data, table.c.due_at,
    table.c.received_at, table.c.closed_at, table.c.merged_into, table.c.customer_key,
)
