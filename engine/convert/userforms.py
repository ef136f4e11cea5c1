"""The form of a user task or start event: keys, references, and fields drawn by the engine."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath

from engine.convert import fields
from engine.convert.context import Work, slug
from engine.convert.foreign import Node, attribute, inner, take, take_elements
from engine.convert.juel import has_expression
from engine.convert.markup import put
from engine.convert.report import shown
from engine.model import File
from engine.xml import local_name

_FILE = re.compile(r"camunda-forms:(?:deployment:|app:)?(.+)")
_EMBEDDED = re.compile(r"(?:embedded:)?(?:deployment:|app:|engine:|external:)?(.+)")
_BINDINGS = frozenset({"latest", "deployment"})


def convert(work: Work, node: Node) -> None:
    """Give the element a ``zeebe:formDefinition`` for what it had."""
    key, reference = take(node, "formKey"), take(node, "formRef")
    binding, version = take(node, "formRefBinding"), take(node, "formRefVersion")
    handler = take(node, "formHandlerClass")
    take(node, "formFieldValidation")
    generated = _generated(work, node)
    if handler is not None:
        work.report.decide(
            node, "form-handler",
            (
                f"的表单由 Java 类 {handler} 处理。",
                f"has its form handled by the Java class {handler}.",
            ),
            ("用表单的校验和 FEEL 表达式代替。", "Use the form's validation and FEEL instead."),
        )  # fmt: skip
    if reference is not None:
        _reference(work, node, reference, binding, version)
    elif key is not None:
        _key(work, node, key)
    elif generated is not None:
        put(node, "formDefinition", formId=generated)
    if local_name(node) == "startEvent" and (key or reference or generated):
        work.report.note(
            node, "start-form",
            (
                "有启动表单：在案件类型（.case.json）的 intake 中填写它，新建案件时使用。",
                "has a start form: name it as intake of the case kind (.case.json), where new "
                "cases are opened with it.",
            ),
        )  # fmt: skip


def _reference(
    work: Work, node: Node, reference: str, binding: str | None, version: str | None
) -> None:
    form = work.expressions.text(node, reference, ("表单", "form"))
    bound = binding if binding in _BINDINGS else None
    numbered = version is not None or binding == "version"
    bound = "versionTag" if numbered else bound
    put(node, "formDefinition", formId=form, bindingType=bound)
    if numbered:
        work.report.decide(
            node, "binding-version",
            (
                f"绑定表单的第 {version} 版；版本号在这里没有意义，改按版本标签绑定，标签待填。",
                f"binds version {version} of its form; that number means nothing here. It binds a "
                "version tag now, which is to be filled in.",
            ),
            (
                "改为最新版、同一部署，或按版本标签绑定。",
                "Bind the latest, the same deployment, or a version tag.",
            ),
        )  # fmt: skip


def _key(work: Work, node: Node, key: str) -> None:
    if has_expression(key):
        form = work.expressions.text(node, key, ("表单", "form"))
        put(node, "formDefinition", formId=form)
        work.report.check(
            node, "form-key",
            (f"的表单由“{shown(key)}”算出。", f"has its form computed by “{shown(key)}”."),
            ("确保结果是表单标识。", "Make sure that it gives the id of a form."),
        )  # fmt: skip
        return
    file = _FILE.fullmatch(key)
    if file:
        name = PurePosixPath(file[1]).name
        form = work.given.forms.get(name) or slug(name.removesuffix(".form"))
        put(node, "formDefinition", formId=form, bindingType="deployment")
        work.report.note(
            node, "form-key",
            (f"的表单文件 {name} 按标识 {form} 引用。", f"refers to {name} by its id {form} now."),
        )  # fmt: skip
        return
    form = _form_id(key)
    put(node, "formDefinition", formId=form)
    work.report.decide(
        node, "form-key",
        (
            f"的表单“{shown(key)}”不能自动转换，先引用标识 {form}。",
            f"has the form “{shown(key)}”, which cannot be converted; refers to {form} for now.",
        ),
        (
            f"在表单编辑器中画出它，标识填 {form}，然后一起部署。",
            f"Draw it in the form editor with the id {form} and deploy it with this file.",
        ),
    )  # fmt: skip


def _form_id(key: str) -> str:
    found = _EMBEDDED.fullmatch(key.partition("?")[0])
    stem = PurePosixPath(found[1] if found else key).stem
    return slug(stem) or "form"


def _generated(work: Work, node: Node) -> str | None:
    """Write the fields of a generated form into a file; the form's id, or None."""
    found = [one for form in take_elements(node, "formData") for one in inner(form, "formField")]
    for holder in [one.getparent() for one in found[:1]]:
        if holder is not None and attribute(holder, "businessKey"):
            work.report.check(
                node, "business-key",
                ("的表单字段用作业务键。", "uses a form field as business key."),
                (
                    "用案件编号 case.number，或按案件字段搜索。",
                    "Use case.number, or search cases by their fields.",
                ),
            )  # fmt: skip
    found += take_elements(node, "formProperty")
    if not found:
        return None
    process = next(
        (one.get("id", "") for one in node.iterancestors() if local_name(one) == "process"), ""
    )
    form = slug(f"{process}-{node.get('id', '')}")
    components = [fields.component(work, one, form) for one in found]
    content = {
        "components": components,
        "type": "default",
        "id": form,
        "executionPlatform": "Camunda Cloud",
        "executionPlatformVersion": "8.8.0",
        "schemaVersion": 19,
    }
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    work.made.append(File(f"{work.folder}{form}.form", text.encode()))
    work.report.note(
        node, "generated-form",
        (
            f"的 {len(components)} 个表单字段写入了 {form}.form。",
            f"has {len(components)} form fields, now in {form}.form.",
        ),
    )  # fmt: skip
    return form
