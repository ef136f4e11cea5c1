"""Rules about forms, decisions, processes and job types outside the diagram."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.known import Known
from engine.bpmn.remarks import Remarks
from engine.model import Binding, Finding, Severity

_FORMS = ("action.form", "mail.form", "sms.form")
"""Properties of message events: the forms of a button, of an answer by mail and by text message."""


def check(remarks: Remarks, process: ProcessInfo, known: Known) -> Iterator[Finding]:
    for element in (*process.elements.values(), process.itself):
        decision = element.called if element.type == "businessRuleTask" else None
        called = element.called if element.type == "callActivity" else None
        yield from _missing(remarks, element, "表单", "form", element.form, known.forms)
        for group in _groups_named(element):
            yield from _unknown_group(remarks, element, group, known.groups)
        for name in _FORMS:
            named = element.properties.get(name)
            yield from _missing(remarks, element, "表单", "form", named, known.forms)
        yield from _missing(remarks, element, "决策", "decision", decision, known.decisions)
        yield from _missing(remarks, element, "流程", "process", called, known.processes)
        yield from _not_callable(remarks, element, called, known)
        yield from _job_type(remarks, element, element.task_type, known.job_types)
        for one in element.listeners:
            kind = None if one.job.type.startswith("=") else one.job.type
            yield from _job_type(remarks, element, kind, known.job_types)
        for binding in _bindings(element):
            if binding.type == "versionTag" and not binding.version_tag:
                yield remarks.on(
                    element,
                    "version-tag",
                    "按版本标签绑定，却没有填写标签。",
                    "binds by version tag but names no tag.",
                    ("填写版本标签。", "Fill in the version tag."),
                )


def _unknown_group(
    remarks: Remarks, element: Element, name: str, known: frozenset[str] | None
) -> Iterator[Finding]:
    if known is None or name in known:
        return
    near = get_close_matches(name, known, 1)
    yield remarks.on(
        element,
        "unknown-group",
        f"的组“{name}”不在组织里：没有人会看到。",
        f"names the group “{name}”, which the organisation does not have: nobody will see it.",
        (f"是否应为“{near[0]}”？", f"Did you mean “{near[0]}”?") if near
        else ("改正组的标识，或先在组织里加上。", "Correct the id, or add the group first."),
        severity="warning",
    )


def _groups_named(element: Element) -> list[str]:
    """The groups that an element names in so many words: candidates, and who sees its button."""
    said = element.user.candidate_groups if element.user is not None else None
    texts = [said or "", element.properties.get("action.groups", "")]
    return [
        one.strip() for text in texts if not text.startswith("=")
        for one in text.split(",") if one.strip()
    ]


def _not_callable(
    remarks: Remarks, element: Element, called: str | None, known: Known
) -> Iterator[Finding]:
    if called in known.not_callable:
        yield remarks.on(
            element,
            "called-process-start",
            f"调用的流程“{called}”没有空白开始事件，不能被调用。",
            f"calls the process “{called}”, which has no plain start event.",
            (
                "在被调用的流程中画一个空白开始事件，或改为向它发送消息。",
                "Draw a plain start event in the called process, or send it a message instead.",
            ),
        )


def _job_type(
    remarks: Remarks, element: Element, name: str | None, known: frozenset[str] | None
) -> Iterator[Finding]:
    """A type of a system that has adapters here (``mail.``) is ours; others may be served from
    outside."""
    ours = {one.split(".")[0] for one in known or () if "." in one}
    mine = name is not None and "." in name and name.split(".")[0] in ours
    severity: Severity = "error" if mine else "warning"
    yield from _missing(remarks, element, "作业类型", "job type", name, known, severity)


def _bindings(element: Element) -> Iterator[Binding]:
    if element.user is not None:
        yield element.user.form_binding
    if element.reference is not None:
        yield element.reference.binding


def _missing(
    remarks: Remarks,
    element: Element,
    zh: str,
    en: str,
    name: str | None,
    known: frozenset[str] | None,
    severity: Severity = "error",
) -> Iterator[Finding]:
    if name is None or known is None or name in known:
        return
    near = get_close_matches(name, known, 1)
    hint = (
        (f"是否应为“{near[0]}”？", f"Did you mean “{near[0]}”?")
        if near
        else (f"部署它，或改正{zh}的标识。", f"Deploy it, or correct the {en}'s id.")
    )
    if severity == "warning":
        yield remarks.on(
            element,
            "missing-reference",
            f"的{zh}“{name}”没有内置的适配器，作业将等待外部工作者。",
            f"has the {en} “{name}” without an adapter here: its jobs wait for outside workers.",
            hint,
            severity=severity,
        )
        return
    yield remarks.on(
        element,
        "missing-reference",
        f"引用的{zh}“{name}”不存在。",
        f"refers to the {en} “{name}”, which does not exist.",
        hint,
    )
