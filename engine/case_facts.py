"""What figures read of a case, as columns of its row that PostgreSQL derives from its data.

Figures go through a year of cases: taken out of the JSON, each value would be unpacked again for
every case and figure. As generated columns they cannot differ from the data. The names are the
vocabulary of the views (docs/figures.md); a case whose kind has no such field has null there.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Computed, DateTime, Numeric, Text
from sqlalchemy.types import TypeEngine

_TEXTS = {
    "order_kind": "kind",
    **{
        name: name for name in (
            "category", "subcategory", "category3", "category4", "region", "unit", "team",
            "owner", "channel", "customer_level", "complaint_class", "escalation_level",
            "intake_result", "satisfaction", "solved", "no_revisit_reason", "company_fault",
            "responsible_unit", "closing_class", "vendor", "compensation_state",
        )
    },
}
"""Column → key in the data."""

_FLAGS = ("urgent", "escalated", "repeated")
_MOMENTS = ("reply_due_at", "dispatched_at", "answered_at", "revisited_at", "escalated_at")
_COUNTS = ("urge_count", "transfer_count", "reopen_count")


def columns() -> tuple[Column[Any], ...]:
    """The columns, for the table of cases; each call makes them anew."""
    return (
        *(_derived(name, Text(), f"data ->> '{key}'::text") for name, key in _TEXTS.items()),
        *(
            _derived(name, Boolean(), f"COALESCE((data -> '{name}'::text) = 'true'::jsonb, false)")
            for name in _FLAGS
        ),
        *(
            _derived(name, DateTime(timezone=True), f"moment_of((data ->> '{name}'::text))")
            for name in _MOMENTS
        ),
        *(_derived(name, Numeric(), f"count_of((data -> '{name}'::text))") for name in _COUNTS),
    )


def _derived(name: str, type_: TypeEngine[Any], expression: str) -> Column[Any]:
    return Column(name, type_, Computed(expression, persisted=True))
