"""Limits of open cases moved from outside: agreed with the customer, changed by a supervisor,
computed anew with another version of the table. Starts and pauses stay; variables, timers and
tasks' due times follow; the history says who and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, text

from engine import calendars, definitions, run
from engine.bpmn.timing import TimingError, moment
from engine.calendar.limits import basis_of
from engine.clocks import Change, Clock
from engine.clocks.clock import from_row
from engine.clocks.ledger import Move
from engine.clocks.rules import rule_of
from engine.definitions import Definition
from engine.errors import BihuanError, Conflict, Forbidden, Invalid, NotFound
from engine.feel import to_json
from engine.model import Json, Person, aware
from engine.step import Step
from engine.store.unit import Store, Unit, store_of
from engine.tables import case_clocks as table
from engine.tables import cases, instances, user_tasks

_SHORTEST_REASON = 2
_NO_LATER = timedelta(minutes=5)
"""How far the clocks of two machines may be apart."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Who of the customer agreed, by what channel (电话, 短信 …), and when (None: now)."""

    by: str
    how: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outdated:
    """A decision of which open clocks still go by an earlier version."""

    decision: str
    name: str
    version: int
    clocks: int


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a new version of a table does to an open clock. ``after`` is None where it stays as
    it is, for the reason ``zh``/``en``."""

    key: int
    case_id: int
    number: str
    clock: Clock
    after: datetime | None
    becomes_late: bool
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many due times moved, stayed, and could not be computed."""

    moved: int
    kept: int
    failed: int


def agree(unit: Unit, key: int, due_at: datetime, consent: Consent, person: Person) -> None:
    """The customer agrees to another time. For who has a task of the case, and supervisors.
    Raises NotFound, Forbidden (also for a limit that is not the customer's: a regulator's),
    Conflict for a clock that is over, Invalid."""
    now = unit.now
    given = (consent.by.strip(), consent.how.strip())
    if not all(given):
        raise Invalid(
            "请填写客户是谁、用什么方式同意的。", "Say who of the customer agreed, and how."
        )
    if consent.at is not None and aware(consent.at) > now + _NO_LATER:
        raise Invalid("同意的时间不能在将来。", "Consent cannot have been given in the future.")
    if aware(due_at) <= now:
        raise Invalid("约定的时间应在将来。", "The agreed time must lie ahead.")
    said = {"by": given[0], "how": given[1], "at": _local(unit, consent.at or now)}

    def make(clock: Clock) -> Change:
        return Change(now, unit.actor, "agreed", clock.due_at, due_at, consent=said)

    _set(unit, key, make, person, leaders_only=False)


def change(unit: Unit, key: int, due_at: datetime, why: str, person: Person) -> None:
    """A supervisor sets another due time, for a reason that is kept. Raises as ``agree``."""
    reason = why.strip()
    if len(reason) < _SHORTEST_REASON:
        raise Invalid("请填写调整时限的理由。", "Give a reason for changing the limit.")

    def make(clock: Clock) -> Change:
        return Change(unit.now, unit.actor, "changed", clock.due_at, aware(due_at), reason)

    _set(unit, key, make, person, leaders_only=True)


def may_agree(conn: Connection, case_id: int, person: Person) -> bool:
    """Whether the person may note what was agreed with the customer of the case."""
    if person.oversees:
        return True
    found = select(user_tasks.c.key).where(
        user_tasks.c.case_id == case_id, user_tasks.c.state == "created",
        user_tasks.c.assignee == person.login,
    )
    return conn.execute(found.limit(1)).first() is not None


def outdated(conn: Connection) -> list[Outdated]:
    """The tables of which open clocks go by an earlier version than the latest."""
    return [Outdated(*row) for row in conn.execute(_OUTDATED)]


def preview(conn: Connection, decision: str) -> list[Recomputed]:
    """What the latest version of the decision would do to the open clocks that go by an earlier
    one; nothing is changed. Raises NotFound."""
    number = definitions.number(conn)
    definition = _latest(conn, number, decision)
    now = store_of(conn).now()
    rows = conn.execute(_OLD, {"decision": decision, "version": definition.version}).all()
    return [_item(conn, number, definition, row, now) for row in rows]


