"""Business rule tasks: the decision they call, and the shape in which they want its result."""

from __future__ import annotations

from engine.convert import mappings, service
from engine.convert.context import Table, Work
from engine.convert.feel import quoted, variable
from engine.convert.foreign import Node, take
from engine.convert.markup import put
from engine.convert.report import shown
from engine.convert.versions import binding, tenant
from engine.feel.lexer import is_identifier

_SHAPES = frozenset({"singleEntry", "collectEntries", "singleResult", "resultList"})


def convert(work: Work, node: Node) -> None:
    """A business rule task: a decision, or work as in a service task."""
    reference = take(node, "decisionRef")
    shape = take(node, "mapDecisionResult")
    owner = take(node, "decisionRefTenantId")
    bound, tag = binding(work, node, "decisionRef", False)
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
        decisionId=target, resultVariable=result, bindingType=bound, versionTag=tag,
    )  # fmt: skip
    tenant(work, node, owner)
    _shape(work, node, reference, result, shape or "resultList")


def _shape(work: Work, node: Node, reference: str, result: str, shape: str) -> None:
    """Camunda 7 gives a decision's result in the shape the task asks for; here the table gives a
    value, a context, or a list of them. An output mapping bridges what differs."""
    table = work.given.tables.get(reference)
    if shape not in _SHAPES or not is_identifier(result):
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
    bridge = _bridge(table, result, shape)
    if bridge is None:
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


def _bridge(table: Table, result: str, shape: str) -> str | None:
    """FEEL that turns what our table gives into the shape asked for; None where it is that."""
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
    return None if bridge == name else bridge
