"""Mails that could not be dealt with: tried again later and later, so that none keeps others back;
administrators are told of each once. A mail is known by its *ref* (its mailbox's number)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engine import notices, people
from engine.audit_tables import mail_failures as table
from engine.store.unit import Unit, store_of

AGAIN = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1),
    timedelta(hours=6), timedelta(days=1),
)
"""How long a mail waits after its first try, its second …; then each time as long as the last."""
TOLD_AFTER = 3
"""Tries before administrators are told: a far side that is away for minutes is no news."""
_LONGEST = 1000


def due(conn: Connection, refs: Sequence[str]) -> list[str]:
    """Those of the unread mails to be tried now, those never tried first, in their order."""
    query = select(table.c.ref, table.c.again_at).where(table.c.ref.in_(refs))
    known = {row.ref: row.again_at for row in conn.execute(query)}
    now = store_of(conn).now()
    waited = [ref for ref in refs if ref in known and known[ref] <= now]
    return [ref for ref in refs if ref not in known] + waited


def begin(unit: Unit, ref: str) -> None:
    """It is tried now. Said before, so that a mail at which a program breaks waits, too."""
    row = {"ref": ref, "tries": 1, "since": unit.now, "again_at": unit.now + AGAIN[0], "reason": ""}
    known = upsert(table).values(row).on_conflict_do_update(
        index_elements=["ref"], set_={"tries": table.c.tries + 1}
    ).returning(table.c.tries)
    tries = int(unit.conn.execute(known).scalar_one())
    again = unit.now + AGAIN[min(tries, len(AGAIN)) - 1]
    unit.conn.execute(update(table).where(table.c.ref == ref).values(again_at=again))


def done(unit: Unit, ref: str) -> None:
    """It was dealt with."""
    unit.conn.execute(delete(table).where(table.c.ref == ref))


def failed(unit: Unit, ref: str, what: str, reason: str, *, at_once: bool = False) -> None:
    """It was not: keep why, and tell administrators when it is more than a passing fault.
    ``what`` names the mail to them."""
    row = unit.conn.execute(
        update(table).where(table.c.ref == ref).values(reason=reason[:_LONGEST])
        .returning(table.c.tries, table.c.again_at)
    ).one()
    if row.tries != (1 if at_once else TOLD_AFTER):
        return
    admins = [one.person.login for one in people.list_(unit.conn, active_only=True)
              if "admin" in one.person.roles]
    if admins:
        text = (
            f"{what}\n原因：{reason[:_LONGEST]}\n"
            f"已试 {row.tries} 次，邮件仍在邮箱里（未读），以后每天最多再试一次，不影响其他邮件。"
            "请在邮箱里打开处理；处理后标为已读，就不再重试。"
        )
        notices.send(unit, "一封来信没有处理", text, to=admins)
