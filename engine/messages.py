"""Messages and signals: published from outside, correlated with what waits, kept while they live.

A message reaches each process once (``engine.buffer``): one of its instances that wait for its
name and correlation key, else its start event of that name (``engine.message_starts``). While
it lives it is kept, and given to the first that subscribes of each process it has not reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, select, text, update
from sqlalchemy.dialects.postgresql import insert

from engine import buffer, plain
from engine.buffer import Target, Thrown
from engine.errors import Conflict, Forbidden, Invalid
from engine.message_starts import Begun, begin, startable
from engine.model import Json, Person
from engine.step import Step
from engine.store.unit import Crowded, Store, Unit
from engine.tables import messages, subscriptions

MAX_TTL_S = 366 * 24 * 3600
_RACE = timedelta(minutes=5)
"""Longer than any transaction lasts that could miss a message published meanwhile."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that an instance of a case waits for; ``properties`` are the element's."""

    key: int
    name: str
    element_id: str
    instance_key: int
    interrupting: bool
    properties: dict[str, str]


def publish(
    unit: Unit,
    name: str,
    correlation_key: str,
    variables: Json,
    ttl_s: float = 0,
    message_id: str | None = None,
) -> int:
    """Publish a message; return how many instances got it (those it started included), one of
    each process.

    For other processes it is kept for ``ttl_s`` seconds. A ``message_id`` is unique for name and
    key while the message lives: publishing it again raises Conflict. Raises Invalid.
    """
    values = plain.variables(variables)
    if not name:
        raise Invalid("消息缺少名称。", "The message has no name.")
    if not 0 <= ttl_s <= MAX_TTL_S:
        raise Invalid("消息的保留时间应在 0 秒到 366 天之间。", "A message lives 0 s to 366 days.")
    key = unit.key()
    row = {
        "key": key,
        "name": name,
        "correlation_key": correlation_key,
        "message_id": message_id,
        "variables": values,
        "taken": True,  # by this transaction, until what it has reached is noted
        "published_at": unit.now,
        "offered_at": unit.now,
        "expires_at": unit.now + timedelta(seconds=ttl_s),
    }
    kept = ttl_s > 0
    if kept:
        _keep(unit, row)
    thrown = Thrown("message", name, correlation_key, values)
    offered = _offer(unit, thrown, row)
    if kept:
        _note(unit, row, offered)
    return offered.count


def broadcast(unit: Unit, name: str, variables: Json) -> int:
    """Send a signal to everything that waits for it now, start events included; return how
    many. Raises Invalid."""
    values = plain.variables(variables)
    if not name:
        raise Invalid("信号缺少名称。", "The signal has no name.")
    return _offer(unit, Thrown("signal", name, "", values), {}).count


def deliver(
    unit: Unit, subscription_key: int, variables: Json, person: Person | None = None
) -> None:
    """Deliver to this very subscription. Raises Conflict if it waits no more, Forbidden for a
    ``person`` who is in none of its ``action.groups`` (supervisors may do everything)."""
    values = plain.variables(variables)
    found = Step.locked_with(unit, list(subscriptions.columns), subscription_key)
    if found is None:
        raise Conflict(
            "这个操作已经不再可用，案件的状态已经变化，请刷新页面。",
            "This is no longer possible: the case has moved on. Reload the page.",
            subscription=subscription_key,
        )
    step, subscription = found
    if person is not None:
        _may_act(person, subscription.properties)
    target = Target(subscription.instance_key, subscription.token, subscription.element_id, "")
    buffer.receive(step, target, _thrown(subscription, values))
    step.settle()
    step.finish()


def _may_act(person: Person, properties: dict[str, str]) -> None:
    groups = {one.strip() for one in properties.get("action.groups", "").split(",")} - {""}
    if groups and groups.isdisjoint(person.groups) and not person.oversees:
        label = properties.get("action.label", "")
        raise Forbidden(f"您所在的组不能执行“{label}”。", f"Your groups may not do “{label}”.")


