"""The tables of what is kept besides cases: who saw or changed what, tries that are counted, mails
that could not be dealt with yet; on the metadata of ``engine.tables``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger, Column, DateTime, Index, Integer, SmallInteger, String, Table, Text, text,
)
from sqlalchemy.dialects.postgresql import JSONB

from engine.tables import metadata

audit = Table(  # append-only, as the history is
    "audit",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", String, nullable=False),
    Column("kind", String, nullable=False),  # account.added, case.seen …; engine/audit.py
    Column("subject", String, nullable=False),  # login of the account, number of the case
    Column("case_id", BigInteger),
    Column("data", JSONB, nullable=False, server_default="{}"),
    # A look is kept once for each person, case and hour.
    Column("hour", DateTime(timezone=True)),
    Index("ix_audit_at", "at", "key"),
    Index("ix_audit_subject", "subject", "at"),
    Index(
        "uq_audit_look", "case_id", "actor", "hour", "kind", unique=True,
        postgresql_where=text("hour IS NOT NULL"),
    ),
)

attempts = Table(  # wrong passwords, forms of customers: counted over a while
    "attempts",
    metadata,
    Column("key", String(64), primary_key=True),  # a hash: whose they are is not kept
    Column("count", Integer, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
    prefixes=["UNLOGGED"],
)

mail_failures = Table(
    "mail_failures",
    metadata,
    Column("ref", String, primary_key=True),  # UIDVALIDITY:UID of the mailbox
    Column("tries", SmallInteger, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("again_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
)
