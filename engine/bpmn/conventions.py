"""What extension properties of an element say about the case, its customer and the work before
(docs/customers.md, docs/assessment.md) once the element is done: here their texts are read and
evaluated, engine.cases and engine.assessment carry out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.bpmn.changes import Told
from engine.bpmn.expressions import Text
from engine.bpmn.workflow import token_of

if TYPE_CHECKING:
    from engine.bpmn.diagram import Element

TEXTS = {
    "customer.mark": ("客户标记", "mark of the customer"),
    "customer.mark.why": ("标记原因", "reason of the mark"),
    "case.link": ("关联种类", "kind of link"),
    "case.link.to": ("关联到", "link to"),
    "case.link.from": ("关联自", "link from"),
    "case.merge": ("并入原单", "original to merge into"),
    "case.merge.undo": ("撤销并单后的起点", "where an undone merging begins again"),
    "assess.of": ("被评环节", "task that is assessed"),
    "assess.role": ("被评岗位", "role that is assessed"),
    "assess.score": ("评分", "score"),
    "assess.reasons": ("评分理由", "reasons of the score"),
    "assess.note": ("评分说明", "note on the score"),
    "assess.kind": ("考核种类", "kind of assessment"),
    "assess.points": ("扣分", "points taken off"),
    "assess.person": ("被评人", "person who is assessed"),
    "assess.unit": ("被评单位", "unit that is assessed"),
}
"""The properties, as messages call them. A text that begins with ``=`` is FEEL."""
LINKS = ("duplicate", "repeat", "part", "related")
"""The kinds of links between cases."""
ASSESSMENTS = ("score", "error", "attitude", "fault")
"""The kinds of assessments."""

Compile = Callable[[str, str, str], Text]


@dataclass(frozen=True, slots=True)
class Conventions:
    """What one element says; ``texts`` by property, compiled."""

    texts: Mapping[str, Text]

    def change(self, task: Any) -> Told | None:
        """What is to be done now that the element's results are there; None: nothing. Raises
        Trouble."""
        view = task.workflow.top_workflow.view(task)
        values = {key: text.evaluate(view) for key, text in self.texts.items()}
        said = {key: value for key, value in values.items() if value not in (None, "", [])}
        return Told(token_of(task), task.task_spec.bpmn_id, said) if said else None


def conventions_of(element: Element, compile_: Compile) -> Conventions | None:
    """What the element's properties say of case and customer; None: nothing. ``compile_`` makes
    a text with its name in messages (zh, en)."""
    said = {
        key: compile_(value.strip(), *TEXTS[key])
        for key, value in element.properties.items() if key in TEXTS and value.strip()
    }
    return Conventions(said) if said else None
