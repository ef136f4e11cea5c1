"""What the extension properties ``case.…``, ``customer.…`` and ``assess.…`` say of the case, its
customer and the work before (docs/customers.md, docs/assessment.md)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.conventions import ASSESSMENTS, LINKS, TEXTS
from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.remarks import Remarks
from engine.model import Finding

_KNOWN = frozenset({*TEXTS, "case.status"})
_NEEDS = (
    ("customer.mark.why", ("customer.mark",)), ("case.link.to", ("case.link",)),
    ("case.link.from", ("case.link",)), ("case.merge.undo", ("case.merge",)),
    ("case.link", ("case.link.to", "case.link.from")),
    *((f"assess.{name}", ("assess.score", "assess.reasons", "assess.note"))
      for name in ("of", "role", "kind", "points", "person", "unit")),
    ("assess.score", ("assess.of", "assess.person", "assess.unit")),
    ("assess.reasons", ("assess.of", "assess.person", "assess.unit")),
    ("assess.note", ("assess.of", "assess.person", "assess.unit")),
)
"""A property, and those of which it needs one."""


def check(remarks: Remarks, process: ProcessInfo) -> Iterator[Finding]:
    for element in process.elements.values():
        said = {
            key: value.strip() for key, value in element.properties.items()
            if key.startswith(("assess.", "case.", "customer."))
        }
        if said:
            yield from _of(remarks, process, element, said)


def _of(
    remarks: Remarks, process: ProcessInfo, element: Element, said: dict[str, str]
) -> Iterator[Finding]:
    for name in sorted(said.keys() - _KNOWN):
        yield remarks.on(
            element, "case-property",
            f"的扩展属性 {name} 不认识。", f"has an unknown property {name}.",
            (f"可用的有 {'、'.join(sorted(_KNOWN))}。", f"There are {', '.join(sorted(_KNOWN))}."),
        )
    for name, needed in _NEEDS:
        if said.get(name) and not any(said.get(one) for one in needed):
            zh, en = "或 ".join(needed), " or ".join(needed)
            yield remarks.on(
                element, "case-property", f"写了 {name}，却没有 {zh}。", f"has {name} but no {en}.",
                (f"补上 {zh}。", f"Add {en}."),
            )
    kind = said.get("case.link", "")
    if kind and not kind.startswith("=") and kind not in LINKS:
        yield remarks.on(
            element, "case-property", f"的 case.link“{kind}”不是关联种类。",
            f"has case.link “{kind}”, which is no kind of link.",
            (f"写 {'、'.join(LINKS)} 之一。", f"Write one of {', '.join(LINKS)}."),
        )
    kind = said.get("assess.kind", "")
    if kind and not kind.startswith("=") and kind not in ASSESSMENTS:
        yield remarks.on(
            element, "case-property", f"的 assess.kind“{kind}”不是考核种类。",
            f"has assess.kind “{kind}”, which is no kind of assessment.",
            (f"写 {'、'.join(ASSESSMENTS)} 之一。", f"Write one of {', '.join(ASSESSMENTS)}."),
        )
    undo = said.get("case.merge.undo", "")
    if undo and not undo.startswith("=") and undo not in process.elements:
        yield remarks.on(
            element, "case-property", f"的 case.merge.undo 指向不存在的节点“{undo}”。",
            f"names an element that is not there: “{undo}”.",
            ("写撤销并单后重新开始的节点的标识。",
             "Write the id of the element at which the case begins again."),
        )
