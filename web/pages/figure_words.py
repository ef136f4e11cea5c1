"""How the values of figures read."""

from __future__ import annotations

from decimal import Decimal

from engine.figures import Figure

_UNITS = {"h": " 小时", "%": "%"}


def written(value: Decimal | None, figure: Figure) -> str:
    """A value with its unit: "63.6%", "5.50 小时"; a dash where there is none."""
    if value is None:
        return "—"
    return f"{value:.{figure.decimals}f}{_UNITS.get(figure.unit, f' {figure.unit}')}"


def plain(value: Decimal | None) -> str:
    """A number of a column: "3", "2.5"; a dash where there is none."""
    return "—" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
