"""The shipped files on a real database."""

from __future__ import annotations

from tests.database import database, engine, folder, server, template

__all__ = ["database", "engine", "folder", "server", "template"]
