"""Forms, as a played year fills them in: a port, since the engine knows no forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from engine.model import Json


@dataclass(frozen=True, slots=True)
class Blank:
    """A field that still needs a value: its type as in the file, what may be chosen."""

    key: str
    type: str
    options: Sequence[Json]


class Paper(Protocol):
    """A form of one version."""

    @property
    def id(self) -> str: ...

    def fill(
        self, wanted: Mapping[str, Any], variables: Mapping[str, Any],
        say: Callable[[Blank], Json],
    ) -> dict[str, Json]:
        """What the form lets through of ``wanted``: ``say`` answers what it demands besides.
        Raises Invalid where that is refused, too."""
        ...


class Papers(Protocol):
    """Where the deployed forms are."""

    def by_key(self, conn: Connection, key: int) -> Paper: ...

    def latest(self, conn: Connection, form_id: str) -> Paper: ...
