"""What comes from customers without a clerk in between: cases that they open by themselves,
remarks on their cases, answers to what a case asks them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from engine import customers, groups, history, messages, notices, run
from engine.cases import work
from engine.cases.kinds import CaseKind
from engine.cases.lookup import kind as kind_of
from engine.cases.opening import open_
from engine.cases.standing import standing_of
from engine.errors import Conflict, Invalid
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import cases as table

LONGEST_REMARK = 2000


def receive(
    unit: Unit, kind_id: str, data: Mapping[str, Json], channel: str, *,
    source_ref: str | None = None,
) -> run.Started:
    """Open a case that came by a channel without a clerk, who would have filled in the channel
    besides; the customer's level is that of his record (``open_``). ``source_ref`` is the
    channel's own id of the message: one that came before raises AlreadyOpened."""
    kind = kind_of(unit.conn, kind_id)
    given = kind.public.given if kind.public else {}
    said = {**given, "channel": channel, **data}
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
    tell(unit, stands.told_of, "客户补充说明：{number}", said)


def tell(unit: Unit, case_id: int, title: str, text: str) -> None:
    """A notice to who works on the case, else who did last; ``{number}`` in the title is the
    case's. Nobody is told where there is no such case."""
    number = unit.conn.execute(select(table.c.number).where(table.c.key == case_id)).scalar()
    people, teams = _whose(unit.conn, case_id) if number else ([], [])
    if people or teams:
        said = title.replace("{number}", str(number))
        notices.send(unit, said, text, to=people, groups=teams, case_id=case_id)


def answer(unit: Unit, case_id: int, message: str, data: Mapping[str, Json]) -> None:
    """Give the case what its customer answered by one of the kind's public actions. Conflict
    where it does not wait for that (any more), NotFound."""
    stands = standing_of(unit.conn, case_id)
    key = next((key for key, one in stands.actions.items() if one.message == message), None)
    if key is None:
        raise Conflict(
            "现在不需要这项操作了，请看最新进度。", "The case does not wait for this any more."
        )
    messages.deliver(unit, key, dict(data))


def number_in(kind: CaseKind, data: Mapping[str, Json]) -> str:
    """The customer's number in what he filled in, in one spelling where it is a number at all;
    "" where there is none."""
    ref = kind.customer.get("ref")
    read = sorted(ref.variables) if ref is not None else []
    number = next((str(data[one]) for one in read if data.get(one)), "")
    try:
        return customers.normalised(number) if number else ""
    except Invalid:
        return number


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


__all__ = ["LONGEST_REMARK", "answer", "number_in", "receive", "remark", "standing_of", "tell"]
