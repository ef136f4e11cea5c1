"""Pieces of pages that move by themselves: a page asks again and again while somebody looks at
it, and is told "nothing new" from memory, without a statement (engine/store/pulse.py).

The element names its address in ``data-live`` and what it shows in ``data-live-mark``
(web/assets/live.js). A mark is the pulse's token and the moment (seconds) at which the piece looks
different by the mere passing of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import Response, request

from web import session

_LONGEST = timedelta(minutes=1)

View = TypeVar("View", bound=Callable[..., Any])


def remembering(view: View) -> View:
    """Declare a route that pages ask again and again by themselves: its session is looked up anew
    only when an account has changed, and does not last longer for it."""
    view.remembers = True  # type: ignore[attr-defined]
    return view


def token(topics: Iterable[str]) -> str:
    """What stands for the present of these topics; ask before reading. "": not known."""
    return session.engine().pulse.token(topics) or ""


def mark(present: str, until: datetime | None = None) -> str:
    """The mark of a piece that was read after ``present`` was asked. It holds for a minute at
    most: behind a pooler of connections, or a network that drops them, nothing may be told."""
    latest = session.engine().now() + _LONGEST
    return f"{present}~{min(until or latest, latest).timestamp()}" if present else ""


def unchanged(present: str) -> bool:
    """Whether the piece that the browser has still holds."""
    asked, _, until = request.args.get("mark", "").partition("~")
    if not present or asked != present:
        return False
    try:
        return session.engine().now().timestamp() < float(until)
    except ValueError:
        return False


def nothing_new() -> Response:
    return Response(status=204)


def piece(html: str, mark_: str) -> Response:
    """The piece with its mark."""
    response = Response(html, mimetype="text/html")
    response.headers["X-Live-Mark"] = mark_
    return response
