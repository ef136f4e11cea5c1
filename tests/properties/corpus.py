"""The valid files that are damaged: those we ship, those of the tests, generated ones."""

from __future__ import annotations

from pathlib import Path

from engine.calendar import functions, plain
from tests.properties.generator import structured
from tests.properties.writing import written
from tests.unit.bpmn.supported import SUPPORTED

ROOT = Path(__file__).parents[2]
FUNCTIONS = functions(plain())


def files(ending: str) -> list[bytes]:
    """The contents of all our files with an ending."""
    folders = ("processes", "forms", "tests")
    found = sorted(path for one in folders for path in (ROOT / one).rglob(f"*{ending}"))
    return [path.read_bytes() for path in found]


def diagrams() -> list[bytes]:
    """Shipped, in the tests, of the table of supported elements, and random ones."""
    made = [written(structured(seed)) for seed in range(60)]
    return files(".bpmn") * 2 + [row.content for row in SUPPORTED] + made
