"""Reads loops, ad-hoc sub-processes, listeners and filters of conditions."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.attributes import AdHoc, JobDefinition, Listener, Repeat, Watched
from engine.bpmn.zeebe import BPMN, ZEEBE, attributes, extension, line_of


def repeat(node: etree._Element) -> Repeat | None:
    found = node.find(f"{BPMN}standardLoopCharacteristics")
    if found is None:
        return None
    return Repeat(
        (found.findtext(f"{BPMN}loopCondition") or "").strip() or None,
        found.get("loopMaximum"),
        found.get("testBefore") == "true",
        line_of(found),
    )


def ad_hoc(node: etree._Element) -> AdHoc:
    details = attributes(node, "adHoc")
    return AdHoc(
        details.get("activeElementsCollection") or None,
        (node.findtext(f"{BPMN}completionCondition") or "").strip() or None,
        node.get("cancelRemainingInstances", "true") != "false",
        details.get("outputCollection") or None,
        details.get("outputElement") or None,
        node.get("ordering") == "Sequential",
        line_of(node),
    )


def listeners(node: etree._Element) -> tuple[Listener, ...]:
    """Execution and task listeners in the order of the file."""
    return tuple(
        Listener(
            one.get("eventType", ""),
            JobDefinition(one.get("type", ""), one.get("retries") or "3"),
            line_of(one),
        )
        for tag, inner in (
            ("executionListeners", "executionListener"),
            ("taskListeners", "taskListener"),
        )
        if (found := extension(node, tag)) is not None
        for one in found.findall(f"{ZEEBE}{inner}")
    )


def listened(node: etree._Element) -> list[tuple[str, int | None]]:
    """The listeners of a process itself, which is no element."""
    return [("zeebe:executionListeners", one.line) for one in listeners(node)]


def watched(node: etree._Element) -> Watched | None:
    """The filter of a conditional event definition."""
    found = extension(node, "conditionalFilter")
    if found is None:
        return None
    return Watched(
        *(
            frozenset(part.strip() for part in found.get(name, "").split(",") if part.strip())
            for name in ("variableNames", "variableEvents")
        )
    )
