"""Scenarios: test cases of processes, played on the real engine in memory on a simulated clock.

The files are Camunda Process Test's JSON test cases (schema 8.9), so that a designer's tests run
here and there alike; docs/test-a-process.md says what differs.
"""

from engine.scenarios.coverage import Coverage, DiagramCoverage
from engine.scenarios.library import Library, Shelf, load
from engine.scenarios.player import Outcome, play
from engine.scenarios.reading import TestCase, read
from engine.scenarios.report import Played, junit, page

__all__ = [
    "Coverage", "DiagramCoverage", "Library", "Outcome", "Played", "Shelf", "TestCase", "junit",
    "load", "page", "play", "read",
]
