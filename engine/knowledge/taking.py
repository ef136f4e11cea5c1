"""Articles that come with deployed files. A file never takes the place of what was changed in
the web: it is offered, and an administrator decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, null, select, update

from engine import categories, definitions
from engine.articles import Article
from engine.errors import Conflict, Forbidden
from engine.knowledge import storing
from engine.knowledge.writing import personal
from engine.knowledge_tables import articles
from engine.model import Finding, Person
from engine.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Offer:
    """A file's article that waits for a decision; ``edited_by`` changed the present version."""

    key: int
    title: str
    version: int
    edited_by: str
    offered_at: datetime
    article: Article


def take(unit: Unit, files: Mapping[str, Article]) -> None:
    """Bring the articles, by id, up to deployed files that have changed."""
    if files:
        storing.learn(unit.conn, [word for one in files.values() for word in one.keywords])
    for id_, article in files.items():
        before = unit.conn.execute(
            select(articles).where(articles.c.id == id_).with_for_update()
        ).one_or_none()
        if before is None:
            storing.create(unit, id_, article, "随文件部署", from_file=True)
        elif Article.from_json(before.content) == article:
            _decided(unit, before.key)
        elif before.from_file:
            storing.write(unit, before, article, "随文件部署", from_file=True)
        else:
            unit.conn.execute(
                update(articles).where(articles.c.key == before.key).values(
                    offered=article.as_json(), offered_at=unit.now, offered_by=unit.actor
                )
            )


def offers(conn: Connection, key: int | None = None) -> list[Offer]:
    """What waits for a decision: of one article, or of all."""
    query = select(articles).where(articles.c.offered.is_not(None)).order_by(articles.c.title)
    if key is not None:
        query = query.where(articles.c.key == key)
    return [
        Offer(
            row.key, row.title, row.version, row.changed_by, row.offered_at,
            Article.from_json(row.offered),
        )
        for row in conn.execute(query)
    ]


def adopt(unit: Unit, key: int, person: Person) -> int:
    """The file's article becomes the next version; what was changed in the web stays among the
    versions. Conflict where nothing waits; Forbidden but for administrators."""
    _permit(person)
    before = storing.locked(unit, key)
    if before.offered is None:
        raise _nothing()
    article = Article.from_json(before.offered)
    storing.learn(unit.conn)
    number = storing.write(unit, before, article, "采用文件中的版本", from_file=True)
    _decided(unit, key)
    return number


def keep(unit: Unit, key: int, person: Person) -> None:
    """What was changed in the web stays; the next change of the file asks again."""
    _permit(person)
    if storing.locked(unit, key).offered is None:
        raise _nothing()
    _decided(unit, key)


def findings(conn: Connection, files: Mapping[str, tuple[str, Article]]) -> list[Finding]:
    """What to say before files (id → name and article) are deployed: articles that were changed
    in the web, categories that no catalogue knows, personal data."""
    found: list[Finding] = []
    rows = conn.execute(select(articles).where(articles.c.id.in_(files))) if files else ()
    for row in rows:
        name, article = files[row.id]
        if not row.from_file and Article.from_json(row.content) != article:
            found.append(Finding(
                "article-edited", "warning", name,
                f"知识“{row.title}”在网页上改到了第 {row.version} 版（{row.changed_by}）。"
                "部署不会覆盖它。",
                f"The article “{row.title}” was changed in the web (version {row.version}, "
                f"{row.changed_by}). Deploying does not overwrite it.",
                "部署后由管理员在知识库中决定采用文件还是保留网页上的版本。",
                "An administrator decides in the knowledge base which one stays.",
            ))
    known = list(categories.named(conn, definitions.number(conn)).values())
    for name, article in files.values():
        found += _odd(name, article, [code for one in known for code in one.categories])
    return found


def _odd(name: str, article: Article, codes: Sequence[str]) -> list[Finding]:
    found = [
        Finding(
            "article-category", "warning", name, f"没有分类 {code}。",
            f"There is no category {code}.", "请核对分类目录中的代码。", "Check the catalogue.",
        )
        for code in article.categories if codes and code not in codes
    ]
    if personal(article):
        found.append(Finding(
            "article-personal", "error", name,
            "文中有手机号、证件号或邮箱；知识人人可读，请隐去。",
            "A phone or identity number or a mail address stands in it; everybody reads articles.",
        ))
    return found


def _decided(unit: Unit, key: int) -> None:
    unit.conn.execute(
        update(articles).where(articles.c.key == key)
        .values(offered=null(), offered_at=None, offered_by=None)
    )


def _nothing() -> Conflict:
    return Conflict("没有等待决定的文件版本，请刷新页面。", "No file waits for a decision.")


def _permit(person: Person) -> None:
    if "admin" not in person.roles:
        raise Forbidden("只有管理员可以决定。", "Only administrators decide.")
