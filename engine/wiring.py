"""The engine, wired: the store with the hooks of the rooms above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from engine import calendar, cases, catalogue, feel
from engine.feel import Function
from engine.model import Finding, Json
from engine.store.unit import Check, Hooks, Store, Unit


class Engine(Store):
    """The façade. ``url`` is a PostgreSQL database at the present schema.

    ``local_job_types`` are the job types that workers of this installation run;
    ``checks`` maps the ending of a file name to its check, for files the engine knows
    nothing about (".form"). ``clock`` stands in for the present, aware: for samples that are
    played in their own past.
    """

    def __init__(
        self,
        url: str,
        *,
        local_job_types: frozenset[str] = frozenset(),
        zone: str = "Asia/Shanghai",
        checks: Mapping[str, Check] | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        own: dict[str, Check] = {
            ".calendar.json": _check_calendar, ".case.json": cases.check,
            ".catalogue.json": _check_catalogue,
        }
        super().__init__(
            url,
            local_job_types=local_job_types,
            zone=zone,
            checks=own | dict(checks or {}),
            hooks=_Cases(),
            clock=clock,
        )
        feel.set_zone(zone)


class _Cases(Hooks):
    """The case follows its process."""

    def project(self, unit: Unit, case_id: int, variables: Json, status: str | None) -> None:
        cases.project(unit, case_id, variables, status)

    def ended(self, unit: Unit, case_id: int, how: str) -> None:
        cases.ended(unit, case_id, how)

    def told(self, unit: Unit, case_id: int, values: Mapping[str, Json]) -> None:
        cases.told(unit, case_id, values)


def _check_calendar(
    content: bytes, filename: str, functions: Mapping[str, Function]
) -> list[Finding]:
    return calendar.check(content, filename)


def _check_catalogue(
    content: bytes, filename: str, functions: Mapping[str, Function]
) -> list[Finding]:
    return catalogue.check(content, filename)
