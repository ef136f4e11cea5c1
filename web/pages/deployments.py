"""What is deployed, in which versions, and deploying more: check, see the findings, deploy."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath

from flask import Blueprint, make_response, render_template, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from engine import definitions, deployment, people
from engine.errors import DeploymentRefused
from engine.model import File, Finding
from web import session
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("deployments", __name__)

KINDS = {
    "case": "案件类型", "process": "流程", "decision": "决策", "form": "表单",
    "calendar": "工作日历", "catalogue": "分类目录", "figure": "指标", "list": "清单",
    "article": "知识", "file": "文件",
}
"""Kinds of definitions in the order of the page."""


@pages.get("/deployments")
@right("admin")
def show() -> str:
    return _page()


@pages.post("/deployments/check")
@right("admin")
def check() -> str:
    files = _files()
    with session.engine().read() as conn:
        found = deployment.check(conn, files)
    if wants_fragment():
        return render_template("deployment_result.html", findings=_sorted(found), files=files)
    return _page(findings=_sorted(found), files=files)


@pages.post("/deployments")
@right("admin")
def deploy() -> str | tuple[str, int]:
    files = _files()
    try:
        with session.engine().unit(session.person().login) as unit:
            done = deployment.deploy(unit, files)
    except DeploymentRefused as error:
        found = _sorted(error.findings)
        if wants_fragment():
            return render_template(
                "deployment_result.html", findings=found, files=files, refused=error.zh
            ), 422
        return _page(findings=found, files=files, refused=error.zh), 422
    if wants_fragment():
        return render_template(
            "deployment_result.html", done=done, findings=_sorted(done.findings), files=files)
    return _page(done=done, findings=_sorted(done.findings), files=files)


@pages.get("/deployments/<kind>/<identity>")
@right("admin")
def versions(kind: str, identity: str) -> str:
    with session.engine().read() as conn:
        found = deployment.versions(conn, kind, identity)
        names = people.names(conn)
    if not found:
        raise NotFound
    return render_template(
        "versions.html", kind=kind, identity=identity, versions=found,
        kind_name=KINDS.get(kind, kind), people=names,
    )


@pages.get("/definitions/<key:key>/file")
@right("admin")
def download(key: int) -> Response:
    with session.engine().read() as conn:
        name, content = definitions.content(conn, key)
    response = make_response(content)
    response.headers["Content-Type"] = "application/octet-stream"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@pages.get("/definitions/<key:key>/diagram")
@right(SIGNED_IN)
def diagram(key: int) -> Response:
    """The BPMN of a process definition, for the viewer."""
    with session.engine().read() as conn:
        if definitions.by_key(conn, key).kind != "process":
            raise NotFound
        content = definitions.content(conn, key)[1]
    response = make_response(content)
    response.headers["Content-Type"] = "application/xml"
    response.headers["Cache-Control"] = "private, max-age=3600"  # a version never changes
    return response


def _page(**result: object) -> str:
    with session.engine().read() as conn:
        found = deployment.definitions(conn)
    by_kind = defaultdict(list)
    for one in found:
        by_kind[one.kind].append(one)
    ordered = [(KINDS.get(kind, kind), by_kind[kind]) for kind in
               [*KINDS, *sorted(set(by_kind) - set(KINDS))] if by_kind[kind]]
    return render_template("deployments.html", kinds=ordered, **result)


def _files() -> list[File]:
    uploaded = [one for one in request.files.getlist("files") if one.filename]
    return [File(_bare_name(one), one.read()) for one in uploaded]


def _bare_name(uploaded: FileStorage) -> str:
    """The name without the folders that some browsers send along."""
    return PurePosixPath((uploaded.filename or "").replace("\\", "/")).name


def _sorted(found: tuple[Finding, ...] | list[Finding]) -> list[Finding]:
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda one: (order[one.severity], one.file, one.line or 0))


