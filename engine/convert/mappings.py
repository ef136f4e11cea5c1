"""``inputOutput`` → ``zeebe:ioMapping``; scripts, lists and maps in it become FEEL."""

from __future__ import annotations

from engine.convert import script
from engine.convert.context import Work
from engine.convert.feel import quoted
from engine.convert.foreign import Node, attribute, inner, is_element, take_elements
from engine.convert.juel import Untranslatable, has_expression
from engine.convert.markup import add, ensure
from engine.convert.report import shown
from engine.xml import local_name

_DEEPEST = 10
_FLOW_NODES = ("Task", "task", "Event", "Activity", "subProcess", "SubProcess", "transaction")


def convert(work: Work, node: Node) -> None:
    """The mappings of one BPMN element."""
    for one in take_elements(node, "inputOutput"):
        write(work, node, one)


def write(work: Work, node: Node, source: Node) -> None:
    """Write the parameters of an ``inputOutput`` as mappings of ``node``."""
    for one in inner(source, "inputParameter"):
        put_input(node, _source(work, one), attribute(one, "name") or "")
    outputs = inner(source, "outputParameter")
    for one in outputs:
        put_output(node, _source(work, one), attribute(one, "name") or "")
    if outputs and local_name(node) not in ("startEvent", "subProcess"):
        work.report.check(
            node, "output-scope",
            (
                "有输出映射：这里一旦有输出映射，只有映射的变量会传出去，其余结果留在本地。",
                "has output mappings: here only what they name leaves the element; other results "
                "stay inside.",
            ),
            (
                "其他结果若后面要用，也加上输出映射。",
                "Add output mappings for other results that are used later.",
            ),
        )  # fmt: skip


def put_input(node: Node, source: str, target: str) -> None:
    """Add one ``zeebe:input``."""
    add(ensure(node, "ioMapping"), "input", source=source, target=target)


def put_output(node: Node, source: str, target: str) -> None:
    """Add one ``zeebe:output``."""
    add(ensure(node, "ioMapping"), "output", source=source, target=target)


def hold(node: Node, text: str) -> None:
    """Keep an element from running until a person has decided about ``text``: an input that FEEL
    cannot read, for the designer to see and delete. ``node`` is the element or within it."""
    for one in (node, *node.iterancestors()):
        name = local_name(one)
        if name.endswith(_FLOW_NODES):
            put_input(one, f"=${{{text}}}", "undecided")
        if name.endswith(_FLOW_NODES) or name == "process":
            return


def _source(work: Work, node: Node) -> str:
    """The text of a mapping for a parameter element."""
    what = (f"参数 {attribute(node, 'name')}", f"parameter {attribute(node, 'name')}")
    children = [child for child in node if is_element(child)]
    if not children:
        text = (node.text or "").strip()
        return work.expressions.text(node, text, what) if text else "=null"
    try:
        return "=" + _value(work, children[0], 0)
    except Untranslatable as error:
        text = shown(" ".join("".join(str(part) for part in node.itertext()).split()))
        work.report.decide(
            node, "mapping",
            (
                f"的{what[0]}“{text}”无法转换：{error.zh}",
                f"has the {what[1]} “{text}”, which cannot be converted: {error.en}",
            ),
            ("用 FEEL 写出它的值。", "Write its value in FEEL."),
        )  # fmt: skip
        return f"=${{{local_name(children[0])}}}"


def _value(work: Work, node: Node, depth: int) -> str:
    if depth > _DEEPEST:
        raise Untranslatable("嵌套过深。", "It is nested too deeply.")
    children = [child for child in node if is_element(child)]
    match local_name(node):
        case "list":
            return f"[{', '.join(_value(work, one, depth + 1) for one in children)}]"
        case "map":
            entries = [
                f"{quoted(attribute(one, 'key') or '')}: {_value(work, one, depth + 1)}"
                for one in children
            ]
            return "{" + ", ".join(entries) + "}"
        case "script":
            return script.inline(work, node)
    if children:
        return _value(work, children[0], depth + 1)
    text = (node.text or "").strip()
    return work.expressions.value(node, text) if has_expression(text) else quoted(text)