def waiting(conn: Connection, case_id: int) -> list[Waiting]:
    """The messages that the instances of a case wait for."""
    table = subscriptions
    query = select(
        table.c.key, table.c.name, table.c.element_id, table.c.instance_key,
        table.c.interrupting, table.c.properties,
    ).where(table.c.case_id == case_id, table.c.instance_key.is_not(None))  # fmt: skip
    return [Waiting(*row) for row in conn.execute(query.order_by(table.c.key))]


def deliver_buffered(engine: Store, limit: int = 100) -> int:
    """Offer kept messages that somebody waits for: those that processes threw at other cases,
    and those that were published while the subscription was being written. Returns how many
    messages were taken up."""
    with engine.read() as conn:
        now = engine.now()
        asked = {"now": now, "since": now - _RACE, "limit": limit}
        keys = list(conn.execute(_OFFERABLE, asked).scalars())
        keys += [one for one in startable(conn, now, limit) if one not in keys]
    return sum(_offer_kept(engine, key) for key in keys)


def expire(engine: Store) -> int:
    """Forget the messages whose time is up; return how many."""
    with engine.unit("system") as unit:
        return _expire(unit)


# -- keeping


def _expire(unit: Unit) -> int:
    return unit.conn.execute(_EXPIRE, {"now": unit.now, "past": unit.now - _RACE}).rowcount


def _keep(unit: Unit, row: dict[str, Any]) -> None:
    if row["message_id"] is not None:
        _expire(unit)
    if unit.conn.execute(_INSERT, row).scalar() is None:
        raise Conflict(
            f"编号为“{row['message_id']}”的消息“{row['name']}”已经发布过。",
            f"Message “{row['name']}” with id “{row['message_id']}” is published already.",
            message_id=row["message_id"],
        )


def _offer_kept(engine: Store, key: int) -> bool:
    """Offer one kept message, unless somebody else does."""
    try:
        with engine.unit("message") as unit:
            row = unit.conn.execute(_LOCK, {"key": key}).one_or_none()
            if row is None:
                return False
            thrown = _thrown(row, row.variables)
            if thrown.kind == "signal":
                thrown = replace(thrown, at=row.published_at)
            offered = _offer(unit, thrown, row._asdict())
            _note(unit, row._asdict(), offered)
            if offered.reached - set(row.reached) and not _waits_alone(row._asdict()):
                _spend(unit, row, offered.reached - set(row.reached))
            return offered.count > 0
    except Crowded:
        return False


def _note(unit: Unit, row: Mapping[str, Any], offered: Begun) -> None:
    """Write down what became of a kept message: whom it has reached, and held back until which
    instance has ended. What waits for further instances is in rows of their own."""
    alone = _waits_alone(row)
    held = list(offered.held)
    waits_for = held.pop(0) if held else None
    values: dict[str, Any] = {
        "taken": offered.count > 0 if row.get("kind") == "signal" else alone and not offered.held,
        "pending": alone and waits_for is not None,
        "start_key": waits_for,
        "reached": sorted(offered.reached),
    }
    if offered.count:
        values["offered_at"] = unit.now
    unit.conn.execute(update(messages).where(messages.c.key == row["key"]).values(values))
    if row["expires_at"] <= unit.now:
        return
    for start_key in held:
        more = {"key": unit.key(), "pending": True, "start_key": start_key}
        more |= {"offered_at": unit.now}
        unit.conn.execute(_INSERT, {name: row[name] for name in _CONTENT} | more)


def _spend(unit: Unit, row: Row[Any], reached: set[str]) -> None:
    """What was held back for processes that have the message now starts nothing more."""
    keys = [f"{process}:{row.correlation_key}" for process in sorted(reached)]
    same = {"name": row.name, "at": row.published_at, "keys": keys}
    unit.conn.execute(_SPENT, same)


def _waits_alone(row: Mapping[str, Any]) -> bool:
    """Whether a message does nothing more but start an instance."""
    return bool(row.get("pending")) and row.get("start_key") is not None


# -- offering


def _thrown(row: Row[Any], variables: Json) -> Thrown:
    kind: Literal["message", "signal"] = "signal" if row.kind == "signal" else "message"
    return Thrown(kind, row.name, row.correlation_key, variables)


