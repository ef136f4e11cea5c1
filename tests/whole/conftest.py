"""The shipped files on a real database."""

from __future__ import annotations

from tests.database import database, engine, server, template

__all__ = ["database", "engine", "server", "template"]
