"""How the other engine executed things: transactions, retries, priorities, retention."""

from __future__ import annotations

import re

from engine.convert import mappings
from engine.convert.context import Work
from engine.convert.foreign import Node, take, take_elements
from engine.convert.juel import has_expression
from engine.convert.markup import add, ensure, put, zeebe
from engine.convert.report import shown
from engine.convert.service import header
from engine.xml import local_name

_QUIET = (
    "async", "asyncBefore", "asyncAfter", "asyncLeave", "asyncLeaveExclusive", "exclusive",
    "jobPriority", "taskPriority", "historyTimeToLive", "isStartableInTasklist", "category",
    "localizable", "isEagerExecutionFetching", "useLocalScopeForResultVariable",
    "storeResultVariableAsTransient", "failOnException", "mode", "includeInHistory",
    "diagramRelationId",
    "jobCategory", "doNotIncludeVariables", "noWaitStatesAsyncLeave",
)  # fmt: skip
_CYCLE = re.compile(r"R(\d{1,4})/(P\S+)")


def properties(node: Node) -> None:
    """``properties`` → ``zeebe:properties``."""
    for group in take_elements(node, "properties"):
        for one in group:
            name = one.get("name") or one.get("id")
            if name:
                holder = ensure(node, "properties")
                add(holder, "property", name=name, value=one.get("value") or "")


def convert(work: Work, node: Node) -> None:
    """What every element may carry. Last of all steps: it needs the task definition."""
    _retries(work, node)
    loop = "multiInstanceLoopCharacteristics"
    dropped = [name for name in _QUIET if take(node, name) is not None]
    if dropped and local_name(node) != loop:
        work.report.note(
            node, "dropped",
            (
                f"的 {'、'.join(dropped)} 已去掉：这里不需要（每一步都是事务，作业并行执行，"
                "保存期限按系统设置）。",
                f"had {', '.join(dropped)}, dropped, as nothing here needs it (every step is a "
                "transaction, jobs run side by side, how long is kept is set for the system).",
            ),
        )  # fmt: skip
    if take(node, "triggerable") == "true":
        mappings.hold(node, "triggerable")
        work.report.decide(
            node, "triggerable",
            (
                "执行后还要等外部触发（triggerable）。",
                "waits for a trigger after its work (triggerable).",
            ),
            (
                "作业由外部工作者在得到回应后才完成，或在后面画一个消息捕获事件。",
                "Have an outside worker complete the job once it is answered, or draw a message "
                "catch event behind it.",
            ),
        )  # fmt: skip
    _initiator(work, node)


def process(work: Work, node: Node) -> None:
    """A process: version tag, who may start it, whether it runs."""
    tag = take(node, "versionTag")
    if tag is not None:
        put(node, "versionTag", value=tag)
    starters = [
        text
        for name in ("candidateStarterUsers", "candidateStarterGroups")
        if (text := take(node, name)) is not None
    ]
    starters += ["potentialStarter" for _ in take_elements(node, "potentialStarter")]
    if starters:
        work.report.check(
            node, "starters",
            (
                f"限定了谁可以启动（{'、'.join(starters)}），已去掉。",
                f"says who may start it ({', '.join(starters)}), dropped.",
            ),
            (
                "新建案件的权限按角色和组设置。",
                "Who may open cases is set by roles and groups.",
            ),
        )  # fmt: skip
    if node.get("isExecutable") is None:
        node.set("isExecutable", "true")


def _retries(work: Work, node: Node) -> None:
    found = take_elements(node, "failedJobRetryTimeCycle")
    text = next(((one.text or "").strip() for one in found if (one.text or "").strip()), None)
    if text is None:
        return
    if zeebe(node, "taskDefinition") is None:
        work.report.note(
            node, "retries",
            (f"的重试 {text} 已去掉：它不再是作业。", f"had retries ({text}); it is no job here."),
        )  # fmt: skip
        return
    cycle = _CYCLE.fullmatch(text)
    if cycle:
        put(node, "taskDefinition", retries=cycle[1])
        header(node, "retryBackoff", cycle[2])
    elif has_expression(text):
        work.report.decide(
            node, "retries",
            (f"的重试“{shown(text)}”由表达式算出。", f"computes its retries: “{shown(text)}”."),
            (
                "填写重试次数（可用 FEEL）和任务头 retryBackoff。",
                "Fill in the retries (FEEL may be used) and the task header retryBackoff.",
            ),
        )  # fmt: skip
    elif text.strip(", "):
        waits = [one.strip() for one in text.split(",") if one.strip()]
        put(node, "taskDefinition", retries=str(len(waits) + 1))
        header(node, "retryBackoff", waits[0])
        if len(set(waits)) > 1:
            work.report.check(
                node, "retries",
                (
                    f"的重试间隔 {text} 各不相同，已统一为 {waits[0]}。",
                    f"has different waits between retries ({text}), now all {waits[0]}.",
                ),
            )  # fmt: skip


def _initiator(work: Work, node: Node) -> None:
    name = take(node, "initiator")
    if name is None:
        return
    root = node.getroottree().getroot()
    used = any(
        name in text
        for one in root.iter()
        for text in (*map(str, one.attrib.values()), one.text or "")
        if isinstance(one.tag, str) and ("{" in text or text.startswith("="))
    )
    if used:
        work.report.decide(
            node, "initiator",
            (
                f"把启动人存入变量 {name}，后面用到了它；这里不会设置。",
                f"keeps who started it in {name}, which is used later; it is not set here.",
            ),
            (
                f"在启动时把 {name} 作为变量给出，或改用案件的字段。",
                f"Give {name} as a variable at the start, or use a field of the case.",
            ),
        )  # fmt: skip
        return
    work.report.note(
        node, "initiator",
        (f"的启动人变量 {name} 没有被用到，已去掉。", f"had the unused initiator {name}, dropped."),
    )  # fmt: skip
