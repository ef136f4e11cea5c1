"""What exists outside the diagram that is being checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.feel import Function


@dataclass(frozen=True, slots=True)
class Known:
    """Ids that references may name, those of the same deployment included. None: not checked.
    ``job_types`` are the adapters here; other types wait for outside workers, so that an
    unknown one is a warning. ``functions`` are those added to FEEL. ``not_callable`` are the
    processes among ``processes`` without a plain start event: only events start them.
    ``groups``: those of the organisation; one that is not there yet is a warning."""

    processes: frozenset[str] | None = None
    decisions: frozenset[str] | None = None
    forms: frozenset[str] | None = None
    job_types: frozenset[str] | None = None
    functions: Mapping[str, Function] = field(default_factory=dict)
    not_callable: frozenset[str] = frozenset()
    groups: frozenset[str] | None = None
