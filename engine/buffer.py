"""Messages within a step: thrown by an instance, or found waiting by a new subscription.

Only this step's case is touched. What other cases wait for goes through the table
``messages``, from where ``engine.messages.deliver_buffered`` offers it in transactions of
its own: a step never locks a second case.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, and_, or_, select, text

from engine.bpmn.changes import Published
from engine.model import Json
from engine.store.rows import insert
from engine.tables import messages, subscriptions

if TYPE_CHECKING:
    from engine.step import Step


def throw(step: Step, change: Published) -> None:
    """Offer a message to every instance of this case, and put it up for the other cases."""
    found = {
        wait[0]: wait[1] for wait in step.waits.subscribed(change.message, change.correlation_key)
    }
    others = False
    for row in matching(step, change.message, change.correlation_key):
        if row.case_id != step.case_id:
            others = True
        elif (row.instance_key, row.token) not in step.waits.ended:
            found.setdefault(row.instance_key, row.token)
    for instance_key, token in found.items():
        _receive_later(step, instance_key, token, change.message, change.variables)
    if others or (change.time_to_live_s > 0 and not found):
        _keep(step, change, pending=others)


def take(step: Step) -> bool:
    """Give subscriptions just opened what waits for them; False if there was nothing."""
    opened = [sub for sub in step.opened if (sub[0], sub[1]) not in step.waits.ended]
    step.opened = []
    if not opened:
        return False
    waiting = step.unit.conn.execute(
        _WAITING,
        {
            "now": step.unit.now,
            "names": [sub[2] for sub in opened],
            "keys": [sub[3] for sub in opened],
        },
    )
    rows = list(waiting)
    taken = []
    for instance_key, token, name, correlation_key in opened:
        for row in rows:
            if (row.name, row.correlation_key) == (name, correlation_key):
                rows.remove(row)
                taken.append(row.key)
                _receive_later(step, instance_key, token, name, row.variables)
                break
    if taken:
        step.unit.conn.execute(_TAKE, {"keys": taken})
    return bool(taken)


def matching(step: Step, name: str, correlation_key: str) -> list[Row[Any]]:
    """The subscriptions written down that such a message finds, start events included."""
    query = select(
        subscriptions.c.case_id,
        subscriptions.c.instance_key,
        subscriptions.c.token,
        subscriptions.c.element_id,
    ).where(matches(name, correlation_key))
    return list(step.unit.conn.execute(query.order_by(subscriptions.c.key)))


def matches(name: Any, correlation_key: Any) -> Any:
    """The condition on ``subscriptions``: start events take any correlation key."""
    return and_(
        subscriptions.c.kind == "message",
        subscriptions.c.name == name,
        or_(
            subscriptions.c.correlation_key == correlation_key,
            and_(subscriptions.c.correlation_key == "", subscriptions.c.instance_key.is_(None)),
        ),
    )


def receive(
    step: Step,
    instance_key: int,
    token: str,
    name: str,
    variables: Json,
    element_id: str | None = None,
) -> bool:
    """Deliver to a subscription of this case; False if it has ended in this step."""
    if (instance_key, token) in step.waits.ended:
        return False
    step.chain.add(
        "message.received",
        {"message": name},
        instance_key=instance_key,
        element_id=element_id,
        token=token,
    )
    step.member(instance_key).run.receive(token, variables)
    return True


def _receive_later(step: Step, instance_key: int, token: str, name: str, variables: Json) -> None:
    def act() -> None:
        receive(step, instance_key, token, name, variables)

    step.later(act)


def _keep(step: Step, change: Published, pending: bool) -> None:
    now = step.unit.now
    row = {
        "key": step.unit.key(),
        "name": change.message,
        "correlation_key": change.correlation_key,
        "message_id": None,
        "variables": change.variables,
        "pending": pending,
        "thrown_by": step.case_id,
        "taken": False,
        "published_at": now,
        "expires_at": now + timedelta(seconds=max(change.time_to_live_s, 0)),
    }
    insert(step.unit.conn, messages, [row])


_TAKE = text("UPDATE messages SET taken = true WHERE key = ANY (:keys)")
_WAITING = text(
    """
    SELECT key, name, correlation_key, variables FROM messages
    WHERE NOT taken AND NOT pending AND expires_at > :now AND (name, correlation_key) IN (
        SELECT * FROM unnest(CAST(:names AS text[]), CAST(:keys AS text[]))
    )
    ORDER BY published_at, key FOR UPDATE SKIP LOCKED
    """
)
