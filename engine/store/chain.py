"""The history's hash chain: each row's hash covers the one before it and the row's own text.

A case's rows are numbered without gaps; the head (number and hash) lies in the row of the
root instance. So a changed, missing, added or exchanged row shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Row, text

from engine.model import Json
from engine.store.rows import Batch
from engine.tables import history

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


@dataclass(slots=True)
class Chain:
    """The end of one case's history, and what a transaction adds to it."""

    case_id: int
    seq: int = 0
    head: bytes = b""
    actor: str = ""
    at: datetime = _EPOCH
    _rows: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        kind: str,
        data: Json = None,
        *,
        instance_key: int | None = None,
        element_id: str | None = None,
        token: str | None = None,
    ) -> None:
        """Append one entry; ``data`` is a JSON object."""
        text_ = orjson.dumps(data or {}, option=_OPTIONS)
        self.seq += 1
        row = {
            "case_id": self.case_id,
            "seq": self.seq,
            "at": self.at,
            "instance_key": self.case_id if instance_key is None else instance_key,
            "actor": self.actor,
            "kind": kind,
            "element_id": element_id,
            "token": token,
        }
        self.head = _hash(self.head, row, text_)
        row["data"] = orjson.Fragment(text_)
        row["hash"] = self.head
        self._rows.append(row)

    def write(self, batch: Batch) -> bool:
        """Insert what was added; the caller writes the head. Returns whether there was any."""
        rows, self._rows = self._rows, []
        batch.insert(history, rows)
        return bool(rows)


def intact(rows: Iterable[Row[Any]], seq: int, head: bytes) -> bool:
    """Whether ``rows`` (of one case, by ``seq``, data as text) are all that was written."""
    count, previous = 0, b""
    for row in rows:
        count += 1
        previous = _hash(previous, row._mapping, row.text.encode())
        if row.seq != count or bytes(row.hash) != previous:
            return False
    return (count, previous) == (seq, head)


ROWS_OF_CASE = text(
    "SELECT case_id, seq, at, instance_key, actor, kind, element_id, token, hash,"
    " CAST(data AS text) AS text FROM history WHERE case_id = :case_id ORDER BY seq"
)
"""The rows that ``intact`` wants."""


def _hash(previous: bytes, row: Any, data: bytes) -> bytes:
    microseconds = (row["at"] - _EPOCH) // _MICROSECOND
    fields = [
        row["case_id"], row["seq"], microseconds, row["instance_key"], row["actor"],
        row["kind"], row["element_id"], row["token"],
    ]  # fmt: skip
    return hashlib.sha256(previous + orjson.dumps(fields) + data).digest()


_MICROSECOND = _EPOCH.resolution
