"""Reading one article: as it stands, as it was, where it served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from engine.articles import Article
from engine.errors import NotFound
from engine.knowledge import storing
from engine.knowledge_tables import article_uses, article_versions, article_votes, articles
from engine.tables import cases, people

_CASES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class View:
    """An article with what people made of it. ``cases`` are the latest it was used in: key,
    number and title; ``mine`` is how the reader found it (None: said nothing); ``notes`` are
    what readers miss: name and words."""

    key: int
    id: str
    version: int
    article: Article
    paths: tuple[str, ...]
    from_file: bool
    changed_at: datetime
    changed_by: str
    retired_at: datetime | None
    uses: int
    helpful: int
    unhelpful: int
    cases: tuple[tuple[int, str], ...]
    mine: bool | None
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """``restored`` is the version it was made from, by restoring."""

    version: int
    article: Article
    from_file: bool
    restored: int | None
    why: str
    made_at: datetime
    made_by: str


def view(conn: Connection, key: int, login: str) -> View:
    """The article as ``login`` sees it; NotFound."""
    row = conn.execute(
        select(articles, people.c.name)
        .outerjoin(people, people.c.login == articles.c.changed_by)
        .where(articles.c.key == key)
    ).one_or_none()
    if row is None:
        raise storing.missing(key)
    votes = conn.execute(
        select(article_votes, people.c.name)
        .outerjoin(people, people.c.login == article_votes.c.login)
        .where(article_votes.c.article_key == key).order_by(article_votes.c.given_at.desc())
    ).all()
    article = Article.from_json(row.content)
    used = article_uses.c.article_key == key
    return View(
        key=row.key, id=row.id, version=row.version, article=article,
        paths=tuple(storing.category_path(conn, code) or code for code in article.categories),
        from_file=row.from_file, changed_at=row.changed_at,
        changed_by=row.name or row.changed_by, retired_at=row.retired_at,
        uses=conn.execute(select(func.count()).where(used)).scalar_one(),
        helpful=sum(one.helpful for one in votes),
        unhelpful=sum(not one.helpful for one in votes),
        cases=_cases(conn, key),
        mine=next((one.helpful for one in votes if one.login == login), None),
        notes=tuple((one.name or one.login, one.note) for one in votes if one.note),
    )


def versions(conn: Connection, key: int) -> list[ArticleVersion]:
    """All versions, the latest first; NotFound."""
    rows = conn.execute(
        select(article_versions, people.c.name)
        .outerjoin(people, people.c.login == article_versions.c.made_by)
        .where(article_versions.c.article_key == key)
        .order_by(article_versions.c.version.desc())
    ).all()
    if not rows:
        raise storing.missing(key)
    return [
        ArticleVersion(
            row.version, Article.from_json(row.content), row.from_file, row.restored, row.why,
            row.made_at, row.name or row.made_by,
        )
        for row in rows
    ]


def version(conn: Connection, key: int, number: int) -> ArticleVersion:
    """One version; NotFound."""
    for one in versions(conn, key):
        if one.version == number:
            return one
    raise NotFound(f"没有第 {number} 版。", f"There is no version {number}.")


def _cases(conn: Connection, key: int) -> tuple[tuple[int, str], ...]:
    found = conn.execute(
        select(cases.c.key, cases.c.number)
        .join(article_uses, article_uses.c.case_id == cases.c.key)
        .where(article_uses.c.article_key == key)
        .order_by(article_uses.c.used_at.desc()).limit(_CASES_SHOWN)
    )
    return tuple((row.key, row.number) for row in found)
