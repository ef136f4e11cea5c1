"""The tables of what comes in by mail and message, and of the files that come with it; on the
metadata of ``engine.tables``."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, String, Table

from engine.tables import metadata

received = Table(  # each mail or message once; docs/channels.md
    "received",
    metadata,
    Column("source", String, primary_key=True),  # e-mail, sms
    Column("ref", String, primary_key=True),  # its Message-ID, the gateway's id
    Column("at", DateTime(timezone=True), nullable=False),
    Column("case_id", BigInteger),
    Column("what", String, nullable=False),  # opened, answered, refused, ignored
)

attachments = Table(
    "attachments",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("case_id", BigInteger, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", String, nullable=False),
)
