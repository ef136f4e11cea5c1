"""The engine as this installation runs it: its database, its adapters, its checks of forms."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import adapters
import forms
from engine.duties import DUTIES
from engine.store import embedded, migrate
from engine.wiring import Engine
from web.settings import Settings, load

log = logging.getLogger("bihuan")


def database_url(settings: Settings) -> str:
    """The URL of the database; starts the embedded server where none of your own is set."""
    return settings.database_url or embedded.start(settings.data_folder / "postgres")


def job_types() -> dict[str, adapters.Adapter]:
    """Every job type that our workers run by an adapter; adapters that do not load are logged,
    left out."""
    others, problems = adapters.third_parties()
    for problem in problems:
        log.warning(problem)
    return {**others, **adapters.registry}


def wire(settings: Settings, url: str) -> Engine:
    """An engine on the database ``url``, which is at the present schema. Close it."""
    return Engine(
        url,
        local_job_types=frozenset(job_types()) | frozenset(DUTIES),
        zone=settings.zone,
        checks={".form": forms.findings},
    )


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Engine]:
    """For commands: the database brought to the present schema, and an engine on it."""
    settings = settings or load()
    url = database_url(settings)
    migrate.migrate(url)
    engine = wire(settings, url)
    try:
        yield engine
    finally:
        engine.close()
