"""Bringing complaints in from files of other systems: CSV and Excel, by a mapping file.

Each row becomes a case that runs, at most once however often the file is imported; a row
that cannot be used goes into a reject file with its line and the reason (docs/import.md).
"""

from engine.importing.load import Outcome, examine, load
from engine.importing.mapping import Mapping, parse
from engine.importing.rejects import Rejects
from engine.importing.sheets import Row, Sheet, open_sheet
from engine.importing.values import RowRejected

__all__ = [
    "Mapping", "Outcome", "Rejects", "Row", "RowRejected", "Sheet", "examine", "load",
    "open_sheet", "parse",
]
