"""Deployed definitions: which version a reference means, and what was made of its file.

What the latest version of anything is depends on one number: the highest deployment number
committed. Whoever knows it (each step reads it with the row it locks) may answer from memory.
A definition never changes, so its compiled form is kept by its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from engine import bpmn, calendar, catalogue, categories, dmn
from engine.bpmn.diagram import ProcessInfo
from engine.errors import NotFound
from engine.feel import Function
from engine.model import Binding
from engine.store.unit import Store, store_of
from engine.tables import definitions, deployment_definitions, deployments, resources

_KINDS_ZH = {
    "process": "流程",
    "decision": "决策",
    "form": "表单",
    "calendar": "工作日历",
    "catalogue": "分类目录",
    "case": "工单类型",
    "figure": "指标",
    "list": "清单",
    "article": "知识",
    "file": "文件",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a process, decision, form, calendar, catalogue, case kind …"""

    key: int
    kind: str
    id: str
    version: int
    version_tag: str | None
    name: str
    resource_key: int
    deployment_key: int


@dataclass(frozen=True, slots=True)
class Process:
    """A process ready to run. ``program`` is shared by all instances and threads."""

    definition: Definition
    program: bpmn.Program
    info: ProcessInfo
    calls: bool
    """Whether it has call activities."""


def number(conn: Connection) -> int:
    """The highest deployment number; 0 before the first deployment. A transaction, or one
    reading, asks once: for it, what is deployed stands still."""
    noted = _noted(conn)
    if "number" not in noted:
        query = select(func.coalesce(func.max(deployments.c.number), 0))
        noted["number"] = int(conn.execute(query).scalar_one())
    return noted["number"]


def deployed(conn: Connection) -> None:
    """This transaction has deployed: what it noted of the deployments before is old."""
    _noted(conn).clear()


def _noted(conn: Connection) -> dict[str, int]:
    noted: dict[str, int] = conn.get_execution_options()["bihuan_noted"]
    return noted


def by_key(conn: Connection, key: int) -> Definition:
    """Return the definition; raises NotFound."""
    return store_of(conn).lookups.get(key, lambda: _by_key(conn, key))


def resolve(
    conn: Connection,
    number: int,
    kind: str,
    id_: str,
    binding: Binding = Binding(),
    bound: Definition | None = None,
) -> Definition | None:
    """The version that ``bound`` means when it names ``id_`` with this binding; None if there
    is none. ``number`` is the highest deployment number known to this transaction."""
    deployment_key = bound.deployment_key if bound and binding.type == "deployment" else None
    asked = (number, kind, id_, binding.type, binding.version_tag, deployment_key)
    return store_of(conn).lookups.get(
        asked, lambda: _resolve(conn, kind, id_, binding, deployment_key)
    )


def content(conn: Connection, definition_key: int) -> tuple[str, bytes]:
    """File name and bytes of a definition; raises NotFound."""
    row = conn.execute(
        select(resources.c.name, resources.c.content)
        .join(definitions, definitions.c.resource_key == resources.c.key)
        .where(definitions.c.key == definition_key)
    ).one_or_none()
    if row is None:
        raise _missing(definition_key)
    return row.name, row.content


def process(conn: Connection, number: int, definition: Definition) -> Process:
    """The process of a definition, compiled with the FEEL functions of the present calendar."""
    made_of, functions = functions_at(conn, number)
    return store_of(conn).programs.get(
        (definition.key, made_of), lambda: _compile(conn, definition, functions)
    )


def decision_model(conn: Connection, definition: Definition) -> dmn.Model:
    """The parsed file that a decision's definition lies in, with what it imports as it was
    when it was deployed."""
    return store_of(conn).models.get(definition.resource_key, lambda: _model(conn, definition))


def models_named(
    conn: Connection, namespace: str, deployment_key: int | None = None
) -> list[tuple[Definition, str]]:
    """One definition of each DMN file with the namespace, and the hash of the file: of those
    that belong to a deployment, else of the latest ones."""
    query = (
        _columns().add_columns(resources.c.sha256, resources.c.name, resources.c.content)
        .join(resources, resources.c.key == definitions.c.resource_key)
        .where(definitions.c.kind.in_(("decision", "file")), resources.c.name.endswith(".dmn"))
    )
    if deployment_key is None:
        newer = definitions.alias("newer")
        query = query.where(~exists().where(
            newer.c.kind == definitions.c.kind, newer.c.id == definitions.c.id,
            newer.c.version > definitions.c.version,
        ))  # fmt: skip
    else:
        link = deployment_definitions
        query = query.join(link, link.c.definition_key == definitions.c.key)
        query = query.where(link.c.deployment_key == deployment_key)
    found: dict[int, tuple[Definition, str]] = {}
    for *columns, sha256, name, bytes_ in conn.execute(query):
        one = Definition(*columns)
        if one.resource_key not in found and dmn.namespace(bytes_, name) == namespace:
            found[one.resource_key] = (one, sha256)
    return list(found.values())


