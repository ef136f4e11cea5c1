"""What the addresses of the pages of figures ask for: a period, filters, dimensions; and how the
values of dimensions are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

from engine import cases, categories, definitions, figures, groups, people
from engine.figures import Filters
from web.pages import months
from web.pages.choices import choices

SPANS = {"month": (1, "当月"), "quarter": (3, "近三个月"), "year": (12, "近十二个月")}
"""Span → months, label."""

_FIELDS = {
    "unit": "unit", "region": "region", "channel": "channel", "level": "customer_level",
    "category": "category", "kind": "kind", "vendor": "vendor",
}
"""Dimension → the case field whose options it offers."""

LABELS = {
    "unit": "责任单位", "region": "地市", "channel": "渠道", "level": "客户级别",
    "category": "分类", "kind": "工单类别", "vendor": "合作厂家", "role": "岗位",
    "person": "人员", "month": "月份",
}
"""Dimension → label."""

Offered = dict[str, tuple[str, dict[str, str]]]
"""Filter → label, options."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    month: date
    span: str
    chosen: dict[str, str]

    def filters(self, count: int, back: int = 0) -> Filters:
        """So many months up to the one asked for, or to ``back`` months before it."""
        ends = months.moved(self.month, 1 - back)
        begins = months.moved(self.month, 1 - count - back)
        return Filters(months.begins(begins), months.begins(ends), self.chosen)

    @property
    def period(self) -> Filters:
        return self.filters(SPANS[self.span][0])

    @property
    def before(self) -> Filters:
        """The period of the same length right before."""
        return self.filters(SPANS[self.span][0], SPANS[self.span][0])

    @property
    def words(self) -> str:
        """The period in words: "2026-03", "2026-01 至 2026-03"."""
        begins = months.moved(self.month, 1 - SPANS[self.span][0])
        last = f"{self.month:%Y-%m}"
        return last if begins == self.month else f"{begins:%Y-%m} 至 {last}"

    def narrowed(self, values: Mapping[str, str]) -> Asked:
        """The same for those of these values; a month narrows the period."""
        more = dict(values)
        month = more.pop("month", None)
        chosen = {**self.chosen, **more}
        if month is None:
            return Asked(self.month, self.span, chosen)
        return Asked(date.fromisoformat(month), "month", chosen)

    def address(self, endpoint: str, **more: str) -> str:
        """This question put to another page."""
        said = {"month": f"{self.month:%Y-%m}", "span": self.span, **self.chosen}
        figure = more.pop("figure_id", None)
        path = url_for(endpoint, figure_id=figure) if figure else url_for(endpoint)
        return f"{path}?{urlencode({**said, **more})}"


def asked() -> Asked:
    """Of the present request; Invalid."""
    args = request.args
    span = args.get("span", "month")
    chosen = {name: args[name][:60] for name in figures.FILTERS if args.get(name)}
    month = months.asked(args.get("month", ""))
    return Asked(month, span if span in SPANS else "month", chosen)


def offered(conn: Connection, chosen: Mapping[str, str]) -> Offered:
    """What can be chosen: of fields from the first case kind that has them, roles from the
    figures, people who can sign in."""
    found: Offered = {}
    for kind in cases.kinds(conn):
        fields = {one.key: one for one in kind.fields}
        for name, key in _FIELDS.items():
            if key not in fields or name in found:
                continue
            options = choices(conn, fields[key], chosen.get(name, ""))
            if options:
                found[name] = (LABELS[name], options)
    roles = [role for figure in figures.list_(conn) for role in figure.roles]
    if roles:
        found["role"] = (LABELS["role"], {one: one for one in dict.fromkeys(roles)})
    everybody = {one.person.login: one.person.name for one in people.list_(conn, active_only=True)}
    if everybody:
        found["person"] = (LABELS["person"], everybody)
    return {name: found[name] for name in LABELS if name in found}


class Names:
    """What values of dimensions are called."""

    def __init__(self, conn: Connection, options: Offered) -> None:
        self._options = options
        self._units = groups.names(conn)
        self._people = people.names(conn)
        self._catalogues = categories.named(conn, definitions.number(conn))

    def of(self, dimension: str, value: str | None) -> str:
        if value is None:
            return str(_("（未注明）"))
        if dimension == "month":
            return value[:7]
        if dimension == "category":
            return self._category(value)
        known = self._options.get(dimension, ("", {}))[1].get(value)
        if known:
            return known
        if dimension in ("unit", "vendor"):
            return self._units.get(value, value)
        return self._people.get(value, value) if dimension == "person" else value

    def _category(self, code: str) -> str:
        for one in self._catalogues.values():
            if code in one.categories:
                return one.categories[code].label
        return self._options.get("category", ("", {}))[1].get(code, code)
