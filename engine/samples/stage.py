"""What a player works with: the engine in its own past, the file, the plan, the people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import event

from engine import calendars, cases, categories, definitions
from engine.cases import CaseKind
from engine.catalogue import Catalogue, Category
from engine.errors import NotFound
from engine.samples.behaviour import Behaviour
from engine.samples.chance import Chance
from engine.samples.clock import Clock
from engine.samples.paper import Papers
from engine.samples.plan import Plan
from engine.samples.saying import Speaker
from engine.samples.staff import Staff
from engine.store.unit import Store

CATALOGUE = "complaint"


@dataclass(frozen=True, slots=True)
class Stage:
    """``engine`` is one whose clock is ``clock``. ``source`` names this year: it stands in its
    cases, by which a year that was broken off is gone on with. ``until``: its end."""

    engine: Store
    clock: Clock
    behaviour: Behaviour
    seed: int
    source: str
    until: datetime
    papers: Papers
    staff: Staff
    speaker: Speaker
    kinds: dict[str, CaseKind]
    leaves: tuple[Category, ...]
    weights: tuple[float, ...]

    @classmethod
    def set(
        cls, engine: Store, clock: Clock, behaviour: Behaviour, plan: Plan, seed: int,
        source: str, papers: Papers,
    ) -> Self:
        """Everything that is deployed, read once. Raises NotFound."""
        with engine.read() as conn:
            number = definitions.number(conn)
            _, functions = definitions.functions_at(conn, number)
            catalogue = categories.named(conn, number).get(CATALOGUE)
            if catalogue is None:
                raise NotFound(
                    f"没有部署分类目录“{CATALOGUE}”。请先部署随程序提供的文件：bihuan deploy "
                    "processes forms，再装入示例。",
                    f"There is no catalogue “{CATALOGUE}”. Deploy the shipped files first: "
                    "bihuan deploy processes forms.",
                )
            leaves, weights = _leaves(catalogue, behaviour)
            labels = {**behaviour.labels, **_categories(catalogue)}
            return cls(
                engine, clock, behaviour, seed, source, plan.until, papers,
                Staff(
                    conn, calendars.at(conn, number)[1], behaviour.shifts,
                    plan.strain(behaviour.strain),
                ),
                Speaker(behaviour.texts, labels, functions),
                {kind: cases.kind(conn, kind) for kind in behaviour.kinds}, leaves, weights,
            )

    def chance(self, *about: object) -> Chance:
        return Chance(self.seed, *about)

    def leaf(self, chance: Chance) -> Category:
        """A category without others below it."""
        return chance.among(self.leaves, self.weights)


def hurry(engine: Store) -> None:
    """Have its connections not wait for the disk at each commit: a power cut may lose the last
    moments, whole cases none the less. For loading only."""

    @event.listens_for(engine.pool, "connect")
    def relax(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("SET synchronous_commit = off")
        connection.autocommit = False


def _leaves(
    catalogue: Catalogue, behaviour: Behaviour
) -> tuple[tuple[Category, ...], tuple[float, ...]]:
    """The leaves with their weight: that of the nearest category the file names, shared out
    among those below it, the first of them more often."""
    leaves, weights = [], []
    for code, weight in behaviour.categories.items():
        below = [
            one for one in catalogue.categories.values()
            if one.within(code) and not one.children and one.until is None
        ]
        parts = [1 / (place + 1.5) for place in range(len(below))]
        leaves += below
        weights += [weight * part / sum(parts) for part in parts]
    return tuple(leaves), tuple(weights)


def _categories(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    labels = {code: one.label for code, one in catalogue.categories.items()}
    return dict.fromkeys(("category", "subcategory", "category3", "category4", "scene"), labels)
