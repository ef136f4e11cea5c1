"""The tables of the knowledge base; on the metadata of ``engine.tables``."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from engine.tables import metadata


def _moment(name: str, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


articles = Table(  # each as it stands now; docs/knowledge.md
    "articles",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),  # the file's name without its ending
    Column("version", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("title", String, nullable=False),
    Column("summary", String, nullable=False),
    Column("categories", ARRAY(String), nullable=False),
    Column("content", JSONB, nullable=False),  # engine.articles.Article
    Column("search", TSVECTOR, nullable=False),
    Column("from_file", Boolean, nullable=False),  # whether the version came with a file
    _moment("changed_at", nullable=False),
    Column("changed_by", String, nullable=False),
    _moment("retired_at"),
    Column("retired_by", String),
    Column("offered", JSONB(none_as_null=True)),  # a file's, waiting for a decision
    _moment("offered_at"),
    Column("offered_by", String),
    Index("ix_articles_search", "search", postgresql_using="gin"),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_key", ForeignKey("articles.key"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", JSONB, nullable=False),
    Column("from_file", Boolean, nullable=False),
    Column("restored", Integer),  # the version it is like
    Column("why", Text, nullable=False),
    _moment("made_at", nullable=False),
    Column("made_by", String, nullable=False),
)

article_uses = Table(
    "article_uses",
    metadata,
    Column("article_key", ForeignKey("articles.key"), primary_key=True),
    Column("case_id", BigInteger, primary_key=True, index=True),
    Column("version", Integer, nullable=False),
    _moment("used_at", nullable=False),
    Column("used_by", String, nullable=False),
)

article_votes = Table(
    "article_votes",
    metadata,
    Column("article_key", ForeignKey("articles.key"), primary_key=True),
    Column("login", String, primary_key=True),
    Column("helpful", Boolean, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    _moment("given_at", nullable=False),
)
