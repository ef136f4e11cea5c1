"""Figures: a card each with value, target and trend; behind each figure the cases it counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

from engine import cases, figures
from engine.errors import BihuanError, Invalid
from engine.figures import Figure, Filters, Result
from web import session
from web.pages.choices import INDENT, choices
from web.pages.trend import Trend, trend
from web.session import SIGNED_IN, right

pages = Blueprint("figures", __name__, url_prefix="/figures")

SPANS = {"month": (1, "当月"), "quarter": (3, "近三个月"), "year": (12, "近十二个月")}
"""Span → months, label."""

_FIELDS = {
    "unit": ("unit", "责任单位"), "region": ("region", "地市"), "channel": ("channel", "渠道"),
    "level": ("customer_level", "客户级别"), "category": ("category", "分类"),
}
"""Filter → the case field whose options it offers, label."""

_TREND_MONTHS = 12


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
class Asked:
    """What the address asks for."""

    month: date
    span: str
    chosen: dict[str, str]

    def filters(self, months: int) -> Filters:
        """The months up to and with the one asked for, in the zone of the engine."""
        zone = session.engine().zone
        ends, begins = _moved(self.month, 1), _moved(self.month, 1 - months)
        return Filters(
            datetime(begins.year, begins.month, 1, tzinfo=zone),
            datetime(ends.year, ends.month, 1, tzinfo=zone), self.chosen,
        )

    @property
    def period(self) -> Filters:
        return self.filters(SPANS[self.span][0])

    def address(self, endpoint: str, **more: str) -> str:
        """This question put to another page."""
        said = {"month": f"{self.month:%Y-%m}", "span": self.span, **self.chosen}
        figure = more.pop("figure_id", None)
        path = url_for(endpoint, figure_id=figure) if figure else url_for(endpoint)
        return f"{path}?{urlencode({**said, **more})}"


@pages.get("")
@right(SIGNED_IN)
def show() -> str:
    asked = _asked()
    with session.engine().read() as conn:
        found = [_card(conn, one, asked) for one in figures.list_(conn)]
        offered = _offered(conn, asked.chosen)
    return render_template(
        "figures.html", cards=found, asked=asked, spans=SPANS, offered=offered
    )


@pages.get("/<figure_id>")
@right(SIGNED_IN)
def one(figure_id: str) -> str:
    asked, label, by = _asked(), request.args.get("list") or None, request.args.get("by", "")
    with session.engine().read() as conn:
        figure = figures.get(conn, figure_id)
        card = _card(conn, figure, asked)
        keys = figures.cases_behind(conn, figure, asked.period, label)
        page = cases.Page(cases.rows(conn, keys), None)
        offered = _offered(conn, asked.chosen)
        compared = _compared(conn, figure, asked, offered, by)
    return render_template(
        "figure.html", card=card, asked=asked, spans=SPANS, offered=offered, label=label,
        page=page, columns=[], more="", appended=False, by=by, compared=compared,
        parts=_parts(card),
    )


def _asked() -> Asked:
    args = request.args
    span = args.get("span", "month")
    chosen = {name: args[name][:60] for name in _FIELDS if args.get(name)}
    return Asked(_month(args.get("month", "")), span if span in SPANS else "month", chosen)


def _month(text: str) -> date:
    """The month of "2026-03"; the present one where nothing is asked."""
    if not text:
        now = datetime.now(session.engine().zone)
        return date(now.year, now.month, 1)
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    if not found:
        raise Invalid(
            f"月份“{text[:20]}”应写成 2026-03 的样子。",
            f"The month {text[:20]!r} must read like 2026-03.",
        )
    return date(int(found[1]), int(found[2]), 1)


def _moved(month: date, by: int) -> date:
    years, rest = divmod(month.month - 1 + by, 12)
    return date(month.year + years, rest + 1, 1)


def _card(conn: Connection, figure: Figure, asked: Asked) -> Card:
    """A figure that fails takes nobody else with it."""
    try:
        result = figures.run(conn, figure, asked.period)
        behind = result
        if SPANS[asked.span][0] != _TREND_MONTHS:
            behind = figures.run(conn, figure, asked.filters(_TREND_MONTHS))
    except BihuanError as error:
        return Card(figure, "", "", None, None, "", failed=error.zh)
    by_month = {one.month: one.value for one in behind.months}
    months = [_moved(asked.month, n + 1 - _TREND_MONTHS) for n in range(_TREND_MONTHS)]
    values = [by_month.get(one) for one in months]
    story = "，".join(
        f"{month:%Y-%m} {written(value, figure)}"
        for month, value in zip(months, values, strict=True) if value is not None
    )
    return Card(
        figure, written(result.total.value, figure), written(result.target, figure), result,
        trend(values, result.target), story or _("近十二个月没有数据"),
        f"{months[0]:%Y-%m}", f"{months[-1]:%Y-%m}",
    )


def written(value: Decimal | None, figure: Figure) -> str:
    """A value with its unit: "63.6%", "5.50 小时"; a dash where there is none."""
    if value is None:
        return "—"
    unit = {"h": " 小时", "%": "%"}.get(figure.unit, f" {figure.unit}")
    return f"{value:.{figure.decimals}f}{unit}"


def _parts(card: Card) -> list[tuple[str, str]]:
    """What the value is made of: label, number."""
    if card.result is None:
        return []
    columns = card.result.total.columns
    parts = [(label, _plain(columns.get(name))) for name, label in card.figure.columns.items()]
    parts += [(one.label, f"{one.value:f}") for one in card.figure.settings.values()]
    if len(card.result.months) > 1 and card.figure.unit in ("%", "h"):
        parts.append((_("各月平均（不加权）"), written(card.result.mean, card.figure)))
    return parts


def _plain(value: Decimal | None) -> str:
    return "—" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _offered(
    conn: Connection, chosen: Mapping[str, str]
) -> dict[str, tuple[str, dict[str, str]]]:
    """Filter → label and options, from the first case kind that has such fields."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for kind in cases.kinds(conn):
        fields = {one.key: one for one in kind.fields}
        for name, (key, label) in _FIELDS.items():
            if key in fields and fields[key].options and name not in found:
                options = choices(conn, fields[key], chosen.get(name, ""))
                found[name] = (label, options)
    return found


def _beside(options: Mapping[str, str], chosen: str) -> dict[str, str]:
    """The options that are compared: of those in levels, the ones right below what is chosen."""
    deepest = max((label.count(INDENT) for label in options.values()), default=0)
    level = deepest if chosen else 0
    return {
        value: label.lstrip(INDENT) for value, label in options.items()
        if label.count(INDENT) == level
    }


def _compared(
    conn: Connection, figure: Figure, asked: Asked, offered: dict[str, Any], by: str
) -> list[tuple[str, str, str]]:
    """The figure for each option of a filter, the best first: label, value, address."""
    if by not in offered:
        return []
    found = []
    for value, label in _beside(offered[by][1], asked.chosen.get(by, "")).items():
        narrowed = Asked(asked.month, asked.span, {**asked.chosen, by: value})
        total = figures.run(conn, figure, narrowed.period).total.value
        if total is not None:
            found.append((total, label, narrowed))
    found.sort(key=lambda one: one[0], reverse=figure.rising)
    return [
        (label, written(total, figure), one.address("figures.one", figure_id=figure.id))
        for total, label, one in found
    ]
