"""Whether this process and its database work, for load balancers and `bihuan run`."""

from __future__ import annotations

from flask import Blueprint

from engine import definitions
from web import session
from web.session import ANYONE, right

pages = Blueprint("health", __name__)


@pages.get("/health")
@right(ANYONE)
def show() -> dict[str, str]:
    """200 while the database answers; what is wrong otherwise is in the log, not here."""
    with session.engine().read() as conn:
        definitions.number(conn)
    return {"status": "ok"}
