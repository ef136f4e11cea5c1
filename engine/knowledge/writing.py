"""Articles written and changed in the web: who may, what is refused, every version kept."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import select, update

from engine import privacy
from engine.articles import Article, wrong
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.knowledge import storing
from engine.knowledge_tables import article_versions, articles
from engine.model import Person
from engine.store.unit import Unit

EDITORS = "knowledge"
"""The group whose members write articles, as supervisors and administrators do."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST_REASON = 200


def may_edit(person: Person) -> bool:
    return person.oversees or EDITORS in person.groups


def add(unit: Unit, article: Article, why: str, person: Person) -> int:
    """A new article; returns its key. Forbidden, Invalid (``fields``)."""
    permit(person)
    storing.learn(unit.conn)
    return storing.create(unit, None, _good(article), _reason(why or "新建"), from_file=False)


def change(
    unit: Unit, key: int, based_on: int, article: Article, why: str, person: Person
) -> int:
    """The next version of the article, whose number is returned; nothing happens where nothing
    was changed. Conflict if ``based_on``, the version that was open in the editor, is no longer
    the present one. Forbidden, Invalid (``fields``), NotFound."""
    permit(person)
    article = _good(article)
    before = storing.locked(unit, key)
    if before.version != based_on:
        raise Conflict(
            f"这篇知识已被改到第 {before.version} 版（您打开的是第 {based_on} 版）。"
            "请复制您的改动，重新打开后再改。",
            f"The article is at version {before.version} by now, you opened {based_on}. Copy what "
            "you changed and open it again.",
            version=before.version,
        )
    if article == Article.from_json(before.content):
        return based_on
    storing.learn(unit.conn)
    return storing.write(unit, before, article, _reason(why), from_file=False)


def restore(unit: Unit, key: int, number: int, why: str, person: Person) -> int:
    """A new version that is as that one was. Conflict where it is the present one; Forbidden,
    Invalid, NotFound."""
    permit(person)
    before = storing.locked(unit, key)
    if number == before.version:
        raise Conflict("这就是现行版本。", "This is the present version.")
    content = unit.conn.execute(
        select(article_versions.c.content).where(
            article_versions.c.article_key == key, article_versions.c.version == number
        )
    ).scalar_one_or_none()
    if content is None:
        raise NotFound(f"没有第 {number} 版。", f"There is no version {number}.")
    article = Article.from_json(content)
    storing.learn(unit.conn)
    return storing.write(
        unit, before, article, _reason(why), from_file=False, restored=number
    )


def retire(unit: Unit, key: int, retired: bool, person: Person) -> None:
    """Neither found nor suggested any more, but readable; or found again."""
    permit(person)
    storing.locked(unit, key)
    by = (unit.now, unit.actor) if retired else (None, None)
    unit.conn.execute(
        update(articles).where(articles.c.key == key).values(retired_at=by[0], retired_by=by[1])
    )


def personal(article: Article) -> list[str]:
    """The fields in which somebody's number or address stands."""
    texts = {key: getattr(article, key) for key in ("title", "summary", "caution", "text")}
    return [key for key, text in texts.items() if privacy.prose(text) != text]


def _good(article: Article) -> Article:
    article = replace(
        article, title=_clean(article.title), summary=_clean(article.summary),
        caution=_clean(article.caution),
        text=_UNSEEN.sub("", article.text.replace("\r\n", "\n")).strip(),
    )
    found = {key: said[0] for key, said in wrong(article).items()}
    for key in personal(article):
        found[key] = "这里有手机号、证件号或邮箱：知识人人可读，请隐去。"
    if found:
        raise Invalid(" ".join(found.values()), "The article is not complete.", fields=found)
    return article


def _clean(text: str) -> str:
    return " ".join(_UNSEEN.sub("", text).split())


def _reason(why: str) -> str:
    said = _clean(why)[:_LONGEST_REASON]
    if len(said) < 2:
        raise Invalid(
            "请填写修改说明，让同事知道为什么改。", "Say why it is changed.",
            fields={"why": "请填写修改说明，让同事知道为什么改。"},
        )
    return said


def permit(person: Person) -> None:
    """Forbidden for who may not edit."""
    if not may_edit(person):
        raise Forbidden(
            "只有知识管理组的成员、主管和管理员可以编辑知识。",
            "Only members of the group knowledge, supervisors and administrators edit articles.",
        )
