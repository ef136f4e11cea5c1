"""Bringing complaints, and what is known of customers, in from files of other systems: CSV and
Excel, by a mapping file.

Each row becomes a case that runs, at most once however often the file is imported; a row
that cannot be used goes into a reject file with its line and the reason (docs/import.md).
"""

from engine.importing.customers import Customers, load_customers
from engine.importing.load import Outcome, examine, load
from engine.importing.mapping import CustomerMapping, Mapping, parse, parse_customers
from engine.importing.rejects import Rejects
from engine.importing.sheets import Row, Sheet, open_sheet
from engine.importing.values import RowRejected

__all__ = [
    "CustomerMapping", "Customers", "Mapping", "Outcome", "Rejects", "Row", "RowRejected",
    "Sheet", "examine", "load", "load_customers", "open_sheet", "parse", "parse_customers",
]
