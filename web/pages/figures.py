"""Figures: a card each with value, target and trend; behind each figure the cases it counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, render_template, request, stream_with_context
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from engine import cases, figures
from engine.errors import BihuanError
from engine.figures import Figure, Part, Result
from web import session
from web.pages import figure_question, months
from web.pages.figure_question import LABELS, SPANS, Asked, Names, Offered
from web.pages.figure_words import plain, written
from web.pages.trend import Trend, trend
from web.session import SIGNED_IN, right

pages = Blueprint("figures", __name__, url_prefix="/figures")

_TREND_MONTHS = 12
_CARDS = "<!-- cards -->"
"""Where the page of all figures is cut: their cards follow one by one."""


@dataclass(frozen=True, slots=True)
class Card:
    """A figure as the page shows it; ``failed`` says why there is no value."""

    figure: Figure
    value: str
    target: str
    result: Result | None
    trend: Trend | None
    story: str
    since: str = ""
    until: str = ""
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A value of a dimension: its name, the figure, what is missing; ``address`` narrows to it,
    "" where it is not known."""

    name: str
    value: str
    target: str
    reached: bool | None
    missing: tuple[str, ...]
    address: str


@pages.get("")
@right(SIGNED_IN)
def show() -> Response:
    """The page comes at once, each card when its figure is computed."""
    asked = figure_question.asked()
    with session.engine().read() as conn:
        known = figures.list_(conn)
        offered = figure_question.offered(conn, asked.chosen)
    page = render_template(
        "figures.html", known=known, asked=asked, spans=SPANS, offered=offered
    )
    head, _cut, foot = page.partition(_CARDS)

    def pieces() -> Iterator[str]:
        yield head
        with session.engine().read() as conn:
            for one in known:
                card = _card(conn, one, asked)
                yield render_template("figure_box.html", card=card, asked=asked, offered=offered)
        yield foot

    # A proxy in front would keep the pieces back until it has all of them.
    told = {"X-Accel-Buffering": "no"}
    return Response(stream_with_context(pieces()), mimetype="text/html", headers=told)


@pages.get("/<figure_id>")
@right(SIGNED_IN)
def one(figure_id: str) -> str:
    asked = figure_question.asked()
    label, by = request.args.get("list") or None, request.args.get("by", "")
    with session.engine().read() as conn:
        figure = figures.get(conn, figure_id)
        card = _card(conn, figure, asked)
        keys = figures.cases_behind(conn, figure, asked.period, label)
        page = cases.Page(cases.rows(conn, keys), None)
        offered = figure_question.offered(conn, asked.chosen)
        compared = _compared(conn, figure, asked, offered, by)
    return render_template(
        "figure.html", card=card, asked=asked, spans=SPANS, offered=offered, label=label,
        page=page, columns=[], more="", appended=False, by=by, compared=compared,
        labels=LABELS, parts=_parts(card),
    )


def _card(conn: Connection, figure: Figure, asked: Asked) -> Card:
    """A figure that fails takes nobody else with it."""
    try:
        behind = figures.run(conn, figure, asked.filters(_TREND_MONTHS), aimed=asked.period)
        if asked.span == "month":
            result = behind.of_month(asked.month)
        elif SPANS[asked.span][0] == _TREND_MONTHS:
            result = behind
        else:
            result = figures.run(conn, figure, asked.period)
    except BihuanError as error:
        return Card(figure, "", "", None, None, "", failed=error.zh)
    by_month = {one.month: one.value for one in behind.months}
    shown = [months.moved(asked.month, n + 1 - _TREND_MONTHS) for n in range(_TREND_MONTHS)]
    values = [by_month.get(one) for one in shown]
    story = "，".join(
        f"{month:%Y-%m} {written(value, figure)}"
        for month, value in zip(shown, values, strict=True) if value is not None
    )
    return Card(
        figure, written(result.total.value, figure), written(result.target, figure), result,
        trend(values, result.target), story or _("近十二个月没有数据"),
        f"{shown[0]:%Y-%m}", f"{shown[-1]:%Y-%m}",
    )


def _parts(card: Card) -> list[tuple[str, str]]:
    """What the value is made of: label, number."""
    if card.result is None:
        return []
    columns = card.result.total.columns
    parts = [(label, plain(columns.get(name))) for name, label in card.figure.columns.items()]
    parts += [(one.label, f"{one.value:f}") for one in card.figure.settings.values()]
    if len(card.result.months) > 1 and card.figure.unit in ("%", "h"):
        parts.append((_("各月平均（不加权）"), written(card.result.mean, card.figure)))
    return parts


def _compared(
    conn: Connection, figure: Figure, asked: Asked, options: Offered, by: str
) -> list[Compared]:
    """The figure for each value of a dimension, the best first, of counts the most."""
    if by not in LABELS:
        return []
    parts = [one for one in figures.apart(conn, figure, asked.period, (by,))
             if one.value is not None]
    names = Names(conn, options)
    if by == "month":
        parts.sort(key=lambda one: one.values[0] or "")
    else:
        counts = figure.unit not in ("%", "h", "分")
        parts.sort(key=lambda one: one.value or Decimal(), reverse=figure.rising or counts)
    return [_one_compared(figure, asked, by, one, names) for one in parts]


def _one_compared(figure: Figure, asked: Asked, by: str, one: Part, names: Names) -> Compared:
    value = one.values[0]
    address = ""
    if value is not None:
        address = asked.narrowed({by: value}).address("figures.one", figure_id=figure.id)
    return Compared(
        names.of(by, value), written(one.value, figure),
        "" if one.target is None else written(one.target, figure), one.reached, one.missing,
        address,
    )
