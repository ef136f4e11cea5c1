"""The inbox: a person's own tasks, those of the person's groups, those the person has done."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import array

from engine import cases, clocks, privacy, run
from engine.cases import CaseView
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.model import Json, Person
from engine.store.search import contains
from engine.store.unit import store_of
from engine.tables import cases as case_table
from engine.tables import customers, incidents, people, user_tasks
from engine.tasks import candidates_of, is_candidate

__all__ = ["Page", "TaskRow", "TaskView", "arrived", "counts", "page", "steps", "task"]

View = Literal["mine", "groups", "done"]
_OF_CASE = frozenset({"kind", "status"})
"""The filters that read the case."""
_MAX_LIMIT = 500
_DONE_LOOKED_AT = 1000
_FEW_CASES = 1000


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task with its case, personal data masked. The case's columns are empty where the
    process belongs to no case. ``late``: open and past its due time. ``moving``: what its
    listeners hear of now (event, action, by, at); ``denied``: what one of them denied last (the
    same and reason)."""

    key: int
    case_id: int
    instance_key: int
    element_id: str
    name: str
    state: str
    assignee: str | None
    assignee_name: str | None
    candidate_groups: tuple[str, ...]
    priority: int
    due_at: datetime | None
    follow_up_at: datetime | None
    created_at: datetime
    assigned_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    form_key: int | None
    draft: dict[str, Json] | None
    moving: dict[str, Json] | None
    denied: dict[str, Json] | None
    number: str
    kind: str
    title: str
    status: str
    received_at: datetime | None
    case_due_at: datetime | None
    sample: bool
    customer_name: str
    customer_level: str | None
    late: bool
    clock_name: str | None
    clock_due_at: datetime | None
    """The clock of the case that runs out next."""


