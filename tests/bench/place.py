"""Where a measurement happens: a fresh embedded server with a migrated database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

import forms
from engine import deployment, groups, people
from engine.model import File, Person
from engine.store import embedded
from engine.store.migrate import migrate
from engine.store.unit import Unit
from engine.wiring import Engine

FILES = Path(__file__).parent / "files"
CLERK = Person("bench", "测速员", frozenset({"staff"}), frozenset({"bench"}))
PASSWORD = "measure-the-clerk-1"
ENTRY = {"title": "宽带断线", "amount": 120, "class": "normal", "note": "第三次报修"}


@dataclass(frozen=True, slots=True)
class Place:
    """A running server. ``postgres`` is the root of its processes; ``asking`` is a connection
    for what a measurement must know but does not measure."""

    folder: Path
    engine: Engine
    postgres: psutil.Process
    asking: psycopg.Connection[Any]


@contextmanager
def opened(folder: Path) -> Iterator[Place]:
    """A server in ``folder`` with PostgreSQL's own defaults for durability, our schema, the
    files of the measurement and one clerk."""
    server = folder / "postgres"
    url = embedded.start(server)
    migrate(url)
    engine = Engine(url, checks={".form": forms.findings})
    try:
        furnish(engine)
        root = psutil.Process(int((server / "postmaster.pid").read_text().split()[0]))
        with psycopg.connect(url, autocommit=True) as asking:
            yield Place(folder, engine, root, asking)
    finally:
        engine.close()
        embedded.stop(server)


def furnish(engine: Engine) -> None:
    """Deploy the files of the measurement and add its clerk."""
    with engine.unit("bench") as unit:
        files = [File(path.name, path.read_bytes()) for path in sorted(FILES.iterdir())]
        deployment.deploy(unit, files)
        _add_clerk(unit)


def _add_clerk(unit: Unit) -> None:
    groups.set_names(unit, {"bench": "测速组"})
    people.add(
        unit,
        CLERK.login,
        CLERK.name,
        password=PASSWORD,
        roles=CLERK.roles,
        groups=CLERK.groups,
    )
