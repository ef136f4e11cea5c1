"""Notices (待阅): what people are told without having to do anything; opening one reads it.

Who gets a notice is decided when it is sent: the active people named and those in the groups
at that moment. Notices of a series are reports: they are kept, and leaders read all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, text, tuple_, update

from engine import privacy
from engine.errors import Forbidden, Invalid, NotFound
from engine.model import Json, Person
from engine.store.unit import Unit
from engine.tables import cases, notices
from engine.tables import notice_people as readers

VIEWS = ("unread", "all", "reports")
MOST_TITLE, MOST_TEXT, MOST_CELLS = 200, 20_000, 20_000


@dataclass(frozen=True, slots=True)
class Sent:
    """The notice's key, and how many people got it."""

    key: int
    people: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as a person sees it, phone numbers and the like masked. ``case_number`` is empty
    where it belongs to no case; ``tables`` are ``{"title", "columns": [text], "rows":
    [[cell]]}``; ``mine`` says whether it was sent to this person, ``unread`` whether it waits to
    be opened: not read, and no later one of its topic in its place."""

    key: int
    case_id: int
    case_number: str
    series: str
    title: str
    text: str
    tables: tuple[dict[str, Json], ...]
    sent_at: datetime
    read_at: datetime | None
    mine: bool
    unread: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Notices, the latest first; ``next`` goes into ``before`` for the following page."""

    rows: tuple[Notice, ...]
    next: int | None


def send(
    unit: Unit, title: str, text: str, *, to: Sequence[str] = (), groups: Sequence[str] = (),
    tables: Sequence[Json] = (), series: str = "", topic: str = "", case_id: int = 0,
) -> Sent:
    """Put a notice before the people ``to`` (logins) and all who are in ``groups`` now. With a
    ``topic`` it takes the place of what they have not read of that topic. A group that is empty
    gets none; Invalid for a login or group that does not exist, an empty title,
    or no receiver named at all."""
    title = title.strip()
    if not title or len(title) > MOST_TITLE or len(text) > MOST_TEXT:
        raise Invalid(
            f"通知要有标题（{MOST_TITLE} 字以内），正文最多 {MOST_TEXT} 字。",
            f"A notice has a title (up to {MOST_TITLE} signs) and a text up to {MOST_TEXT}.",
        )
    if not to and not groups:
        raise Invalid("通知没有收件人，请给出人员或组。", "A notice needs people or groups.")
    _check_known(unit.conn, to, groups)
    key = unit.key()
    unit.conn.execute(insert(notices).values(
        key=key, case_id=case_id, series=series.strip(), topic=topic.strip(), title=title,
        text=text.strip(), tables=[_table(one) for one in tables], sent_at=unit.now,
        sent_by=unit.actor,
    ))
    values = {"key": key, "logins": list(to), "groups": list(groups)}
    sent = Sent(key, unit.conn.execute(_DELIVER, values).rowcount)
    if topic.strip():
        unit.conn.execute(_REPLACE, {"key": key, "topic": topic.strip()})
    return sent


def unread(conn: Connection, person: Person, case_id: int | None = None) -> int:
    """How many notices wait to be opened, of all or about one case."""
    query = select(func.count()).select_from(readers)
    query = query.where(readers.c.login == person.login, *_UNREAD)
    if case_id is not None:
        query = query.join(notices, notices.c.key == readers.c.notice_key)
        query = query.where(notices.c.case_id == case_id)
    return int(conn.execute(query).scalar_one())


def page(
    conn: Connection, person: Person, view: str = "unread", *, series: str = "",
    search: str = "", before: int | None = None, limit: int = 50,
) -> Page:
    """Notices: ``unread`` and ``all`` are the person's own, ``reports`` those of a series that
    the person may read. Texts and tables are left out. Raises Invalid."""
    if view not in VIEWS:
        raise Invalid(f"没有“{view}”这个视图。", f"There is no view “{view}”.")
    query = _rows(person, whole=False).where(*_of_view(view, person))
    if series:
        query = query.where(notices.c.series == series)
    for word in search.split()[:8]:
        query = query.where(func.lower(notices.c.title).contains(word.lower(), autoescape=True))
    if before is not None:
        query = query.where(notices.c.key < before)
    found = conn.execute(query.order_by(notices.c.key.desc()).limit(limit + 1)).all()
    rows = tuple(_notice(row) for row in found[:limit])
    return Page(rows, rows[-1].key if len(found) > limit else None)


def series(conn: Connection, person: Person) -> list[str]:
    """The series of which the person may read a report."""
    query = select(notices.c.series).distinct().where(*_of_view("reports", person))
    query = query.outerjoin(readers, _reads(person)).order_by(notices.c.series)
    return list(conn.execute(query).scalars())


def open_(unit: Unit, key: int, person: Person) -> Notice:
    """The notice, read from now on. NotFound; Forbidden for whom it was not sent to, except
    leaders with reports."""
    row = unit.conn.execute(_rows(person).where(notices.c.key == key)).one_or_none()
    if row is None:
        raise NotFound(f"没有编号为 {key} 的通知。", f"There is no notice {key}.", notice=key)
    if row.login is None and not (row.series and _leads(person)):
        raise Forbidden("这条通知不是发给您的。", "This notice was not sent to you.", notice=key)
    if row.login is not None and row.read_at is None:
        _mark(unit, person, readers.c.notice_key == key)
    return _notice(row)


