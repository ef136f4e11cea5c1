"""Who asks, and may they: signed session cookie, CSRF token, and the right of each route.

The cookie holds the login and the account's session epoch; every request looks the account up
once, so that a disabled account or a changed password ends its sessions at once.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, session
from flask_babel import gettext as _

from engine import people
from engine.errors import BihuanError, Forbidden, Invalid
from engine.model import Person
from engine.store.recent import Recent
from engine.wiring import Engine

View = TypeVar("View", bound=Callable[..., Any])

ANYONE = "anyone"
SIGNED_IN = "signed-in"
GATEWAY = "gateway"
RIGHTS: dict[str, frozenset[str]] = {
    ANYONE: frozenset(),
    SIGNED_IN: frozenset(),
    GATEWAY: frozenset(),
    "supervisor": frozenset({"supervisor", "admin"}),
    "admin": frozenset({"admin"}),
}
"""Right → the roles that have it; the first three ask for no role. ``gateway``: a program without
a session, whose token its blueprint asks for."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ENGINE = "bihuan"
_KNOWN = "bihuan-people"
_REMEMBERED_S = 300.0
"""The longest that an account is not asked for anew, should nothing be told."""


class SignedOut(BihuanError):
    """The session is over; the page that asked keeps what was typed."""

    code = "signed-out"


class Stale(BihuanError):
    """The page does not belong to this session (its CSRF token is missing or old)."""

    code = "stale-page"


def right(name: str) -> Callable[[View], View]:
    """Declare who may call a route: one of ``RIGHTS``. Every route needs one."""
    if name not in RIGHTS:
        raise ValueError(name)

    def mark(view: View) -> View:
        view.right = name  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask, engine: Engine) -> None:
    """Check right and CSRF token before every request of ``app``."""
    app.extensions[_ENGINE] = engine
    app.extensions[_KNOWN] = Recent(500)
    app.before_request(_guard)
    app.context_processor(lambda: {"person": g.get("person"), "csrf_token": csrf_token})


def engine() -> Engine:
    """The engine that this application was made with."""
    found = current_app.extensions[_ENGINE]
    assert isinstance(found, Engine)
    return found


def person() -> Person:
    """Who is signed in; only for routes whose right is not ``anyone``."""
    found = g.person
    assert isinstance(found, Person)
    return found


def sign_in(entered: Person, epoch: int) -> None:
    """Begin a new session; nothing of the one before survives (session fixation)."""
    session.clear()
    session["login"] = entered.login
    session["epoch"] = epoch
    session["csrf"] = secrets.token_urlsafe(24)
    session.permanent = True


def sign_out() -> None:
    session.clear()


def csrf_token() -> str:
    """The token that every form of this session carries."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def local(target: str | None, otherwise: str) -> str:
    """``target`` if it is a path of this site, else ``otherwise`` (no open redirects)."""
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return otherwise
    if not target.isprintable() or "\\" in target:
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target


def wants_fragment() -> bool:
    """Whether a script asks for a piece of a page rather than a person for a page."""
    asked = request.headers
    return asked.get("HX-Request") == "true" and "HX-History-Restore-Request" not in asked


def go_to(address: str) -> Response:
    """Send the browser on to another page, after htmx as after a plain form."""
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)  # type: ignore[return-value]


def _guard() -> Response | None:
    view = current_app.view_functions.get(request.endpoint or "")
    needed = getattr(view, "right", None)
    if view is None:
        return None  # no such route: the error page answers
    if request.endpoint == "static":
        needed = ANYONE
    if needed is None:
        abort(500, f"route {request.endpoint} declares no right")
    if needed == GATEWAY:
        return None
    if not _storable():
        raise Invalid(
            _("提交的内容里有无法保存的字符（空字符），请删去后重试。"),
            "What was sent has a NUL character, which cannot be kept; remove it.",
        )
    by_itself = getattr(view, "remembers", False)
    g.person = None if request.endpoint == "static" else _person(by_itself)
    if g.person is not None and not by_itself:
        _prolong()
    if request.method not in _SAFE and not _good_token():
        if needed != ANYONE and g.person is None:
            raise _signed_out()
        raise Stale(
            _("页面已过期，请刷新后重试；刚才的操作没有执行。"),
            "This page is out of date; reload it and try again. Nothing was done.",
        )
    return None if needed == ANYONE else _permit(needed)


def _prolong() -> None:
    """Who works on stays signed in: the cookie is written anew once an hour."""
    hour = int(time.time() // 3600)
    if session.get("hour") != hour:
        session["hour"] = hour


def _permit(needed: str) -> Response | None:
    if g.person is None:
        if request.method in _SAFE and not wants_fragment():
            target = request.full_path if request.query_string else request.path
            return redirect(f"/sign-in?next={quote(target)}")  # type: ignore[return-value]
        raise _signed_out()
    roles = RIGHTS[needed]
    if roles and roles.isdisjoint(g.person.roles):
        raise Forbidden(_("您没有打开此页面的权限。"), "You have no right to open this page.")
    return None


def _person(remembers: bool) -> Person | None:
    login, epoch = session.get("login"), session.get("epoch")
    if not isinstance(login, str) or not isinstance(epoch, int):
        return None

    def ask() -> Person | None:
        with engine().read() as conn:
            return people.current(conn, login, epoch)

    told = engine().pulse.token(("people",)) if remembers else None
    if told is None:
        return ask()
    known: Recent = current_app.extensions[_KNOWN]
    return known.get((login, epoch, told, time.monotonic() // _REMEMBERED_S), ask)


def _storable() -> bool:
    """Whether nothing that was sent holds a NUL: PostgreSQL keeps none in a text."""
    sent = [one for said in (request.args, request.form) for one in said.items(multi=True)]
    return "\0" not in request.path and not any("\0" in part for pair in sent for part in pair)


def _good_token() -> bool:
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token") or ""
    known = session.get("csrf")
    return isinstance(known, str) and hmac.compare_digest(sent.encode(), known.encode())


def _signed_out() -> SignedOut:
    return SignedOut(
        _("登录已过期，请重新登录后再试；本页内容仍在。"),
        "The session is over; sign in again. What is on the page stays.",
    )
