"""Cases: what people see of a process that runs for a customer.

A case's row follows its process: ``engine.run`` calls ``project`` and ``ended`` in the step
that changes something. Personal data leaves these functions masked; ``reveal`` shows it, for
a reason that is kept.
"""

from engine.cases.kinds import CaseField, CaseKind, check, parse
from engine.cases.lookup import kind, kinds, level_names
from engine.cases.opening import AlreadyOpened, ended, known_refs, open_, project, reserve, told
from engine.cases.queries import (
    CaseRow, CaseView, CustomerCases, Page, duplicates, of_customer, of_person, repeats,
    rows, search, siblings, view,
)
from engine.cases.revealing import reveal
from engine.cases.standing import Standing, standing

__all__ = [
    "AlreadyOpened", "CaseField", "CaseKind", "CaseRow", "CaseView", "CustomerCases", "Page",
    "Standing", "check", "duplicates", "ended", "kind", "kinds", "known_refs", "level_names",
    "of_customer", "of_person", "open_", "parse", "project", "repeats", "reserve", "reveal",
    "rows", "search", "siblings", "standing", "told", "view",
]