def recompute(
    engine: Store, decision: str, person: Person, why: str,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Have the open clocks go by the latest version of the decision, each case in its own
    transaction: who stops halfway may begin again. Agreed and changed times stay. ``progress``
    hears how many of how many are done. Raises Forbidden unless admin, Invalid without reason,
    NotFound."""
    if "admin" not in person.roles:
        raise Forbidden(
            "只有管理员可以按新版时限表重算。", "Only administrators may recompute limits."
        )
    reason = why.strip()
    if len(reason) < _SHORTEST_REASON:
        raise Invalid("请填写重算的理由。", "Give a reason for recomputing.")
    with engine.read() as conn:
        items = preview(conn, decision)
    done = {"moved": 0, "kept": 0, "failed": 0}
    for count, item in enumerate(items, 1):
        try:
            with engine.unit(person.login) as unit:
                done[_recompute(unit, item.key, decision, reason)] += 1
        except BihuanError:
            done["failed"] += 1
        if progress is not None:
            progress(count, len(items))
    return Outcome(**done)


# -- one clock


def _set(
    unit: Unit, key: int, make: Callable[[Clock], Change], person: Person, *, leaders_only: bool
) -> None:
    step, clock = _locked(unit, key)
    leads = person.oversees
    if not leads and (leaders_only or not may_agree(unit.conn, clock.case_id, person)):
        raise Forbidden(
            "只有主管可以调整时限；与客户约定时限，须是本案件任务的办理人。",
            "Only supervisors may change limits; agreeing one takes a task of the case.",
        )
    if not leaders_only and not _customers_own(unit.conn, step.number, clock):
        raise Forbidden(
            f"“{clock.name}”不是对客户的时限，客户同意也不能改；确需调整的，由主管写明理由。",
            f"“{clock.name}” is not the customer's limit: his consent does not move it.",
            clock=clock.key,
        )
    made = make(clock)
    if made.after <= clock.started_at:
        raise Invalid("时限不能早于计时的起点。", "A limit cannot end before it began.")
    data = {"why": made.why} if made.why else {"consent": made.consent}
    _move(step, clock, clock.moved(made), f"clock.{made.kind}", data)


def _customers_own(conn: Connection, number: int, clock: Clock) -> bool:
    """Whether the element that started it leaves the limit to the customer's consent."""
    query = select(instances.c.definition_key).where(instances.c.key == clock.instance_key)
    definition = definitions.by_key(conn, conn.execute(query).scalar_one())
    element = definitions.process(conn, number, definition).info.elements.get(clock.element_id)
    return element is None or element.properties.get("clock.consent", "").strip() != "no"


def _move(step: Step, old: Clock, new: Clock, kind: str, data: dict[str, Any]) -> None:
    step.ledger.put(new)
    told = {"clock": old.name, "of": old.subject, "before": old.due_at, "due_at": new.due_at}
    step.chain.add(
        kind, {name: value for name, value in (told | data).items() if value},
        instance_key=old.instance_key, element_id=old.element_id,
    )
    if old.variable and old.due_at != new.due_at:
        step.move_due([Move(old.variable, old.due_at, new.due_at)])
        step.settle()
    step.finish()


def _locked(unit: Unit, key: int) -> tuple[Step, Clock]:
    found = Step.locked_with(unit, [table.c.key, table.c.case_id], key)
    if found is None:
        raise NotFound(f"没有编号为 {key} 的时钟。", f"There is no clock {key}.", clock=key)
    clock = found[0].ledger.get(key)
    if clock is None:
        raise Conflict("这个时钟已经结束，时限不能再调整。", "This clock is over.", clock=key)
    return found[0], clock


# -- a new version of a table


def _recompute(unit: Unit, key: int, decision: str, why: str) -> str:
    try:
        step, clock = _locked(unit, key)
    except Conflict:
        return "kept"
    definition = _latest(unit.conn, step.number, decision)
    if clock.rule.version >= definition.version:
        return "kept"
    new = _anew(unit.conn, step.number, definition, clock)
    if clock.set_by is not None:
        # The promise stays; that another rule would hold is known from now on.
        step.ledger.put(replace(clock, rule=new.rule))
        step.finish()
        return "kept"
    if new.due_at == clock.due_at:
        step.ledger.put(new)
        step.finish()
        return "kept"
    moved = Change(unit.now, unit.actor, "table", clock.due_at, new.due_at, why)
    _move(step, clock, new.moved(moved), "clock.recomputed", {
        "why": why, "decision": decision, "version": definition.version,
        "rule": new.rule.index,
    })
    return "moved"


def _item(
    conn: Connection, number: int, definition: Definition, row: Any, now: datetime
) -> Recomputed:
    values = dict(row._mapping)
    case_number = values.pop("number") or ""
    clock = from_row(values)
    if clock.set_by is not None:
        return Recomputed(
            clock.key, clock.case_id, case_number, clock, None, False,
            "约定或调整过的时限不变", "agreed or changed by hand: stays",
        )
    try:
        after = _anew(conn, number, definition, clock).due_at
    except BihuanError as error:
        return Recomputed(
            clock.key, clock.case_id, case_number, clock, None, False, error.zh, error.en
        )
    late = after < now <= clock.due_at and clock.state == "running"
    return Recomputed(clock.key, clock.case_id, case_number, clock, after, late)


def _anew(conn: Connection, number: int, definition: Definition, clock: Clock) -> Clock:
    """The clock as it would be by the definition, its start and pauses kept. Raises
    BihuanError where the decision gives no limit."""
    model = definitions.decision_model(conn, definition)
    info = model.decisions[definition.id]
    given = dict(clock.rule.inputs or {})
    if not set(info.inputs) <= given.keys():
        given = {**_seen(conn, clock.instance_key), **given}
    _, functions = definitions.functions_at(conn, number)
    evaluation = model.evaluate(definition.id, given, functions)
    limit = to_json(evaluation.value)
    calendar_key, calendar = calendars.at(conn, number)
    due = _due(limit)
    if due is None or limit.get("span") is None:
        raise Invalid(
            f"“{definition.name}”没有给出时限（需要 span、clock、due_at）。",
            f"“{definition.name}” gives no limit (span, clock, due_at).",
        )
    basis = basis_of(limit.get("clock"))
    record = evaluation.record | {"version": definition.version, "definition": definition.key}
    return replace(
        clock, basis=basis, span=str(limit["span"]),
        warn_before=str(limit.get("warn_before") or ""), calendar_key=calendar_key,
        rule=rule_of(record, given, info.inputs),
        due_at=clock.with_pauses(calendar, basis, due),
    )


def _due(limit: Json) -> datetime | None:
    value = limit.get("due_at") if isinstance(limit, dict) else None
    try:
        return moment(value) if isinstance(value, str) else None
    except TimingError:
        return None


def _seen(conn: Connection, instance_key: int) -> Mapping[str, Json]:
    """What the process knows, for a table that asks for more than before."""
    try:
        return run.variables(conn, instance_key)
    except NotFound:
        return {}


def _latest(conn: Connection, number: int, decision: str) -> Definition:
    found = definitions.resolve(conn, number, "decision", decision)
    if found is None:
        raise definitions.missing("decision", decision)
    return found


def _local(unit: Unit, at: datetime) -> str:
    return aware(at).astimezone(unit.engine.zone).isoformat(timespec="seconds")


_OLD = (
    select(*table.c, cases.c.number)
    .outerjoin(cases, cases.c.key == table.c.case_id)
    .where(
        table.c.ended_at.is_(None),
        text("rule ->> 'decision' = :decision AND CAST(rule ->> 'version' AS int) < :version"),
    )
    .order_by(table.c.due_at, table.c.key)
)
_OUTDATED = text(
    """
    SELECT d.id, d.name, d.version, count(*) AS clocks
    FROM case_clocks c
    JOIN LATERAL (
        SELECT id, name, version FROM definitions
        WHERE kind = 'decision' AND id = c.rule ->> 'decision' ORDER BY version DESC LIMIT 1
    ) d ON d.version > CAST(c.rule ->> 'version' AS int)
    WHERE c.ended_at IS NULL GROUP BY d.id, d.name, d.version ORDER BY d.id
    """
)
