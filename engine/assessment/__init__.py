"""Assessment (内部客户制): those downstream score the work they were handed; the assessed may
appeal; months are summed up by unit, role, person and vendor (docs/assessment.md)."""

from engine.assessment.appealing import appeal, decide, may_appeal, may_decide
from engine.assessment.given import Assessment, get, given, pending
from engine.assessment.noting import carry_out
from engine.assessment.sheets import BY, Line, sheet

__all__ = [
    "BY", "Assessment", "Line", "appeal", "carry_out", "decide", "get", "given", "may_appeal",
    "may_decide", "pending", "sheet",
]
