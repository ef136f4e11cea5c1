"""Rows of another system (BOSS, CRM) into what is known of customers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from engine import customers
from engine.customers import identities, refreshing
from engine.errors import Invalid
from engine.importing.mapping import CustomerMapping
from engine.importing.rejects import Rejects
from engine.importing.sheets import Row, Sheet
from engine.importing.values import RowRejected
from engine.model import Json
from engine.store.unit import Store

_BATCH = 500
_LONGEST_NAME = 200

Said = Mapping[str, Json]


@dataclass(slots=True)
class Customers:
    """How many rows told of new customers, changed one, said what was known, were rejected."""

    added: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0


def load_customers(
    engine: Store, sheet: Sheet, mapping: CustomerMapping, rejects: Rejects, *,
    levels: Collection[str], actor: str, check_only: bool = False,
    progress: Callable[[Row], None] = lambda row: None,
) -> Customers:
    """Bring customers up to date by the sheet's rows, in transactions of 500; of two rows about
    one number in the same 500 the later one counts. ``levels`` are those there are. With
    ``check_only`` nothing is written and ``same`` counts the good rows."""
    with engine.read() as conn:
        managers = refreshing.managers(conn)
    outcome = Customers()
    good = _good(sheet, mapping, rejects, _Checks(levels, managers), outcome, progress)
    while batch := list(islice(good, _BATCH)):
        if check_only:
            outcome.same += len(batch)
            continue
        with engine.unit(actor) as unit:
            done = refreshing.refresh(unit, dict(batch))
        outcome.added += done.added
        outcome.changed += done.changed
        outcome.same += done.same
    return outcome


@dataclass(frozen=True, slots=True)
class _Checks:
    levels: Collection[str]
    managers: Collection[str]

    def checked(self, number: str, said: dict[str, Json]) -> tuple[str, Said]:
        """The normalised number and what can be kept; RowRejected says which value cannot."""
        try:
            ref = customers.normalised(number)
        except Invalid as error:
            raise RowRejected(error.zh) from error
        found = {key: str(value).strip() for key, value in said.items()}
        if "manager" in found:
            found["manager"] = found["manager"].lower()
        known = (
            ("level", self.levels, "没有这个客户级别"),
            ("star", identities.STARS, "星级为 1–5，不能是"),
            ("manager", self.managers, "没有在用的工号"),
        )
        for key, values, zh in known:
            if key in found and found[key] not in values:
                raise RowRejected(f"{zh} {found[key]}。")
        if len(found.get("name", "")) > _LONGEST_NAME:
            raise RowRejected(f"姓名超过 {_LONGEST_NAME} 字。")
        return ref, found


def _good(
    sheet: Sheet, mapping: CustomerMapping, rejects: Rejects, checks: _Checks,
    outcome: Customers, progress: Callable[[Row], None],
) -> Iterator[tuple[str, Said]]:
    said_of = mapping.bind(sheet.columns)
    for row in sheet.rows:
        try:
            found = checks.checked(*said_of(row))
        except RowRejected as error:
            rejects.add(row, error.zh)
            outcome.rejected += 1
        else:
            yield found
        progress(row)
