"""Figures side by side: one by two dimensions with advice, all of them by one dimension, and the
hot spots of the week."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from engine import cases, figures, lists
from engine.errors import BihuanError, NotFound
from engine.figures import Advice, Figure, Part
from web import session
from web.pages import figure_question
from web.pages.figure_question import LABELS, SPANS, Asked, Names
from web.pages.figure_words import written
from web.pages.sheets import csv_file
from web.session import SIGNED_IN, right

pages = Blueprint("figure_tables", __name__, url_prefix="/figures")

_ROWS, _COLUMNS = 20, 12
_TEN = "hot-spots-week"
_HOT = "hot-spots"


@dataclass(frozen=True, slots=True)
class Cell:
    """``address``: the cases behind it; "" where it cannot be asked for."""

    text: str
    reached: bool | None = None
    missing: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class Cross:
    """A figure by two dimensions: rows of label and cells, the last column and row being the
    figure of all of it. ``left`` is how many rows and columns are not shown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    advice: tuple[str, ...]
    left: tuple[int, int]


@pages.get("/analysis")
@right(SIGNED_IN)
def analysis() -> str:
    asked, rows, columns = _crossed()
    with session.engine().read() as conn:
        options = figure_question.offered(conn, asked.chosen)
        known = figures.list_(conn)
        figure = _figure(conn, known)
        cross = _cross(conn, figure, asked, rows, columns, Names(conn, options)) if figure else None
    return render_template(
        "figure_analysis.html", asked=asked, spans=SPANS, offered=options, figures=known,
        figure=figure, cross=cross, rows=rows, columns=columns, labels=LABELS,
    )


@pages.get("/analysis.csv")
@right(SIGNED_IN)
def analysis_file() -> Response:
    asked, rows, columns = _crossed()
    with session.engine().read() as conn:
        figure = _figure(conn, figures.list_(conn))
        if figure is None:
            raise NotFound("还没有部署指标。", "No figure is deployed.")
        names = Names(conn, figure_question.offered(conn, asked.chosen))
        cross = _cross(conn, figure, asked, rows, columns, names)
    head = [f"{LABELS[rows]} / {LABELS[columns]}", *cross.columns]
    table = [[label, *(one.text for one in cells)] for label, cells in cross.rows]
    return csv_file(f"{figure.title}-{asked.words}.csv", [head, *table])


@pages.get("/compare")
@right(SIGNED_IN)
def compare() -> str:
    asked = figure_question.asked()
    by = request.args.get("by", "unit")
    by = by if by in LABELS else "unit"
    with session.engine().read() as conn:
        options = figure_question.offered(conn, asked.chosen)
        found = [(one, _side(conn, one, asked, by)) for one in figures.list_(conn)]
        names = Names(conn, options)
    shown = [(figure, parts) for figure, parts in found if parts]
    values = _ordered({part.values[0]: 0 for _one, parts in shown for part in parts}, shown)
    rows = [
        (names.of(by, value),
         [_cell(asked, figure, parts.get((value,)), (by,)) for figure, parts in _keyed(shown)])
        for value in values
    ]
    return render_template(
        "figure_compare.html", asked=asked, spans=SPANS, offered=options, by=by, labels=LABELS,
        figures=[one for one, _parts in shown], rows=rows,
    )


@pages.get("/hot-spots-week")
@right(SIGNED_IN)
def hot_spots() -> str:
    """The ten topics and places that are farthest above what they usually are."""
    asked = figure_question.asked()
    with session.engine().read() as conn:
        names = Names(conn, figure_question.offered(conn, asked.chosen))
        figure = figures.get(conn, _HOT)
        settings = {name: float(one.value) for name, one in figure.settings.items()}
        found = lists.run(conn, _TEN, {"until": asked.period.until.isoformat(), **settings})
        keys = figures.cases_behind(conn, figure, asked.period)
        page = cases.Page(cases.rows(conn, keys), None)
    rows = [
        {**row, "name": names.of("category", row["topic"]),
         "place": names.of("region", row["region"]), "whose": names.of("unit", row["unit"]),
         "address": asked.narrowed({
             name: row[one] for name, one in (("category", "topic"), ("region", "region"))
             if row[one]
         }).address("figures.one", figure_id=_HOT)}
        for row in found
    ]
    return render_template(
        "figure_hot_spots.html", asked=asked, rows=rows, figure=figure, page=page, columns=[],
        more="", appended=False,
    )


def _crossed() -> tuple[Asked, str, str]:
    rows, columns = request.args.get("rows", "category"), request.args.get("columns", "region")
    rows = rows if rows in LABELS else "category"
    columns = columns if columns in LABELS and columns != rows else ""
    other = "region" if rows != "region" else "channel"
    return figure_question.asked(), rows, columns or other


