"""The scenarios on a real PostgreSQL; see tests/database.py."""

from __future__ import annotations

import pytest
import time_machine

from engine import Engine, deployment
from engine.model import File
from engine.resources import kind_of
from tests.database import database, engine, server, template
from tests.scenarios.complaint import PROJECT, START

__all__ = ["database", "deployed", "engine", "server", "template"]


@pytest.fixture
def deployed(engine: Engine) -> Engine:
    """An engine to which the complaint process is deployed."""
    paths = [
        *(PROJECT / "processes").glob("*.calendar.json"),
        *(PROJECT / "processes" / "complaint").iterdir(),
        *(PROJECT / "forms").glob("*.form"),
    ]
    files = [File(path.name, path.read_bytes()) for path in paths if kind_of(path.name)]
    with time_machine.travel(START, tick=False), engine.unit("system") as unit:
        deployment.deploy(unit, files)
    return engine
