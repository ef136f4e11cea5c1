"""Files as they are handed in to be deployed: what each one defines, and what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine import articles, bpmn, catalogue, dmn, figures, lists
from engine.dmn.together import Elsewhere
from engine.errors import BihuanError, Invalid
from engine.json_file import fault
from engine.feel import Function
from engine.model import File, Finding, Json
from engine.store.unit import Check

MAX_BYTES = 10 * 1024 * 1024
ENDINGS = {
    ".bpmn": "process",
    ".dmn": "decision",
    ".form": "form",
    ".case.json": "case",
    ".calendar.json": "calendar",
    ".catalogue.json": "catalogue",
    ".figure.sql": "figure",
    lists.ENDING: "list",
    articles.ENDING: "article",
}
_DEPLOYMENT_BINDING = re.compile(rb"""bindingType\s*=\s*["']deployment["']""")


@dataclass(frozen=True, slots=True)
class Defined:
    """What a file defines: kind, id, name, version tag."""

    kind: str
    id: str
    name: str
    version_tag: str | None = None


@dataclass(slots=True)
class Resource:
    """A file that could be read. ``bound`` says that it names others of its own deployment,
    so that a change of theirs is a change of its own; ``imported`` are the deployed models
    outside of the files that it imports."""

    file: File
    sha256: str
    defines: tuple[Defined, ...]
    bound: bool = False
    imported: tuple[int, ...] = ()
    diagram: bpmn.Diagram | None = None
    model: dmn.Model | None = None
    figure: figures.Figure | None = None
    listing: lists.Listing | None = None
    catalogue: catalogue.Catalogue | None = None
    article: articles.Article | None = None
    data: Json = None
    findings: list[Finding] = field(default_factory=list)


def kind_of(name: str) -> str | None:
    """The kind of definition in a file of this name; None for a file we know nothing about."""
    return next((kind for ending, kind in ENDINGS.items() if name.endswith(ending)), None)


def read(
    file: File,
    checks: Mapping[str, Check],
    functions: Mapping[str, Function],
    models: dmn.Together | None = None,
) -> tuple[Resource | None, list[Finding]]:
    """Read one file, with the models it may import; None where it cannot be read at all."""
    wrong = _refused(file)
    if wrong is not None:
        return None, [wrong]
    try:
        kind = kind_of(file.name) or ""
        resource = _dmn(file, models) if kind == "decision" else _READERS[kind](file)
    except BihuanError as error:
        return None, _findings_of(file, error)
    ending = next(ending for ending in ENDINGS if file.name.endswith(ending))
    findings = checks[ending](file.content, file.name, functions) if ending in checks else []
    return resource, findings


def read_all(
    files: Sequence[File],
    checks: Mapping[str, Check],
    functions: Mapping[str, Function],
    elsewhere: Elsewhere = lambda *_: None,
) -> tuple[list[Resource], list[Finding]]:
    """Read all files; two that define the same are a finding. ``elsewhere`` finds the models
    they import that are not among them."""
    models = dmn.Together(_models(files), elsewhere)
    resources: list[Resource] = []
    findings: list[Finding] = []
    defined: dict[tuple[str, str], str] = {}
    names: set[str] = set()
    for file in files:
        resource, wrong = read(file, checks, functions, models)
        findings += wrong
        if file.name in names:
            findings.append(_twice(file.name, "文件", "file", file.name, file.name))
        names.add(file.name)
        if resource is None:
            continue
        resources.append(resource)
        for item in resource.defines:
            other = defined.setdefault((item.kind, item.id), file.name)
            if other != file.name:
                findings.append(_twice(file.name, item.kind, item.kind, item.id, other))
    return resources, findings


def _refused(file: File) -> Finding | None:
    name = file.name
    if "/" in name or "\\" in name or not name.strip() or len(name) > 200:
        return Finding(
            "file-name", "error", name,
            "文件名不能为空、不能含路径，也不能超过 200 个字符。",
            "A file name must be bare, not empty and at most 200 characters.",
        )  # fmt: skip
    if kind_of(name) is None:
        return Finding(
            "file-type", "error", name,
            f"不认识 {name} 这种文件。", f"{name} is no kind of file we know.",
            f"可以部署的文件：{'、'.join(ENDINGS)}。", f"Deployable are {', '.join(ENDINGS)}.",
        )  # fmt: skip
    size = len(file.content)
    if size > MAX_BYTES:
        return Finding(
            "file-size", "error", name,
            f"文件有 {size / 1048576:.1f} MB，超过上限 {MAX_BYTES // 1048576} MB。",
            f"The file has {size / 1048576:.1f} MB; the limit is {MAX_BYTES // 1048576} MB.",
            "请检查是否选错了文件；图片等内容不要放进流程图。",
            "Check that this is the right file; keep pictures out of diagrams.",
        )  # fmt: skip
    return None


def _bpmn(file: File) -> Resource:
    diagram = bpmn.parse(file.content, file.name)
    defines = tuple(
        Defined("process", process.id, process.name or process.id, process.version_tag)
        for process in diagram.processes
        if process.executable
    )
    bound = bool(_DEPLOYMENT_BINDING.search(file.content))
    return Resource(file, _hash(file), defines, bound, diagram=diagram)


def _dmn(file: File, models: dmn.Together | None = None) -> Resource:
    """A model without decisions, made to be imported, is defined by its file's name."""
    models = models or dmn.Together([(file.name, file.content)])
    parsed = models.parse(file.name)
    defines = tuple(
        Defined("decision", info.id, info.name or info.id, info.version_tag)
        for info in parsed.model.decisions.values()
    )
    alone = Defined("file", file.name, parsed.model.source.name or file.name)
    imported = tuple(key for one in models.imported(file.name) for key in one.keys)
    return Resource(
        file, parsed.sha256, defines or (alone,), imported=imported, model=parsed.model
    )


def _models(files: Sequence[File]) -> list[tuple[str, bytes]]:
    ours = (one for one in files if kind_of(one.name) == "decision" and _refused(one) is None)
    return [(one.name, one.content) for one in ours]


def _form(file: File) -> Resource:
    data = _json(file)
    tag = data.get("versionTag")
    version_tag = tag if isinstance(tag, str) and tag else None
    id_ = _id(file, data)
    return Resource(file, _hash(file), (Defined("form", id_, _name(data, id_), version_tag),))


def _case(file: File) -> Resource:
    data = _json(file)
    id_ = _id(file, data)
    return Resource(file, _hash(file), (Defined("case", id_, _name(data, id_)),), data=data)


def _calendar(file: File) -> Resource:
    data = _json(file)
    id_ = file.name.removesuffix(".calendar.json")
    return Resource(file, _hash(file), (Defined("calendar", id_, _name(data, id_)),))


def _catalogue(file: File) -> Resource:
    found = catalogue.parse(file.content, file.name)
    return Resource(
        file, _hash(file), (Defined("catalogue", found.id, found.name),), catalogue=found
    )


def _figure(file: File) -> Resource:
    figure = figures.parse(file.content, file.name)
    defines = (Defined("figure", figure.id, figure.title),)
    return Resource(file, _hash(file), defines, figure=figure)


def _list(file: File) -> Resource:
    listing = lists.parse(file.content, file.name)
    return Resource(
        file, _hash(file), (Defined("list", listing.id, listing.title),), listing=listing
    )


def _article(file: File) -> Resource:
    article = articles.parse(file.content, file.name)
    defined = Defined("article", articles.identity(file.name), article.title)
    return Resource(file, _hash(file), (defined,), article=article)


_READERS = {
    "process": _bpmn, "decision": _dmn, "form": _form, "case": _case, "calendar": _calendar,
    "catalogue": _catalogue,
    "figure": _figure, "list": _list, "article": _article,
}  # fmt: skip


def _json(file: File) -> dict[str, Json]:
    try:
        data = json.loads(file.content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        zh, en = fault(error)
        raise Invalid(f"{file.name}：{zh}", f"{file.name}: {en}", line=error.lineno) from None
    except (UnicodeDecodeError, RecursionError):
        raise Invalid(
            f"{file.name} 不是 UTF-8 的 JSON 文件，请另存为 UTF-8。",
            f"{file.name} is no JSON in UTF-8.",
        ) from None
    if not isinstance(data, dict):
        raise Invalid(f"{file.name} 应为一个 JSON 对象。", f"{file.name} must be a JSON object.")
    return data


def _id(file: File, data: dict[str, Json]) -> str:
    value = data.get("id")
    if not isinstance(value, str) or not value.strip():
        raise Invalid(f"{file.name} 缺少 “id”。", f"{file.name} has no “id”.")
    return value.strip()


def _name(data: dict[str, Json], otherwise: str) -> str:
    value = data.get("name")
    return value if isinstance(value, str) and value.strip() else otherwise


def _hash(file: File) -> str:
    return hashlib.sha256(file.content).hexdigest()


def _findings_of(file: File, error: BihuanError) -> list[Finding]:
    found = getattr(error, "findings", None) or error.details.get("findings")
    if found:
        return list(found)
    line = error.details.get("line")
    return [Finding("unreadable", "error", file.name, error.zh, error.en, line=line)]


def _twice(file: str, kind_zh: str, kind_en: str, id_: str, other: str) -> Finding:
    return Finding(
        "duplicate-definition", "error", file,
        f"{kind_zh} {id_} 在 {file} 与 {other} 中重复定义。",
        f"{kind_en} {id_} is defined in {file} and in {other}.",
        "每个标识只保留一份。", "Keep one of each.",
    )  # fmt: skip
