"""The scenarios on a real PostgreSQL; see tests/database.py."""

from __future__ import annotations

from tests.database import database, engine, server, template

__all__ = ["database", "engine", "server", "template"]
