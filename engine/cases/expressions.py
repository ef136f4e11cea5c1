"""What a case kind's FEEL says about a case: title, customer, due time, search text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from engine import customers
from engine.cases.kinds import CaseKind
from engine.errors import ExpressionFailed
from engine.feel import Expression, FeelError, to_json
from engine.model import Json

_LONGEST_TITLE = 200
_LONGEST_SEARCH = 20_000


@dataclass(frozen=True, slots=True)
class CustomerSaid:
    """The customer as the variables of a case give it; ``ref`` is normalised."""

    ref: str
    name: str
    level: str | None


def title(kind: CaseKind, variables: Mapping[str, Json]) -> str:
    """At most 200 signs in one line, "…" where it is cut; empty where the expression gives
    nothing."""
    if kind.title is None:
        return ""
    value = _evaluated(kind, "title", kind.title, variables)
    found = " ".join(_text(value).split())
    return found if len(found) <= _LONGEST_TITLE else found[: _LONGEST_TITLE - 1] + "…"


def customer(kind: CaseKind, variables: Mapping[str, Json]) -> CustomerSaid | None:
    """None where no number is given yet. Invalid for a number that cannot be one."""
    said = {
        key: _text(_evaluated(kind, f"customer.{key}", expression, variables)).strip()
        for key, expression in kind.customer.items()
    }
    if not said.get("ref"):
        return None
    ref = customers.normalised(said["ref"])
    return CustomerSaid(ref, said.get("name", ""), said.get("level") or None)


def due(kind: CaseKind, variables: Mapping[str, Json], zone: ZoneInfo) -> datetime | None:
    """A date means the end of that day; a time without zone is in ``zone``."""
    if kind.due is None:
        return None
    value = _evaluated(kind, "due", kind.due, variables)
    if value is None or value == "":
        return None
    try:
        text = str(value).partition("@")[0].partition("[")[0]
        if len(text) == len("2026-11-22"):
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), tzinfo=zone)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ExpressionFailed(
            f"案件类型 {kind.id} 的 due 得到 {value!r}，不是时间。",
            f"due of the case kind {kind.id} gives {value!r}, which is no date and time.",
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def counted(kind: CaseKind, variables: Mapping[str, Json]) -> bool:
    """Whether the case counts for the marks of its customer; no where its kind does not say."""
    if kind.counted is None:
        return False
    return _evaluated(kind, "counted", kind.counted, variables) is True


def data(kind: CaseKind, variables: Mapping[str, Json]) -> dict[str, Json]:
    """The variables that belong to the case and have a value."""
    return {
        one.key: variables[one.key] for one in kind.fields if variables.get(one.key) is not None
    }


def search_text(kind: CaseKind, parts: list[str], variables: Mapping[str, Json]) -> str:
    """``parts`` and the searched fields, with the labels of their options, line by line."""
    found = [part for part in parts if part]
    for one in kind.fields:
        value = variables.get(one.key)
        if not one.search or value is None:
            continue
        text = _text(value)
        found.append(text)
        if text in one.options:
            found.append(one.options[text])
    return "\n".join(found)[:_LONGEST_SEARCH]


def _evaluated(
    kind: CaseKind, place: str, expression: Expression, variables: Mapping[str, Any]
) -> Json:
    try:
        return to_json(expression.evaluate(variables))
    except FeelError as error:
        raise ExpressionFailed(
            f"案件类型 {kind.id} 的 {place}：{error.zh}", f"{place} of {kind.id}: {error.en}",
            kind=kind.id, place=place,
        ) from error


def _text(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)
