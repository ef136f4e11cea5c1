"""The reject file: the rows that were not imported, as they were, with line and reason."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from engine.importing.sheets import Row

LINE, REASON = "行号", "未导入原因"


class Rejects:
    """A CSV file in UTF-8 with a mark, so that Excel shows Chinese. It is created with the first
    reject and every reject is on disk at once; a file of an earlier run is replaced."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.count = 0
        self._columns = columns
        self._file: TextIO | None = None
        self._writer: Any = None

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Row, reason: str) -> None:
        """Write ``row`` with its line and ``reason``."""
        if self._file is None:
            self._file = self.path.open(
                "w", encoding="utf-8-sig", errors="backslashreplace", newline=""
            )
            self._writer = csv.writer(self._file)
            self._writer.writerow([*self._columns, LINE, REASON])
        width = len(self._columns)
        cells = [_cell(cell) for cell in row.cells[:width]]
        spare = row.cells[width:]
        more = f"（多出的单元格：{' | '.join(_cell(cell) for cell in spare)}）" if spare else ""
        self._writer.writerow(
            [*cells, *[""] * (width - len(cells)), row.line, reason + more]
        )
        self._file.flush()
        self.count += 1


def _cell(cell: Any) -> str:
    return "" if cell is None else str(cell).replace("\x00", "")
