"""The ``validate`` rules of form-js, with Chinese messages; "" means that the value is good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import re2

from forms.component import MANY, Component, Moment
from forms.text import Feel

_EMAIL = re2.compile(
    r"^[^@\s<>,;:\"()]+@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?\.\p{L}{2,}$"
)
_PHONE = re2.compile(
    r"^(?:(?:\+|00)[1-9]\d{5,14}"  # international, as form-js asks for
    r"|1[3-9]\d{9}"  # a mobile number in China
    r"|(?:0\d{2,3}-?)?[2-9]\d{6,7}(?:-\d{1,6})?"  # a landline, extension at the end
    r"|1\d{4}(?:\d{1,3})?|[48]00-?\d{3}-?\d{4})$"  # service numbers: 10086, 95-, 400-, 800-
)


def broken(
    component: Component, value: Any, context: Mapping[str, Any], zone: ZoneInfo,
    now: datetime | None = None,
) -> str:
    """The first rule that ``value`` breaks, as a sentence; "" where it breaks none. ``now``:
    the present, if it is not the clock's."""
    blank = value is None or value == "" or value == [] or value is False
    if blank:
        return _required(component) if required(component, context) else ""
    if component.type == "datetime":
        if not component.moment.not_past:
            return ""
        return _not_past(component.moment, value, zone, now or datetime.now(zone))
    if component.type == "number":
        return _range(component, value, context)
    if component.type in ("textfield", "textarea"):
        return _length(component, value, context) or _shape(component, value)
    return ""


def required(component: Component, context: Mapping[str, Any]) -> bool:
    """Whether the component must be filled in; FEEL that gives no true demands nothing."""
    rule = component.rules.required
    return rule.value(context) is True if isinstance(rule, Feel) else rule


def _required(component: Component) -> str:
    if component.type == "filepicker":
        return "请附上文件。"
    if component.type == "checkbox":
        return "请勾选此项。"
    if component.type in MANY:
        return "请至少选择一项。"
    return "请选择。" if component.type in ("radio", "select") else "此项必填。"


def limit(rule: float | Feel | None, context: Mapping[str, Any]) -> float | None:
    """A limit as a number; a FEEL limit that gives no number does not limit."""
    if not isinstance(rule, Feel):
        return rule
    value = rule.value(context)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _range(component: Component, value: Any, context: Mapping[str, Any]) -> str:
    low, high = limit(component.rules.min, context), limit(component.rules.max, context)
    number = float(value)
    if (low is None or number >= low) and (high is None or number <= high):
        return ""
    if low is not None and high is not None:
        return f"应在 {low:g} 到 {high:g} 之间。"
    return f"不能小于 {low:g}。" if low is not None else f"不能大于 {high:g}。"


def _length(component: Component, value: str, context: Mapping[str, Any]) -> str:
    least, most = (limit(rule, context)
                   for rule in (component.rules.min_length, component.rules.max_length))
    if least is not None and len(value) < least:
        return f"至少 {least:g} 个字，现有 {len(value)} 个。"
    if most is not None and len(value) > most:
        return f"最多 {most:g} 个字，现有 {len(value)} 个。"
    return ""


def _shape(component: Component, value: str) -> str:
    rules = component.rules
    if rules.pattern and not re2.search(rules.pattern, value):
        return rules.pattern_message or "格式不符合要求。"
    if rules.kind == "email" and not _EMAIL.match(value):
        return "请填写有效的电子邮箱，例如 name@example.com。"
    if rules.kind == "phone" and not _PHONE.match(value.replace(" ", "")):
        return "请填写有效的电话号码，例如 13800138000 或 0571-87654321。"
    return ""


def _not_past(moment: Moment, value: str, zone: ZoneInfo, now: datetime) -> str:
    if moment.subtype == "date":
        past = date.fromisoformat(value) < now.date()
    elif moment.subtype == "time":
        past = _at(datetime.combine(now.date(), time.fromisoformat(value)), zone) < now
    else:
        past = _at(datetime.fromisoformat(value), zone) < now
    if not past:
        return ""
    return "不能早于今天。" if moment.subtype == "date" else "不能早于现在。"


def _at(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
