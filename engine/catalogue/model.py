"""A catalogue, once read: it never changes, and answers by lookups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

SEPARATOR = "."
BETWEEN = " / "


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the catalogue: its name and who keeps it (``group``, ``province`` …)."""

    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class Category:
    """``code`` contains the codes of the parents (``network.coverage.indoor``). What is left out
    in the file is inherited: ``elements`` are the parents' and its own; ``since`` and ``until``
    (both days included) are the narrowest of the way down."""

    code: str
    label: str
    level: int
    parent: str
    children: tuple[str, ...]
    elements: tuple[str, ...]
    specialty: str | None
    unit: str | None
    urgent: bool
    about: str
    since: date | None
    until: date | None

    def active(self, on: date) -> bool:
        """Whether it may be chosen on that day."""
        begun = self.since is None or self.since <= on
        return begun and (self.until is None or on <= self.until)

    def within(self, code: str) -> bool:
        """Whether it is this category or somewhere below it."""
        return self.code == code or self.code.startswith(code + SEPARATOR)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``elements`` are the labels of what may have to be recorded, by key; ``categories`` are in
    the order of the file, parents first."""

    id: str
    name: str
    levels: tuple[Level, ...]
    elements: Mapping[str, str]
    categories: Mapping[str, Category]

    def below(self, parent: str, on: date, keep: str | None = None) -> list[Category]:
        """The categories right below ``parent`` ("" for the first level) that are active on that
        day, and ``keep`` though it is not."""
        above = self.categories.get(parent)
        codes = above.children if above else self._first() if parent == "" else ()
        found = (self.categories[code] for code in codes)
        return [one for one in found if one.active(on) or one.code == keep]

    def unfolded(self, chosen: str = "") -> list[Category]:
        """What a filter offers, retired categories included: the first level, and under each
        category on the way to ``chosen`` what is right below it."""
        found: list[Category] = []

        def add(codes: tuple[str, ...]) -> None:
            for code in codes:
                one = self.categories[code]
                found.append(one)
                if chosen in self.categories and self.categories[chosen].within(code):
                    add(one.children)

        add(self._first())
        return found

    def path(self, code: str) -> str | None:
        """The labels from the first level down, active or not; None for an unknown code."""
        labels: list[str] = []
        here = self.categories.get(code)
        while here is not None:
            labels.insert(0, here.label)
            here = self.categories.get(here.parent)
        return BETWEEN.join(labels) or None

    def labels(self, level: int) -> dict[str, str]:
        """Code → what a case shows at this level, retired categories included: down to the
        second level the way, below it the category's own label."""
        return {
            one.code: (self.path(one.code) or "") if level == 2 else one.label
            for one in self.categories.values() if one.level == level
        }

    def _first(self) -> tuple[str, ...]:
        return tuple(one.code for one in self.categories.values() if one.level == 1)
