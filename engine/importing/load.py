"""Rows into running cases: in small transactions, each row at most once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

from sqlalchemy import text

from engine import cases
from engine.errors import BihuanError
from engine.importing.mapping import Entry, Mapping
from engine.importing.rejects import Rejects
from engine.importing.sheets import Row, Sheet
from engine.importing.values import RowRejected
from engine.store.unit import Crowded, Store

_BATCH = 25
_THREADS = 2
_ATTEMPTS = 3
_MANY = 1000
_ANALYZE = text("ANALYZE cases, customers, instances, user_tasks")
"""After that many new rows PostgreSQL's old idea of the tables makes its plans bad."""

Read = tuple[Row, Entry]
Result = tuple[Row, Literal["added", "present"] | BihuanError | RowRejected]


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
    """Rows are read and tallied in the calling thread; other threads open the cases, so that
    our work on one batch and PostgreSQL's on another overlap."""

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
        running: deque[Future[list[Result]]] = deque()
        with ThreadPoolExecutor(_THREADS) as threads:
            while batch := list(islice(entries, _BATCH)):
                running.append(threads.submit(self._import, batch))
                if len(running) > _THREADS:
                    self._tally(running.popleft().result())
            while running:
                self._tally(running.popleft().result())
        if self.outcome.added >= _MANY:
            with self.engine.unit(self.actor) as unit:
                unit.conn.execute(_ANALYZE)
        return self.outcome

    def _entries(self, sheet: Sheet, limit: int | None) -> Iterator[Read]:
        for row, entry in read(sheet, self.mapping, limit):
            if isinstance(entry, RowRejected):
                self._tally([(row, entry)])
            else:
                yield row, entry

    def _tally(self, results: list[Result]) -> None:
        for row, result in results:
            if result == "added":
                self.outcome.added += 1
            elif result == "present":
                self.outcome.present += 1
            else:
                self.rejects.add(row, result.zh)
                self.outcome.rejected += 1
            self.progress(row)

    def _import(self, batch: list[Read]) -> list[Result]:
        known = self._known(batch)
        new = [(row, entry) for row, entry in batch if entry.ref not in known]
        present: list[Result] = [(row, "present") for row, entry in batch if entry.ref in known]
        return present + (self._open(new) if new else [])

    def _known(self, batch: list[Read]) -> frozenset[str]:
        with self.engine.read() as conn:
            return cases.known_refs(conn, self.mapping.source, [entry.ref for _, entry in batch])

    def _open(self, batch: list[Read], attempt: int = 1) -> list[Result]:
        try:
            with self.engine.unit(self.actor) as unit:
                for _, entry in batch:
                    cases.open_(
                        unit, self.mapping.kind, entry.data, source=self.mapping.source,
                        source_ref=entry.ref, received_at=entry.received_at,
                    )
        except BihuanError as error:
            if len(batch) > 1:
                return [result for one in batch for result in self._open([one])]
            if isinstance(error, Crowded) and attempt < _ATTEMPTS:
                return self._open(batch, attempt + 1)
            known = isinstance(error, cases.AlreadyOpened)
            return [(batch[0][0], "present" if known else error)]
        return [(row, "added") for row, _ in batch]
