"""Deployment: files together, all or nothing; a file that changed gets the next version.

Running instances stay on the version they started with; new ones take the latest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from engine import (
    bpmn,
    catalogue,
    categories,
    dmn,
    figures,
    groups,
    knowledge,
    lists,
    resources,
    starts,
)
from engine.definitions import content, functions_at, number, resolve
from engine.definitions import deployed as definitions_changed
from engine.definitions import process as compiled
from engine.errors import BihuanError, DeploymentRefused, Forbidden
from engine.feel import Function
from engine.feel.errors import nearest
from engine.model import File, Finding
from engine.models import latest as latest_models
from engine.resources import Resource
from engine.store.rows import insert
from engine.store.unit import Check, Unit, store_of
from engine.tables import (
    definitions as definitions_table,
)
from engine.tables import (
    deployment_definitions,
    deployment_numbers,
    deployments,
    instances,
    people,
)
from engine.tables import resources as resources_table

__all__ = ["Deployed", "Deployment", "Version", "check", "content", "definitions", "deploy"]

GROUP = "组"
"""The item definition by which a column of a decision table says that it holds ids of groups."""
_LOCK = 0x6465_706C_6F79  # "deploy": one deployment at a time


@dataclass(frozen=True, slots=True)
class Deployed:
    """A definition as a deployment left it; ``changed`` if that made a new version."""

    kind: str
    id: str
    version: int
    key: int
    name: str
    resource: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was deployed, with what the check remarked on the files. Where no file had changed, the
    deployment that holds them already."""

    key: int
    at: datetime
    by: str
    definitions: tuple[Deployed, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a definition for lists; ``active`` counts its running instances."""

    key: int
    kind: str
    id: str
    version: int
    version_tag: str | None
    name: str
    resource: str
    deployment_key: int
    at: datetime
    by: str
    active: int


def check(
    conn: Connection,
    files: Sequence[File],
    *,
    job_types: frozenset[str] | None = None,
    checks: Mapping[str, Check] | None = None,
) -> list[Finding]:
    """All findings on the files, alone, together and with what is deployed. ``job_types`` and
    ``checks`` are the engine's unless given; nothing is stored."""
    return _read(conn, files, job_types, checks)[1]


def deploy(unit: Unit, files: Sequence[File]) -> Deployment:
    """Store the files; raises DeploymentRefused with the findings if any of them is an error,
    Forbidden if the actor is a person without the role admin."""
    _may_deploy(unit)
    unit.conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    read, findings = _read(unit.conn, files, None, None)
    if any(finding.severity == "error" for finding in findings):
        raise DeploymentRefused(findings)
    latest = _latest(unit.conn)
    changed = [resource for resource in read if _changed(resource, latest)]
    if not changed:
        return _nothing_new(unit, read, latest)
    changed += [one for one in read if one.bound and one not in changed]
    return replace(_store(unit, read, changed, latest), findings=tuple(findings))


def definitions(conn: Connection, kind: str | None = None) -> list[Version]:
    """The latest version of everything, by kind and id."""
    table = definitions_table
    query = _versions().ext(distinct_on(table.c.kind, table.c.id))
    if kind is not None:
        query = query.where(table.c.kind == kind)
    query = query.order_by(table.c.kind, table.c.id, table.c.version.desc())
    return [Version(*row) for row in conn.execute(query)]


def versions(conn: Connection, kind: str, id_: str) -> list[Version]:
    """All versions, the latest first."""
    table = definitions_table
    query = _versions().where(table.c.kind == kind, table.c.id == id_)
    return [Version(*row) for row in conn.execute(query.order_by(table.c.version.desc()))]


# -- checking


def _read(
    conn: Connection,
    files: Sequence[File],
    job_types: frozenset[str] | None,
    checks: Mapping[str, Check] | None,
) -> tuple[list[Resource], list[Finding]]:
    store = store_of(conn)
    if not files:
        wrong = Finding(
            "no-files", "error", "", "没有选择要部署的文件。", "There are no files to deploy."
        )
        return [], [wrong]
    functions = functions_at(conn, number(conn))[1]
    read, findings = resources.read_all(
        files, store.checks if checks is None else checks, functions, latest_models(conn)
    )
    known = _known(conn, read, functions, job_types or store.local_job_types or None)
    for resource in read:
        findings += _lint(resource, known)
        if resource.figure is not None:
            findings += figures.check(conn, resource.figure, resource.file.name)
        if resource.defines[0].kind == "case":
            findings += _missing_catalogues(conn, read, resource)
        if resource.catalogue is not None:
            findings += _removed(conn, resource.catalogue, resource.file.name)
        if resource.listing is not None:
            findings += lists.check(conn, resource.listing, resource.file.name)
    written = {one.defines[0].id: (one.file.name, one.article) for one in read if one.article}
    findings += knowledge.findings(conn, written)
    return read, findings


def _lint(resource: Resource, known: bpmn.Known) -> list[Finding]:
    if resource.diagram is not None:
        findings = bpmn.lint(resource.diagram, known)
        if any(finding.severity == "error" for finding in findings):
            return findings
        return findings + _starts(resource.diagram, dict(known.functions))
    if resource.model is not None:
        found = dmn.check(resource.model, resource.file.name, known.functions)
        return found + _unknown_groups(resource.model, resource.file.name, known.groups)
    if resource.defines[0].kind == "case":
        return _case_references(resource, known)
    return []


def _unknown_groups(
    model: dmn.Model, filename: str, known: frozenset[str] | None
) -> list[Finding]:
    """Cells of columns of the type ``GROUP`` that name a group which the organisation has not."""
    if known is None:
        return []
    found = []
    for place, value in dmn.constants(model, GROUP):
        if not isinstance(value, str) or value in known:
            continue
        guess = nearest(value, known)
        found.append(
            Finding(
                "unknown-group", "warning", filename,
                f"{place.zh}：组“{value}”不在组织里，派给它的没有人会看到。",
                f"{place.en}: the organisation has no group {value!r}; nobody will see its work.",
                f"是不是“{guess}”？" if guess else "改正组的标识，或先在组织里加上。",
                f"Did you mean {guess!r}?" if guess else "Correct the id, or add the group first.",
                element_id=place.id or None, line=place.line,
            )
        )  # fmt: skip
    return found


def _removed(conn: Connection, now: catalogue.Catalogue, filename: str) -> list[Finding]:
    before = categories.named(conn, number(conn)).get(now.id)
    return catalogue.removed(before, now, filename) if before else []


def _starts(diagram: bpmn.Diagram, functions: dict[str, Function]) -> list[Finding]:
    """Start timers must be computable now: there are no variables to come."""
    found = []
    for process in diagram.processes:
        for start in process.starts:
            if start.timer is None:
                continue
            try:
                starts.plan(start, datetime.now().astimezone(), functions)
            except BihuanError as error:
                found.append(
                    Finding(
                        "start-timer",
                        "error",
                        diagram.filename,
                        error.zh,
                        error.en,
                        element_id=start.id,
                    )
                )
    return found


def _case_references(resource: Resource, known: bpmn.Known) -> list[Finding]:
    wanted = (("process", known.processes, "流程"), ("intake", known.forms, "表单"))
    return [
        Finding(
            "case-reference",
            "error",
            resource.file.name,
            f"“{key}” 指的{zh} {resource.data[key]} 没有部署，也不在这次的文件里。",
            f"“{key}” names {resource.data[key]}, which is neither deployed nor among the files.",
        )
        for key, ids, zh in wanted
        if resource.data.get(key) is not None and resource.data[key] not in (ids or ())
    ]


def _missing_catalogues(
    conn: Connection, read: Sequence[Resource], case: Resource
) -> list[Finding]:
    known = {one.catalogue.id for one in read if one.catalogue is not None}
    known |= set(categories.named(conn, number(conn)))
    fields = case.data.get("fields")
    named = (one for one in fields if isinstance(one, dict)) if isinstance(fields, list) else ()
    return [
        Finding(
            "case-reference",
            "error",
            case.file.name,
            f"字段 {one.get('key')} 的分类目录 {one['catalogue']} 没有部署，也不在这次的文件里。",
            f"The field {one.get('key')} names the catalogue {one['catalogue']}, which is neither "
            "deployed nor among the files.",
        )
        for one in named
        if isinstance(one.get("catalogue"), str) and one["catalogue"] not in known
    ]


def _known(
    conn: Connection,
    read: Sequence[Resource],
    functions: Mapping[str, Function],
    job_types: frozenset[str] | None,
) -> bpmn.Known:
    table = definitions_table
    known = {
        (row.kind, row.id) for row in conn.execute(select(table.c.kind, table.c.id).distinct())
    }
    known |= {(item.kind, item.id) for resource in read for item in resource.defines}

    def ids(kind: str) -> frozenset[str]:
        return frozenset(id_ for one, id_ in known if one == kind)

    uncalled = _not_callable(conn, read)
    return bpmn.Known(
        ids("process"), ids("decision"), ids("form"), job_types, functions, uncalled,
        frozenset(groups.names(conn)) or None,
    )  # fmt: skip


def _not_callable(conn: Connection, read: Sequence[Resource]) -> frozenset[str]:
    """The processes that are called in these files and have no plain start event, deployed
    ones included."""
    drawn = [process for one in read if one.diagram for process in one.diagram.processes]
    found = {process.id: process.callable for process in drawn if process.executable}
    called = {element.called for process in drawn for element in process.elements.values()}
    highest = number(conn)
    for process_id in called - found.keys() - {None}:
        definition = resolve(conn, highest, "process", str(process_id))
        if definition is not None:
            found[definition.id] = compiled(conn, highest, definition).info.callable
    return frozenset(id_ for id_, callable_ in found.items() if not callable_)


def _may_deploy(unit: Unit) -> None:
    """The command line acts in the name of the system, which is no account."""
    roles = unit.conn.execute(select(people.c.roles).where(people.c.login == unit.actor)).scalar()
    if roles is not None and "admin" not in roles:
        raise Forbidden("只有管理员可以部署。", "Only administrators may deploy.")


# -- storing

_Latest = dict[tuple[str, str], Row[Any]]


def _latest(conn: Connection) -> _Latest:
    """The latest version of everything with the hash of its file."""
    table = definitions_table
    rows = conn.execute(
        select(table, resources_table.c.sha256)
        .join(resources_table, resources_table.c.key == table.c.resource_key)
        .ext(distinct_on(table.c.kind, table.c.id))
        .order_by(table.c.kind, table.c.id, table.c.version.desc())
    )
    return {(row.kind, row.id): row for row in rows}


def _changed(resource: Resource, latest: _Latest) -> bool:
    found = [latest.get((item.kind, item.id)) for item in resource.defines]
    return any(row is None or row.sha256 != resource.sha256 for row in found)


def _store(
    unit: Unit, read: Sequence[Resource], changed: Sequence[Resource], latest: _Latest
) -> Deployment:
    key = unit.key()
    next_number = unit.conn.execute(deployment_numbers.next_value()).scalar_one()
    row = {"key": key, "number": next_number, "at": unit.now, "by": unit.actor}
    insert(unit.conn, deployments, [row])
    definitions_changed(unit.conn)
    deployed: list[Deployed] = []
    resource_rows: list[dict[str, Any]] = []
    definition_rows: list[dict[str, Any]] = []
    for resource in read:
        if resource not in changed:
            deployed += _unchanged(resource, latest)
            continue
        resource_key = unit.key()
        resource_rows.append(
            {
                "key": resource_key,
                "deployment_key": key,
                "name": resource.file.name,
                "sha256": resource.sha256,
                "content": resource.file.content,
            }
        )
        for item in resource.defines:
            before = latest.get((item.kind, item.id))
            definition = {
                "key": unit.key(),
                "kind": item.kind,
                "id": item.id,
                "version": before.version + 1 if before else 1,
                "version_tag": item.version_tag,
                "name": item.name,
                "resource_key": resource_key,
                "deployment_key": key,
            }
            definition_rows.append(definition)
            deployed.append(_deployed(resource, definition, changed=True))
    insert(unit.conn, resources_table, resource_rows)
    insert(unit.conn, definitions_table, definition_rows)
    keys = dict.fromkeys(one.key for one in deployed)
    keys |= dict.fromkeys(one for resource in changed for one in resource.imported)
    links = [{"deployment_key": key, "definition_key": one} for one in keys]
    insert(unit.conn, deployment_definitions, links)
    _arm(unit, changed, deployed)
    knowledge.take(unit, {one.defines[0].id: one.article for one in changed if one.article})
    return Deployment(key, unit.now, unit.actor, tuple(deployed))


def _arm(unit: Unit, changed: Sequence[Resource], deployed: Sequence[Deployed]) -> None:
    """The start events of the new versions take the place of the old ones'."""
    functions = dict(functions_at(unit.conn, number(unit.conn))[1])
    made = {one.id: one for one in deployed if one.kind == "process"}
    for resource in changed:
        for process in resource.diagram.processes if resource.diagram else ():
            if process.executable:
                starts.retire(unit, process.id)
                new = made[process.id]
                starts.arm(unit, new.key, new.version, process, functions)


def _nothing_new(unit: Unit, read: Sequence[Resource], latest: _Latest) -> Deployment:
    deployed = tuple(one for resource in read for one in _unchanged(resource, latest))
    row = unit.conn.execute(
        select(deployments).order_by(deployments.c.number.desc()).limit(1)
    ).one()
    return Deployment(row.key, row.at, row.by, deployed)


def _unchanged(resource: Resource, latest: _Latest) -> list[Deployed]:
    rows = (latest[item.kind, item.id] for item in resource.defines)
    return [_deployed(resource, dict(row._mapping), changed=False) for row in rows]


def _deployed(resource: Resource, row: Mapping[str, Any], *, changed: bool) -> Deployed:
    return Deployed(
        row["kind"], row["id"], row["version"], row["key"], row["name"], resource.file.name,
        changed,
    )  # fmt: skip


def _versions() -> Any:
    table = definitions_table
    active = (
        select(func.count())
        .where(instances.c.definition_key == table.c.key, instances.c.status == "active")
        .scalar_subquery()
    )
    return (
        select(
            table.c.key, table.c.kind, table.c.id, table.c.version, table.c.version_tag,
            table.c.name, resources_table.c.name, table.c.deployment_key, deployments.c.at,
            deployments.c.by, active,
        )
        .join(resources_table, resources_table.c.key == table.c.resource_key)
        .join(deployments, deployments.c.key == table.c.deployment_key)
    )  # fmt: skip
