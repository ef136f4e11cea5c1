"""Reads loops, ad-hoc sub-processes, listeners and filters of conditions."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.attributes import AdHoc, JobDefinition, Listener, Loop, Repeat, Watched
from engine.bpmn.zeebe import BPMN, ZEEBE, attributes, extension, headers, line_of


_EVENTS = {
    "create": "creating", "assignment": "assigning", "update": "updating",
    "complete": "completing",
}  # fmt: skip
"""The names that Zeebe has for task listeners' events from before 8.8. Its "cancel" is also an
event of processes (8.10), so it is not among them."""


def loop(node: etree._Element) -> Loop | None:
    found = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if found is None:
        return None
    details = attributes(found, "loopCharacteristics")
    return Loop(
        found.get("isSequential") == "true",
        details.get("inputCollection"),
        details.get("inputElement") or None,
        details.get("outputCollection") or None,
        details.get("outputElement") or None,
        (found.findtext(f"{BPMN}completionCondition") or "").strip() or None,
        line_of(found),
        (found.findtext(f"{BPMN}loopCardinality") or "").strip() or None,
    )


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
    """Execution and task listeners in the order of the file. A listener's job has the headers
    of its element and its own, which go before (Zeebe's rule)."""
    around = headers(extension(node, "taskHeaders"))
    return tuple(
        Listener(
            _EVENTS.get(one.get("eventType", ""), one.get("eventType", "")),
            JobDefinition(
                one.get("type", ""),
                one.get("retries") or "3",
                {**around, **headers(one.find(f"{ZEEBE}taskHeaders"))},
            ),
            line_of(one),
            inner == "taskListener",
        )
        for tag, inner in (
            ("executionListeners", "executionListener"),
            ("taskListeners", "taskListener"),
        )
        if (found := extension(node, tag)) is not None
        for one in found.findall(f"{ZEEBE}{inner}")
    )


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
