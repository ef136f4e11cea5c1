"""Adapters speak to real servers on loopback."""

from __future__ import annotations

from tests.mailbox import place, start

__all__ = ["place", "start"]