def _figure(conn: Connection, known: tuple[Figure, ...]) -> Figure | None:
    """The one asked for; NotFound. The first where none is asked for."""
    wanted = request.args.get("figure", "")
    return figures.get(conn, wanted) if wanted else known[0] if known else None


def _cross(
    conn: Connection, figure: Figure, asked: Asked, rows: str, columns: str, names: Names
) -> Cross:
    cells = _keyed_parts(figures.apart(conn, figure, asked.period, (rows, columns)))
    of_rows = _keyed_parts(figures.apart(conn, figure, asked.period, (rows,)))
    of_columns = _keyed_parts(figures.apart(conn, figure, asked.period, (columns,)))
    total = figures.run(conn, figure, asked.period).total.value
    down = _greatest([one[0] for one in of_rows], of_rows, rows)
    across = _greatest([one[0] for one in of_columns], of_columns, columns)
    table = [
        (names.of(rows, row), (
            *(_cell(asked, figure, cells.get((row, one)), (rows, columns))
              for one in across[:_COLUMNS]),
            _cell(asked, figure, of_rows.get((row,)), (rows,)),
        ))
        for row in down[:_ROWS]
    ]
    last = (
        *(_cell(asked, figure, of_columns.get((one,)), (columns,)) for one in across[:_COLUMNS]),
        Cell(written(total, figure)),
    )
    told = figures.advise(
        conn, figure, asked.period, asked.before, (rows, columns), list(cells.values())
    )
    return Cross(
        (*(names.of(columns, one) for one in across[:_COLUMNS]), _("合计")),
        (*table, (_("合计"), last)),
        tuple(_sentence(figure, one, (rows, columns), names) for one in told),
        (max(0, len(down) - _ROWS), max(0, len(across) - _COLUMNS)),
    )


def _side(conn: Connection, figure: Figure, asked: Asked, by: str) -> tuple[Part, ...]:
    """A figure that fails takes no other with it."""
    try:
        return figures.apart(conn, figure, asked.period, (by,))
    except BihuanError:
        return ()


def _keyed(
    shown: list[tuple[Figure, tuple[Part, ...]]]
) -> list[tuple[Figure, dict[tuple[str | None, ...], Part]]]:
    return [(figure, _keyed_parts(parts)) for figure, parts in shown]


def _keyed_parts(parts: tuple[Part, ...]) -> dict[tuple[str | None, ...], Part]:
    return {one.values: one for one in parts}


def _ordered(
    values: dict[str | None, int], shown: list[tuple[Figure, tuple[Part, ...]]]
) -> list[str | None]:
    """As the first figure counts them, the greatest first; unknown ones last."""
    first = {one.values[0]: one.value or Decimal() for one in shown[0][1]} if shown else {}
    return sorted(values, key=lambda one: (one is None, -first.get(one, Decimal()), one or ""))


def _greatest(
    values: list[str | None], parts: dict[tuple[str | None, ...], Part], dimension: str
) -> list[str | None]:
    """Months in their order, else the greatest first; unknown ones last."""
    if dimension == "month":
        return sorted(values, key=lambda one: one or "")
    return sorted(values, key=lambda one: (
        one is None, -(parts[one,].value or Decimal()), one or ""))


def _cell(asked: Asked, figure: Figure, part: Part | None, by: tuple[str, ...]) -> Cell:
    if part is None or part.value is None:
        return Cell("")
    places = {name: value for name, value in zip(by, part.values, strict=True) if value}
    address = ""
    if len(places) == len(by):
        address = asked.narrowed(places).address("figures.one", figure_id=figure.id)
    return Cell(written(part.value, figure), part.reached, part.missing, address)


def _sentence(figure: Figure, one: Advice, by: tuple[str, ...], names: Names) -> str:
    """"网络质量 · 杭州：112 件，占 18%，较上期 +35%。建议…" """
    pairs = zip(by, one.part.values, strict=True)
    place = " · ".join(names.of(name, value) for name, value in pairs)
    facts = [written(one.part.value, figure)]
    if one.share is not None:
        facts.append(_("占 %(share)s", share=f"{one.share:.0%}"))
    if one.growth is not None:
        facts.append(_("较上期 %(growth)s", growth=f"{one.growth:+.0%}"))
    elif one.before is None:
        facts.append(_("上期没有"))
    facts += one.part.missing
    return f"{place}：{'，'.join(facts)}。" + (f"{one.text}。" if one.text else "")
