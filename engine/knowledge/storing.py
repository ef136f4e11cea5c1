"""How a version of an article is written, by whatever way it came."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, cast, func, select, update
from sqlalchemy.dialects.postgresql import TSVECTOR, insert

from engine import categories, definitions
from engine.articles import Article
from engine.errors import NotFound
from engine.knowledge import words
from engine.knowledge_tables import article_versions, articles
from engine.store.unit import Unit

_MARKUP = re.compile(r"[#>*_`~|]+|^\s*(?:[-+]|\d+\.)\s+|-{3,}|\]\([^)]*\)|\[", re.MULTILINE)


def plain(text: str) -> str:
    """Markdown without its signs, in one line."""
    return " ".join(_MARKUP.sub(" ", text).split())


def locked(unit: Unit, key: int) -> Row[Any]:
    """The row of an article, held until the transaction ends; NotFound."""
    found = unit.conn.execute(
        select(articles).where(articles.c.key == key).with_for_update()
    ).one_or_none()
    if found is None:
        raise missing(key)
    return found


def missing(key: int | str) -> NotFound:
    return NotFound(f"没有知识 {key}。", f"There is no article {key}.", key=key)


def create(unit: Unit, id_: str | None, article: Article, why: str, *, from_file: bool) -> int:
    """The first version of a new article; without an id it gets one. Returns the key."""
    key = unit.key()
    unit.conn.execute(insert(articles).values(
        key=key, id=id_ or f"web-{key}", **_values(unit, article, 1, from_file)
    ))
    _version(unit, key, 1, article, why, from_file)
    return key


def write(
    unit: Unit, before: Row[Any], article: Article, why: str, *, from_file: bool,
    restored: int | None = None,
) -> int:
    """The next version of an article whose row is locked; returns its number."""
    number = int(before.version) + 1
    unit.conn.execute(
        update(articles).where(articles.c.key == before.key)
        .values(**_values(unit, article, number, from_file))
    )
    _version(unit, before.key, number, article, why, from_file, restored)
    return number


def _values(unit: Unit, article: Article, number: int, from_file: bool) -> dict[str, Any]:
    words.learn(article.keywords)
    return {
        "version": number, "kind": article.kind, "title": article.title,
        "summary": article.summary, "categories": list(article.categories),
        "content": article.as_json(), "search": cast(_vector(unit.conn, article), TSVECTOR),
        "from_file": from_file, "changed_at": unit.now, "changed_by": unit.actor,
    }


def _vector(conn: Connection, article: Article) -> str:
    """The title weighs most, then keywords and techniques, then the summary; the names of the
    categories no more than the text."""
    labels = [path for code in article.categories if (path := category_path(conn, code))]
    return words.vector(
        (article.title, "A"),
        (" ".join((*article.keywords, *article.techniques)), "B"),
        (article.summary, "C"),
        (" ".join((*labels, article.caution, plain(article.text))), "D"),
    )


def _version(
    unit: Unit, key: int, number: int, article: Article, why: str, from_file: bool,
    restored: int | None = None,
) -> None:
    unit.conn.execute(insert(article_versions).values(
        article_key=key, version=number, content=article.as_json(), from_file=from_file,
        restored=restored, why=why, made_at=unit.now, made_by=unit.actor,
    ))


def category_path(conn: Connection, code: str) -> str | None:
    """The labels on the way to a category of any deployed catalogue."""
    known = categories.named(conn, definitions.number(conn)).values()
    return next((path for one in known if (path := one.path(code))), None)


def learn(conn: Connection, more: Iterable[str] = ()) -> None:
    """The names of categories and the keywords of all articles are words of the domain: who asks
    cuts a text as who wrote it."""
    keywords = func.jsonb_array_elements_text(articles.c.content["keywords"])
    words.learn((*conn.execute(select(keywords).distinct()).scalars(), *more))
    for one in categories.named(conn, definitions.number(conn)).values():
        words.learn(category.label for category in one.categories.values())
