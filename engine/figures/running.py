"""Computing deployed figures for a period and filters, and finding the cases behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import DBAPIError

from engine import definitions
from engine.errors import BihuanError, NotFound
from engine.figures.reading import FILTERS, Figure, parse
from engine.figures.session import TIMEOUT_S, reading
from engine.figures.statement import COUNTED, driver_text
from engine.store.unit import store_of
from engine.tables import definitions as table

_MOST_CASES = 500


class FigureFailed(BihuanError):
    """The database could not compute the figure; the others are not touched."""

    code = "figure-failed"


@dataclass(frozen=True, slots=True)
class Filters:
    """``since`` and ``until`` are aware, the second is no longer in the period. ``chosen`` maps
    names of ``FILTERS`` to the value asked for."""

    since: datetime
    until: datetime
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """The figure of a month (its first day), or of the whole period (None). ``columns`` holds all
    that the statement gave besides; ``value`` is None where there is nothing to count."""

    month: date | None
    value: Decimal | None
    columns: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Result:
    """``missing`` are sentences that say what is short of the target."""

    figure: Figure
    target: Decimal | None
    total: Point
    months: tuple[Point, ...]
    missing: tuple[str, ...]

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is no value or no target."""
        value, target = self.total.value, self.target
        if value is None or target is None:
            return None
        return value >= target if self.figure.rising else value <= target

    @property
    def mean(self) -> Decimal | None:
        """The plain mean of the months that have a value, not weighted by their cases."""
        values = [one.value for one in self.months if one.value is not None]
        return sum(values, Decimal()) / len(values) if values else None


def list_(conn: Connection) -> tuple[Figure, ...]:
    """All deployed figures in the order their files ask for."""
    newest = (
        select(table.c.key)
        .where(table.c.kind == "figure")
        .ext(distinct_on(table.c.id))
        .order_by(table.c.id, table.c.version.desc())
    )
    found = [_figure(conn, key) for key in conn.scalars(newest)]
    return tuple(sorted(found, key=lambda one: (one.order, one.id)))


def get(conn: Connection, figure_id: str) -> Figure:
    """The deployed figure; NotFound."""
    number = definitions.number(conn)
    found = definitions.resolve(conn, number, "figure", figure_id)
    if found is None:
        raise definitions.missing("figure", figure_id)
    return _figure(conn, found.key)


def run(conn: Connection, figure: Figure, filters: Filters) -> Result:
    """Compute the figure; raises FigureFailed."""
    target = _target(conn, figure, filters)
    rows = _rows(conn, figure, figure.statement.text, filters)
    points = [_point(row) for row in rows]
    total = next((one for one in points if one.month is None), Point(None, None, {}))
    months = sorted(
        (one for one in points if one.month is not None), key=lambda one: str(one.month)
    )
    missing = tuple(
        sentence.format(f"{amount:f}")
        for name, sentence in figure.missing.items()
        if (amount := total.columns.get(name)) is not None and amount > 0
    )
    return Result(figure, target, total, tuple(months), missing)


def cases_behind(
    conn: Connection, figure: Figure, filters: Filters, label: str | None = None
) -> tuple[int, ...]:
    """Keys of the cases that the figure counts, or of those in one of its lists, latest first; at
    most 500. Raises NotFound for an unknown list, FigureFailed."""
    condition = "true"
    if label is not None:
        named = [one for one in figure.lists if one.label == label]
        if not named:
            raise NotFound(
                f"指标“{figure.title}”没有清单“{label}”。",
                f"The figure {figure.id} has no list “{label}”.",
            )
        condition = named[0].condition
    text = (
        f"{figure.statement.head}\nSELECT DISTINCT case_id FROM {COUNTED} WHERE ({condition})"
        f" ORDER BY case_id DESC LIMIT {_MOST_CASES}"
    )
    return tuple(row["case_id"] for row in _rows(conn, figure, text, filters))


def _figure(conn: Connection, key: int) -> Figure:
    def read() -> Figure:
        name, content = definitions.content(conn, key)
        return parse(content, name)

    return store_of(conn).lookups.get((key, "figure"), read)


def _target(conn: Connection, figure: Figure, filters: Filters) -> Decimal | None:
    return figure.target(filters.since.astimezone(store_of(conn).zone).year)


def _rows(
    conn: Connection, figure: Figure, text: str, filters: Filters
) -> list[Mapping[str, Any]]:
    values = {
        "from": filters.since, "to": filters.until, "target": _target(conn, figure, filters),
        **{name: filters.chosen.get(name) for name in FILTERS},
        **{name: one.value for name, one in figure.settings.items()},
    }
    try:
        with reading(conn) as own:
            done = own.exec_driver_sql(driver_text(text, figure.types), values)
            return [dict(row) for row in done.mappings()]
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise FigureFailed(
            f"指标“{figure.title}”没有算出来（限时 {TIMEOUT_S} 秒）：{reason}",
            f"The figure {figure.id} could not be computed within {TIMEOUT_S} s: {reason}",
        ) from error


def _point(row: Mapping[str, Any]) -> Point:
    columns = {
        name: None if value is None else Decimal(value)
        for name, value in row.items() if name not in ("month", "value")
    }
    value = row["value"]
    return Point(
        row["month"], None if value is None else Decimal(value), MappingProxyType(columns)
    )
