"""Multi-instance: collection, element, number of instances, completion condition, aggregation."""

from __future__ import annotations

import re

from engine.convert.context import Work
from engine.convert.feel import quoted, variable
from engine.convert.foreign import BPMN, Node, attribute, inner, take, take_elements
from engine.convert.juel import Untranslatable, has_expression
from engine.convert.markup import put
from engine.convert.report import shown


def convert(work: Work, node: Node) -> None:
    """The ``multiInstanceLoopCharacteristics`` of an activity."""
    collection, element = take(node, "collection"), take(node, "elementVariable")
    take(node, "elementIndexVariable")
    collection = collection or _text(node, "loopDataInputRef")
    item = node.find(f"{BPMN}inputDataItem")
    if item is not None:
        element = element or item.get("name") or item.get("id")
        node.remove(item)
    cardinality = _text(node, "loopCardinality")
    if collection is not None:
        put(node, "loopCharacteristics", inputCollection=_collection(work, node, collection))
    elif cardinality is not None:
        put(node, "loopCharacteristics", inputCollection=_count(work, node, cardinality))
    if element is not None:
        put(node, "loopCharacteristics", inputElement=element)
    done = node.find(f"{BPMN}completionCondition")
    if done is not None and (done.text or "").strip():
        what = ("完成条件", "completion condition")
        done.text = work.expressions.condition(node, (done.text or "").strip(), what)
    _aggregation(work, node)


def _text(node: Node, tag: str) -> str | None:
    """The text of a BPMN child, which is removed; None where there is none."""
    child = node.find(f"{BPMN}{tag}")
    if child is None:
        return None
    text = (child.text or "").strip()
    node.remove(child)
    return text or None


def _collection(work: Work, node: Node, text: str) -> str:
    if has_expression(text):
        return work.expressions.text(node, text, ("集合", "collection"))
    try:
        return f"={variable(text)}"
    except Untranslatable:
        return f"=${{{text}}}"


def _count(work: Work, node: Node, text: str) -> str:
    """A list with as many items as the cardinality says."""
    if re.fullmatch(r"\d{1,9}", text):
        return f"=for i in 1..{int(text)} return i" if int(text) else "=[]"
    if not has_expression(text):
        work.report.decide(
            node, "cardinality",
            (f"的循环次数“{shown(text)}”不是数字。", f"has the cardinality “{shown(text)}”."),
            (
                "给出列表，例如 =for i in 1..3 return i。",
                "Give a list such as =for i in 1..3 return i.",
            ),
        )  # fmt: skip
        return f"=${{{text}}}"
    number = work.expressions.text(node, text, ("循环次数", "cardinality"))
    if "${" in number or "#{" in number:
        return number
    count = number.removeprefix("=")
    return f"=if {count} > 0 then (for i in 1..({count}) return i) else []"


def _aggregation(work: Work, node: Node) -> None:
    """Flowable's ``variableAggregation`` and BPMN's ``loopDataOutputRef``."""
    output = _text(node, "loopDataOutputRef")
    found = take_elements(node, "variableAggregation")
    for one in found[:1]:
        target = attribute(one, "target")
        pairs = [
            (attribute(part, "target", "source") or "", attribute(part, "source") or "")
            for part in inner(one, "variable")
        ]
        try:
            entries = ", ".join(f"{quoted(name)}: {variable(source)}" for name, source in pairs)
        except Untranslatable:
            target = None
        if target is not None:
            put(
                node, "loopCharacteristics",
                outputCollection=target, outputElement=f"={{{entries}}}",
            )  # fmt: skip
            return
    if found[1:] or output is not None or found:
        work.report.decide(
            node, "loop-output",
            (
                "的多实例结果汇总不能自动转换。",
                "collects results of its instances in a way that cannot be converted.",
            ),
            ("填写输出集合和输出元素。", "Fill in output collection and output element."),
        )  # fmt: skip