def read_all(unit: Unit, person: Person, keys: Sequence[int]) -> int:
    """Mark the person's notices as read without opening them; how many were unread."""
    return _mark(unit, person, readers.c.notice_key.in_(list(keys)))


def read_case(unit: Unit, person: Person, case_id: int) -> int:
    """Mark what the person was told about a case as read: the case itself has been opened."""
    keys = select(notices.c.key).where(notices.c.case_id == case_id)
    return _mark(unit, person, readers.c.notice_key.in_(keys))


_UNREAD = (readers.c.read_at.is_(None), readers.c.replaced_by.is_(None))


def _mark(unit: Unit, person: Person, which: ColumnElement[bool]) -> int:
    mine = (readers.c.login == person.login, readers.c.read_at.is_(None), which)
    return unit.conn.execute(update(readers).where(*mine).values(read_at=unit.now)).rowcount


def _leads(person: Person) -> bool:
    return person.oversees


def _reads(person: Person) -> ColumnElement[bool]:
    own = (person.login, notices.c.key)
    return tuple_(readers.c.login, readers.c.notice_key) == tuple_(*own)


def _of_view(view: str, person: Person) -> list[ColumnElement[bool]]:
    mine = readers.c.login.is_not(None)
    if view == "reports":
        return [notices.c.series != "", *([] if _leads(person) else [mine])]
    return [mine, *(_UNREAD if view == "unread" else ())]


def _rows(person: Person, *, whole: bool = True) -> Any:
    n = notices.c
    long = (n.text, n.tables) if whole else ()
    return (
        select(n.key, n.case_id, n.series, n.title, n.sent_at, readers.c.login,
               readers.c.read_at, readers.c.replaced_by, cases.c.number, *long)
        .outerjoin(readers, _reads(person))
        .outerjoin(cases, cases.c.key == n.case_id)
    )


def _notice(row: Any) -> Notice:
    whole = row._mapping
    return Notice(
        row.key, row.case_id, row.number or "", row.series, privacy.prose(row.title),
        privacy.prose(whole.get("text", "")),
        tuple(_masked(one) for one in whole.get("tables", ())), row.sent_at,
        row.read_at, row.login is not None,
        row.login is not None and row.read_at is None and row.replaced_by is None,
    )


def _masked(table: dict[str, Json]) -> dict[str, Json]:
    rows = [
        [privacy.prose(cell) if isinstance(cell, str) else cell for cell in row]
        for row in table["rows"]
    ]
    return {**table, "rows": rows}


def _check_known(conn: Connection, to: Sequence[str], wanted: Sequence[str]) -> None:
    asked = {"logins": list(to), "groups": list(wanted)}
    missing = [f"{one.what} {one.id}" for one in conn.execute(_MISSING, asked)]
    if missing:
        named = "、".join(missing)
        raise Invalid(f"通知的收件人不存在：{named}。", f"There are no such receivers: {named}.")


def _table(given: Json) -> Json:
    """A table as it is kept: texts, numbers and booleans in its cells."""
    columns = given.get("columns") if isinstance(given, dict) else None
    rows = given.get("rows") if isinstance(given, dict) else None
    if not isinstance(columns, list) or not isinstance(rows, list) or not all(
        isinstance(row, list) and len(row) == len(columns) for row in rows
    ) or len(columns) * len(rows) > MOST_CELLS:
        raise Invalid(
            "通知里的表格应为 {title, columns: [列名], rows: [[值]]}，每行与列数相同，"
            f"总共不超过 {MOST_CELLS} 格。",
            "A table of a notice is {title, columns: [label], rows: [[cell]]}, each row as long "
            f"as the columns, {MOST_CELLS} cells at most.",
        )
    cells = [[_cell(one) for one in row] for row in rows]
    return {"title": str(given.get("title") or ""), "columns": [str(one) for one in columns],
            "rows": cells}


def _cell(value: Json) -> Json:
    return value if isinstance(value, (int, float, bool)) or value is None else str(value)


_DELIVER = text(
    """
    INSERT INTO notice_people (notice_key, login)
    SELECT :key, login FROM people
    WHERE active AND (
        login = ANY (CAST(:logins AS varchar[])) OR groups && CAST(:groups AS varchar[])
    )
    """
)
_REPLACE = text(
    """
    UPDATE notice_people AS old SET replaced_by = :key
    FROM notices, notice_people AS new
    WHERE notices.topic = :topic AND notices.key < :key AND old.notice_key = notices.key
        AND old.read_at IS NULL AND old.replaced_by IS NULL
        AND new.notice_key = :key AND new.login = old.login
    """
)
_MISSING = text(
    """
    SELECT '工号' AS what, id FROM unnest(CAST(:logins AS varchar[])) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM people WHERE login = asked.id)
    UNION ALL
    SELECT '组', id FROM unnest(CAST(:groups AS varchar[])) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM groups WHERE groups.id = asked.id)
    """
)
