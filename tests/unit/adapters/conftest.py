"""Adapters speak to real servers on loopback."""

from __future__ import annotations

from tests.gateway import gateway
from tests.mailbox import place, start

__all__ = ["gateway", "place", "start"]
