"""Rows into running cases: in small transactions, each row at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import select

from engine import cases
from engine.errors import BihuanError
from engine.importing.mapping import Entry, Mapping
from engine.importing.rejects import Rejects
from engine.importing.sheets import Row, Sheet
from engine.importing.values import RowRejected
from engine.store.unit import Store
from engine.tables import cases as table

_BATCH = 25

Read = tuple[Row, Entry]


@dataclass(slots=True)
class Outcome:
    """How many rows became cases now, had become cases before, and were rejected."""

    added: int = 0
    present: int = 0
    rejected: int = 0


def load(
    engine: Store, sheet: Sheet, mapping: Mapping, rejects: Rejects, *, actor: str,
    limit: int | None = None, progress: Callable[[Row], None] = lambda row: None,
) -> Outcome:
    """Open a case for each of the first ``limit`` rows that is not in the database yet.

    A batch of rows is one transaction; where one of its rows fails, its rows are taken one by
    one, so that only that row is rejected. Whatever interrupts the import, a row is either a
    whole case or none, and the next run goes on. ``progress`` is called after each row.
    """
    return _Load(engine, mapping, rejects, actor, progress).run(sheet, limit)


def examine(
    sheet: Sheet, mapping: Mapping, rejects: Rejects, *, limit: int | None = None,
    progress: Callable[[Row], None] = lambda row: None,
) -> Outcome:
    """What ``load`` would find wrong in the rows themselves, without a database; ``added`` counts
    the good ones."""
    outcome = Outcome()
    for row, entry in read(sheet, mapping, limit):
        if isinstance(entry, RowRejected):
            rejects.add(row, entry.zh)
            outcome.rejected += 1
        else:
            outcome.added += 1
        progress(row)
    return outcome


def read(
    sheet: Sheet, mapping: Mapping, limit: int | None = None
) -> Iterator[tuple[Row, Entry | RowRejected]]:
    """Each row with its entry, or with the reason why it has none."""
    entry_of = mapping.bind(sheet.columns, datetime.now(UTC))
    lines: dict[str, int] = {}
    for row in islice(sheet.rows, limit):
        try:
            entry = entry_of(row)
        except RowRejected as error:
            yield row, error
            continue
        first = lines.setdefault(entry.ref, row.line)
        if first != row.line:
            yield row, RowRejected(f"编号 {entry.ref} 与第 {first} 行重复。")
        else:
            yield row, entry


class _Load:
    def __init__(
        self, engine: Store, mapping: Mapping, rejects: Rejects, actor: str,
        progress: Callable[[Row], None],
    ) -> None:
        self.engine = engine
        self.mapping = mapping
        self.rejects = rejects
        self.actor = actor
        self.progress = progress
        self.outcome = Outcome()

    def run(self, sheet: Sheet, limit: int | None) -> Outcome:
        entries = self._entries(sheet, limit)
        while batch := list(islice(entries, _BATCH)):
            new = self._without_known(batch)
            if new:
                self._open(new)
        return self.outcome

    def _entries(self, sheet: Sheet, limit: int | None) -> Iterator[Read]:
        for row, entry in read(sheet, self.mapping, limit):
            if isinstance(entry, RowRejected):
                self._reject(row, entry.zh)
            else:
                yield row, entry

    def _without_known(self, batch: Sequence[Read]) -> list[Read]:
        wanted = [entry.ref for _, entry in batch]
        query = select(table.c.source_ref).where(
            table.c.source == self.mapping.source, table.c.source_ref.in_(wanted)
        )
        with self.engine.read() as conn:
            known = set(conn.scalars(query))
        new = []
        for row, entry in batch:
            if entry.ref in known:
                self._present(row)
            else:
                new.append((row, entry))
        return new

    def _open(self, batch: list[Read]) -> None:
        try:
            with self.engine.unit(self.actor) as unit:
                for _, entry in batch:
                    cases.open_(
                        unit, self.mapping.kind, entry.data, source=self.mapping.source,
                        source_ref=entry.ref, received_at=entry.received_at,
                    )
        except BihuanError as error:
            self._failed(batch, error)
            return
        self.outcome.added += len(batch)
        for row, _ in batch:
            self.progress(row)

    def _failed(self, batch: list[Read], error: BihuanError) -> None:
        if len(batch) > 1:
            for one in batch:
                self._open([one])
            return
        row = batch[0][0]
        if isinstance(error, cases.AlreadyOpened):
            self._present(row)
        else:
            self._reject(row, error.zh)

    def _present(self, row: Row) -> None:
        self.outcome.present += 1
        self.progress(row)

    def _reject(self, row: Row, reason: str) -> None:
        self.rejects.add(row, reason)
        self.outcome.rejected += 1
        self.progress(row)
