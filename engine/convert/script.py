"""Script tasks and scripts inside other elements: JUEL and FEEL are converted, others reported."""

from __future__ import annotations

from engine.convert import implementation
from engine.convert.context import Work
from engine.convert.foreign import BPMN, Node, attribute, take
from engine.convert.juel import Untranslatable
from engine.convert.markup import pop, put, zeebe
from engine.convert.report import shown

_JUEL = frozenset({"juel", "uel", "el"})
_FEEL = frozenset({"feel"})


def convert(work: Work, node: Node) -> None:
    """A script task."""
    result = take(node, "resultVariable", "resultVariableName")
    resource = take(node, "resource")
    take(node, "autoStoreVariables")
    language = (node.get("scriptFormat") or "").strip().lower()
    text = (node.findtext(f"{BPMN}script") or "").strip()
    if zeebe(node, "script") is not None or zeebe(node, "taskDefinition") is not None:
        return
    if language in _JUEL | _FEEL and text:
        _expression(work, node, language, text, result)
        return
    if result is not None:
        put(node, "script", expression=f"=${{{language or 'script'}}}", resultVariable=result)
    work.report.decide(
        node, "script",
        (
            f"是 {language or '未注明语言的'} 脚本，这里不执行："
            f"{shown(resource or text) or '（空）'}",
            f"is a script in {language or 'an unnamed language'}, which is not run here: "
            f"{shown(resource or text) or '(empty)'}",
        ),
        (
            "只做计算的改写为 FEEL 表达式和结果变量；有外部作用的改为服务任务，由适配器完成。",
            "Write what only computes as a FEEL expression with a result variable; make it a "
            "service task where it has an effect.",
        ),
    )  # fmt: skip


def inline(work: Work, node: Node) -> str:
    """FEEL of a ``script`` element in a mapping. Raises Untranslatable."""
    language = (attribute(node, "scriptFormat") or "").lower()
    text = (node.text or "").strip()
    if language in _FEEL and work.expressions.compiles(text):
        return text
    if language in _JUEL and text:
        return work.expressions.value(node, _whole(text))
    raise Untranslatable(
        f"它是 {language or '未注明语言的'} 脚本。",
        f"it is a script in {language or 'an unnamed language'}.",
    )


def _whole(text: str) -> str:
    return text if "{" in text else f"${{{text}}}"


def _expression(
    work: Work, node: Node, language: str, text: str, result: str | None
) -> None:
    if language in _FEEL:
        source = f"={text.removeprefix('=').strip()}"
    elif (found := implementation.assignment(_whole(text))) is not None and result is None:
        result, source = found[0], f"={found[1]}"
    else:
        whole = _whole(text)
        source = work.expressions.text(node, whole, ("脚本", "script"))
    if result is None:
        work.report.decide(
            node, "script-result",
            ("的脚本没有结果变量。", "has a script without a result variable."),
            ("填写结果变量。", "Fill in the result variable."),
        )  # fmt: skip
    put(node, "script", expression=source, resultVariable=result or "")
    for one in node.findall(f"{BPMN}script"):
        node.remove(one)
    pop(node, "scriptFormat")
