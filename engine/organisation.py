"""An organisation file: groups, units and accounts in one JSON file, brought in or brought up to
date.

``{"groups": {id: name}, "units": {id: {"kind", "parent", "city", "lead", "deputy", "email"}},
"people": [{"login", "name", "roles", "groups", "department", "email"}]}`` (docs/users.md).
Units are groups. Passwords are never in it. ``written`` gives the organisation as it stands as
such a file, to be edited and loaded again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from engine import groups, people
from engine.errors import Invalid
from engine.json_file import fault
from engine.model import Json
from engine.store.unit import Unit

_KEYS = {"about", "sample", "name", "groups", "units", "people"}
_UNIT_KEYS = {"kind", "parent", "city", "lead", "deputy", "email"}
_PERSON_KEYS = {"login", "name", "roles", "groups", "department", "email"}
_UNKEPT = re.compile(r"\\u0000|[\ud800-\udfff]")
"""In JSON: what PostgreSQL keeps in no text."""
_WORDS = {
    "kind": "类别", "parent": "上级", "city": "地市", "lead": "负责人", "deputy": "副职",
    "email": "邮箱", "name": "姓名", "unit": "部门",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many accounts were new, and how many had other rights or particulars before;
    ``changes``: everything that changed, a Chinese sentence each."""

    added: int
    changed: int
    changes: tuple[str, ...] = field(default=(), compare=False)


def load(unit: Unit, content: bytes, filename: str) -> Loaded:
    """Create what is missing and bring units and the rights and particulars of existing accounts
    to what the file says; what the file does not name stays as it is. Invalid with the place
    (also where nobody would be left to administer), and then nothing was changed."""
    data = _read(content, filename)
    before = groups.all_(unit.conn)
    present = {account.person.login: account for account in people.list_(unit.conn)}
    groups.set_names(unit, data["groups"])
    _set_units(unit, data, filename, present)
    changes = [*_new_names(before, data), *_new_units(before, data)]
    added = changed = 0
    for n, entry in enumerate(data["people"]):
        try:
            known = present.get(str(entry["login"]).strip().lower())
            said = _add(unit, entry) if known is None else _bring(unit, known, entry)
        except Invalid as error:
            raise _wrong(filename, f"people[{n}]", error.zh, error.en) from error
        added += known is None
        changed += known is not None and said != ""
        changes += [said] if said else []
    _somebody_administers(unit, filename, present.values())
    return Loaded(added, changed, tuple(changes))


def check(unit: Unit, content: bytes, filename: str) -> Loaded:
    """What ``load`` would do, without doing it; raises what it would raise."""
    with unit.conn.begin_nested() as attempt:
        loaded = load(unit, content, filename)
        attempt.rollback()
    return loaded


def written(conn: Connection) -> bytes:
    """Groups, units and the accounts that are not disabled, as a file that ``load`` reads."""
    known = groups.all_(conn)
    data = {
        "groups": {id_: one.name for id_, one in known.items()},
        "units": {
            id_: {key: value for key in sorted(_UNIT_KEYS) if (value := getattr(one, key))}
            for id_, one in known.items() if one.kind
        },
        "people": [_entry(one) for one in people.list_(conn, active_only=True)],
    }
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _entry(account: people.Account) -> dict[str, Json]:
    person = account.person
    entry: dict[str, Json] = {
        "login": person.login, "name": person.name,
        "roles": sorted(person.roles), "groups": sorted(person.groups),
    }
    more = {"department": person.unit, "email": account.email}
    return entry | {key: value for key, value in more.items() if value}


def _add(unit: Unit, entry: Mapping[str, Any]) -> str:
    person = people.add(
        unit, entry["login"], entry["name"], roles=entry.get("roles", ("staff",)),
        groups=entry.get("groups", ()), department=entry.get("department"),
        email=entry.get("email"),
    )
    return f"新增 {person.name}（{person.login}）"


def _bring(unit: Unit, known: people.Account, entry: Mapping[str, Any]) -> str:
    """What changed of the account, "" if nothing."""
    person, said = known.person, []
    roles = frozenset(entry.get("roles", ("staff",)))
    in_groups = frozenset(entry.get("groups", ()))
    if (roles, in_groups) != (person.roles, person.groups):
        people.set_rights(unit, person.login, roles=roles, groups=in_groups)
        said += _more_and_less("角色", person.roles, roles)
        said += _more_and_less("组", person.groups, in_groups)
    before = {"name": person.name, "unit": person.unit, "email": known.email}
    wanted = {
        "name": entry["name"].strip(),
        "unit": entry.get("department", person.unit), "email": entry.get("email", known.email),
    }
    if wanted != before:
        people.describe(
            unit, person.login, wanted["name"], department=wanted["unit"], email=wanted["email"]
        )
        said += _differences(before, wanted)
    return f"{person.name}（{person.login}）：{'；'.join(said)}" if said else ""


def _more_and_less(word: str, before: frozenset[str], now: frozenset[str]) -> list[str]:
    more = [f"+{one}" for one in sorted(now - before)]
    less = [f"−{one}" for one in sorted(before - now)]
    return [f"{word} {' '.join(more + less)}"] if more or less else []


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [
        f"{_WORDS[key]} {before[key] or '无'} → {value or '无'}"
        for key, value in now.items() if value != before[key]
    ]


def _new_names(before: Mapping[str, groups.Group], data: Mapping[str, Any]) -> list[str]:
    return [
        f"新增组 {name}（{id_}）" if id_ not in before
        else f"组 {id_} 改名：{before[id_].name} → {name}"
        for id_, name in data["groups"].items()
        if id_ not in before or before[id_].name != name.strip()
    ]


def _new_units(before: Mapping[str, groups.Group], data: Mapping[str, Any]) -> list[str]:
    found = []
    for id_, entry in data["units"].items():
        one = before.get(id_) or groups.Group(id_, "")
        was = {key: getattr(one, key) for key in _UNIT_KEYS}
        said = _differences(was, {key: entry.get(key) for key in sorted(_UNIT_KEYS)})
        if said:
            found.append(f"单位 {data['groups'][id_]}：{'；'.join(said)}")
    return found


def _somebody_administers(
    unit: Unit, filename: str, before: Collection[people.Account]
) -> None:
    """Raises Invalid where the file takes away the last administrator."""
    def administers(accounts: Collection[people.Account]) -> bool:
        return any("admin" in one.person.roles for one in accounts if one.active)

    if administers(before) and not administers(people.list_(unit.conn)):
        raise _wrong(
            filename, "people", "生效后将没有管理员，谁也进不了本页。请至少给一人 admin 角色。",
            "Nobody would be left with the role admin.",
        )


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
    except json.JSONDecodeError as error:
        raise _wrong(filename, "", *fault(error)) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise _wrong(
            filename, "", "不是 UTF-8 的 JSON 文件，请另存为 UTF-8。", "Not JSON in UTF-8."
        ) from error
    if not isinstance(data, dict):
        raise _wrong(filename, "", "应当是一个对象。", "Must be an object.")
    if _UNKEPT.search(json.dumps(data, ensure_ascii=False)):
        raise _wrong(
            filename, "", "有无法保存的字符（\\u0000 或单个的 \\ud800–\\udfff），请删去。",
            "A NUL or a lone surrogate cannot be kept; remove it.",
        )
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
