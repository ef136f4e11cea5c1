"""Call activities: what they call, in which version, and what goes in and out."""

from __future__ import annotations

from engine.convert import mappings
from engine.convert.context import Work
from engine.convert.feel import variable
from engine.convert.foreign import Node, attribute, take, take_elements
from engine.convert.juel import Untranslatable, has_expression
from engine.convert.markup import pop, put
from engine.convert.report import shown
from engine.convert.versions import binding, tenant


def convert(work: Work, node: Node) -> None:
    """A call activity."""
    target = pop(node, "calledElement")
    _refuse_java(work, node)
    take(node, "calledElementType", "processInstanceName", "fallbackToDefaultTenant")
    take(node, "completeAsync", "useLocalScopeForOutParameters", "processInstanceIdVariableName")
    tenant(work, node, take(node, "calledElementTenantId", "caseTenantId"))
    bound, tag = binding(work, node, "calledElement", take(node, "sameDeployment") == "true")
    inherits = take(node, "inheritVariables") == "true"
    if take(node, "inheritBusinessKey", "businessKey") is not None:
        _business_key(work, node)
    everything_in = _inputs(work, node) or inherits
    everything_out = _outputs(work, node)
    case = take(node, "caseRef")
    for name in ("caseBinding", "caseVersion"):
        take(node, name)
    if case is not None:
        work.report.decide(
            node, "case-call",
            (f"调用 CMMN 案例 {case}。", f"calls the CMMN case {case}."),
            ("把案例画成 BPMN 流程后调用它。", "Draw the case as a BPMN process and call that."),
        )  # fmt: skip
    if not target:
        return
    put(
        node, "calledElement",
        processId=work.expressions.text(node, target, ("被调用流程", "called process")),
        bindingType=bound, versionTag=tag,
        propagateAllParentVariables="true" if everything_in else "false",
        propagateAllChildVariables="true" if everything_out else "false",
    )  # fmt: skip


def _inputs(work: Work, node: Node) -> bool:
    """Input mappings for ``in``; whether all variables are passed."""
    everything = False
    for one in take_elements(node, "in"):
        if attribute(one, "businessKey"):
            _business_key(work, node)
            continue
        if attribute(one, "variables") == "all":
            everything = True
            continue
        source = _source(work, one)
        if source is not None:
            mappings.put_input(node, source, attribute(one, "target") or "")
    return everything


def _outputs(work: Work, node: Node) -> bool:
    everything = False
    for one in take_elements(node, "out"):
        if attribute(one, "variables") == "all":
            everything = True
            continue
        source = _source(work, one)
        if source is not None:
            mappings.put_output(node, source, attribute(one, "target") or "")
    return everything


def _source(work: Work, node: Node) -> str | None:
    plain, text = attribute(node, "source"), attribute(node, "sourceExpression")
    try:
        if plain is not None and not has_expression(plain):
            return f"={variable(plain)}"
    except Untranslatable as error:
        work.report.decide(
            node, "mapping", (f"的来源变量：{error.zh}", f"has a source: {error.en}"),
            ("填写变量名。", "Fill in the name of a variable."),
        )  # fmt: skip
        return None
    text = text or plain
    return None if text is None else work.expressions.text(node, text, ("来源", "source"))


def _refuse_java(work: Work, node: Node) -> None:
    java = take(node, "variableMappingClass", "variableMappingDelegateExpression")
    if java is not None:
        mappings.hold(node, f"variableMapping {java}")
        work.report.decide(
            node, "variable-mapping",
            (
                f"的变量由 Java（{shown(java)}）传递。",
                f"has its variables passed by Java ({shown(java)}).",
            ),
            ("用输入输出映射写出传递的变量。", "Write the variables as input and output mappings."),
        )  # fmt: skip


def _business_key(work: Work, node: Node) -> None:
    work.report.note(
        node, "business-key",
        (
            "传递业务键：这里没有业务键，被调用的流程属于同一案件；需要编号时传入 case。",
            "passes the business key, which is not here: a called process belongs to the same "
            "case. Pass case as an input where its number is needed.",
        ),
    )  # fmt: skip
