"""From what was typed or sent to the JSON value of a component, with Chinese messages.

``coerce`` answers ``(value, problem)``: the problem is "" where the value is usable. Empty
values are form-js's: ``""`` for texts, None for numbers, dates and single choices, False for
a checkbox, ``[]`` for many choices.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from forms.component import MANY, Component, Moment, Option

Coerced = tuple[Any, str]

LONGEST_NUMBER = 40
GREATEST = 2**63
"""Variables hold whole numbers of 64 bits."""


def empty(component: Component) -> Any:
    """The value of a component that was left blank."""
    if component.type in ("textfield", "textarea"):
        return ""
    if component.type == "checkbox":
        return False
    return [] if component.type in MANY else None


def coerce(component: Component, raw: Any, options: tuple[Option, ...], zone: ZoneInfo) -> Coerced:
    """The value of ``raw`` (a string of an HTML form, or JSON) for this component."""
    if raw is None or raw == "" or raw == []:
        return empty(component), ""
    if component.type == "number":
        return _number(component, raw)
    if component.type == "checkbox":
        return raw in (True, "true", "on", "1"), ""
    if component.type == "datetime":
        return _moment(component.moment, raw, zone)
    if component.type == "filepicker":
        return _documents(component, raw)
    if component.type in MANY:
        return _many(raw, options)
    if component.type in ("radio", "select"):
        return _one(raw, options)
    return _text(component, raw)


def option_text(value: Any) -> str:
    """How an option's value travels in HTML: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(component: Component, raw: Any) -> Coerced:
    if not isinstance(raw, (str, int, float)) or isinstance(raw, bool):
        return "", "应为文字。"
    plain = str(raw).replace("\r\n", "\n").replace("\x00", "")
    return (plain.strip() if component.type == "textfield" else plain.rstrip()), ""


def _number(component: Component, raw: Any) -> Coerced:
    plain = unicodedata.normalize("NFKC", str(raw)).strip()
    if isinstance(raw, (bool, list, dict)) or len(plain) > LONGEST_NUMBER:
        return None, "应为数字。"
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None, "应为数字，例如 12 或 12.5。"
    far = not number.is_finite() or abs(number.adjusted()) > LONGEST_NUMBER
    if far or not -GREATEST <= number < GREATEST:
        return None, "数字超出范围。"
    exponent = number.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    if component.digits is not None and places > component.digits:
        return None, f"最多 {component.digits} 位小数。" if component.digits else "应为整数。"
    if component.as_text:
        return format(number, "f"), ""
    return (int(number) if places == 0 else float(number)), ""


def _one(raw: Any, options: tuple[Option, ...]) -> Coerced:
    text = option_text(raw)
    for option in options:
        if option_text(option.value) == text:
            return option.value, ""
    return None, "所选项不在列表中，请重新选择。"


def _many(raw: Any, options: tuple[Option, ...]) -> Coerced:
    asked = {option_text(item) for item in (raw if isinstance(raw, list) else [raw])} - {""}
    chosen = [option.value for option in options if option_text(option.value) in asked]
    return chosen, "有选项不在列表中，请重新选择。" if len(chosen) < len(asked) else ""


def _documents(component: Component, raw: Any) -> Coerced:
    """References of documents; what else stands there is an id that nobody knows (any more)."""
    given = raw if isinstance(raw, list) else [raw]
    found = [one for one in given if isinstance(one, dict) and one.get("documentId")]
    if len(found) < len(given):
        return found, "有文件已不在，请重新上传。"
    return found, "" if component.many_files or len(found) <= 1 else "只能附一个文件。"


def _moment(moment: Moment, raw: Any, zone: ZoneInfo) -> Coerced:
    text = str(raw).strip()
    try:
        if moment.subtype == "date":
            return date.fromisoformat(text[:10]).isoformat(), ""
        if moment.subtype == "time":
            return _time(time.fromisoformat(text), moment, zone), ""
        at = datetime.fromisoformat(text)
    except ValueError:
        kinds = {"date": "日期，例如 2026-05-01", "time": "时间，例如 09:30"}
        return None, f"应为{kinds.get(moment.subtype, '日期和时间，例如 2026-05-01 09:30')}。"
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
    if moment.format == "no_timezone":
        at = at.replace(tzinfo=None)
    elif moment.format == "utc_normalized":
        return _seconds(at.astimezone(UTC)).removesuffix("+00:00") + "Z", ""
    return _seconds(at), ""


def _time(at: time, moment: Moment, zone: ZoneInfo) -> str:
    """A time of day alone; its offset is the zone's of today, as a browser would take it."""
    if moment.format == "no_timezone":
        return at.replace(tzinfo=None).isoformat("seconds")
    today = datetime.now(zone).date()
    full = datetime.combine(today, at if at.tzinfo else at.replace(tzinfo=zone))
    if moment.format == "utc_normalized":
        return full.astimezone(UTC).time().isoformat("seconds") + "Z"
    return _seconds(full.astimezone(zone)).partition("T")[2]


def _seconds(at: datetime) -> str:
    """With seconds, though nobody typed any: FEEL takes no time without them."""
    return at.isoformat(timespec="seconds")


def typed(component: Component, raw: Any, zone: ZoneInfo) -> str:
    """What stands in an input: what was typed where it was text, else the value written out."""
    if raw is None:
        return ""
    if component.type != "datetime" or component.moment.subtype == "date":
        return raw if isinstance(raw, str) else option_text(raw)
    text = str(raw)
    try:
        if component.moment.subtype == "time":
            at = time.fromisoformat(text)
            if at.tzinfo is None:
                return at.isoformat("minutes")
            today = datetime.combine(datetime.now(zone).date(), at)
            return today.astimezone(zone).time().isoformat("minutes")
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    local = moment.astimezone(zone) if moment.tzinfo else moment
    return local.replace(tzinfo=None).isoformat(timespec="minutes")
