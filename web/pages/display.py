"""How moments, due times and values read on a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup

from engine.cases import CaseField

URGENT, LOW = 70, 40
"""A priority from the first on is urgent, below the second low."""

SOON = timedelta(minutes=30)
"""So short before its due time a task is marked; countdown.js is told by ``data-soon``."""


def install(app: Flask, zone: str) -> None:
    """Add the filters ``moment``, ``clock``, ``due`` and ``iso`` to the templates of ``app``."""
    here = ZoneInfo(zone)
    filters = app.jinja_env.filters
    filters["moment"] = lambda at: moment(at, datetime.now(here))
    filters["clock"] = lambda at: at.astimezone(here).strftime("%Y-%m-%d %H:%M") if at else ""
    filters["due"] = lambda at, soon=SOON: due(at, datetime.now(here), soon or SOON)
    filters["shown"] = shown
    filters["of_field"] = lambda value, field, names=None: of_field(value, field, here, names)
    filters["priority"] = priority


def moment(at: datetime | None, now: datetime) -> str:
    """"10:32" today, "昨天 10:32", "05-03 10:32" this year, else with the year."""
    if at is None:
        return ""
    local = at.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    if days == 0:
        return f"今天 {local:%H:%M}"
    if days in (1, -1):
        return f"{'昨天' if days == 1 else '明天'} {local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == now.year else f"{local:%Y-%m-%d %H:%M}"


def duration(span: timedelta) -> str:
    """The two greatest units, rounded down: "3 天 4 小时", "1 小时 20 分", "不足 1 分"."""
    minutes = int(span.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} 天" + (f" {hours} 小时" if hours else "")
    if hours:
        return f"{hours} 小时" + (f" {minutes} 分" if minutes else "")
    return f"{minutes} 分" if minutes else "不足 1 分"


def due(at: datetime | None, now: datetime, soon: timedelta = SOON) -> Markup:
    """A ``<time>`` that countdown.js keeps going; without it the text stays as it was sent. It
    is marked when no more than ``soon`` is left."""
    if at is None:
        return Markup('<span class="text-secondary">无时限</span>')
    left = at - now
    late = left <= timedelta(0)
    mark = "due-late" if late else "due-soon" if left <= soon else ""
    text = f"已超时 {duration(-left)}" if late else f"剩 {duration(left)}"
    local = at.astimezone(now.tzinfo)
    return Markup(
        '<time datetime="{0}" data-due="{0}" data-soon="{1}" class="{2}" title="{3}">{4}</time>'
    ).format(local.isoformat(timespec="seconds"), int(soon.total_seconds()), mark,
             f"{local:%Y-%m-%d %H:%M} 到期", text)


def priority(value: float) -> str:
    """The word for a priority of 0–100."""
    return "紧急" if value >= URGENT else "低" if value < LOW else "一般"


def of_field(
    value: Any, field: CaseField, zone: ZoneInfo, names: Mapping[str, str] | None = None
) -> str:
    """The value of a case's field: labels of options, local moments, people by their names
    (``names``: login → name), priorities in words."""
    if isinstance(value, list):
        return "、".join(of_field(item, field, zone, names) for item in value) or "—"
    if field.type == "person" and isinstance(value, str):
        return (names or {}).get(value, value) or "—"
    if field.type == "priority" and isinstance(value, (int, float)):
        return priority(value)
    if isinstance(value, (str, int, float)) and str(value) in field.options:
        return field.options[str(value)]
    if field.type == "datetime" and isinstance(value, str) and "*" not in value:
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        return f"{at.astimezone(zone) if at.tzinfo else at:%Y-%m-%d %H:%M}"
    return shown(value)


def shown(value: Any) -> str:
    """A JSON value as a person reads it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(shown(item) for item in value) or "—"
    if isinstance(value, dict):
        return "；".join(f"{key}：{shown(item)}" for key, item in value.items())
    return str(value)
