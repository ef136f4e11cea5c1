"""Tests on a real PostgreSQL with real commits; see tests/database.py."""

from __future__ import annotations

import pytest

from engine import Engine
from tests.database import database, engine, folder, server, template
from tests.db.play import Play

__all__ = ["database", "engine", "folder", "play", "server", "template"]


@pytest.fixture
def play(engine: Engine) -> Play:
    """The engine with hands."""
    return Play(engine)
