"""The worker on a real database, with a real mail server."""

from __future__ import annotations

from tests.database import database, engine, server, template
from tests.gateway import gateway
from tests.mailbox import place, start
from tests.postbox import postbox

__all__ = ["database", "engine", "gateway", "place", "postbox", "server", "start", "template"]
