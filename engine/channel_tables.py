"""The tables of what comes in by mail and message, of the files of cases, and of the text messages
that go out; on the metadata of ``engine.tables``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger, Column, DateTime, Index, Integer, LargeBinary, String, Table, text,
)

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
    Column("case_id", BigInteger, index=True),  # null: of a form that is to open a case
    Column("name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", String, nullable=False),
    Column("stage", String),  # the form it waits for; null: kept with the case
    Column("sha256", String),
    Index("ix_attachments_stage", "stage", postgresql_where=text("stage IS NOT NULL")),
)

texts_out = Table(  # each text message that the gateway took, or reported on
    "texts_out",
    metadata,
    Column("id", String, primary_key=True),  # the gateway's
    Column("case_id", BigInteger, index=True),
    Column("number", String),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("state", String, nullable=False),  # sent, delivered, failed
    Column("reason", String),
    Column("reported_at", DateTime(timezone=True)),
    Index("ix_texts_out_number", "number", "at"),
)
