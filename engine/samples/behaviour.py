"""What happens in a played year: shares, hours, hot spots, texts, and how people work.

All of it is data (``processes/samples/year.behaviour.json``, docs/sample.md); the code knows no
process, form or category by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine.errors import Invalid
from engine.feel.temporal import DaysTime
from engine.feel.temporal_text import parse_any


@dataclass(frozen=True, slots=True)
class Pace:
    """When a task is done. ``share``: low, usual and high part of the time between its creation
    and its due time; ``minutes``: the same in minutes, where there is no due time (left).
    ``shift``: the name of the hours in which those who do it are there. ``late``: how often it
    is done after it was due, ``late_by`` how many minutes then. ``work``: how long it takes.
    ``left``: how likely it is, against others, to lie about undone when the year ends."""

    share: tuple[float, float, float]
    minutes: tuple[float, float, float]
    work: tuple[float, float, float]
    shift: str
    late: float
    late_by: tuple[float, float, float]
    left: float


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer a form: with ``weight`` among those whose ``when`` (FEEL over what the
    task sees) is true."""

    weight: float
    when: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Work:
    """What people do with a form."""

    pace: Pace
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A message that is sent to a case. With ``after`` a button somebody presses, so long after
    the case was received, if it can be pressed then; without, what comes ``wait`` minutes after
    a process began to wait for it (the customer's answer). ``shift``: when who presses it is
    there."""

    name: str
    chance: float
    when: str | None
    after: tuple[float, float, float] | None
    wait: tuple[float, float, float]
    by: tuple[str, ...]
    shift: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HotSpot:
    """Complaints about one thing: ``share`` of all cases, but ``least`` of them in a year of few
    (no more than a tenth), from ``begins`` before the end of the year on, over ``lasts``;
    ``data`` is theirs. ``matter``: a case of another kind that is
    opened ``matter_after`` its begin and takes their numbers."""

    id: str
    share: float
    least: int
    begins: timedelta
    lasts: timedelta
    data: Mapping[str, Any]
    matter: Mapping[str, Any] | None
    matter_after: timedelta


@dataclass(frozen=True, slots=True)
class Strain:
    """What a crowd does to those who work: on days with more than ``beyond`` times the usual
    number of contacts, being late is ``late`` times as likely for each such number more."""

    beyond: float
    late: float


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What lies about when the year ends: this ``share`` of the tasks that come up last of all
    has not been done, and none of those that came up more than ``within`` before; of those that
    were due by then, this part of it (``overdue``)."""

    within: timedelta
    share: float
    overdue: float


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The file, read. ``kinds`` maps a case kind to its weight, its ``facts`` (drawn first,
    unless they are given already, so that all texts name the same) and data; ``timed`` maps a
    process that starts by timer to how long before the end it is played."""

    kinds: Mapping[str, Mapping[str, Any]]
    arrival: Mapping[str, Any]
    strain: Strain
    unfinished: Unfinished
    customers: Mapping[str, Any]
    hot_spots: tuple[HotSpot, ...]
    categories: Mapping[str, float]
    shifts: Mapping[str, Any]
    usual: Work
    work: Mapping[str, Work]
    actions: tuple[Action, ...]
    fields: Mapping[str, Any]
    effects: Mapping[str, Any]
    timed: Mapping[str, timedelta]
    texts: Mapping[str, Any]
    labels: Mapping[str, Mapping[str, str]]


def read(content: bytes, filename: str) -> Behaviour:
    """The behaviour in the file; Invalid if it is not what it should be."""
    try:
        return _behaviour(json.loads(content.decode("utf-8-sig")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(
            f"示例行为文件 {filename} 写法不对：{error!r}。",
            f"The file of sample behaviour {filename}: {error!r}.",
        ) from error


def _behaviour(data: Mapping[str, Any]) -> Behaviour:
    paces = {name: _pace(one) for name, one in data["paces"].items()}
    return Behaviour(
        kinds=data["kinds"], arrival=data["arrival"], strain=_strain(data["strain"]),
        unfinished=_unfinished(data["unfinished"]), customers=data["customers"],
        hot_spots=tuple(_hot_spot(one) for one in data["hot_spots"]),
        categories=data["categories"], shifts=data["shifts"],
        usual=_work(data["usual"], paces),
        work={form: _work(one, paces) for form, one in data["work"].items()},
        actions=tuple(_action(one) for one in data["actions"]),
        fields=data["fields"], effects=data["effects"],
        timed={name: duration(text) for name, text in data["timed"].items()},
        texts=data["texts"], labels=data["labels"],
    )


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days and time; ValueError."""
    found = parse_any(text)
    if not isinstance(found, DaysTime):
        raise ValueError(text)
    return found.python


def _pace(data: Mapping[str, Any]) -> Pace:
    return Pace(
        _range(data["share"]), _range(data["minutes"]), _range(data["work"]), data["shift"],
        float(data.get("late", 0)), _range(data.get("late_by", (10, 90, 900))),
        float(data.get("left", 1)),
    )


def _work(data: Mapping[str, Any], paces: Mapping[str, Pace]) -> Work:
    return Work(paces[data["pace"]], tuple(_way(one) for one in data["ways"]))


def _way(data: Mapping[str, Any]) -> Way:
    return Way(float(data.get("weight", 1)), data.get("when"), data.get("data", {}))


def _action(data: Mapping[str, Any]) -> Action:
    after = data.get("after")
    return Action(
        data["message"], float(data["chance"]), data.get("when"),
        None if after is None else _range(after), _range(data.get("wait", (1, 5, 30))),
        tuple(data.get("by", ())), data.get("shift", "office"), data.get("data", {}),
    )


def _hot_spot(data: Mapping[str, Any]) -> HotSpot:
    return HotSpot(
        data["id"], float(data["share"]), int(data.get("least", 0)),
        duration(data["begins"]), duration(data["lasts"]),
        data["data"], data.get("matter"), duration(data.get("matter_after", "PT2H")),
    )


def _strain(data: Mapping[str, Any]) -> Strain:
    return Strain(float(data["beyond"]), float(data["late"]))


def _unfinished(data: Mapping[str, Any]) -> Unfinished:
    return Unfinished(duration(data["within"]), float(data["share"]), float(data["overdue"]))


def _range(values: Any) -> tuple[float, float, float]:
    low, usual, high = (float(one) for one in values)
    if not low <= usual <= high:
        raise ValueError(f"not in order: {values}")
    return low, usual, high
