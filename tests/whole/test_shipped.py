"""What comes with the program is deployed at start, and what was changed here stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import deployment
from engine.model import File
from engine.wiring import Engine
from web.commands import shipped
from web.opening import wire
from web.settings import Settings


@pytest.fixture
def wired(database: str) -> Iterator[Engine]:
    """An engine with the adapters and checks of an installation."""
    engine = wire(Settings(), database)
    yield engine
    engine.close()


def versions(engine: Engine) -> dict[str, tuple[int, str]]:
    """Resource and id → latest version and who deployed it."""
    with engine.read() as conn:
        found = deployment.definitions(conn)
    return {f"{one.resource}/{one.id}": (one.version, one.by) for one in found}


def test_all_files_are_deployed_once(wired: Engine) -> None:
    first = shipped.deploy(wired)
    before = versions(wired)

    assert "已部署" in first[0]
    assert {name.partition("/")[0] for name in before} == {file.name for file in shipped.files()}
    assert shipped.deploy(wired) == ["随本版本提供的文件没有变化。"]
    assert versions(wired) == before


def test_what_an_administrator_changed_is_kept(wired: Engine) -> None:
    shipped.deploy(wired)
    limits = next(file for file in shipped.files() if file.name == "limits.dmn")
    changed = File(limits.name, limits.content + b"\n<!-- ours -->\n")
    with wired.unit("zhang") as unit:
        deployment.deploy(unit, [changed])
    before = versions(wired)

    said = shipped.deploy(wired)

    assert versions(wired) == before
    assert any(line.startswith("limits.dmn：保留 zhang 部署的第 2 版") for line in said)


def test_no_two_shipped_files_have_one_name() -> None:
    names = [file.name for file in shipped.files()]

    assert len(names) == len(set(names))