def functions_at(
    conn: Connection, number: int
) -> tuple[tuple[int, ...], Mapping[str, Function]]:
    """Our FEEL functions on the default calendar and the catalogues, with the keys of the versions
    they are made of."""
    return store_of(conn).lookups.get((number, "functions"), lambda: _functions(conn, number))


def missing(kind: str, id_: str) -> NotFound:
    """The error that says there is no such definition."""
    return NotFound(
        f"没有部署过{_KINDS_ZH.get(kind, kind)}“{id_}”。请先部署它的文件。",
        f"No {kind} “{id_}” is deployed. Deploy its file first.",
        kind=kind,
        id=id_,
    )


def _compile(
    conn: Connection, definition: Definition, functions: Mapping[str, Function]
) -> Process:
    name, bytes_ = content(conn, definition.key)
    diagram = bpmn.parse(bytes_, name)
    info = diagram.process(definition.id)
    if info is None:
        raise missing("process", definition.id)
    calls = any(element.type == "callActivity" for element in info.elements.values())
    program = bpmn.compile_process(diagram, definition.id, functions)
    return Process(definition, program, info, calls)


def _model(conn: Connection, definition: Definition) -> dmn.Model:
    name, bytes_ = content(conn, definition.key)
    imported = {}
    for namespace in dmn.imports(bytes_, name):
        for other, _ in models_named(conn, namespace, definition.deployment_key):
            imported[namespace] = decision_model(conn, other)
    return dmn.parse(bytes_, name, imported)


def _functions(
    conn: Connection, number: int
) -> tuple[tuple[int, ...], Mapping[str, Function]]:
    store = store_of(conn)
    deployed = resolve(conn, number, "calendar", "default")
    days = calendar.plain(store.zone.key)
    if deployed is not None:
        name, bytes_ = content(conn, deployed.key)
        days = calendar.parse(bytes_, name)
    known = categories.named(conn, number)
    made_of = (deployed.key if deployed else 0, *categories.at(conn, number))
    choices = catalogue.functions(known, lambda: _now(store).date())
    return made_of, calendar.functions(days) | choices | _present(store)


def _now(store: Store) -> datetime:
    """The present moment in the zone of the installation."""
    return datetime.now(store.zone) if store.clock is None else store.clock().astimezone(store.zone)


def _present(store: Store) -> dict[str, Function]:
    """Stand-ins for FEEL's functions of the present, where the engine has a clock of its own."""
    clock = store.clock
    if clock is None:
        return {}

    def now() -> Any:
        return clock().astimezone(store.zone)

    def today() -> Any:
        return now().date()

    return {"now": Function("now", (), now), "today": Function("today", (), today)}


def _by_key(conn: Connection, key: int) -> Definition:
    row = conn.execute(_columns().where(definitions.c.key == key)).one_or_none()
    if row is None:
        raise _missing(key)
    return Definition(*row)


def _resolve(
    conn: Connection, kind: str, id_: str, binding: Binding, deployment_key: int | None
) -> Definition | None:
    query = _columns().where(definitions.c.kind == kind, definitions.c.id == id_)
    if deployment_key is not None:
        query = query.join(
            deployment_definitions,
            deployment_definitions.c.definition_key == definitions.c.key,
        ).where(deployment_definitions.c.deployment_key == deployment_key)
    if binding.type == "versionTag":
        query = query.where(definitions.c.version_tag == binding.version_tag)
    row = conn.execute(query.order_by(definitions.c.version.desc()).limit(1)).one_or_none()
    return Definition(*row) if row else None


def _columns() -> Select[Any]:
    return select(
        definitions.c.key,
        definitions.c.kind,
        definitions.c.id,
        definitions.c.version,
        definitions.c.version_tag,
        definitions.c.name,
        definitions.c.resource_key,
        definitions.c.deployment_key,
    )


def _missing(key: int) -> NotFound:
    return NotFound(
        f"没有编号为 {key} 的定义。", f"There is no definition with key {key}.", key=key
    )