@dataclass(frozen=True, slots=True)
class Page:
    """``next`` goes into ``after`` for the following page; None at the end."""

    rows: tuple[TaskRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """What the page of a task shows. its form is ``row.form_key``. ``variables`` are those
    visible at the task; ``case`` is None for a process without."""

    row: TaskRow
    variables: dict[str, Json]
    case: CaseView | None
    trouble: str = ""
    """Why its listeners do not get on, in Chinese; empty where they do."""


def page(
    conn: Connection,
    person: Person,
    view: str = "mine",
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """A page of tasks, those due next first, of the same due time the higher priority first (of
    those done, the latest).

    ``search`` is looked for, word by word, in the case's search text and the task's name.
    ``filters``: ``element_name``, ``element_id``, ``group``, ``kind``, ``status`` (equal),
    ``priority`` (at least), ``late`` (bool), ``due_before`` (moment). Raises Invalid.
    """
    if view not in ("mine", "groups", "done"):
        raise Invalid(f"没有“{view}”这个视图。", f"There is no view “{view}”.")
    limit = max(1, min(limit, _MAX_LIMIT))
    now = store_of(conn).now()
    # First the keys of the page, then what belongs to those alone.
    picked = select(user_tasks.c.key).where(*_view(cast(View, view), person))
    if not _OF_CASE.isdisjoint(filters or {}):
        picked = picked.join(case_table, case_table.c.key == user_tasks.c.case_id)
    for word in search.split()[:8]:
        picked = picked.where(_matches(conn, word))
    for name, value in (filters or {}).items():
        picked = picked.where(_filter(name, value, now))
    keys = _after(_ordered(picked, view), view, after).limit(limit + 1).scalar_subquery()
    found = conn.execute(_ordered(_rows().where(user_tasks.c.key.in_(keys)), view)).all()
    rows = tuple(_row(row, now) for row in found[:limit])
    return Page(rows, _cursor(view, found[limit - 1]) if len(found) > limit else None)


def counts(conn: Connection, person: Person) -> dict[str, int]:
    """How many tasks: ``mine``, ``mine_late``, ``groups``, ``groups_late``, and how many notices
    are ``unread``; one statement."""
    values = {
        "login": person.login,
        "candidates": sorted(candidates_of(person)),
        "now": store_of(conn).now(),
    }
    return dict(conn.execute(_COUNTS, values).one()._mapping)


def steps(conn: Connection, person: Person, view: str = "mine") -> list[str]:
    """The names of the tasks in a view, for its filter; of those done, of the latest thousand."""
    seen = select(user_tasks.c.name).where(*_view(cast(View, view), person))
    if view == "done":
        seen = seen.order_by(user_tasks.c.ended_at.desc()).limit(_DONE_LOOKED_AT)
    name = seen.subquery().c.name
    return list(conn.execute(select(name).distinct().order_by(name).limit(200)).scalars())


def arrived(
    conn: Connection, person: Person, view: str, since: datetime, known: Iterable[int] = ()
) -> int:
    """How many tasks have come into a view ("mine" or "groups") since then, without the known
    ones: created, or given to the person."""
    t = user_tasks.c
    came = func.coalesce(t.assigned_at, t.created_at)
    query = select(func.count()).where(
        *_view(cast(View, view), person), came >= since, t.key.not_in(list(known)),
    )
    return int(conn.execute(query).scalar_one())


def task(conn: Connection, key: int, person: Person) -> TaskView:
    """One task, for its assignee, candidates, who did it, and supervisors. Raises NotFound,
    Forbidden."""
    row = conn.execute(
        _rows(user_tasks.c.token, user_tasks.c.candidates).where(user_tasks.c.key == key)
    ).one_or_none()
    if row is None:
        raise NotFound(f"没有编号为 {key} 的任务。", f"There is no task {key}.", task=key)
    if not _may_see(row, person):
        raise Forbidden(
            f"任务“{row.name}”不在您的待办里，您不能查看。",
            f"Task “{row.name}” is not for you.",
            task=key,
        )
    case = cases.view(conn, row.case_id) if row.number is not None else None
    trouble = _trouble(conn, row) if row.moving else ""
    return TaskView(_row(row, store_of(conn).now()), _visible(conn, row), case, trouble)


def _trouble(conn: Connection, row: Row[Any]) -> str:
    query = select(incidents.c.zh).where(
        incidents.c.instance_key == row.instance_key,
        incidents.c.element_id == row.element_id,
        incidents.c.state == "open",
    )
    return conn.execute(query.order_by(incidents.c.key).limit(1)).scalar() or ""


def _may_see(row: Row[Any], person: Person) -> bool:
    if person.oversees or person.login in (row.assignee, row.ended_by):
        return True
    return row.assignee is None and is_candidate(row.candidates, person)


def _visible(conn: Connection, row: Row[Any]) -> dict[str, Json]:
    if row.state == "created":
        try:
            return run.variables(conn, row.instance_key, row.token)
        except Conflict:
            pass  # completed between two statements: then what the process has is shown
    return run.variables(conn, row.instance_key)


# -- building the query


def _rows(*more: ColumnElement[Any]) -> Select[Any]:
    t, c = user_tasks.c, case_table.c
    rows = (
        select(
            t.key, t.case_id, t.instance_key, t.element_id, t.name, t.state, t.assignee,
            people.c.name.label("assignee_name"), t.candidate_groups, t.priority, t.due_at,
            t.follow_up_at, t.created_at, t.assigned_at, t.started_at, t.ended_at, t.ended_by,
            t.form_key, t.draft, t.moving, t.denied, c.number, c.kind, c.title, c.status,
            c.received_at, c.due_at.label("case_due_at"), c.sample,
            customers.c.name.label("customer_name"), customers.c.level.label("customer_level"),
            *more,
        )
        .outerjoin(case_table, c.key == t.case_id)
        .outerjoin(customers, customers.c.key == c.customer_key)
        .outerjoin(people, people.c.login == t.assignee)
    )  # fmt: skip
    return clocks.nearest(rows, t.case_id)


def _view(view: View, person: Person) -> list[ColumnElement[bool]]:
    t = user_tasks.c
    if view == "mine":
        return [t.state == "created", t.assignee == person.login]
    if view == "done":
        return [t.state == "completed", t.ended_by == person.login]
    mine = array(sorted(candidates_of(person)))
    return [t.state == "created", t.assignee.is_(None), t.candidates.overlap(mine)]


def _matches(conn: Connection, word: str) -> ColumnElement[bool]:
    """Few cases are found by the index of bigrams; where a word stands in many, the case of each
    task is looked at: a view has fewer tasks, or its page is soon full."""
    named = func.lower(user_tasks.c.name).contains(word.lower(), autoescape=True)
    rare = select(case_table.c.key).where(contains(case_table.c.search, word))
    found = conn.scalars(rare.limit(_FEW_CASES + 1)).all()
    if len(found) <= _FEW_CASES:
        return or_(user_tasks.c.case_id.in_(found), named)
    said = (
        select(func.strpos(func.lower(case_table.c.search), word.lower()) > 0)
        .where(case_table.c.key == user_tasks.c.case_id)
        .scalar_subquery()
    )
    return or_(said, named)


def _filter(name: str, value: Any, now: datetime) -> ColumnElement[bool]:
    t, c = user_tasks.c, case_table.c
    equal: dict[str, ColumnElement[Any]] = {
        "element_name": t.name,
        "element_id": t.element_id,
        "kind": c.kind,
        "status": c.status,
    }
    if name in equal:
        return cast(ColumnElement[bool], equal[name] == value)
    if name == "group":
        return t.candidate_groups.contains([value])
    if name == "priority":
        return t.priority >= int(value)
    if name == "late":
        return t.due_at < now if value else or_(t.due_at.is_(None), t.due_at >= now)
    if name == "due_before":
        return cast(ColumnElement[bool], t.due_at < value)
    raise Invalid(f"没有“{name}”这个筛选条件。", f"There is no filter “{name}”.", filter=name)


# -- order and pages

_DUE = func.coalesce(user_tasks.c.due_at, text("'infinity'::timestamptz"))
_FOREVER = "infinity"


def _ordered(query: Select[Any], view: str) -> Select[Any]:
    key = user_tasks.c.key
    if view == "done":
        return query.order_by(user_tasks.c.ended_at.desc(), key.desc())
    return query.order_by(_DUE, user_tasks.c.priority.desc(), key)


def _after(query: Select[Any], view: str, cursor: str | None) -> Select[Any]:
    if not cursor:
        return query
    at, priority, key = _place(cursor)
    if view == "done":
        return query.where(tuple_(user_tasks.c.ended_at, user_tasks.c.key) < tuple_(at, key))
    here = tuple_(_DUE, -user_tasks.c.priority, user_tasks.c.key)
    return query.where(here > tuple_(at, -priority, key))


def _cursor(view: str, row: Row[Any]) -> str:
    moment = row.ended_at if view == "done" else row.due_at
    place = [moment.isoformat() if moment else _FOREVER, row.priority, row.key]
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def _place(cursor: str) -> tuple[ColumnElement[Any], ColumnElement[int], ColumnElement[int]]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, *numbers = orjson.loads(base64.urlsafe_b64decode(padded.encode()))
        priority, key = (literal(int(one)) for one in numbers)
        if moment == _FOREVER:
            return cast(ColumnElement[Any], text("'infinity'::timestamptz")), priority, key
        at = literal(datetime.fromisoformat(moment), DateTime(timezone=True))
        return at, priority, key
    except (ValueError, TypeError, binascii.Error) as error:
        raise Invalid("翻页标记不对。", "The cursor is wrong.") from error


def _row(row: Row[Any], now: datetime) -> TaskRow:
    due_at = row.due_at
    late = row.state == "created" and due_at is not None and due_at < now
    return TaskRow(
        row.key, row.case_id, row.instance_key, row.element_id, row.name, row.state,
        row.assignee, row.assignee_name, tuple(row.candidate_groups), row.priority, due_at,
        row.follow_up_at, row.created_at, row.assigned_at, row.started_at, row.ended_at,
        row.ended_by, row.form_key, row.draft, row.moving, row.denied, row.number or "",
        row.kind or "", privacy.prose(row.title or ""), row.status or "", row.received_at,
        row.case_due_at, bool(row.sample), privacy.name(row.customer_name or ""),
        row.customer_level, late, row.clock_name, row.clock_due_at,
    )  # fmt: skip


_COUNTS = text(
    """
    SELECT mine.n AS mine, mine.late AS mine_late, groups.n AS groups, groups.late AS groups_late,
        unread.n AS unread
    FROM (
        SELECT count(*) AS n, count(*) FILTER (WHERE due_at < :now) AS late FROM user_tasks
        WHERE state = 'created' AND assignee = :login
    ) AS mine, (
        SELECT count(*) AS n, count(*) FILTER (WHERE due_at < :now) AS late FROM user_tasks
        WHERE state = 'created' AND assignee IS NULL
            AND candidates && CAST(:candidates AS varchar[])
    ) AS groups, (
        SELECT count(*) AS n FROM notice_people
        WHERE login = :login AND read_at IS NULL AND replaced_by IS NULL
    ) AS unread
    """
)
