"""What the conversion of one file found, for the person who must finish it.

Severity "error": a person must decide before it can run; "warning": it runs, but somebody must
check that it still means the same; "info": converted or dropped without loss."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.model import Finding, Severity
from engine.xml import line_of

Pair = tuple[str, str]
"""A text in Chinese and English."""

NOTHING: Pair = ("", "")


@dataclass(slots=True)
class Report:
    """Collects findings of one file; the same finding is kept once."""

    filename: str
    findings: list[Finding] = field(default_factory=list)

    def decide(self, node: etree._Element, rule: str, what: Pair, remedy: Pair) -> None:
        """Something a person must decide."""
        self.on(node, rule, "error", what, remedy)

    def check(self, node: etree._Element, rule: str, what: Pair, remedy: Pair = NOTHING) -> None:
        """Converted, but the meaning may differ."""
        self.on(node, rule, "warning", what, remedy)

    def note(self, node: etree._Element, rule: str, what: Pair, remedy: Pair = NOTHING) -> None:
        """Converted or dropped without loss."""
        self.on(node, rule, "info", what, remedy)

    def on(
        self, node: etree._Element, rule: str, severity: Severity, what: Pair, remedy: Pair
    ) -> None:
        owner = _owner(node)
        name = None if owner is None else " ".join((owner.get("name") or "").split())
        self._add(
            Finding(
                rule,
                severity,
                self.filename,
                *what,
                *remedy,
                line=line_of(node) or (line_of(owner) if owner is not None else 0) or None,
                element_id=None if owner is None else owner.get("id"),
                element_name=name or None,
            )
        )

    def whole(self, rule: str, severity: Severity, what: Pair, remedy: Pair = NOTHING) -> None:
        """A remark on the file as such."""
        self._add(Finding(rule, severity, self.filename, *what, *remedy))

    def _add(self, finding: Finding) -> None:
        if finding not in self.findings:
            self.findings.append(finding)


def shown(text: str) -> str:
    """A text of the file for a message: one line, cut after 120 characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else flat[:119] + "…"


def _owner(node: etree._Element) -> etree._Element | None:
    """The nearest element around with an id that people see: no event definition, no expression."""
    found: etree._Element | None = None
    for one in (node, *node.iterancestors()):
        tag = str(etree.QName(one).localname)
        if not one.get("id") or tag == "definitions":
            continue
        found = found if found is not None else one
        if not tag.endswith(("Definition", "Expression", "Characteristics", "Entry")):
            return one
    return found
