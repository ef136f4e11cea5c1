"""Call activities and decisions: what they call, in which version, and what goes in and out."""

from __future__ import annotations

from engine.convert import mappings, service
from engine.convert.context import Work
from engine.convert.feel import quoted, variable
from engine.convert.juel import Untranslatable, has_expression
from engine.convert.markup import Node, attribute, pop, put, take, take_elements
from engine.convert.report import shown

_BOUND = {"latest": None, "deployment": "deployment", "versionTag": "versionTag"}
_IN_ONE = frozenset({"singleEntry", "collectEntries", "singleResult", "resultList"})


def activity(work: Work, node: Node) -> None:
    """A call activity."""
    target = pop(node, "calledElement")
    _refuse_java(work, node)
    take(node, "calledElementType", "processInstanceName", "fallbackToDefaultTenant")
    take(node, "completeAsync", "useLocalScopeForOutParameters", "processInstanceIdVariableName")
    _tenant(work, node, take(node, "calledElementTenantId", "caseTenantId"))
    binding, tag = _binding(
        work, node, "calledElement", take(node, "sameDeployment") == "true"
    )
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
        bindingType=binding, versionTag=tag,
        propagateAllParentVariables="true" if everything_in else "false",
        propagateAllChildVariables="true" if everything_out else "false",
    )  # fmt: skip


def decision(work: Work, node: Node) -> None:
    """A business rule task: a decision, or work as in a service task."""
    reference = take(node, "decisionRef")
    shape = take(node, "mapDecisionResult")
    tenant = take(node, "decisionRefTenantId")
    binding, tag = _binding(work, node, "decisionRef", False)
    rules = take(node, "rules", "ruleVariablesInput")
    if rules is not None:
        take(node, "exclude")
        work.report.decide(
            node, "drools",
            (f"由 Drools 规则（{shown(rules)}）决定。", f"uses Drools rules ({shown(rules)})."),
            ("把规则改写为 DMN 决策表。", "Write the rules as a DMN decision table."),
        )  # fmt: skip
    if reference is None:
        service.convert(work, node)
        return
    result = take(node, "resultVariable") or "decisionResult"
    target = work.expressions.text(node, reference, ("决策", "decision"))
    put(
        node, "calledDecision",
        decisionId=target, resultVariable=result, bindingType=binding, versionTag=tag,
    )  # fmt: skip
    _tenant(work, node, tenant)
    _shape(work, node, reference, result, shape or "resultList")


def _shape(work: Work, node: Node, reference: str, result: str, shape: str) -> None:
    """Camunda 7 gives a decision's result in the shape the task asks for; here the table gives a
    value, a context, or a list of them. An output mapping bridges what differs."""
    table = work.given.tables.get(reference)
    if shape not in _IN_ONE:
        return
    if table is None:
        if shape != "singleEntry":
            work.report.check(
                node, "decision-result",
                (
                    f"要求决策结果为 {shape}；这里得到的是值（单输出）、对象（多输出），多重命中"
                    "时是列表。被调用的决策不在这次转换的文件中，无法替您改写。",
                    f"wants the decision's result as {shape}; here it is a value (one output) or "
                    "a context, in a list where several rules may hit. The decision is not among "
                    "these files, so that nothing was rewritten.",
                ),
                (
                    f"核对后面对 {result} 的使用；把 .dmn 一起转换可自动补上映射。",
                    f"Check what uses {result}; convert the .dmn together to have it mapped.",
                ),
            )  # fmt: skip
        return
    name = variable(result)
    entry = table.outputs[0] if len(table.outputs) == 1 else ""
    wrapped = f"{{{quoted(entry)}: x}}" if entry else "x"
    single = f"{{{quoted(entry)}: {name}}}" if entry else name
    bridges = {
        ("singleEntry", True): name,
        ("singleEntry", False): f"{name}[1]",
        ("singleResult", True): f"if {name} = null then null else {single}" if entry else name,
        ("singleResult", False): f"(for x in {name} return {wrapped})[1]",
        ("collectEntries", True): f"if {name} = null then [] else [{name}]",
        ("collectEntries", False): name,
        ("resultList", True): f"if {name} = null then [] else [{single}]",
        ("resultList", False): f"for x in {name} return {wrapped}" if entry else name,
    }
    bridge = bridges[shape, table.single]
    if bridge == name:
        return
    mappings.put_output(node, f"={bridge}", result)
    work.report.check(
        node, "decision-result",
        (
            f"原引擎把决策结果作为 {shape} 存入 {result}；已用输出映射“={bridge}”保持形状。",
            f"stored the decision's result as {shape} in {result}; the output mapping "
            f"“={bridge}” keeps that shape.",
        ),
        (
            "若后面可以直接使用值，删去映射更清楚。",
            "Delete the mapping where what follows can use the plain value.",
        ),
    )  # fmt: skip


def _binding(
    work: Work, node: Node, prefix: str, same: bool
) -> tuple[str | None, str | None]:
    kind = take(node, f"{prefix}Binding")
    version, tag = take(node, f"{prefix}Version"), take(node, f"{prefix}VersionTag")
    if kind == "version" or (version is not None and kind is None):
        work.report.decide(
            node, "binding-version",
            (
                f"绑定第 {version} 版；版本号在这里没有意义，现为最新版。",
                f"binds version {version}; that number means nothing here, now the latest.",
            ),
            (
                "改为最新版、同一部署，或给被调用的文件加版本标签后按标签绑定。",
                "Bind the latest, the same deployment, or a version tag of the called file.",
            ),
        )  # fmt: skip
        return None, None
    if kind == "versionTag":
        if tag is not None and has_expression(tag):
            work.report.decide(
                node, "binding-version",
                (f"的版本标签“{tag}”是表达式。", f"has the version tag “{tag}”, an expression."),
                ("填写固定的版本标签。", "Fill in a fixed version tag."),
            )  # fmt: skip
        return "versionTag", tag or ""
    return ("deployment" if same else _BOUND.get(kind or "latest")), None


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
        work.report.decide(
            node, "variable-mapping",
            (
                f"的变量由 Java（{shown(java)}）传递。",
                f"has its variables passed by Java ({shown(java)}).",
            ),
            ("用输入输出映射写出传递的变量。", "Write the variables as input and output mappings."),
        )  # fmt: skip


def _tenant(work: Work, node: Node, tenant: str | None) -> None:
    if tenant is not None:
        work.report.check(
            node, "tenant",
            (
                f"指定了租户“{shown(tenant)}”，这里没有租户，已去掉。",
                f"names the tenant “{shown(tenant)}”; there are no tenants here, dropped.",
            ),
            (
                "若各租户的定义不同，给它们不同的标识。",
                "Give the tenants' definitions different ids if they differ.",
            ),
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
