"""Signing in and out; in the demo also with one click, from this machine only."""

from __future__ import annotations

from ipaddress import ip_address

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound, TooManyRequests
from werkzeug.wrappers import Response

from engine import people
from engine.model import Person
from web import session
from web.limiting import limiter, parse
from web.session import ANYONE, right

pages = Blueprint("sign_in", __name__)

# Failures only are counted, so that a clerk who types well is never held up.
_PER_LOGIN = parse("8 per 5 minutes")
_PER_ADDRESS = parse("60 per 5 minutes")


@pages.get("/sign-in")
@right(ANYONE)
def show() -> str:
    return _show()


@pages.post("/sign-in")
@right(ANYONE)
def enter() -> Response | tuple[str, int]:
    login = request.form.get("login", "").strip().lower()
    address = request.remote_addr or ""
    if not (limiter.test(_PER_LOGIN, login, address) and limiter.test(_PER_ADDRESS, address)):
        raise TooManyRequests
    with session.engine().read() as conn:
        found = people.authenticate(conn, login, request.form.get("password", ""))
        epoch = people.epoch(conn, found.login) if found else 0
    if found is None:
        limiter.hit(_PER_LOGIN, login, address)
        limiter.hit(_PER_ADDRESS, address)
        return _show(login, _("工号或密码不正确。")), 422
    return _entered(found, epoch)


@pages.post("/sign-in/sample")
@right(ANYONE)
def enter_as_sample() -> Response:
    if not _sample_allowed():
        raise NotFound
    with session.engine().read() as conn:
        found = people.get(conn, request.form.get("login", ""))
        epoch = people.epoch(conn, found.login)
        if found.login not in {one.login for one in _samples()}:
            raise NotFound
    return _entered(found, epoch)


@pages.post("/sign-out")
@right(ANYONE)
def leave() -> Response:
    session.sign_out()
    return redirect(url_for("sign_in.show"))


def _entered(found: Person, epoch: int) -> Response:
    session.sign_in(found, epoch)
    return redirect(session.local(request.form.get("next"), "/"), 303)


def _show(login: str = "", problem: str = "") -> str:
    return render_template(
        "sign_in.html", login=login, problem=problem,
        next=session.local(request.values.get("next"), ""),
        samples=_samples() if _sample_allowed() else [],
    )


def _sample_allowed() -> bool:
    """Demo mode, bound to loopback, and asked from this very machine."""
    if not current_app.config["SETTINGS"].sample_sign_in:
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _samples() -> list[Person]:
    """People of an organisation file: they have no password, so nobody's own account is here."""
    with session.engine().read() as conn:
        accounts = people.list_(conn, active_only=True)
    return [account.person for account in accounts if not account.has_password]