def _offer(unit: Unit, thrown: Thrown, kept: Mapping[str, Any]) -> Begun:
    """Give it to whom it finds. Of a ``kept`` message: not to the case that threw it, which has
    had it, and where it is held back only to the start event it is held back from."""
    query = buffer.found_by(thrown).order_by(subscriptions.c.key)
    found = list(unit.conn.execute(query))
    begun = Begun(reached=set(kept.get("reached", ())))
    waiting = [row for row in found if row.instance_key is not None]
    if not _waits_alone(kept):
        _offer_to_cases(unit, waiting, thrown, begun, kept.get("thrown_by"))
    starts = [row for row in found if row.instance_key is None]
    if starts:
        begin(unit, starts, thrown, begun, kept.get("start_key"))
    return begun


def _offer_to_cases(
    unit: Unit, found: Iterable[Row[Any]], thrown: Thrown, begun: Begun, thrown_by: int | None
) -> None:
    processes: dict[int, set[str]] = {}
    for row in found:
        processes.setdefault(row.case_id, set()).add(row.process_id)
    processes.pop(thrown_by or 0, None)
    # Always in the same order: two publishers of several cases never wait for each other.
    for case_id in sorted(processes):
        if thrown.kind == "signal" or not processes[case_id] <= begun.reached:
            _offer_to_case(unit, case_id, thrown, begun)


def _offer_to_case(unit: Unit, case_id: int, thrown: Thrown, begun: Begun) -> None:
    step = Step.locked(unit, case_id)
    found = buffer.matching(step, thrown)[0]
    for target in buffer.once_each(thrown, found, begun.reached):
        if buffer.receive(step, target, thrown):
            begun.count += 1
            if thrown.kind == "message":
                begun.reached.add(target.process_id)
        step.settle()
    step.finish()


# What was published or given to somebody lately, and finds somebody it has not reached: a
# subscription opened meanwhile may have missed it. What waits for an instance to end is found by
# ``startable``. Each part asks the index of subscriptions by a whole key: joined, or with an OR,
# every message is compared with all that wait for its name.
_OFFERABLE = text(
    """
    SELECT m.key FROM messages m
    WHERE NOT m.taken AND m.offered_at > :since AND (m.pending OR m.expires_at > :now)
        AND NOT (m.pending AND m.start_key IS NOT NULL)
        AND (EXISTS (
            SELECT FROM subscriptions s
            WHERE s.kind = m.kind AND s.name = m.name AND s.correlation_key = m.correlation_key
                AND s.instance_key IS NOT NULL AND (
                    SELECT d.id FROM instances i JOIN definitions d ON d.key = i.definition_key
                    WHERE i.key = s.instance_key
                ) <> ALL (m.reached)
        ) OR m.start_key IS NULL AND EXISTS (
            SELECT FROM subscriptions s
            WHERE s.kind = m.kind AND s.name = m.name AND s.correlation_key = ''
                AND s.instance_key IS NULL AND (
                    SELECT d.id FROM definitions d WHERE d.key = s.definition_key
                ) <> ALL (m.reached)
        ))
    ORDER BY m.published_at, m.key LIMIT :limit
    """
)
_INSERT = insert(messages).on_conflict_do_nothing().returning(messages.c.key)
_EXPIRE = text(
    "DELETE FROM messages WHERE expires_at <= :now AND (NOT pending OR published_at <= :past)"
)
_LOCK = text(
    # Nobody else takes it until what it has reached is noted.
    "UPDATE messages SET taken = true WHERE key = ("
    " SELECT key FROM messages WHERE key = :key AND NOT taken FOR UPDATE SKIP LOCKED"
    ") RETURNING key, kind, name, correlation_key, variables, thrown_by, published_at,"
    " expires_at, pending, start_key, reached"
)
_SPENT = text(
    "UPDATE messages SET taken = true WHERE start_key = ANY (:keys) AND NOT taken AND pending"
    " AND name = :name AND published_at = :at"
)
_CONTENT = ("name", "correlation_key", "variables", "published_at", "expires_at")
