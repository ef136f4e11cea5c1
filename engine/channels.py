"""What comes in by mail and message: each once, which case an answer belongs to, who sent it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engine import messages, people, run
from engine.channel_tables import received as table
from engine.model import Json, Person
from engine.store.unit import Unit
from engine.tables import cases, jobs

MAIL_FORM = "mail.form"
"""Property of a message event: the form that an answer by mail fills in."""


@dataclass(frozen=True, slots=True)
class Order:
    """A mail of ours that may be answered: to whom it went, and whether the case has sent a
    later one that counts instead."""

    case_id: int
    number: str
    receivers: tuple[str, ...]
    newest: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What a case waits to be answered by mail: the subscription, its form, and the variables
    that the form sees."""

    subscription: int
    form: str
    variables: dict[str, Json]


def known(conn: Connection, source: str, ref: str) -> bool:
    """Whether this mail or message has been dealt with."""
    query = select(table.c.ref).where(table.c.source == source, table.c.ref == ref)
    return conn.execute(query).first() is not None


def note(unit: Unit, source: str, ref: str, what: str, case_id: int | None = None) -> bool:
    """Keep that it has been dealt with; False where it had been before."""
    row = {"source": source, "ref": ref, "at": unit.now, "case_id": case_id, "what": what}
    kept = upsert(table).values(row).on_conflict_do_nothing().returning(table.c.ref)
    return unit.conn.execute(kept).first() is not None


def settle(unit: Unit, source: str, ref: str, what: str, case_id: int) -> None:
    """What became of a message that was noted."""
    mine = update(table).where(table.c.source == source, table.c.ref == ref)
    unit.conn.execute(mine.values(what=what, case_id=case_id))


def outcome(conn: Connection, source: str, ref: str) -> tuple[str, str]:
    """What became of a message that has been dealt with, and the number of its case."""
    row = conn.execute(
        select(table.c.what, cases.c.number).outerjoin(cases, cases.c.key == table.c.case_id)
        .where(table.c.source == source, table.c.ref == ref)
    ).first()
    return (row.what, row.number or "") if row else ("", "")


def order(conn: Connection, job_key: int) -> Order | None:
    """The mail that this job sent; None where there is no such job."""
    row = conn.execute(
        select(jobs.c.case_id, jobs.c.variables, jobs.c.type, cases.c.number)
        .join(cases, cases.c.key == jobs.c.case_id).where(jobs.c.key == job_key)
    ).first()
    if row is None:
        return None
    later = select(jobs.c.key).where(
        jobs.c.case_id == row.case_id, jobs.c.type == row.type, jobs.c.key > job_key,
        jobs.c.variables["answerable"].astext == "true",
    )
    return Order(
        row.case_id, row.number, tuple(_addresses(row.variables.get("to"))),
        conn.execute(later.limit(1)).first() is None,
    )


def asked(conn: Connection, case_id: int) -> Asked | None:
    """What the case waits for that can be answered by mail now."""
    for one in messages.waiting(conn, case_id):
        form = one.properties.get(MAIL_FORM, "").strip()
        if form:
            return Asked(one.key, form, run.variables(conn, one.instance_key))
    return None


def writer(conn: Connection, address: str) -> Person | None:
    """The one active person with this mail address."""
    found = [
        one.person for one in people.list_(conn, active_only=True)
        if (one.email or "").strip().lower() == address
    ]
    return found[0] if len(found) == 1 else None


def _addresses(value: Json) -> list[str]:
    parts = value if isinstance(value, list) else str(value or "").replace(";", ",").split(",")
    found = (str(one).rpartition("<")[2].strip("> ").lower() for one in parts)
    return [one for one in found if one]
