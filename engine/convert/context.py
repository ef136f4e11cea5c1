"""What every step of a conversion works with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.convert.expressions import Expressions
from engine.convert.report import Report
from engine.model import File


@dataclass(frozen=True, slots=True)
class Table:
    """What callers must know of a decision: whether it gives one result, and its columns."""

    single: bool
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What the other files of the same conversion define: ``forms`` file name → form id."""

    forms: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)


@dataclass(slots=True)
class Work:
    """One file under conversion. ``made``: files that came out besides it. ``job_types``: job
    type → the class or expression it stands for."""

    report: Report
    given: Given
    folder: str = ""
    dialect: str = "plain"
    made: list[File] = field(default_factory=list)
    job_types: dict[str, str] = field(default_factory=dict)
    expressions: Expressions = field(init=False)

    def __post_init__(self) -> None:
        self.expressions = Expressions(self.report)

    def job_type(self, source: str, proposed: str) -> str:
        """``proposed`` as the job type for a class or expression; the whole ``source`` where
        another one has that type already."""
        taken = self.job_types.setdefault(proposed, source)
        return proposed if taken == source else slug(source)


def slug(text: str) -> str:
    """``text`` as an identifier of letters, digits, dots, dashes and underscores."""
    plain = re.sub(r"[^\w.-]+", "-", text).strip("-.")
    return plain if re.match(r"[^\W\d]", plain) else f"x-{plain}".rstrip("-")
