"""Who works here: accounts, passwords, roles and groups.

Passwords are kept as argon2id hashes. A session of the web remembers the account's
*session epoch*; a new password, other rights or a disabled account raise it, and every
session opened before ends with the next request.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from engine import audit
from engine import groups as known_groups
from engine.errors import Conflict, Invalid, NotFound
from engine.model import Person
from engine.store.unit import Unit
from engine.tables import groups as units
from engine.tables import people as table

ROLES = ("admin", "designer", "supervisor", "staff")
PASSWORD_LENGTHS = (10, 256)

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_FEWEST_DIFFERENT_SIGNS = 5
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Account:
    """A person with what only administrators see."""

    person: Person
    email: str | None
    active: bool
    has_password: bool
    created_at: datetime


def add(
    unit: Unit, login: str, name: str, *, password: str | None = None,
    roles: Iterable[str] = ("staff",), groups: Iterable[str] = (),
    department: str | None = None, email: str | None = None,
) -> Person:
    """Create an account; without ``password`` nobody can sign in to it. Conflict if the login
    is taken, Invalid if a value is wrong (groups must exist, see ``engine.groups``)."""
    row = {
        "login": _good_login(login), "name": _good_name(name),
        "password": None if password is None else _hash(password, login),
        "roles": _good_roles(roles), "groups": _good_groups(unit.conn, groups),
        "unit": department, "email": email, "created_at": unit.now,
    }
    created = unit.conn.execute(
        insert(table).values(row).on_conflict_do_nothing().returning(*_PERSON)
    ).first()
    if created is None:
        raise Conflict(f"工号 {row['login']} 已存在。", f"The login {row['login']} exists already.")
    said = {name: row[name] for name in ("name", "roles", "groups", "unit", "email")}
    audit.note(unit, "account.added", str(row["login"]), said)
    return _person(created)


def authenticate(conn: Connection, login: str, password: str) -> Person | None:
    """The active person with this login and password, else None; an unknown login takes as
    long as a wrong password."""
    found = conn.execute(
        select(table.c.password, *_PERSON).where(
            table.c.login == login.strip().lower(), table.c.active
        )
    ).first()
    known = found.password if found is not None else None
    try:
        _hasher.verify(known or _nobody(), _normal(password[: PASSWORD_LENGTHS[1] + 1]))
    except (VerificationError, InvalidHashError):
        return None
    return _person(found) if found is not None and known else None


def current(conn: Connection, login: str, epoch: int) -> Person | None:
    """The person of a session opened at ``epoch``; None once that session must end."""
    found = conn.execute(_CURRENT, {"login_": login, "epoch_": epoch}).first()
    return None if found is None else replace(_person(found), leads=frozenset(found.leads or ()))


def epoch(conn: Connection, login: str) -> int:
    """What a new session remembers; NotFound."""
    found = conn.execute(select(table.c.session_epoch).where(table.c.login == login)).scalar()
    if found is None:
        raise _unknown(login)
    return int(found)


def get(conn: Connection, login: str) -> Person:
    """The person, active or not; NotFound."""
    found = conn.execute(select(*_PERSON, _LEADS).where(table.c.login == login)).first()
    if found is None:
        raise _unknown(login)
    return replace(_person(found), leads=frozenset(found.leads or ()))


def list_(
    conn: Connection, *, group: str | None = None, active_only: bool = False
) -> list[Account]:
    """All accounts, or those of one group, by login."""
    query = select(
        *_PERSON, table.c.email, table.c.active, table.c.created_at,
        table.c.password.is_not(None).label("has_password"),
    ).order_by(table.c.login)
    if group is not None:
        query = query.where(table.c.groups.contains([group]))
    if active_only:
        query = query.where(table.c.active)
    return [
        Account(_person(row), row.email, row.active, row.has_password, row.created_at)
        for row in conn.execute(query)
    ]


def names(conn: Connection) -> dict[str, str]:
    """Login → name of everybody, the disabled too: they stand in histories."""
    return {row.login: row.name for row in conn.execute(select(table.c.login, table.c.name))}


def set_password(unit: Unit, login: str, password: str) -> None:
    """Sessions opened with the old password end. NotFound, Invalid."""
    _change(unit, login, "account.password", {"password": _hash(password, login)})


def set_rights(
    unit: Unit, login: str, *, roles: Iterable[str] | None = None,
    groups: Iterable[str] | None = None,
) -> None:
    """Replace the roles, the groups or both. NotFound, Invalid."""
    values: dict[str, Any] = {}
    if roles is not None:
        values["roles"] = _good_roles(roles)
    if groups is not None:
        values["groups"] = _good_groups(unit.conn, groups)
    if values:
        _change(unit, login, "account.rights", values)


def describe(
    unit: Unit, login: str, name: str, *, department: str | None, email: str | None
) -> None:
    """Name, department and mail address; sessions go on. NotFound, Invalid."""
    values = {"name": _good_name(name), "unit": department, "email": email}
    _change(unit, login, "account.described", values)


def set_active(unit: Unit, login: str, active: bool) -> None:
    """A disabled account cannot sign in and its sessions end; its tasks stay its own until
    somebody assigns them anew. NotFound."""
    _change(unit, login, "account.enabled" if active else "account.disabled", {"active": active})


_PERSON = (table.c.login, table.c.name, table.c.roles, table.c.groups, table.c.unit)
_LEADS = (
    select(func.array_agg(units.c.id))
    .where(or_(units.c.lead == table.c.login, units.c.deputy == table.c.login))
    .scalar_subquery().label("leads")
)
_CURRENT = select(*_PERSON, _LEADS).where(
    table.c.login == bindparam("login_"), table.c.active,
    table.c.session_epoch == bindparam("epoch_"),
)
"""Asked with every request of the web; built once."""


def _person(row: Any) -> Person:
    return Person(row.login, row.name, frozenset(row.roles), frozenset(row.groups), row.unit)


def _change(unit: Unit, login: str, kind: str, values: dict[str, Any]) -> None:
    """Change the account and keep what was changed, never a password. But for its particulars,
    its sessions end."""
    before = unit.conn.execute(
        select(*(table.c[name] for name in values)).where(table.c.login == login)
        .with_for_update()
    ).first()
    if before is None:
        raise _unknown(login)
    ends = {} if kind == "account.described" else {"session_epoch": table.c.session_epoch + 1}
    unit.conn.execute(update(table).where(table.c.login == login).values(**values, **ends))
    changed = {
        name: {"from": getattr(before, name), "to": value} for name, value in values.items()
        if name not in ("password", "active") and getattr(before, name) != value
    }
    audit.note(unit, kind, login, changed)


def _unknown(login: str) -> NotFound:
    return NotFound(f"没有工号 {login}。", f"There is no login {login}.", login=login)


@cache
def _nobody() -> str:
    """The hash that the password of an unknown login is checked against."""
    return _hasher.hash("nobody has this password")


def _normal(password: str) -> str:
    """One spelling for what different keyboards compose differently (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def _hash(password: str, login: str) -> str:
    shortest, longest = PASSWORD_LENGTHS
    password = _normal(password)
    if not shortest <= len(password) <= longest:
        raise _wrong(
            "password", f"密码须为 {shortest}–{longest} 个字符。",
            f"A password has {shortest} to {longest} signs.",
        )
    if len(set(password)) < _FEWEST_DIFFERENT_SIGNS or login.lower() in password.lower():
        raise _wrong(
            "password", "密码太容易猜到：不要包含工号，也不要只用几个字符重复。",
            "The password is easily guessed: it repeats few signs or contains the login.",
        )
    return _hasher.hash(password)


def _good_login(login: str) -> str:
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise _wrong(
            "login", "工号须为 2–64 个字母、数字或 . _ @ -，以字母或数字开头。",
            "A login has 2 to 64 letters, digits or . _ @ -, a letter or digit first.",
        )
    return login


def _good_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise _wrong("name", "请填写姓名（100 字以内）。", "Give a name of at most 100 signs.")
    return name


def _good_roles(roles: Iterable[str]) -> list[str]:
    return _among("roles", roles, ROLES, ("角色", "role"))


def _good_groups(conn: Connection, groups: Iterable[str]) -> list[str]:
    wanted = set(groups)
    known = tuple(known_groups.names(conn)) if wanted else ()
    return _among("groups", wanted, known, ("组", "group"))


def _among(
    field: str, wanted: Iterable[str], known: tuple[str, ...], word: tuple[str, str]
) -> list[str]:
    found = sorted(set(wanted))
    for item in found:
        if item in known:
            continue
        near = get_close_matches(item, known, 3) or list(known[:20])
        raise _wrong(
            field, f"没有{word[0]} {item}；已有：{'、'.join(near) or '无'}。",
            f"There is no {word[1]} {item}; there are: {', '.join(near) or 'none'}.",
        )
    return found


def _wrong(field: str, zh: str, en: str) -> Invalid:
    return Invalid(zh, en, fields={field: zh})
