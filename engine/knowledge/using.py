"""Where articles serve: used in a case, found helpful or not."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from engine import history
from engine.errors import Conflict
from engine.knowledge import storing
from engine.knowledge_tables import article_uses, article_votes, articles
from engine.store.unit import Unit

_LONGEST_NOTE = 300


def use(unit: Unit, key: int, case_id: int) -> None:
    """The article serves in this case; the case's history tells it, once. NotFound, Conflict
    where it is retired."""
    _note(unit, key, case_id, "knowledge.used")


def written(unit: Unit, key: int, case_id: int) -> None:
    """The article was written out of what happened in this case. NotFound."""
    _note(unit, key, case_id, "knowledge.written")


def _note(unit: Unit, key: int, case_id: int, kind: str) -> None:
    row = _row(unit, key)
    if row.retired_at is not None:
        raise Conflict("这篇知识已停用。", "This article is retired.")
    done = unit.conn.execute(
        insert(article_uses).values(
            article_key=key, case_id=case_id, version=row.version, used_at=unit.now,
            used_by=unit.actor,
        ).on_conflict_do_nothing().returning(article_uses.c.article_key)
    ).first()
    if done is not None:
        _tell(unit, case_id, kind, key, row.title, row.version)


def unuse(unit: Unit, key: int, case_id: int) -> None:
    """It did not serve after all; nothing happens where nobody said so. NotFound."""
    row = _row(unit, key)
    done = unit.conn.execute(
        delete(article_uses).where(
            article_uses.c.article_key == key, article_uses.c.case_id == case_id
        ).returning(article_uses.c.version)
    ).scalar_one_or_none()
    if done is not None:
        _tell(unit, case_id, "knowledge.unused", key, row.title, done)


def vote(unit: Unit, key: int, helpful: bool, note: str = "") -> None:
    """Whether the actor found it helpful, and what is missing; the latest word counts."""
    _row(unit, key)
    said = {
        "helpful": helpful, "note": " ".join(note.replace("\x00", "").split())[:_LONGEST_NOTE],
        "given_at": unit.now,
    }
    unit.conn.execute(
        insert(article_votes).values(article_key=key, login=unit.actor, **said)
        .on_conflict_do_update(index_elements=["article_key", "login"], set_=said)
    )


def _row(unit: Unit, key: int) -> Any:
    row = unit.conn.execute(
        select(articles.c.title, articles.c.version, articles.c.retired_at)
        .where(articles.c.key == key)
    ).one_or_none()
    if row is None:
        raise storing.missing(key)
    return row


def _tell(unit: Unit, case_id: int, kind: str, key: int, title: str, version: int) -> None:
    history.record(unit, case_id, kind, {"article": key, "title": title, "version": version})
