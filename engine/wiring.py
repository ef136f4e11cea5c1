"""The engine, wired: the store with the hooks of the rooms above it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.store.unit import Check, Store


class Engine(Store):
    """The façade. ``url`` is a PostgreSQL database at the present schema.

    ``local_job_types`` are the job types that workers of this installation run;
    ``checks`` maps the ending of a file name to its check, for files the engine knows
    nothing about (".form").
    """

    def __init__(
        self,
        url: str,
        *,
        local_job_types: frozenset[str] = frozenset(),
        zone: str = "Asia/Shanghai",
        checks: Mapping[str, Check] | None = None,
    ) -> None:
        super().__init__(url, local_job_types=local_job_types, zone=zone, checks=checks)
