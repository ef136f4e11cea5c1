"""The history of a case: who did what when, in order, never changed afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from engine import definitions
from engine.errors import NotFound
from engine.history_texts import MAIN, sentence
from engine.model import Json
from engine.step import Step
from engine.store.chain import ROWS_OF_CASE, intact
from engine.store.unit import Unit
from engine.tables import history, incidents, instances, people, timers, user_tasks

__all__ = ["Entry", "Trace", "actor", "record", "timeline", "trace", "verify"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's timeline. ``text`` is a sentence in Chinese; ``main`` marks what a
    clerk wants to see, the rest is detail; ``data`` is what was recorded."""

    seq: int
    at: datetime
    actor: str
    actor_name: str
    kind: str
    main: bool
    text: str
    instance_key: int
    element_id: str | None
    element_name: str
    data: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Trace:
    """Where an instance has been and is, for its diagram. Keys are element ids: how often an
    element was entered, how many tokens and open incidents it has, when its timer is due."""

    definition_key: int
    visited: dict[str, int]
    flows: frozenset[str]
    active: dict[str, int]
    incidents: dict[str, int]
    due: dict[str, datetime]


def timeline(
    conn: Connection,
    case_id: int,
    *,
    main_only: bool = False,
    before: int | None = None,
    limit: int = 1000,
) -> list[Entry]:
    """The case's history, the latest first; ``before`` is the last ``seq`` of a page."""
    query = (
        select(history, people.c.name)
        .outerjoin(people, people.c.login == history.c.actor)
        .where(history.c.case_id == case_id)
    )
    if before is not None:
        query = query.where(history.c.seq < before)
    if main_only:
        query = query.where(history.c.kind.in_(MAIN))
    rows = conn.execute(query.order_by(history.c.seq.desc()).limit(limit)).all()
    names = _element_names(conn, {row.instance_key for row in rows})
    return [_entry(row, names) for row in rows]


def record(
    unit: Unit, case_id: int, kind: str, data: Json, *, element_id: str | None = None
) -> None:
    """Add an entry of one's own to the case's history, in a step or outside of one. Raises
    NotFound for an unknown case."""
    chain = unit.chains.get(case_id)
    if chain is not None:
        chain.add(kind, data, element_id=element_id)
        return
    step = Step.locked(unit, case_id)
    step.chain.add(kind, data, element_id=element_id)
    step.finish()


def verify(conn: Connection, case_id: int) -> bool:
    """Whether the history is as it was written: nothing changed, missing or added."""
    head = conn.execute(
        select(instances.c.history_seq, instances.c.history_hash).where(instances.c.key == case_id)
    ).one_or_none()
    if head is None:
        raise NotFound(
            f"没有编号为 {case_id} 的案件。", f"There is no case {case_id}.", case=case_id
        )
    rows = conn.execute(ROWS_OF_CASE, {"case_id": case_id})
    return intact(rows, head.history_seq, bytes(head.history_hash or b""))


def trace(conn: Connection, instance_key: int) -> Trace:
    """Where the instance has been and is. Raises NotFound."""
    instance = conn.execute(
        select(instances.c.case_id, instances.c.definition_key).where(
            instances.c.key == instance_key
        )
    ).one_or_none()
    if instance is None:
        raise NotFound(
            f"没有编号为 {instance_key} 的流程实例。",
            f"There is no process instance {instance_key}.",
            instance=instance_key,
        )
    visited: Counter[str] = Counter()
    flows: set[str] = set()
    open_tokens: dict[str, str] = {}
    rows = conn.execute(
        select(history.c.kind, history.c.element_id, history.c.token, history.c.data)
        .where(history.c.case_id == instance.case_id, history.c.instance_key == instance_key)
        .order_by(history.c.seq)
    )
    for row in rows:
        flows.update(row.data.get("flows", ()))
        if row.kind == "element.entered":
            visited[row.element_id] += 1
            open_tokens[row.token] = row.element_id
        elif row.kind in ("element.completed", "element.cancelled"):
            open_tokens.pop(row.token, None)
    return Trace(
        instance.definition_key,
        dict(visited),
        frozenset(flows),
        dict(Counter(open_tokens.values())),
        _open_incidents(conn, instance_key),
        _due(conn, instance_key),
    )


def _open_incidents(conn: Connection, instance_key: int) -> dict[str, int]:
    query = select(incidents.c.element_id).where(
        incidents.c.instance_key == instance_key, incidents.c.state == "open"
    )
    return dict(Counter(conn.execute(query).scalars()))


def _due(conn: Connection, instance_key: int) -> dict[str, datetime]:
    """When the next timer of each element fires, and each open task is due."""
    found: dict[str, datetime] = {}
    for query in (
        select(timers.c.element_id, timers.c.due_at).where(timers.c.instance_key == instance_key),
        select(user_tasks.c.element_id, user_tasks.c.due_at).where(
            user_tasks.c.instance_key == instance_key,
            user_tasks.c.state == "created",
            user_tasks.c.due_at.is_not(None),
        ),
    ):
        for row in conn.execute(query):
            found[row.element_id] = min(row.due_at, found.get(row.element_id, row.due_at))
    return found


def _element_names(conn: Connection, keys: set[int]) -> dict[tuple[int, str], str]:
    """Names of elements by instance and element id."""
    number = definitions.number(conn)
    query = select(instances.c.key, instances.c.definition_key).where(instances.c.key.in_(keys))
    names: dict[tuple[int, str], str] = {}
    for row in conn.execute(query):
        definition = definitions.by_key(conn, row.definition_key)
        info = definitions.process(conn, number, definition).info
        names[row.key, ""] = definition.name
        names |= {(row.key, id_): element.name for id_, element in info.elements.items()}
    return names


def actor(name: str) -> str:
    """The words for who acts without an account; another name as it is."""
    return _ACTORS.get(name) or _ACTORS.get(name.partition(":")[0], name)


def _entry(row: Any, names: dict[tuple[int, str], str]) -> Entry:
    name = names.get((row.instance_key, row.element_id or ""), "") or row.element_id or ""
    actor_name = row.name or actor(row.actor)
    return Entry(
        row.seq, row.at, row.actor, actor_name, row.kind, row.kind in MAIN,
        sentence(row.kind, name, row.data), row.instance_key, row.element_id, name, row.data,
    )  # fmt: skip


_ACTORS = {
    "system": "系统", "timer": "定时器", "message": "消息", "worker": "后台作业", "sample": "示例",
    "import": "导入", "customer:web": "客户（网上）", "customer:sms": "客户（短信）",
    "customer:mail": "客户（邮件）", "mail": "邮件", "command-line": "命令行",
}  # fmt: skip
