"""Plain values that every room of the engine shares. Imports the standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict with str keys."""

Basis = Literal["working", "natural", "days", "fixed"]
"""What a limit runs on: working time; the clock on the wall; whole working days; a moment that
somebody set."""

BASES: dict[str, Basis] = {"工作时间": "working", "自然时间": "natural", "工作日": "days"}
"""The names of the clocks in tables of limits."""

Severity = Literal["error", "warning", "info"]
BindingType = Literal["latest", "deployment", "versionTag"]


@dataclass(frozen=True, slots=True)
class File:
    """A file as somebody hands it in: a bare name with its ending, and the bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark of a check. ``rule`` is a stable slug (bpmnlint's where the rule is the same);
    ``line`` counts from 1; ``zh``/``en`` say what is wrong, ``remedy_*`` what to do instead."""

    rule: str
    severity: Severity
    file: str
    zh: str
    en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    line: int | None = None
    element_id: str | None = None
    element_name: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """Which version a reference means (Camunda 8: ``bindingType`` and ``versionTag``)."""

    type: BindingType = "latest"
    version_tag: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts. ``roles`` ⊆ {"admin", "designer", "supervisor", "staff"}; ``groups`` are the
    candidate groups of BPMN user tasks the person belongs to; ``leads`` those that he leads or
    deputises."""

    login: str
    name: str
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    unit: str | None = None
    leads: frozenset[str] = frozenset()

    @property
    def oversees(self) -> bool:
        """Whether the role lets the person see and settle the work of everybody."""
        return not self.roles.isdisjoint(("supervisor", "admin"))


def aware(moment: datetime) -> datetime:
    """Return ``moment`` unchanged; raise ValueError if it carries no offset."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime: {moment.isoformat()}")
    return moment
