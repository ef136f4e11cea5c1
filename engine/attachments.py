"""The files of cases: what came with mails, what staff and customers add.

A file that belongs to a form is *staged* first: it waits for the form to be sent, nobody sees it
but who fills the form in. Sent, the form's files are kept with the case; the others are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, text, update

from engine import history
from engine.channel_tables import attachments as table
from engine.errors import Conflict, NotFound
from engine.model import Json
from engine.store.unit import Store, Unit

MOST_STAGED = 20
"""Files of one form."""
STAGED_FOR = timedelta(days=2)
"""How long files wait for a form that opens a case; those of a task wait as long as it is open."""
PART = 256 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A file without its content; ``case_id`` is None before its form has opened a case."""

    key: int
    case_id: int | None
    name: str
    media_type: str
    size: int
    at: datetime
    by: str

    @property
    def reference(self) -> dict[str, Json]:
        """The value of a form's file field: a list of these (Camunda 8's document reference)."""
        return {
            "camunda.document.type": "camunda", "storeId": "bihuan", "documentId": str(self.key),
            "metadata": {
                "fileName": self.name, "contentType": self.media_type, "size": self.size,
            },
        }


def attach(unit: Unit, case_id: int, files: Sequence[tuple[str, str, bytes]]) -> None:
    """Keep files (name, media type, content) with the case, and say so in its history."""
    rows = [_row(unit, file) | {"case_id": case_id} for file in files]
    if rows:
        unit.conn.execute(insert(table), rows)
        _tell(unit, case_id, rows)


def stage(
    unit: Unit, place: str, file: tuple[str, str, bytes], case_id: int | None = None
) -> Kept:
    """Let a file (name, media type, content) wait for the form of this ``place``. Conflict above
    MOST_STAGED files."""
    there = select(func.count()).where(table.c.stage == place)
    if (unit.conn.execute(there).scalar() or 0) >= MOST_STAGED:
        raise Conflict(
            f"一张表单最多附 {MOST_STAGED} 个文件，请先移除不需要的。",
            f"A form takes up to {MOST_STAGED} files; remove some first.",
        )
    row = _row(unit, file) | {"case_id": case_id, "stage": place}
    unit.conn.execute(insert(table), row)
    return Kept(*(row[name] for name in _LISTED))


def unstage(unit: Unit, place: str, key: int) -> None:
    """Drop a file that waits; one that is not there (any more) is no error."""
    unit.conn.execute(delete(table).where(table.c.stage == place, table.c.key == key))


def keep(unit: Unit, place: str, case_id: int, keys: Sequence[int]) -> None:
    """The form was sent: its files ``keys`` belong to the case from now on, and its history says
    so; what else waited is dropped. Conflict where one was removed meanwhile."""
    moved = (
        update(table).where(table.c.stage == place, table.c.key.in_(keys))
        .values(stage=None, case_id=case_id, at=unit.now)
        .returning(table.c.key, table.c.name, table.c.size, table.c.sha256)
    )
    rows = [dict(row) for row in unit.conn.execute(moved).mappings()]
    missing = set(keys) - {row["key"] for row in rows}
    if len(named(unit.conn, list(missing), place, case_id)) < len(missing):
        raise Conflict(
            "有文件刚被移除，表单没有提交，请核对文件后再提交。",
            "A file was removed at this very moment; nothing was sent.",
        )
    unit.conn.execute(delete(table).where(table.c.stage == place))
    _tell(unit, case_id, sorted(rows, key=lambda row: int(row["key"])))


def attached(conn: Connection, *case_ids: int) -> list[Kept]:
    """The files of these cases, in the order they came."""
    query = select(*_COLUMNS).where(table.c.case_id.in_(case_ids), table.c.stage.is_(None))
    return [Kept(*row) for row in conn.execute(query.order_by(table.c.key))]


def named(
    conn: Connection, keys: Sequence[int], place: str, case_id: int | None
) -> dict[int, Kept]:
    """Those of ``keys`` that wait for the form of this place, or are kept with its case."""
    if not keys:
        return {}
    here = or_(table.c.stage == place, and_(table.c.stage.is_(None), table.c.case_id == case_id))
    query = select(*_COLUMNS).where(table.c.key.in_(keys), here)
    return {row.key: Kept(*row) for row in conn.execute(query)}


def get(conn: Connection, case_id: int, key: int) -> Kept:
    """One kept file of the case. NotFound."""
    query = select(*_COLUMNS).where(
        table.c.case_id == case_id, table.c.key == key, table.c.stage.is_(None)
    )
    row: Any = conn.execute(query).first()
    if row is None:
        raise NotFound(f"没有附件 {key}。", f"There is no attachment {key}.", key=key)
    return Kept(*row)


def parts(conn: Connection, key: int) -> Iterator[bytes]:
    """The content in parts of up to PART bytes, each read when it is asked for."""
    start = 1
    while True:
        piece = func.substring(table.c.content, start, PART)
        found = bytes(conn.execute(select(piece).where(table.c.key == key)).scalar() or b"")
        if found:
            yield found
        if len(found) < PART:
            return
        start += PART


def forget_stale(engine: Store) -> int:
    """Drop files whose form was never sent: of tasks that are over, and of new cases after
    STAGED_FOR. Returns how many."""
    with engine.unit("system") as unit:
        return unit.conn.execute(_STALE, {"past": unit.now - STAGED_FOR}).rowcount


_LISTED = ("key", "case_id", "name", "media_type", "size", "at", "by")
_COLUMNS = [table.c[name] for name in _LISTED]
_STALE = text(
    "DELETE FROM attachments a WHERE stage IS NOT NULL AND at < :past AND NOT EXISTS ("
    " SELECT FROM user_tasks t WHERE a.stage = 'task:' || t.key AND t.case_id = a.case_id"
    " AND t.state = 'created')"
)


def _row(unit: Unit, file: tuple[str, str, bytes]) -> dict[str, Any]:
    name, media_type, content = file
    return {
        "key": unit.key(), "name": name, "media_type": media_type, "size": len(content),
        "content": content, "at": unit.now, "by": unit.actor,
        "sha256": sha256(content).hexdigest(),
    }


def _tell(unit: Unit, case_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """The hash goes into the history, whose own chain shows that nobody changed it."""
    for row in rows:
        said = {name: row[name] for name in ("name", "size", "sha256")}
        history.record(unit, case_id, "file.attached", said | {"key": str(row["key"])})
