"""The tables of what is known of customers besides their numbers, and of how cases belong
together; on the metadata of ``engine.tables``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from engine.tables import metadata


def _key() -> Column[int]:
    return Column("key", BigInteger, primary_key=True, autoincrement=False)


def _customer(name: str = "customer_key") -> Column[int]:
    return Column(name, ForeignKey("customers.key"), nullable=False)


def _moment(name: str, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


customer_identities = Table(  # further numbers that mean the customer, besides customers.ref
    "customer_identities",
    metadata,
    _key(),
    _customer(),
    Column("kind", String, nullable=False),  # phone, account, email, id
    Column("value", String, nullable=False, unique=True),  # normalised
    Column("added_by", String, nullable=False),
    _moment("added_at", nullable=False),
    Index("ix_customer_identities_customer_key", "customer_key"),
)

customer_marks = Table(
    "customer_marks",
    metadata,
    _key(),
    _customer(),
    Column("mark", String, nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Column("case_id", BigInteger),  # at which it was set
    Column("set_by", String, nullable=False),
    _moment("set_at", nullable=False),
    _moment("expires_at"),
    _moment("lifted_at"),
    Column("lifted_by", String),
    Column("lifted_why", Text),
    Index("ix_customer_marks_customer_key", "customer_key"),
)

customer_merges = Table(  # two records found to be one person
    "customer_merges",
    metadata,
    _key(),
    _customer(),  # which follows from now on
    _customer("into_key"),
    Column("moved", JSONB, nullable=False),  # keys of the records that went along
    Column("why", Text, nullable=False),
    Column("made_by", String, nullable=False),
    _moment("made_at", nullable=False),
    _moment("undone_at"),
    Column("undone_by", String),
    Index("ix_customer_merges_customer_key", "customer_key"),
    Index("ix_customer_merges_into_key", "into_key"),
)

customer_log = Table(  # who saw or changed what; append-only, as the history is
    "customer_log",
    metadata,
    _key(),
    _customer(),
    _moment("at", nullable=False),
    Column("actor", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("data", JSONB, nullable=False),
    Index("ix_customer_log_customer", "customer_key", "at"),
    Index("ix_customer_log_at", "at"),
)

case_links = Table(
    "case_links",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False),  # this case is a … of the other
    Column("to_case", BigInteger, nullable=False),
    Column("kind", String, nullable=False),  # duplicate, repeat, part, related
    Column("why", Text, nullable=False, server_default=""),
    Column("made_by", String, nullable=False),
    _moment("made_at", nullable=False),
    _moment("undone_at"),
    Column("undone_by", String),
    Index(
        "uq_case_links_standing",
        "case_id",
        "to_case",
        "kind",
        unique=True,
        postgresql_where=text("undone_at IS NULL"),
    ),
    Index("ix_case_links_to_case", "to_case"),
)

case_merges = Table(
    "case_merges",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False),
    Column("into_case", BigInteger, nullable=False),
    # Where its process begins again; null: it was parked, and goes on with its waits.
    Column("restart_at", String),
    Column("parked", JSONB, nullable=False, server_default="{}"),  # rows of what it waits for
    Column("before", JSONB, nullable=False),  # status of the case
    Column("why", Text, nullable=False),
    Column("made_by", String, nullable=False),
    _moment("made_at", nullable=False),
    _moment("undone_at"),
    Column("undone_by", String),
    Index(
        "uq_case_merges_standing",
        "case_id",
        unique=True,
        postgresql_where=text("undone_at IS NULL"),
    ),
    Index("ix_case_merges_into_case", "into_case"),
)
