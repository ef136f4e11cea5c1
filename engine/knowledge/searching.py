"""Finding articles: by words somebody types, and by what a case is about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, text

from engine.articles import KINDS
from engine.knowledge import storing, words
from engine.knowledge.words import Asked
from engine.knowledge_tables import articles

_WINDOW = 110
_BEFORE = 30
_MOST_TEXT = 4000

_RANKED = """
WITH question AS (
    SELECT word, CAST(query AS tsquery) AS query
    FROM json_to_recordset(CAST(:words AS json)) AS asked(word text, query text)
),
hits AS (
    SELECT a.key, ts_rank('{0.1, 0.3, 0.6, 1}', a.search, question.query) AS weight,
        count(*) OVER (PARTITION BY question.word) AS rows
    FROM question JOIN articles a ON a.search @@ question.query
    WHERE a.retired_at IS NULL
),
worded AS (
    SELECT key, count(*) AS words,
        sum(weight * ln(1 + live.n / rows) / ln(1 + live.n)) AS score
    FROM hits, (SELECT count(*)::float AS n FROM articles WHERE retired_at IS NULL) AS live
    GROUP BY key
),
placed AS (
    SELECT key, (
        SELECT max(cardinality(string_to_array(code, '.')))
        FROM unnest(categories) AS code WHERE code = ANY(CAST(:codes AS text[]))
    ) AS depth
    FROM articles WHERE retired_at IS NULL AND categories && CAST(:codes AS varchar[])
)
"""
_SHOWN = """
SELECT a.key, a.id, a.version, a.kind, a.title, a.summary, a.categories, a.content, a.changed_at,
    coalesce(worded.words, 0) AS words, placed.depth, a.retired_at,
    coalesce(worded.score, 0) * CASE
        WHEN placed.depth IS NULL AND cardinality(a.categories) > 0 THEN :elsewhere ELSE 1
    END + coalesce(placed.depth, 0) * :by_place AS score,
    (SELECT count(*) FROM article_uses u WHERE u.article_key = a.key) AS uses,
    (SELECT count(*) FROM article_votes v WHERE v.article_key = a.key AND v.helpful) AS helpful,
    (SELECT count(*) FROM article_uses u WHERE u.article_key = a.key AND u.case_id = :case) > 0
        AS used
FROM articles a LEFT JOIN worded USING (key) LEFT JOIN placed USING (key)
"""
_OF_KIND = "(:kind = '' OR a.kind = :kind)"
_BELOW = (
    "(:category = '' OR EXISTS (SELECT FROM unnest(a.categories) AS code"
    " WHERE code = :category OR starts_with(code, :category || '.')))"
)
_SUGGESTED = f"""{_RANKED} SELECT * FROM ({_SHOWN}) AS fitting
WHERE used OR (retired_at IS NULL AND (depth IS NOT NULL OR score >= :least))
ORDER BY used DESC, score DESC, uses DESC, key LIMIT :most
"""
_SEARCHED = _RANKED + _SHOWN + f"""
WHERE a.retired_at IS NULL AND worded.words > 0 AND {_OF_KIND} AND {_BELOW}
ORDER BY words DESC, score DESC, a.key LIMIT :most
"""
_LISTED = _RANKED + _SHOWN + f"""
WHERE a.retired_at IS NULL AND {_OF_KIND} AND {_BELOW}
ORDER BY array_position(CAST(:kinds AS varchar[]), a.kind), uses DESC, a.title, a.key
LIMIT :most
"""
_LITERAL = _RANKED + _SHOWN + f"""
WHERE a.key = ANY(CAST(:keys AS bigint[])) AND a.retired_at IS NULL AND {_OF_KIND} AND {_BELOW}
ORDER BY uses DESC, a.title, a.key LIMIT :most
"""
_BY_PLACE = 0.13
"""What each level of the category that a case shares with an article adds to the words' score:
a whole path weighs as much as two words of the title."""
_ELSEWHERE = 0.4
"""What the words count in a suggestion where the article belongs to other categories."""
_LEAST = 0.28
"""From this score on an article of other categories or none is suggested: less is chance."""

Part = tuple[str, bool]
"""A piece of text, and whether it was asked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """An article as lists show it, with what was found marked. ``used``: in the case at hand."""

    key: int
    kind: str
    title: tuple[Part, ...]
    snippet: tuple[Part, ...]
    techniques: tuple[str, ...]
    caution: str
    paths: tuple[str, ...]
    uses: int
    helpful: int
    used: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Hits:
    """``all_words`` tells that everything asked for stands in each of them."""

    found: tuple[Found, ...]
    all_words: bool


