"""Who does a user task, until when, how urgent."""

from __future__ import annotations

import re

from engine.convert.context import Work
from engine.convert.expressions import items
from engine.convert.feel import quoted
from engine.convert.foreign import BPMN, Node, take
from engine.convert.juel import Untranslatable, has_expression
from engine.convert.markup import put
from engine.convert.report import Pair, shown

_DURATION = re.compile(r"P(?=[\dT])(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?")
_OWNER = re.compile(r"\s*(user|group)\s*\((.*)\)\s*", re.S)
_LOWEST, _HIGHEST = 0, 100


def convert(work: Work, node: Node) -> None:
    """A user task's assignment, dates and priority."""
    put(node, "userTask")
    if has_expression(node.get("name") or ""):
        work.report.check(
            node, "name-expression",
            (
                "的名称里有表达式，这里按原样显示。",
                "has an expression in its name, which is shown as it is written.",
            ),
            ("改为固定名称，变化的内容放进表单。", "Give it a fixed name; a form shows the rest."),
        )  # fmt: skip
    _people(work, node)
    for name, key, what in (
        ("dueDate", "dueDate", ("到期时间", "due date")),
        ("followUpDate", "followUpDate", ("跟进时间", "follow-up date")),
    ):
        text = take(node, name)
        if text is not None:
            put(node, "taskSchedule", **{key: _date(work, node, text, what)})
    _priority(work, node)
    calendar = take(node, "businessCalendarName")
    if calendar is not None:
        work.report.decide(
            node, "calendar",
            (
                f"按日历“{calendar}”计算到期时间。",
                f"computes its due date by the calendar “{calendar}”.",
            ),
            (
                "用工作时间函数改写，例如 =working due(now(), duration(\"PT8H\"))。",
                "Use the functions of working time, e.g. =working due(now(), duration(\"PT8H\")).",
            ),
        )  # fmt: skip


def _people(work: Work, node: Node) -> None:
    assignee = take(node, "assignee")
    users, groups = _standard(node)
    users += items(take(node, "candidateUsers") or "")
    groups += items(take(node, "candidateGroups") or "")
    performer = _performer(node)
    assignee = assignee or performer
    text = work.expressions.text
    values = {
        "assignee": text(node, assignee, ("办理人", "assignee")) if assignee else None,
        "candidateUsers": _list(work, node, users, ("候选人", "candidate users")),
        "candidateGroups": _list(work, node, groups, ("候选组", "candidate groups")),
    }
    if any(values.values()):
        put(node, "assignmentDefinition", **values)


def _list(work: Work, node: Node, found: list[str], what: Pair) -> str | None:
    """A static list stays a comma separated text; with expressions it is a FEEL list."""
    if not found:
        return None
    if not any(has_expression(one) for one in found):
        return ",".join(found)
    if len(found) == 1:
        return work.expressions.text(node, found[0], what)
    try:
        written = [
            work.expressions.value(node, one) if has_expression(one) else quoted(one)
            for one in found
        ]
    except Untranslatable:
        return work.expressions.text(node, ",".join(found), what)
    return f"=flatten([{', '.join(written)}])"


def _standard(node: Node) -> tuple[list[str], list[str]]:
    """BPMN's own ``potentialOwner``: ``user(a), group(b)``; a bare name is a group."""
    users: list[str] = []
    groups: list[str] = []
    for owner in node.findall(f"{BPMN}potentialOwner"):
        for one in items(_formal(owner)):
            found = _OWNER.fullmatch(one)
            kind, name = (found[1], found[2].strip()) if found else ("group", one)
            (users if kind == "user" else groups).append(name)
        node.remove(owner)
    return users, groups


def _performer(node: Node) -> str | None:
    found: str | None = None
    for performer in node.findall(f"{BPMN}humanPerformer"):
        found = found or _formal(performer) or None
        node.remove(performer)
    return found


def _formal(node: Node) -> str:
    return (node.findtext(f".//{BPMN}formalExpression") or "").strip()


def _date(work: Work, node: Node, text: str, what: Pair) -> str:
    if _DURATION.fullmatch(text):
        return f'=now() + duration("{text}")'
    if _MOMENT.fullmatch(text) or text.startswith("="):
        return text
    if not has_expression(text):
        work.report.decide(
            node, "date",
            (f"的{what[0]}“{text}”不是日期或时长。", f"has the {what[1]} “{text}”, no date."),
            (
                "写成日期时间（2026-01-31T09:00:00+08:00）或 FEEL。",
                "Write a date and time (2026-01-31T09:00:00+08:00) or FEEL.",
            ),
        )  # fmt: skip
        return f"=${{{text}}}"
    result = work.expressions.text(node, text, what)
    if result.startswith("=") and "now()" not in result and "${" not in result:
        work.report.note(
            node, "date",
            (
                f"的{what[0]}“{shown(text)}”须是日期时间；原引擎也接受时长（P1D）。",
                f"has the {what[1]} “{shown(text)}”, which must be a date and time; the other "
                "engine took durations (P1D), too.",
            ),
        )  # fmt: skip
    return result


def _priority(work: Work, node: Node) -> None:
    text = take(node, "priority")
    if text is None:
        return
    written = work.expressions.text(node, text, ("优先级", "priority"))
    number = re.fullmatch(r"[-+]?\d{1,18}", written)
    if number and not _LOWEST <= int(written) <= _HIGHEST:
        cut = str(min(_HIGHEST, max(_LOWEST, int(written))))
        work.report.check(
            node, "priority",
            (
                f"的优先级 {written} 超出 0–100，已改为 {cut}。",
                f"has the priority {written}; priorities go from 0 to 100, now {cut}.",
            ),
        )  # fmt: skip
        written = cut
    elif not number and not written.startswith("="):
        work.report.decide(
            node, "priority",
            (f"的优先级“{written}”不是整数。", f"has the priority “{written}”, no whole number."),
            ("填写 0–100 的整数。", "Fill in a whole number from 0 to 100."),
        )  # fmt: skip
        written = f"=${{{written}}}"
    put(node, "priorityDefinition", priority=written)
