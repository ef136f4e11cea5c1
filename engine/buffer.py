"""Messages and signals within a step: thrown by an instance, or found by a new subscription.

Only this step's case is touched. What other cases wait for goes through the table
``messages``, from where ``engine.messages.deliver_buffered`` offers it in transactions of
its own: a step never locks a second case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import and_, func, or_, select, text

from engine.model import Json
from engine.store.rows import insert
from engine.tables import definitions, instances, messages, subscriptions

if TYPE_CHECKING:
    from engine.step import Step


@dataclass(frozen=True, slots=True)
class Thrown:
    """A message, or a signal (then without correlation key and life)."""

    kind: Literal["message", "signal"]
    name: str
    correlation_key: str
    variables: Json
    ttl_s: int = 0
    at: datetime | None = None
    """When a signal was thrown that is offered later: for those only who waited then."""


class Target(NamedTuple):
    """A subscription of an instance of this case."""

    instance_key: int
    token: str
    element_id: str
    process_id: str


def throw(step: Step, thrown: Thrown) -> None:
    """Offer it to this case, and put it up for the other cases."""
    opened = step.waits.subscribed(thrown.kind, thrown.name, thrown.correlation_key)
    written, others = matching(step, thrown)
    found = [Target(*one, _process(step, one[0])) for one in opened] + [
        one for one in written if (one.instance_key, one.token) not in step.waits.ended
    ]
    chosen = once_each(thrown, found, set())
    for target in chosen:
        _receive_later(step, target, thrown)
    reached = [one.process_id for one in chosen] if thrown.kind == "message" else []
    pending = not others <= set(reached)
    if pending or thrown.ttl_s > 0:
        _keep(step, thrown, reached, pending)


def once_each(thrown: Thrown, found: Iterable[Target], reached: set[str]) -> list[Target]:
    """A signal goes to all; a message to one subscription of each process that it has not
    ``reached`` yet."""
    if thrown.kind == "signal":
        return list(found)
    first: dict[str, Target] = {}
    for target in found:
        if target.process_id not in reached:
            first.setdefault(target.process_id, target)
    return list(first.values())


def take(step: Step) -> bool:
    """Give subscriptions just opened what waits for them; False if there was nothing."""
    opened = [
        (target, change)
        for target, change in step.opened
        if (target.instance_key, target.token) not in step.waits.ended
    ]
    step.opened = []
    if not opened:
        return False
    asked = {
        "now": step.unit.now,
        "names": [change.message for _, change in opened],
        "keys": [change.correlation_key for _, change in opened],
    }
    rows = list(step.unit.conn.execute(_WAITING, asked))
    reached = {row.key: set(row.reached) for row in rows}
    taken = []
    for target, change in opened:
        wanted = (change.message, change.correlation_key)
        for row in rows:
            if (row.name, row.correlation_key) != wanted or target.process_id in reached[row.key]:
                continue
            reached[row.key].add(target.process_id)
            taken.append((row.key, target.process_id))
            _receive_later(step, target, Thrown("message", *wanted, row.variables))
            break
    if taken:
        keys, processes = zip(*taken, strict=True)
        values = {"keys": list(keys), "processes": list(processes), "now": step.unit.now}
        step.unit.conn.execute(_TAKE, values)
    return bool(taken)


def matching(step: Step, thrown: Thrown) -> tuple[list[Target], set[str]]:
    """The written subscriptions of this case that it finds, and the processes of those that it
    finds in other cases, or with start events."""
    rows = step.unit.conn.execute(found_by(thrown).order_by(subscriptions.c.key)).all()
    own = [
        Target(row.instance_key, row.token, row.element_id, row.process_id)
        for row in rows
        if row.case_id == step.case_id
    ]
    return own, {row.process_id for row in rows if row.case_id != step.case_id}


def found_by(thrown: Thrown) -> Any:
    """The subscriptions that it finds, with the ids of their processes."""
    return (
        select(
            subscriptions.c.case_id,
            subscriptions.c.instance_key,
            subscriptions.c.definition_key,
            subscriptions.c.token,
            subscriptions.c.element_id,
            definitions.c.id.label("process_id"),
        )
        .select_from(_with_process())
        .where(finds(thrown))
    )


def _with_process() -> Any:
    """``subscriptions`` joined with the ``definitions`` of those who wait."""
    definition = func.coalesce(subscriptions.c.definition_key, instances.c.definition_key)
    return subscriptions.outerjoin(
        instances, instances.c.key == subscriptions.c.instance_key
    ).join(definitions, definitions.c.key == definition)


def finds(thrown: Thrown) -> Any:
    """The condition on ``subscriptions`` that it finds: start events take any correlation key.
    Both keys are asked of the index, however many wait for the name."""
    key = thrown.correlation_key
    found = and_(
        subscriptions.c.kind == thrown.kind,
        subscriptions.c.name == thrown.name,
        subscriptions.c.correlation_key.in_([key, ""]),
        or_(subscriptions.c.correlation_key == key, subscriptions.c.instance_key.is_(None)),
    )
    if thrown.at is None:
        return found
    return and_(found, subscriptions.c.created_at <= thrown.at)


def receive(step: Step, target: Target, thrown: Thrown) -> bool:
    """Deliver to a subscription of this case; False if it has ended in this step."""
    instance_key, token, element_id, _ = target
    if (instance_key, token) in step.waits.ended:
        return False
    step.chain.add(
        f"{thrown.kind}.received",
        {thrown.kind: thrown.name},
        instance_key=instance_key,
        element_id=element_id,
        token=token,
    )
    step.member(instance_key).run.receive(token, thrown.variables)
    return True


def _receive_later(step: Step, target: Target, thrown: Thrown) -> None:
    def act() -> None:
        receive(step, target, thrown)

    step.later(act)


def _process(step: Step, instance_key: int) -> str:
    return step.member(instance_key).process.definition.id


def _keep(step: Step, thrown: Thrown, reached: list[str], pending: bool) -> None:
    now = step.unit.now
    row = {
        "key": step.unit.key(),
        "kind": thrown.kind,
        "name": thrown.name,
        "correlation_key": thrown.correlation_key,
        "message_id": None,
        "variables": thrown.variables,
        "pending": pending,
        "thrown_by": step.case_id,
        "taken": False,
        "reached": reached,
        "published_at": now,
        "offered_at": now,
        "expires_at": now + timedelta(seconds=max(thrown.ttl_s, 0)),
    }
    insert(step.unit.conn, messages, [row])


# What was held back for a process that has the message now starts nothing more
# (engine.messages: rows of their own).
_TAKE = text(
    """
    WITH taken AS (
        SELECT u.key, u.process, m.name, m.correlation_key, m.published_at
        FROM unnest(CAST(:keys AS bigint[]), CAST(:processes AS text[])) AS u (key, process)
        JOIN messages m ON m.key = u.key
    ), spent AS (
        UPDATE messages h SET taken = true FROM taken t
        WHERE h.start_key = t.process || ':' || t.correlation_key AND NOT h.taken AND h.pending
            AND h.name = t.name AND h.published_at = t.published_at
    )
    UPDATE messages m SET reached = m.reached || t.processes, offered_at = :now
    FROM (SELECT key, array_agg(process) AS processes FROM taken GROUP BY key) t
    WHERE m.key = t.key
    """
)
_WAITING = text(
    """
    SELECT key, name, correlation_key, variables, reached FROM messages
    WHERE kind = 'message' AND NOT taken AND NOT pending AND expires_at > :now
        AND (name, correlation_key) IN (
            SELECT * FROM unnest(CAST(:names AS text[]), CAST(:keys AS text[]))
        )
    ORDER BY published_at, key FOR UPDATE SKIP LOCKED
    """
)
