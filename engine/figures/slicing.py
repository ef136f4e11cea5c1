"""A figure narrowed, or taken apart, by dimensions that its own statement says nothing of: each
row of ``counted`` belongs to a case, and the case has a unit, a place, a category …

The table ``counted`` of the figure is put behind another of that name, which keeps the rows that
are asked for and has the values of the dimensions in place of the month. So the formula, with
its quotas and what is missing to the target, is the figure's own for every value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.figures.reading import Figure
from engine.figures.statement import COUNTED

MONTH = "month"
CATEGORIES = ("category", "subcategory", "category3", "category4")
DIMENSIONS = ("unit", "region", "channel", "level", "category", "kind", "vendor", "person")
"""What every case has. A figure's ``counted`` may have columns of these names, and ``role``: they
then hold for it, e.g. ``person`` who did the task rather than who received the case."""
SEPARATOR = "\x1f"
_ALL = f"{COUNTED}_before"


@dataclass(frozen=True, slots=True)
class Slice:
    """``by``: the dimensions to take apart by, none to keep months; ``chosen``: what to narrow
    to."""

    by: tuple[str, ...]
    chosen: Mapping[str, str]

    def unfit(self, figure: Figure, columns: Sequence[str]) -> tuple[str, ...]:
        """The dimensions asked for that the figure does not have."""
        known = {*DIMENSIONS, MONTH, *columns, *figure.statement.parameters}
        return tuple(name for name in dict.fromkeys([*self.by, *self.chosen]) if name not in known)

    def plain(self, figure: Figure) -> bool:
        """Whether the figure's own statement does all of it."""
        return not self.by and not self._further(figure)

    def head(self, figure: Figure, columns: Sequence[str]) -> str:
        """The figure's WITH, its ``counted`` narrowed and, with ``by``, by dimension."""
        statement = figure.statement
        if self.plain(figure):
            return statement.head
        kept = [f"k.{name}" for name in columns if name != MONTH]
        group = f" || E'{_escaped()}' || ".join(
            f"coalesce({self._column(name, columns)}::text, '')" for name in self.by
        )
        kept.append(f"({group}) AS {MONTH}" if group else f"k.{MONTH}")
        wanted = [self._asked(name, columns) for name in self._further(figure)]
        text = statement.text
        return (
            f"{text[:statement.named_at]}{_ALL}"
            f"{text[statement.named_at + len(COUNTED):statement.closed_at]}, {COUNTED} AS ("
            f"SELECT {', '.join(kept)} FROM {_ALL} k"
            " LEFT JOIN v_dimensions d ON d.case_id = k.case_id"
            f"{' WHERE ' if wanted else ''}{' AND '.join(wanted)})"
            f"{text[statement.closed_at:statement.head_end]}"
        )

    def _further(self, figure: Figure) -> list[str]:
        return [name for name in self.chosen if name not in figure.statement.parameters]

    def _asked(self, name: str, columns: Sequence[str]) -> str:
        if name == "category" and name not in columns:
            return f"asked(:category, {', '.join(f'd.{one}' for one in CATEGORIES)})"
        return f"asked(:{name}, {self._column(name, columns)})"

    def _column(self, name: str, columns: Sequence[str]) -> str:
        if name in columns:
            return f"k.{name}"
        return f"d.{self._level() if name == 'category' else name}"

    def _level(self) -> str:
        """The level of categories right below the one that is chosen."""
        depth = self.chosen["category"].count(".") + 1 if self.chosen.get("category") else 0
        return CATEGORIES[min(depth, len(CATEGORIES) - 1)]


def _escaped() -> str:
    return f"\\x{ord(SEPARATOR):02x}"
