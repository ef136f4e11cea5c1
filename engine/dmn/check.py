"""What looks wrong in a model that can run."""

from __future__ import annotations

from engine.dmn.model import Model
from engine.dmn.parse import faults
from engine.model import Finding


def check(model: Model, filename: str) -> list[Finding]:
    """Findings on a model, errors first."""
    return faults(model)
