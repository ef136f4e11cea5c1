"""Text messages (SMS): what the gateway took and what became of it, and whose case a text that
comes in may belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as upsert

from engine import customers, history, privacy
from engine.cases import service
from engine.channel_tables import texts_out as table
from engine.errors import Invalid
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import cases

SENT, DELIVERED, FAILED = "sent", "delivered", "failed"
ANSWERED_WITHIN = timedelta(days=30)
"""How long a text from the customer may belong to one that a case sent him."""


@dataclass(frozen=True, slots=True)
class Out:
    """A text that went out: ``number`` is masked; ``reason``: why it did not arrive."""

    number: str
    at: datetime
    state: str
    reason: str
    reported_at: datetime | None


@dataclass(frozen=True, slots=True)
class Open:
    """An open case that a text may belong to; ``texted_at``: when it last sent one to the
    number, if it did."""

    case_id: int
    number: str
    texted_at: datetime | None


def sent(unit: Unit, id_: str, case_id: int, to: Json) -> None:
    """The gateway took a text of this case. What it has reported meanwhile is told now."""
    number = _plain(str(to or ""))
    row = {"id": id_, "case_id": case_id, "number": number, "at": unit.now, "state": SENT}
    added = upsert(table).values(row)
    known = added.on_conflict_do_update(
        index_elements=["id"], set_={"case_id": case_id, "number": number, "at": unit.now}
    ).returning(table.c.state, table.c.reason)
    state, reason = unit.conn.execute(known).one()
    if state != SENT:
        _tell(unit, case_id, number, state, reason or "")


def report(unit: Unit, id_: str, state: str, reason: str) -> bool:
    """The gateway says that a text was delivered or has failed; a later word replaces the one
    before. False where it has said so already. Told in the case's history; who works on the case
    gets a notice of a failure."""
    reason = reason[:300]
    said = {"state": state, "reason": reason or None, "reported_at": unit.now}
    added = upsert(table).values({"id": id_, "at": unit.now, **said})
    changed = added.on_conflict_do_update(
        index_elements=["id"], set_=said, where=table.c.state != state
    ).returning(table.c.case_id, table.c.number)
    row = unit.conn.execute(changed).first()
    if row is not None and row.case_id is not None:
        _tell(unit, row.case_id, row.number or "", state, reason)
    return row is not None


def of_case(conn: Connection, case_id: int) -> list[Out]:
    """The texts that a case sent, the latest first."""
    columns = table.c.number, table.c.at, table.c.state, table.c.reason, table.c.reported_at
    query = select(*columns).where(table.c.case_id == case_id).order_by(table.c.at.desc())
    return [
        Out(privacy.phone(row.number or ""), row.at, row.state, row.reason or "", row.reported_at)
        for row in conn.execute(query.limit(20))
    ]


def belongs(conn: Connection, number: str, now: datetime) -> list[Open]:
    """The open cases that a text from this number may belong to: those that sent it a text
    lately, the latest first, then the others of the customer."""
    said = _plain(number)
    texted = (
        select(cases.c.key, cases.c.number, table.c.at)
        .join(cases, cases.c.key == table.c.case_id)
        .where(table.c.number == said, table.c.at > now - ANSWERED_WITHIN,
               cases.c.closed_at.is_(None))
        .order_by(table.c.at.desc())
    )
    found: dict[int, Open] = {}
    for row in conn.execute(texted):
        found.setdefault(row.key, Open(row.key, row.number, row.at))
    known = customers.glance(conn, said, now)
    if known is not None:
        mine = (
            select(cases.c.key, cases.c.number)
            .where(cases.c.customer_key.in_(known.records), cases.c.closed_at.is_(None))
            .order_by(cases.c.received_at.desc())
        )
        for one in conn.execute(mine):
            found.setdefault(one.key, Open(one.key, one.number, None))
    return list(found.values())


def _tell(unit: Unit, case_id: int, number: str, state: str, reason: str) -> None:
    masked = privacy.phone(number)
    kind = "text.delivered" if state == DELIVERED else "text.failed"
    history.record(unit, case_id, kind, {"number": masked, "reason": reason})
    if state == FAILED:
        why = reason or "网关没有说明原因"
        service.tell(
            unit, case_id, "短信没有送达：{number}",
            f"发给 {masked} 的短信没有送达（{why}）。请改用电话等方式联系客户，并登记。",
        )


def _plain(number: str) -> str:
    try:
        return customers.normalised(number)
    except Invalid:
        return number.strip()[:40]
