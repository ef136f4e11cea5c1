"""Files of Camunda 7, Flowable and Activiti, converted together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from engine.convert import bpmn, dmn, formfile
from engine.convert.context import Given, Table, Work
from engine.convert.foreign import BPMN, Node
from engine.convert.markup import uncomment
from engine.convert.report import Report
from engine.errors import Invalid
from engine.model import File, Finding
from engine.xml import local_name, namespace, parse_xml


@dataclass(frozen=True, slots=True)
class Converted:
    """``files``: what came out, in the order of what went in, generated forms behind their
    diagram. ``findings``: severity "error" waits for a person's decision, "warning" for a check
    whether it still means the same, "info" tells what was done. ``origins``: name of a result →
    name of the file it came from."""

    files: tuple[File, ...]
    findings: tuple[Finding, ...]
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether a person has to decide or check something."""
        return any(one.severity != "info" for one in self.findings)


_DMN_NAMES = re.compile(
    rb"http://www\.omg\.org/spec/DMN/(?:20151101(?:/dmn11\.xsd)?|20130901|20153011)(?=[\"'])"
)
_DMN_1_1 = b"http://www.omg.org/spec/DMN/20151101/dmn.xsd"
# Names that Flowable and early Camunda versions gave to DMN 1.1.

ENDINGS = (".bpmn", ".bpmn20.xml", ".dmn", ".form")
"""File names that are converted."""


def convert(files: Iterable[File]) -> Converted:
    """Convert files together. Names may be paths with ``/``; findings and results carry them.

    What is no file of these kinds, or cannot be read, is reported and not among the results."""
    files = tuple(files)
    given = _given(files)
    made: list[File] = []
    origins: dict[str, str] = {}
    findings: list[Finding] = []
    for file in files:
        work = Work(Report(file.name), given, folder=_folder(file.name))
        content = _one(work, file)
        if content is not None:
            results = [File(_renamed(file.name), content), *work.made]
            origins |= {one.name: file.name for one in results}
            made += results
        findings += work.report.findings
    return Converted(tuple(made), tuple(findings), origins)


def _one(work: Work, file: File) -> bytes | None:
    if file.name.endswith(".form"):
        return formfile.convert(work, file.content)
    content = _DMN_NAMES.sub(_DMN_1_1, file.content)
    try:
        root = parse_xml(content, file.name, comments=True)
    except Invalid as error:
        finding = Finding(
            "xml", "error", file.name, error.zh, error.en, line=error.details.get("line")
        )
        work.report.findings.append(finding)
        return None
    if root.tag == f"{BPMN}definitions":
        return _tree(work, file, root, bpmn.convert)
    if local_name(root) == "definitions" and "/DMN/" in namespace(root):
        return _tree(work, file, root, dmn.convert)
    work.report.whole(
        "file-kind", "error",
        (
            f"不是 BPMN 2.0 流程图或 DMN 决策表：根元素是 {root.tag}。",
            f"It is neither a BPMN 2.0 diagram nor a DMN table: its root is {root.tag}.",
        ),
        ("用建模器另存为 .bpmn 或 .dmn。", "Save it as .bpmn or .dmn from a modeler."),
    )  # fmt: skip
    return None


def _tree(
    work: Work, file: File, root: Node, convert_: Callable[[Work, Node], bytes]
) -> bytes:
    uncomment(root)
    work.dialect = bpmn.dialect(root)
    if work.dialect == "zeebe":
        work.report.whole(
            "already-ours", "info",
            ("已经是 zeebe 方言，原样保留。", "It is in the zeebe dialect already; kept as it is."),
        )  # fmt: skip
        return file.content
    return convert_(work, root)


def _given(files: Iterable[File]) -> Given:
    """What the files define, as far as they can be read; what cannot is reported later."""
    forms: dict[str, str] = {}
    tables: dict[str, Table] = {}
    for file in files:
        if file.name.endswith(".form"):
            form = formfile.identity(file.content, file.name)
            if form is not None:
                forms[PurePosixPath(file.name).name] = form
        elif file.name.endswith(".dmn"):
            tables |= _tables(file)
    return Given(forms, tables)


def _tables(file: File) -> dict[str, Table]:
    try:
        return dmn.tables(parse_xml(_DMN_NAMES.sub(_DMN_1_1, file.content), file.name))
    except Invalid:
        return {}


def _renamed(name: str) -> str:
    return name.removesuffix(".bpmn20.xml") + ".bpmn" if name.endswith(".bpmn20.xml") else name


def _folder(name: str) -> str:
    folder = str(PurePosixPath(name).parent)
    return "" if folder == "." else f"{folder}/"
