"""Bihuan's engine: cases, processes, tasks, jobs, timers on PostgreSQL.

``Engine`` is the façade; use cases are functions of the modules (``engine.run``,
``engine.tasks`` …). Importing a language room (``engine.feel``, ``engine.dmn``) loads neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.store.unit import Unit
    from engine.wiring import Engine

__all__ = ["Engine", "Unit"]


def __getattr__(name: str) -> Any:
    if name == "Engine":
        from engine.wiring import Engine

        return Engine
    if name == "Unit":
        from engine.store.unit import Unit

        return Unit
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
