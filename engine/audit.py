"""Who saw or changed what: accounts, looks at cases. What was done to a case itself, and the
reasons for which personal data was shown, is in its history; what was done to a customer's record
is in that one's log. ``entries`` reads all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from engine.audit_tables import audit as table
from engine.model import Json
from engine.store.rows import insert
from engine.store.unit import Unit

KINDS = {
    "account.added": "新增账号", "account.password": "改密码", "account.rights": "改角色或组",
    "account.disabled": "停用账号", "account.enabled": "启用账号",
    "account.described": "改账号资料", "case.seen": "查看案件", "file.read": "打开附件",
    "data.revealed": "查看隐藏信息", "customer.viewed": "查看客户",
    "customer.revealed": "查看客户号码", "customer.changed": "改客户资料",
}
"""Kind → its words. Of customers, whatever is neither a look nor a reveal is a change."""
_MOST = 5000


@dataclass(frozen=True, slots=True)
class Entry:
    """``subject`` is the login of an account, the number of a case, or the key of a customer's
    record; ``case_id`` and ``customer_key`` lead to what was looked at."""

    at: datetime
    actor: str
    actor_name: str
    kind: str
    subject: str
    case_id: int | None
    customer_key: int | None
    data: Mapping[str, Json]


def note(unit: Unit, kind: str, subject: str, data: Mapping[str, Json]) -> None:
    """One more entry, in the name of the unit's actor."""
    insert(unit.conn, table, [{
        "key": unit.key(), "at": unit.now, "actor": unit.actor, "kind": kind,
        "subject": subject, "case_id": None, "data": dict(data), "hour": None,
    }])


def seen(unit: Unit, case_id: int) -> None:
    """The unit's actor looks at the case; kept once for each person, case and hour. Nothing where
    there is no such case."""
    unit.conn.execute(_SEEN, {
        "key": unit.key(), "at": unit.now, "actor": unit.actor, "case_id": case_id,
        "hour": unit.now.replace(minute=0, second=0, microsecond=0),
    })


def entries(
    conn: Connection, since: datetime, until: datetime, *, actor: str = "", kind: str = "",
    subject: str = "", limit: int = 200,
) -> list[Entry]:
    """What was seen and changed in the period, the latest first, at most 5,000: by one person
    (login), of one kind (of ``KINDS``), of one subject (login or case number)."""
    found = conn.execute(_ENTRIES, {
        "since": since, "until": until, "actor": actor, "kind": kind, "subject": subject,
        "limit": min(limit, _MOST),
    })
    return [Entry(*row) for row in found]


_SEEN = text("""
    INSERT INTO audit (key, at, actor, kind, subject, case_id, data, hour)
    SELECT :key, :at, :actor, 'case.seen', number, key, '{}', :hour FROM cases
    WHERE key = :case_id
    ON CONFLICT (case_id, actor, hour, kind) WHERE hour IS NOT NULL DO NOTHING
""")
_ENTRIES = text("""
    WITH found AS (
        SELECT at, actor, kind, subject, case_id, CAST(NULL AS bigint) AS customer_key, data
        FROM audit WHERE at >= :since AND at < :until
            AND (:actor = '' OR actor = :actor) AND (:subject = '' OR subject = :subject)
        UNION ALL
        SELECT h.at, h.actor, h.kind, c.number, c.key, NULL, CAST(h.data AS jsonb)
        FROM history h JOIN cases c ON c.key = h.case_id
        WHERE h.kind IN ('data.revealed', 'file.read') AND h.at >= :since AND h.at < :until
            AND (:actor = '' OR h.actor = :actor) AND (:subject = '' OR c.number = :subject)
        UNION ALL
        SELECT l.at, l.actor, CASE l.kind WHEN 'viewed' THEN 'customer.viewed'
                WHEN 'revealed' THEN 'customer.revealed' ELSE 'customer.changed' END,
            CAST(l.customer_key AS varchar), NULL, l.customer_key,
            l.data || jsonb_build_object('what', l.kind)
        FROM customer_log l WHERE l.at >= :since AND l.at < :until
            AND (:actor = '' OR l.actor = :actor)
            AND (:subject = '' OR CAST(l.customer_key AS varchar) = :subject)
    )
    SELECT f.at, f.actor, coalesce(p.name, f.actor), f.kind, f.subject, f.case_id,
        f.customer_key, f.data
    FROM found f LEFT JOIN people p ON p.login = f.actor
    WHERE :kind = '' OR f.kind = :kind
    ORDER BY f.at DESC LIMIT :limit
""")
