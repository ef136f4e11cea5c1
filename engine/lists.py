"""Lists: rows that a process reads, by a deployed ``NAME.list.sql`` (docs/figures.md).

The description stands in the first comment lines, one SELECT over the figures' views follows;
it is checked and run like a figure's, read-only and briefly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from engine import definitions
from engine.errors import BihuanError, Invalid
from engine.figures.session import TIMEOUT_S, reading
from engine.figures.statement import Statement, driver_text, read
from engine.model import Finding, Json
from engine.store.unit import store_of

ENDING = ".list.sql"
MOST_ROWS = 500
TYPES = MappingProxyType({"moment": "timestamptz", "number": "numeric", "text": "text"})
_LINE = re.compile(r"--\s*(?P<key>[a-z]+)(?:\s+(?P<name>[^:：]+?))?\s*[:：]\s*(?P<value>.+?)\s*$")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_KEYS = "title、about、parameter 名称"


class ListFailed(BihuanError):
    """The database could not run the list, or a parameter is of the wrong type."""

    code = "list-failed"


@dataclass(frozen=True, slots=True)
class Listing:
    """``parameters`` maps a name to a word of ``TYPES``."""

    id: str
    title: str
    parameters: Mapping[str, str]
    statement: Statement

    @property
    def types(self) -> dict[str, str]:
        """The SQL types of all parameters; ``now`` is always there."""
        own = {name: TYPES[word] for name, word in self.parameters.items()}
        return {"now": "timestamptz", **own}


def parse(content: bytes, filename: str) -> Listing:
    """The list in the file; Invalid, whose ``details["findings"]`` name the lines."""
    listing, found = _read(content, filename)
    if listing is None or found:
        raise Invalid(found[0].zh, found[0].en, findings=found, line=found[0].line)
    return listing


def findings(content: bytes, filename: str) -> list[Finding]:
    """What is wrong with the file as far as it can be told without a database."""
    return _read(content, filename)[1]


def check(conn: Connection, listing: Listing, filename: str) -> list[Finding]:
    """What the server refuses, with the line. Nothing is computed."""
    wrapped = f"SELECT * FROM (\n{listing.statement.text}\n) AS list LIMIT 0"
    try:
        with reading(conn) as own:
            own.exec_driver_sql(driver_text(wrapped, listing.types), dict.fromkeys(listing.types))
    except DBAPIError as error:
        diagnosis: Any = getattr(error.orig, "diag", None)
        said = getattr(diagnosis, "message_primary", None) or str(error.orig)
        place = getattr(diagnosis, "statement_position", None)
        line = listing.statement.line
        if place is not None:
            seen = driver_text(wrapped, listing.types, numbered=True)
            line += seen[: int(place) - 1].count("\n") - 1
        zh, en = f"数据库不接受这条语句：{said}。", f"The database refuses the statement: {said}."
        return [Finding("list-sql", "error", filename, zh, en, line=line)]
    return []


def run(conn: Connection, list_id: str, parameters: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The rows, at most ``MOST_ROWS``: moments and dates as ISO texts, numbers as numbers. A
    parameter that is not given is null. Raises NotFound, ListFailed."""
    found = definitions.resolve(conn, definitions.number(conn), "list", list_id)
    if found is None:
        raise definitions.missing("list", list_id)
    listing = store_of(conn).lookups.get((found.key, "list"), lambda: _listing(conn, found.key))
    store = store_of(conn)
    values: dict[str, Any] = {"now": store.now()}
    for name, word in listing.parameters.items():
        values[name] = _parameter(listing, name, word, parameters.get(name))
    limited = f"SELECT * FROM (\n{listing.statement.text}\n) AS list LIMIT {MOST_ROWS}"
    try:
        with reading(conn) as own:
            done = own.exec_driver_sql(driver_text(limited, listing.types), values)
            rows = [dict(row) for row in done.mappings()]
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ListFailed(
            f"清单“{listing.title}”没有算出来（限时 {TIMEOUT_S} 秒）：{reason}",
            f"The list {list_id} could not be computed within {TIMEOUT_S} s: {reason}",
        ) from error
    return [{name: _plain(value, conn) for name, value in row.items()} for row in rows]


def _listing(conn: Connection, key: int) -> Listing:
    name, content = definitions.content(conn, key)
    return parse(content, name)


def _parameter(listing: Listing, name: str, word: str, given: Json) -> Any:
    try:
        if given is None or (word == "text" and isinstance(given, str)):
            return given
        if word == "number" and isinstance(given, (int, float)) and not isinstance(given, bool):
            return Decimal(str(given))
        if word == "moment" and isinstance(given, str):
            moment = datetime.fromisoformat(given)
            if moment.tzinfo is not None:
                return moment
    except ValueError:
        pass
    raise ListFailed(
        f"清单“{listing.title}”的参数 {name} 应为 {word}，得到 {given!r}。",
        f"The parameter {name} of the list {listing.id} must be a {word}, not {given!r}.",
    )


def _plain(value: Any, conn: Connection) -> Json:
    if isinstance(value, datetime):
        return value.astimezone(store_of(conn).zone).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    plain = value is None or isinstance(value, (str, int, float, bool, list))
    return value if plain else str(value)


def _read(content: bytes, filename: str) -> tuple[Listing | None, list[Finding]]:
    found: list[Finding] = []

    def wrong(line: int, zh: str, en: str) -> None:
        found.append(Finding("list", "error", filename, zh, en, line=line))

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong(1, f"不是 UTF-8 的文本（{error.reason}）。", f"no UTF-8 ({error.reason}).")
        return None, found
    lines = text.replace("\r\n", "\n").split("\n")
    body = next((n for n, line in enumerate(lines)
                 if line.strip() and not line.startswith("--")), len(lines))
    plain: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for number, line in enumerate(lines[:body], 1):
        if line.strip(" -") and not _describe(line, plain, parameters):
            wrong(number, f"看不懂 {line!r}；可以写 “-- 关键字: 内容”，关键字有：{_KEYS}。",
                  f"{line!r} is not understood; keys are title, about, parameter NAME.")
    if "title" not in plain:
        wrong(1, "缺少 “-- title: …” 一行。", "the line “-- title: …” is missing.")
    id_ = filename.replace("\\", "/").rpartition("/")[2].removesuffix(ENDING)
    if not _ID.fullmatch(id_):
        wrong(1, "文件名只能用小写字母、数字和连字符。",
              "the file name may hold small letters, digits and hyphens only.")
    known = frozenset({"now", *parameters})
    sql = "\n".join(lines[body:]).rstrip().removesuffix(";")
    statement, refused = read(sql, body + 1, known, filename, counted=False)
    found += refused
    if found or statement is None:
        return None, found
    return Listing(id_, plain["title"], MappingProxyType(parameters), statement), found


def _describe(line: str, plain: dict[str, str], parameters: dict[str, str]) -> bool:
    said = _LINE.match(line)
    if said is None:
        return False
    key, name, value = said["key"], (said["name"] or "").strip(), said["value"]
    if key == "parameter":
        word = value.split()[0]
        if not _NAME.fullmatch(name) or name in {"now", *parameters} or word not in TYPES:
            return False
        parameters[name] = word
        return True
    if key not in ("title", "about") or name or (key == "title" and key in plain):
        return False
    plain[key] = value
    return True
