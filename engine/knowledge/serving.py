"""How the articles serve: in how many cases they were used, and who found them helpful."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Served:
    """``uses`` of all time and ``lately`` since the moment asked for; ``helpful`` and ``useless``
    count readers; ``notes`` are what they missed, the latest first."""

    key: int
    title: str
    kind: str
    retired: bool
    uses: int
    lately: int
    last_used_at: datetime | None
    helpful: int
    useless: int
    notes: tuple[str, ...]


def served(conn: Connection, since: datetime) -> tuple[Served, ...]:
    """Every article, those used most lately first; retired ones last."""
    rows = conn.execute(_SERVED, {"since": since})
    return tuple(
        Served(**{**row, "notes": tuple(row["notes"] or ())}) for row in rows.mappings()
    )


_SERVED = text("""
    SELECT a.key, a.title, a.kind, a.retired_at IS NOT NULL AS retired,
        coalesce(u.uses, 0) AS uses, coalesce(u.lately, 0) AS lately, u.last_used_at,
        coalesce(v.helpful, 0) AS helpful, coalesce(v.useless, 0) AS useless, v.notes
    FROM articles a
    LEFT JOIN (
        SELECT article_key, count(*) AS uses, count(*) FILTER (WHERE used_at >= :since) AS lately,
            max(used_at) AS last_used_at
        FROM article_uses GROUP BY article_key
    ) AS u ON u.article_key = a.key
    LEFT JOIN (
        SELECT article_key, count(*) FILTER (WHERE helpful) AS helpful,
            count(*) FILTER (WHERE NOT helpful) AS useless,
            array_agg(note ORDER BY given_at DESC) FILTER (WHERE note <> '') AS notes
        FROM article_votes GROUP BY article_key
    ) AS v ON v.article_key = a.key
    ORDER BY retired, lately DESC, uses DESC, helpful DESC, a.title, a.key
""")
