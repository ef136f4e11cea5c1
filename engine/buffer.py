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

from sqlalchemy import and_, or_, select, text

from engine.model import Json
from engine.store.rows import insert
from engine.tables import messages, subscriptions

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


def throw(step: Step, thrown: Thrown) -> None:
    """Offer it to this case, and put it up for the other cases."""
    opened = step.waits.subscribed(thrown.kind, thrown.name, thrown.correlation_key)
    written, others = matching(step, thrown)
    found = [Target(*one) for one in opened] + [
        one for one in written if (one.instance_key, one.token) not in step.waits.ended
    ]
    for target in once_each(thrown, found):
        _receive_later(step, target, thrown)
    if others or (thrown.ttl_s > 0 and not found):
        _keep(step, thrown, pending=others)


def once_each(thrown: Thrown, found: Iterable[Target]) -> list[Target]:
    """A message goes to one subscription of an instance, a signal to all."""
    if thrown.kind == "signal":
        return list(found)
    first: dict[int, Target] = {}
    for target in found:
        first.setdefault(target.instance_key, target)
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
    taken = []
    for target, change in opened:
        wanted = (change.message, change.correlation_key)
        row = next((one for one in rows if (one.name, one.correlation_key) == wanted), None)
        if row is not None:
            rows.remove(row)
            taken.append(row.key)
            _receive_later(step, target, Thrown("message", *wanted, row.variables))
    if taken:
        step.unit.conn.execute(_TAKE, {"keys": taken})
    return bool(taken)


def matching(step: Step, thrown: Thrown) -> tuple[list[Target], bool]:
    """The written subscriptions of this case that it finds, and whether it finds others: of
    other cases, or start events."""
    query = select(
        subscriptions.c.case_id,
        subscriptions.c.instance_key,
        subscriptions.c.token,
        subscriptions.c.element_id,
    ).where(finds(thrown))
    rows = step.unit.conn.execute(query.order_by(subscriptions.c.key)).all()
    own = [Target(*row[1:]) for row in rows if row.case_id == step.case_id]
    return own, len(own) < len(rows)


def finds(thrown: Thrown) -> Any:
    """The condition on ``subscriptions`` that it finds."""
    found = matches(thrown.kind, thrown.name, thrown.correlation_key)
    if thrown.at is None:
        return found
    return and_(found, subscriptions.c.created_at <= thrown.at)


def matches(kind: Any, name: Any, correlation_key: Any) -> Any:
    """The condition on ``subscriptions``: start events take any correlation key."""
    return and_(
        subscriptions.c.kind == kind,
        subscriptions.c.name == name,
        or_(
            subscriptions.c.correlation_key == correlation_key,
            and_(subscriptions.c.correlation_key == "", subscriptions.c.instance_key.is_(None)),
        ),
    )


def receive(step: Step, target: Target, thrown: Thrown) -> bool:
    """Deliver to a subscription of this case; False if it has ended in this step."""
    instance_key, token, element_id = target
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


def _keep(step: Step, thrown: Thrown, pending: bool) -> None:
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
        "published_at": now,
        "expires_at": now + timedelta(seconds=max(thrown.ttl_s, 0)),
    }
    insert(step.unit.conn, messages, [row])


_TAKE = text("UPDATE messages SET taken = true WHERE key = ANY (:keys)")
_WAITING = text(
    """
    SELECT key, name, correlation_key, variables FROM messages
    WHERE kind = 'message' AND NOT taken AND NOT pending AND expires_at > :now
        AND (name, correlation_key) IN (
            SELECT * FROM unnest(CAST(:names AS text[]), CAST(:keys AS text[]))
        )
    ORDER BY published_at, key FOR UPDATE SKIP LOCKED
    """
)
