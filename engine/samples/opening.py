"""The beginning of a case in a played year: what the customer says, and the intake form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from engine.model import Json, Person
from engine.samples.chance import Chance
from engine.samples.paper import Blank
from engine.samples.plan import Arrival
from engine.samples.stage import Stage
from engine.tables import cases

_APART = 27_183
LEVELS = ("category", "subcategory", "category3", "category4")


@dataclass(frozen=True, slots=True)
class Before:
    """The case that a contact is about once more. ``answered``: it is closed or being closed."""

    number: str
    answered: bool
    data: Mapping[str, Json]


def before(stage: Stage, conn: Connection, arrival: Arrival) -> Before | None:
    """What became of the earlier contact."""
    if arrival.again is None:
        return None
    row = conn.execute(
        select(cases.c.number, cases.c.status, cases.c.closed_at, cases.c.data).where(
            cases.c.source == stage.source, cases.c.source_ref == str(arrival.again)
        )
    ).one_or_none()
    if row is None:
        return None
    repeats = stage.kinds[arrival.kind].repeats
    statuses = repeats.statuses if repeats else ()
    return Before(row.number, row.closed_at is not None or row.status in statuses, row.data)


def data(
    stage: Stage, conn: Connection, arrival: Arrival, earlier: Before | None, clerk: Person | None
) -> dict[str, Json]:
    """What the intake form lets through."""
    kind = stage.kinds[arrival.kind]
    chance = stage.chance(arrival.n, "data")
    me = {"login": clerk.login, "name": clerk.name} if clerk else None
    context: dict[str, Any] = {
        "at": arrival.at.isoformat(timespec="seconds"), "me": me,
        "owner": clerk.login if clerk else None,
        "repeat_of": earlier.number if earlier and earlier.answered else None,
        "hot_spot": arrival.hot_spot, **_customer(stage, arrival),
    }
    fixed = {**arrival.fixed, **(_same(earlier) if earlier else {})}
    for name, one in fixed.items():
        context[name] = stage.speaker.value(one, chance, context)
    if "category4" not in context:
        context |= _category(stage, chance, context)
    context["scene"] = scene(context)
    wanted = _facts(stage, arrival, chance, context)
    context |= wanted
    wanted |= {name: context[name] for name in arrival.fixed}
    for name, one in stage.behaviour.kinds[arrival.kind]["data"].items():
        if name not in arrival.fixed:
            wanted[name] = stage.speaker.value(one, chance, context)
            context[name] = wanted[name]
    if kind.intake is None:
        return {key: value for key, value in wanted.items() if value is not None}
    seen = {"me": me, "owner": context["owner"]}
    filled = stage.papers.latest(conn, kind.intake).fill(
        wanted, seen, sayer(stage, chance, context)
    )
    return filled | ({"owner": context["owner"]} if clerk else {})


def scene(context: Mapping[str, Any]) -> Any:
    """The category of the deepest level that is said."""
    return next((context[one] for one in reversed(LEVELS) if context.get(one)), None)


def _facts(
    stage: Stage, arrival: Arrival, chance: Chance, context: Mapping[str, Any]
) -> dict[str, Json]:
    """What all texts of the case agree upon; what is given already stays."""
    facts: dict[str, Json] = {}
    for name, one in stage.behaviour.kinds[arrival.kind].get("facts", {}).items():
        known = context.get(name)
        seen = {**context, **facts}
        facts[name] = stage.speaker.value(one, chance, seen) if known is None else known
    return facts


def sayer(stage: Stage, chance: Chance, context: Mapping[str, Any]) -> Any:
    """What to write into a field that the file says nothing of for this form."""

    def say(blank: Blank) -> Json:
        written = stage.behaviour.fields.get(blank.key)
        if written is not None:
            found = stage.speaker.value(written, chance, context)
            if not blank.options or found in blank.options:
                return found
        known = context.get(blank.key)
        if known is not None and (not blank.options or known in blank.options):
            return known
        if blank.options:
            return chance.among(blank.options)
        return stage.speaker.value(stage.behaviour.fields[f"type:{blank.type}"], chance, context)

    return say


def _same(earlier: Before) -> dict[str, Json]:
    """What does not change when somebody comes again about the same."""
    kept = (
        *LEVELS, "region", "place", "service", "product", "account", "vendor", "terminal",
        "order_no", "staff", "promised",
    )
    return {name: earlier.data[name] for name in kept if earlier.data.get(name) is not None}


def _category(stage: Stage, chance: Chance, context: Mapping[str, Any]) -> dict[str, Json]:
    """A category that agrees with those that are given already."""
    given = [context[name] for name in LEVELS if context.get(name)]
    leaf = stage.leaf(chance)
    if given and not leaf.within(given[-1]):
        agreeing = [
            (one, weight) for one, weight in zip(stage.leaves, stage.weights, strict=True)
            if one.within(given[-1])
        ]
        if agreeing:
            leaf = chance.among(*zip(*agreeing, strict=True))
    parts = leaf.code.split(".")
    codes = [".".join(parts[: level + 1]) for level in range(len(parts))]
    return dict(zip(LEVELS, codes, strict=False))


def _customer(stage: Stage, arrival: Arrival) -> dict[str, Json]:
    """The customer with this number: always the same."""
    if not stage.behaviour.kinds[arrival.kind].get("customer", True):
        return {}
    shares = stage.behaviour.customers
    chance = stage.chance("customer", arrival.customer)
    context: dict[str, Any] = {"customer": arrival.customer}
    for name, written in shares["data"].items():
        context[name] = stage.speaker.value(written, chance, context)
    context["customer_ref"] = phone(shares["prefixes"], arrival.customer)
    context["contact_phone"] = context["customer_ref"]
    return context


def phone(prefixes: list[str], number: int) -> str:
    """A mobile number of blocks that no operator has given out (1390000xxxx …), different for
    as many customers as the blocks have room for, and far from that of the next one."""
    number = number * _APART % (len(prefixes) * 10_000)
    return f"{prefixes[number // 10_000]}{number % 10_000:04}"
