"""The worker on a real database, with a real mail server."""

from __future__ import annotations

from tests.database import database, engine, server, template
from tests.mailbox import place, start

__all__ = ["database", "engine", "place", "server", "start", "template"]
