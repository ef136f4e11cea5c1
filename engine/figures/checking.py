"""Whether PostgreSQL can run a figure: asked at deployment, in the transaction it will run in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from engine.figures.reading import Figure
from engine.figures.session import reading
from engine.figures.statement import COUNTED, driver_text
from engine.model import Finding

_COLUMNS = {"month", "value"}


def check(conn: Connection, figure: Figure, filename: str) -> list[Finding]:
    """What the server refuses, with the line; columns that are missing. Nothing is computed."""
    text = figure.statement.text
    columns, found = _columns(conn, figure, text, figure.statement.line, filename)
    if columns is None:
        return found
    named = {*_COLUMNS, *figure.columns, *figure.missing}
    for name in sorted(named - columns):
        found.append(_wrong(
            filename, figure.statement.line,
            f"结果里没有列 {name}；有：{'、'.join(sorted(columns))}。",
            f"The result has no column {name}; it has {', '.join(sorted(columns))}.",
        ))
    for one in figure.lists:
        behind = f"{figure.statement.head} SELECT case_id, month FROM {COUNTED} WHERE "
        _, wrong = _columns(conn, figure, f"{behind}({one.condition})", None, filename)
        found += [_wrong(filename, one.line, refused.zh, refused.en) for refused in wrong]
    return found


def _columns(
    conn: Connection, figure: Figure, text: str, line: int | None, filename: str
) -> tuple[set[str] | None, list[Finding]]:
    wrapped = "SELECT * FROM (\n{}\n) AS figure LIMIT 0"
    nothing = dict.fromkeys(figure.types)
    try:
        with reading(conn) as own:
            done = own.exec_driver_sql(wrapped.format(driver_text(text, figure.types)), nothing)
            return set(done.keys()), []
    except DBAPIError as error:
        diagnosis: Any = getattr(error.orig, "diag", None)
        said = getattr(diagnosis, "message_primary", None) or str(error.orig)
        place = getattr(diagnosis, "statement_position", None)
        if line is not None and place is not None:
            seen = wrapped.format(driver_text(text, figure.types, numbered=True))
            line += seen[: int(place) - 1].count("\n") - 1
        return None, [_wrong(
            filename, line or 1, f"数据库不接受这条语句：{said}。",
            f"The database refuses the statement: {said}.",
        )]


def _wrong(filename: str, line: int, zh: str, en: str) -> Finding:
    return Finding("figure-sql", "error", filename, zh, en, line=line)
