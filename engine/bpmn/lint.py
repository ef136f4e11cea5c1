"""Checks a diagram: everything that cannot run as drawn is an error, with the way out."""

from __future__ import annotations

import re

from engine.bpmn.diagram import Diagram, ProcessInfo
from engine.bpmn.expressions import known_functions
from engine.bpmn.known import Known
from engine.bpmn.rules import (
    casework,
    definitions,
    drawing,
    references,
    soundness,
    structure,
    texts,
    tidiness,
    timekeeping,
)
from engine.bpmn.remarks import Remarks
from engine.bpmn.support import refusals
from engine.model import Finding

_ID = re.compile(r"[^\W\d][\w.-]*")
_ORDER = {"error": 0, "warning": 1, "info": 2}


def lint(diagram: Diagram, known: Known) -> list[Finding]:
    """All findings, errors first, then by line. A file with errors must not be deployed."""
    found = _file(diagram)
    for process in diagram.processes:
        if process.executable:
            found += _process(diagram, process, known)
    return sorted(found, key=lambda one: (_ORDER[one.severity], one.line or 0))


def _process(diagram: Diagram, process: ProcessInfo, known: Known) -> list[Finding]:
    remarks = Remarks(diagram.filename)
    broken = refusals(diagram.filename, process)
    found = list(broken)
    functions = known_functions(known.functions)
    found += structure.check(remarks, process, functions)
    found += tidiness.check(remarks, process)
    found += timekeeping.check(remarks, process)
    found += casework.check(remarks, process)
    found += definitions.check(remarks, process, diagram.defined)
    if not broken:
        found += soundness.check(remarks, process, functions)
    found += texts.check(remarks, process, functions)
    found += references.check(remarks, process, known)
    found += drawing.check(remarks, process, diagram.shapes)
    found += drawing.overlaps(remarks, process, diagram.bounds)
    return found


def _file(diagram: Diagram) -> list[Finding]:
    found = []
    if diagram.dialect == "camunda":
        found.append(
            _of_file(
                diagram,
                "camunda-7",
                "是按 Camunda 7 方言绘制的，其扩展属性（表达式、表单、办理人）在这里不起作用。",
                "is drawn for Camunda 7, whose extensions (expressions, forms, assignees) mean "
                "nothing here.",
                (
                    "在 Camunda Modeler 中新建“Camunda 8”流程图，把内容复制过去并重新填写属性。",
                    "Make a new “Camunda 8” diagram in Camunda Modeler, copy it over and fill "
                    "in the properties again.",
                ),
            )
        )
    if not any(process.executable for process in diagram.processes):
        found.append(
            _of_file(
                diagram,
                "executable-process",
                "中没有可执行的流程。",
                "has no executable process.",
                (
                    "在流程的属性面板中勾选“可执行”。",
                    "Tick “Executable” in the process's properties.",
                ),
            )
        )
    for name, line in diagram.repeated:
        found.append(
            _of_file(
                diagram,
                "duplicate-id",
                f"中标识 {name} 用了不止一次。",
                f"uses the id {name} more than once.",
                ("给每个元素不同的标识。", "Give every element an id of its own."),
                line,
                name,
            )
        )
    found += [
        _bad_id(diagram, process)
        for process in diagram.processes
        if process.executable and not _ID.fullmatch(process.id)
    ]
    found += drawing.definitions(Remarks(diagram.filename), diagram.definitions)
    return found


def _bad_id(diagram: Diagram, process: ProcessInfo) -> Finding:
    return _of_file(
        diagram,
        "process-id",
        f"中流程的标识“{process.id}”不可用。",
        f"has a process with the unusable id “{process.id}”.",
        (
            "标识以字母开头，只含字母、数字、点、横线和下划线。",
            "An id begins with a letter and has letters, digits, dots, dashes, underscores only.",
        ),
        process.line,
        process.id,
    )


def _of_file(
    diagram: Diagram,
    rule: str,
    zh: str,
    en: str,
    remedy: tuple[str, str],
    line: int | None = None,
    element_id: str | None = None,
) -> Finding:
    name = diagram.filename
    return Finding(
        rule,
        "error",
        name,
        f"文件 {name} {zh}",
        f"File {name} {en}",
        *remedy,
        line=line,
        element_id=element_id,
    )
