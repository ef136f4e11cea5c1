"""What comes from customers without a clerk in between: cases that they open by themselves,
remarks on their cases, answers to what a case asks them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection

from engine import customers, groups, history, messages, notices, run
from engine.cases import work
from engine.cases.kinds import CaseKind
from engine.cases.lookup import kind as kind_of
from engine.cases.opening import open_
from engine.cases.standing import standing_of
from engine.errors import Conflict, Invalid
from engine.model import Json
from engine.store.unit import Unit

LONGEST_REMARK = 2000
_PLAIN_LEVEL = "ordinary"


def receive(
    unit: Unit, kind_id: str, data: Mapping[str, Json], channel: str, *,
    source_ref: str | None = None,
) -> run.Started:
    """Open a case that came by a channel without a clerk: what he would have filled in besides
    is the channel and the level of the customer as his record knows it. ``source_ref`` is the
    channel's own id of the message: one that came before raises AlreadyOpened. See ``open_``."""
    kind = kind_of(unit.conn, kind_id)
    given = kind.public.given if kind.public else {}
    said = {**given, "channel": channel, **_level(unit.conn, kind, data), **data}
    source = channel if source_ref else None
    return open_(unit, kind_id, said, source=source, source_ref=source_ref, checked=False)


def remark(unit: Unit, case_id: int, text: str) -> None:
    """Keep what the customer adds to his case, and tell who works on it (with the case that it
    is merged into), else who did last. Raises Invalid for an empty or too long text, Conflict
    for a case that is closed, NotFound."""
    said = text.strip()
    if not said or len(said) > LONGEST_REMARK:
        raise Invalid(
            f"请填写补充的内容，{LONGEST_REMARK} 字以内。",
            f"A remark has a text of up to {LONGEST_REMARK} characters.",
        )
    stands = standing_of(unit.conn, case_id)
    if stands.closed_at is not None:
        raise Conflict(
            "这件事已经办结。如有新的情况，请重新提交，写上原来的受理编号。",
            "The case is closed: file a new one that names its number.",
        )
    history.record(unit, stands.told_of, "customer.remarked", {"text": said})
    people, teams = _whose(unit.conn, stands.told_of)
    if people or teams:
        title = f"客户补充说明：{stands.original or stands.number}"
        notices.send(unit, title, said, to=people, groups=teams, case_id=stands.told_of)


def answer(unit: Unit, case_id: int, message: str, data: Mapping[str, Json]) -> None:
    """Give the case what its customer answered by one of the kind's public actions. Conflict
    where it does not wait for that (any more), NotFound."""
    stands = standing_of(unit.conn, case_id)
    waiting = [one for one in messages.waiting(unit.conn, stands.told_of) if one.name == message]
    if not waiting or message not in {one.message for one in stands.actions}:
        raise Conflict(
            "现在不需要这项操作了，请看最新进度。", "The case does not wait for this any more."
        )
    messages.deliver(unit, waiting[0].key, dict(data))


def _level(conn: Connection, kind: CaseKind, data: Mapping[str, Json]) -> dict[str, Json]:
    level, ref = kind.customer.get("level"), kind.customer.get("ref")
    if level is None or ref is None:
        return {}
    number = next((str(data[one]) for one in sorted(ref.variables) if data.get(one)), "")
    try:
        known = customers.glance(conn, number, datetime.now(UTC)) if number else None
    except Invalid:
        known = None
    found = (known.level if known else None) or _PLAIN_LEVEL
    return dict.fromkeys(level.variables, found)


def _whose(conn: Connection, case_id: int) -> tuple[list[str], list[str]]:
    """Logins and groups that work on the case now, else who did a task of it last."""
    people: set[str] = set()
    teams: set[str] = set()
    for task in work.open_tasks(conn, case_id):
        if task.assignee_name:  # who has an account
            people.add(str(task.assignee))
        else:
            teams.update(task.groups)
    teams &= groups.names(conn).keys()
    if not people and not teams:
        people.update(work.latest_doer(conn, case_id))
    return sorted(people), sorted(teams)


__all__ = ["LONGEST_REMARK", "answer", "receive", "remark", "standing_of"]
