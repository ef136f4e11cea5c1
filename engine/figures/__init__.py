"""Figures: key numbers whose formulas are deployed ``NAME.figure.sql`` files (docs/figures.md)."""

from engine.figures.advising import Advice, advise
from engine.figures.checking import check
from engine.figures.reading import FILTERS, Figure, findings, parse
from engine.figures.running import (
    Filters, Part, Point, Result, apart, cases_behind, get, list_, run,
)
from engine.figures.targets import aim

__all__ = [
    "FILTERS", "Advice", "Figure", "Filters", "Part", "Point", "Result", "advise", "aim", "apart",
    "cases_behind", "check", "findings", "get", "list_", "parse", "run",
]
