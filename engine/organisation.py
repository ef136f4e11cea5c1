"""An organisation file: groups, units and accounts in one JSON file, brought in or brought up to
date.

``{"groups": {id: name}, "units": {id: {"kind", "parent", "city", "lead", "deputy", "email"}},
"people": [{"login", "name", "roles", "groups", "department", "email"}]}`` (docs/users.md).
Units are groups. Passwords are never in it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from engine import groups, people
from engine.errors import Invalid
from engine.model import Json
from engine.store.unit import Unit

_KEYS = {"about", "sample", "name", "groups", "units", "people"}
_UNIT_KEYS = {"kind", "parent", "city", "lead", "deputy", "email"}
_PERSON_KEYS = {"login", "name", "roles", "groups", "department", "email"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many accounts were new, and how many had other groups or roles before."""

    added: int
    changed: int


def load(unit: Unit, content: bytes, filename: str) -> Loaded:
    """Create what is missing and bring units and the rights of existing accounts to what the file
    says; accounts that the file does not name stay as they are. Invalid with the place, and then
    nothing was changed."""
    data = _read(content, filename)
    groups.set_names(unit, data["groups"])
    present = {account.person.login: account.person for account in people.list_(unit.conn)}
    _set_units(unit, data, filename, present)
    added = changed = 0
    for n, entry in enumerate(data["people"]):
        try:
            login = str(entry["login"]).strip().lower()
            known = present.get(login)
            if known is None:
                people.add(
                    unit, login, entry["name"], roles=entry.get("roles", ("staff",)),
                    groups=entry.get("groups", ()), department=entry.get("department"),
                    email=entry.get("email"),
                )
                added += 1
                continue
            roles = frozenset(entry.get("roles", ("staff",)))
            in_groups = frozenset(entry.get("groups", ()))
            if (roles, in_groups) != (known.roles, known.groups):
                people.set_rights(unit, login, roles=roles, groups=in_groups)
                changed += 1
        except Invalid as error:
            raise _wrong(filename, f"people[{n}]", error.zh, error.en) from error
    return Loaded(added, changed)


def _set_units(
    unit: Unit, data: Mapping[str, Any], filename: str, present: Collection[str]
) -> None:
    named = {str(entry["login"]).strip().lower() for entry in data["people"]} | set(present)
    for id_, entry in data["units"].items():
        for key in ("lead", "deputy"):
            login = entry.get(key)
            if login is not None and login not in named:
                raise _wrong(
                    filename, f"units.{id_}.{key}", f"没有工号 {login}。",
                    f"There is no login {login}.",
                )
    wanted = [
        groups.Group(id_, data["groups"][id_], **entry) for id_, entry in data["units"].items()
    ]
    try:
        groups.set_units(unit, wanted)
    except Invalid as error:
        raise _wrong(filename, "units", error.zh, error.en) from error


def _read(content: bytes, filename: str) -> dict[str, Any]:
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _wrong(
            filename, "", f"不是 UTF-8 的 JSON 文件（{error}）。", f"Not JSON in UTF-8 ({error})."
        ) from error
    if not isinstance(data, dict):
        raise _wrong(filename, "", "应当是一个对象。", "Must be an object.")
    _known_keys(filename, "", data, _KEYS)
    names = data.setdefault("groups", {})
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise _wrong(filename, "groups", "应当是组标识到名称。", "Must map group ids to names.")
    units = data.setdefault("units", {})
    if not isinstance(units, dict):
        raise _wrong(filename, "units", "应当是组标识到单位。", "Must map group ids to units.")
    for id_, entry in units.items():
        _check_unit(filename, id_, entry, names)
    entries = data.setdefault("people", [])
    if not isinstance(entries, list):
        raise _wrong(filename, "people", "应当是列表。", "Must be a list.")
    for n, entry in enumerate(entries):
        _check_person(filename, f"people[{n}]", entry)
    return data


def _check_unit(filename: str, id_: str, entry: Json, names: Mapping[str, str]) -> None:
    place = f"units.{id_}"
    if id_ not in names:
        raise _wrong(filename, place, "groups 中没有这个组。", "There is no such group in groups.")
    if not isinstance(entry, dict):
        raise _wrong(filename, place, "应当是对象。", "Must be an object.")
    _known_keys(filename, place, entry, _UNIT_KEYS)
    for key, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise _wrong(filename, f"{place}.{key}", "应当是文字。", "Must be a text.")
    if entry.get("kind") not in groups.KINDS:
        raise _wrong(
            filename, f"{place}.kind", f"只能是 {'、'.join(groups.KINDS)}。",
            f"Must be one of {', '.join(groups.KINDS)}.",
        )


def _check_person(filename: str, place: str, entry: Json) -> None:
    if not isinstance(entry, dict):
        raise _wrong(filename, place, "应当是对象。", "Must be an object.")
    _known_keys(filename, place, entry, _PERSON_KEYS)
    for key in ("login", "name"):
        if not isinstance(entry.get(key), str):
            raise _wrong(filename, f"{place}.{key}", "缺少文字。", "A text is missing.")
    for key in ("department", "email"):
        if not isinstance(entry.get(key, ""), str):
            raise _wrong(filename, f"{place}.{key}", "应当是文字。", "Must be a text.")
    for key in ("roles", "groups"):
        value = entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _wrong(filename, f"{place}.{key}", "应当是文字列表。", "Must be a list of texts.")


def _known_keys(filename: str, place: str, data: Mapping[str, Json], known: set[str]) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        raise _wrong(
            filename, place, f"未知的键 {unknown[0]}；可用：{'、'.join(sorted(known))}。",
            f"Unknown key {unknown[0]}; known are {', '.join(sorted(known))}.",
        )


def _wrong(filename: str, place: str, zh: str, en: str) -> Invalid:
    where = f"{filename} {place}".strip()
    return Invalid(f"{where}：{zh}", f"{where}: {en}", place=place)