def search(
    conn: Connection, question: str, *, kind: str = "", category: str = "", most: int = 50
) -> Hits:
    """Articles with all the words of the question, best first; where there are none, those with
    most of them. Without a question all articles, those used most first. ``category`` is a code,
    with all below it."""
    question, kind, category = (one.replace("\x00", " ") for one in (question, kind, category))
    known = _asked(conn, question)
    values = {"kind": kind, "category": category, "most": most}
    if not question.strip():
        return Hits(_found(conn, _rows(conn, _LISTED, (), values), ()), True)
    rows = _rows(conn, _SEARCHED, known, values) if known else []
    whole = [row for row in rows if row.words == len(known)]
    if whole:
        return Hits(_found(conn, whole, known), True)
    literal = _literally(conn, question.strip(), values)
    return Hits(_found(conn, literal or rows, known), bool(literal))


def suggest(
    conn: Connection, codes: Sequence[str], about: str, *, case_id: int = 0, most: int = 5
) -> tuple[Found, ...]:
    """The articles used in the case, then those that fit best what it is about: ``codes`` of its
    categories, the parents' too, and its text."""
    known = _asked(conn, about[:_MOST_TEXT])
    values = {"codes": list(codes), "case": case_id, "most": most, "least": _LEAST,
              "elsewhere": _ELSEWHERE}
    return _found(conn, _rows(conn, _SUGGESTED, known, values), known)


def _asked(conn: Connection, question: str) -> list[Asked]:
    storing.learn(conn)
    return words.asked(question)


def _rows(
    conn: Connection, statement: str, known: Sequence[Asked], values: dict[str, Any]
) -> Sequence[Row[Any]]:
    asked = json.dumps([one._asdict() for one in known])
    given = {
        "codes": [], "case": 0, "by_place": _BY_PLACE, "elsewhere": 1, "words": asked,
        "kinds": list(KINDS), **values,
    }
    named = {name: value for name, value in given.items() if f":{name}" in statement}
    return conn.execute(text(statement), named).all()


def _literally(conn: Connection, piece: str, values: dict[str, Any]) -> Sequence[Row[Any]]:
    """Those in whose title, keywords or text the very piece stands: what the words do not find."""
    content = articles.c.content
    places = (articles.c.title, content["keywords"].astext, content["text"].astext)
    small = piece.lower()
    holds = (func.lower(one).contains(small, autoescape=True) for one in places)
    found = select(articles.c.key).where(or_(*holds))
    keys = list(conn.execute(found).scalars())
    return _rows(conn, _LITERAL, (), {**values, "keys": keys}) if keys else []


def _found(
    conn: Connection, rows: Sequence[Row[Any]], known: Sequence[Asked]
) -> tuple[Found, ...]:
    marks = words.inside(known) if known else []
    return tuple(
        Found(
            key=row.key, kind=row.kind, title=_marked(row.title, marks),
            snippet=_snippet(row, marks), techniques=tuple(row.content["techniques"]),
            caution=row.content["caution"],
            paths=tuple(storing.category_path(conn, code) or code for code in row.categories),
            uses=row.uses, helpful=row.helpful, used=row.used, changed_at=row.changed_at,
        )
        for row in rows
    )


def _snippet(row: Row[Any], marks: Sequence[str]) -> tuple[Part, ...]:
    """The summary where title or summary hold a mark or nothing does, else the place in the text
    that holds the first one."""
    body = storing.plain(row.content["text"])
    head = f"{row.title} {row.summary}".lower()
    lower = body.lower()
    place = next((at for one in marks if (at := lower.find(one)) >= 0), -1)
    if row.summary and (place < 0 or any(one in head for one in marks)):
        return _marked(row.summary, marks)
    place = max(place, 0)
    start = max(place - _BEFORE, 0)
    piece = body[start : start + _WINDOW]
    around = ("…" if start else "", "…" if start + _WINDOW < len(body) else "")
    return _marked(f"{around[0]}{piece}{around[1]}", marks)


def _marked(said: str, marks: Sequence[str]) -> tuple[Part, ...]:
    """The text in pieces; ``marks`` are lower case, longest first."""
    lower = said.lower()
    if len(lower) != len(said):  # a few letters grow when they become small
        return ((said, False),)
    parts: list[Part] = []
    start = at = 0
    while at < len(said):
        mark = next((one for one in marks if lower.startswith(one, at)), None)
        if mark is None:
            at += 1
            continue
        if start == at and parts:  # marks side by side are one
            parts[-1] = (parts[-1][0] + said[at : at + len(mark)], True)
        else:
            parts += [(said[start:at], False), (said[at : at + len(mark)], True)]
        start = at = at + len(mark)
    parts.append((said[start:], False))
    return tuple(part for part in parts if part[0])
