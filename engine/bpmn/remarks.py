"""Findings about elements."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.diagram import Element, Flow
from engine.model import Finding, Severity


@dataclass(frozen=True, slots=True)
class Remarks:
    """Makes the findings of one file."""

    filename: str

    def on(
        self,
        element: Element | Flow,
        rule: str,
        zh: str,
        en: str,
        remedy: tuple[str, str] = ("", ""),
        *,
        severity: Severity = "error",
        line: int | None = None,
    ) -> Finding:
        """A finding at an element or flow; the sentences go on from its name."""
        return Finding(
            rule,
            severity,
            self.filename,
            zh,
            en,
            *remedy,
            line=line or element.line,
            element_id=element.id,
            element_name=element.name,
        )
