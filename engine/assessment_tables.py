"""The table of assessments; on the metadata of ``engine.tables``."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from engine.tables import metadata


def _moment(name: str, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


assessments = Table(  # docs/assessment.md
    "assessments",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("case_id", BigInteger, nullable=False, index=True),
    Column("kind", String, nullable=False),  # score, error, attitude
    Column("element_id", String),  # the task that was assessed
    Column("role", String, nullable=False),
    Column("person", String),  # login
    Column("unit", String),
    Column("vendor", String),
    Column("score", SmallInteger),  # 1–5
    Column("points", Numeric, nullable=False, server_default="0"),  # taken off the month
    Column("veto", Boolean, nullable=False, server_default="false"),
    Column("reasons", ARRAY(String), nullable=False, server_default="{}"),
    Column("note", Text, nullable=False, server_default=""),
    _moment("given_at", nullable=False),
    Column("given_by", String, nullable=False),
    _moment("appeal_until"),
    _moment("appealed_at"),
    Column("appealed_by", String),
    Column("appeal_reason", Text),
    _moment("decided_at"),
    Column("decided_by", String),
    Column("decision_note", Text),
    Column("stands", Boolean, nullable=False, server_default="true"),  # false: taken back
    Index("ix_assessments_given", "given_at"),
    Index(
        "ix_assessments_appealed",
        "appealed_at",
        postgresql_where=text("appealed_at IS NOT NULL AND decided_at IS NULL"),
    ),
)
