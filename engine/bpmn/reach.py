"""Which incoming flows of a gateway a token elsewhere can still reach."""

from __future__ import annotations

from engine.bpmn.diagram import Element, ProcessInfo


def reach(
    process: ProcessInfo, elements: list[Element], gateway: Element
) -> dict[str, frozenset[str]]:
    """For each element, the incoming flows of the gateway it leads to without passing it."""
    found: dict[str, set[str]] = {}
    by_id = {element.id: element for element in elements}
    for flow_id in gateway.incoming:
        open_ = [process.flows[flow_id].source]
        seen = {gateway.id}
        while open_:
            at = open_.pop()
            if at in seen:
                continue
            seen.add(at)
            found.setdefault(at, set()).add(flow_id)
            element = by_id[at]
            open_ += [process.flows[one].source for one in element.incoming]
            if element.attached_to is not None:
                open_.append(element.attached_to)
            if element.type == "intermediateCatchEvent":
                open_ += [one.id for one in process.links(element)]
    return {key: frozenset(flows) for key, flows in found.items()}
