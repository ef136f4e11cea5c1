"""Computing deployed figures for a period and filters, and finding the cases behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from engine.figures.slicing import SEPARATOR, Slice
from engine.figures.statement import COUNTED, driver_text
from engine.figures.targets import aim
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
    """``missing`` are sentences that say what is short of the target. ``unfit`` names filters that
    mean nothing to the figure: then there is no value."""

    figure: Figure
    target: Decimal | None
    total: Point
    months: tuple[Point, ...]
    missing: tuple[str, ...]
    unfit: tuple[str, ...] = ()

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is no value or no target."""
        return _reached(self.figure, self.total.value, self.target)

    def of_month(self, month: date) -> Result:
        """The figure of one of its months."""
        total = next((one for one in self.months if one.month == month), Point(None, None, {}))
        missing = _missing(self.figure, total.columns)
        return Result(self.figure, self.target, total, (), missing, self.unfit)

    @property
    def mean(self) -> Decimal | None:
        """The plain mean of the months that have a value, not weighted by their cases."""
        values = [one.value for one in self.months if one.value is not None]
        return sum(values, Decimal()) / len(values) if values else None


@dataclass(frozen=True, slots=True)
class Part:
    """The figure of those of which each dimension has the value in ``values`` (None: not known).
    ``target`` and ``missing`` are those of this part."""

    values: tuple[str | None, ...]
    value: Decimal | None
    columns: Mapping[str, Decimal | None]
    target: Decimal | None
    missing: tuple[str, ...]
    reached: bool | None


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


def run(
    conn: Connection, figure: Figure, filters: Filters, *, aimed: Filters | None = None
) -> Result:
    """Compute the figure; raises FigureFailed. ``aimed``: held against the target of that
    period instead of its own."""
    asked = Slice((), filters.chosen)
    columns = () if asked.plain(figure) else _columns(conn, figure)
    target = _target(conn, figure, aimed or filters, filters.chosen)
    unfit = asked.unfit(figure, columns)
    if unfit:
        return Result(figure, target, Point(None, None, {}), (), (), unfit)
    text = asked.head(figure, columns) + figure.statement.body
    points = [_point(row) for row in _rows(conn, figure, text, filters, target)]
    total = next((one for one in points if one.month is None), Point(None, None, {}))
    months = sorted(
        (one for one in points if one.month is not None), key=lambda one: str(one.month)
    )
    return Result(figure, target, total, tuple(months), _missing(figure, total.columns))


def apart(
    conn: Connection, figure: Figure, filters: Filters, by: Sequence[str]
) -> tuple[Part, ...]:
    """The figure for each value, or combination of values, of dimensions (``FILTERS`` or
    ``month``), held against its own target; nothing where the figure does not have them. Raises
    FigureFailed."""
    columns, asked = _columns(conn, figure), Slice(tuple(by), filters.chosen)
    if asked.unfit(figure, columns):
        return ()
    text = asked.head(figure, columns) + figure.statement.body
    general = _target(conn, figure, filters, filters.chosen)
    rows = {row["month"]: row for row in _rows(conn, figure, text, filters, general)}
    rows.pop(None, None)
    targets = {
        place: _target(conn, figure, filters, {**filters.chosen, **_said(by, place)})
        for place in rows
    }
    for target in {one for one in targets.values() if one != general}:
        # What is missing depends on the target: computed again for those that have another.
        again = _rows(conn, figure, text, filters, target)
        rows |= {row["month"]: row for row in again if targets.get(row["month"]) == target}
    return tuple(_part(figure, place, row, targets[place]) for place, row in rows.items())


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
    asked = Slice((), filters.chosen)
    columns = () if asked.plain(figure) else _columns(conn, figure)
    if asked.unfit(figure, columns):
        return ()
    text = (
        f"{asked.head(figure, columns)}\nSELECT DISTINCT case_id FROM {COUNTED}"
        f" WHERE ({condition}) ORDER BY case_id DESC LIMIT {_MOST_CASES}"
    )
    target = _target(conn, figure, filters, filters.chosen)
    return tuple(row["case_id"] for row in _rows(conn, figure, text, filters, target))


def _figure(conn: Connection, key: int) -> Figure:
    def read() -> Figure:
        name, content = definitions.content(conn, key)
        return parse(content, name)

    return store_of(conn).lookups.get((key, "figure"), read)


def _target(
    conn: Connection, figure: Figure, filters: Filters, chosen: Mapping[str, str]
) -> Decimal | None:
    """What is aimed at in the year in which the period begins: by the table, else by the file."""
    year = filters.since.astimezone(store_of(conn).zone).year
    aimed = aim(conn, figure.id, year, chosen)
    return figure.target(year) if aimed is None else aimed


def _said(by: Sequence[str], place: str) -> dict[str, str]:
    """Dimension → value of a place in a figure that was taken apart."""
    parts = zip(by, place.split(SEPARATOR), strict=True)
    return {name: value for name, value in parts if value}


def _part(figure: Figure, place: str, row: Mapping[str, Any], target: Decimal | None) -> Part:
    point = _point(row)
    return Part(
        tuple(value or None for value in place.split(SEPARATOR)), point.value, point.columns,
        target, _missing(figure, point.columns), _reached(figure, point.value, target),
    )


def _missing(figure: Figure, columns: Mapping[str, Decimal | None]) -> tuple[str, ...]:
    return tuple(
        sentence.format(f"{amount:f}")
        for name, sentence in figure.missing.items()
        if (amount := columns.get(name)) is not None and amount > 0
    )


def _reached(figure: Figure, value: Decimal | None, target: Decimal | None) -> bool | None:
    if value is None or target is None:
        return None
    return value >= target if figure.rising else value <= target


def _columns(conn: Connection, figure: Figure) -> tuple[str, ...]:
    """The columns of the figure's ``counted``."""

    def ask() -> tuple[str, ...]:
        text = f"{figure.statement.head} SELECT * FROM {COUNTED} LIMIT 0"
        values = dict.fromkeys(figure.types)
        with reading(conn) as own:
            done = own.exec_driver_sql(driver_text(text, figure.types), values)
            return tuple(done.keys())

    return store_of(conn).lookups.get(("figure-columns", figure.id, figure.statement.text), ask)


def _rows(
    conn: Connection, figure: Figure, text: str, filters: Filters, target: Decimal | None
) -> list[Mapping[str, Any]]:
    values = {
        "from": filters.since, "to": filters.until, "target": target,
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
