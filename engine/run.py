"""Process instances: start, act on, cancel; read and set their variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engine import bpmn, definitions, plain
from engine.definitions import Definition
from engine.errors import Conflict, Invalid, NotFound
from engine.model import Json
from engine.step import Step
from engine.store.unit import Unit
from engine.tables import definitions as definitions_table
from engine.tables import history, instances
from engine.world import Looking


@dataclass(frozen=True, slots=True)
class Opening:
    """The case that a root instance is the process of: its key, which the instance takes over,
    and its kind."""

    key: int
    kind: str


@dataclass(frozen=True, slots=True)
class Started:
    """A started instance; ``case_id`` is the key of its root instance, here the same."""

    instance_key: int
    case_id: int


def start(
    unit: Unit,
    process_id: str,
    variables: Json,
    *,
    version: int | None = None,
    opening: Opening | None = None,
) -> Started:
    """Start the latest (or the named) version of a process and run it until it waits.

    Raises NotFound for an unknown process or version, Invalid for variables that are no JSON
    or a process without a plain start event.
    """
    conn = unit.conn
    number = definitions.number(conn)
    if version is None:
        definition = definitions.resolve(conn, number, "process", process_id)
    else:
        definition = _of_version(conn, process_id, version)
    if definition is None:
        raise definitions.missing("process", process_id)
    return start_definition(unit, number, definition, variables, opening=opening)


def start_definition(
    unit: Unit,
    number: int,
    definition: Definition,
    variables: Json,
    *,
    start_id: str | None = None,
    opening: Opening | None = None,
    start_key: str | None = None,
) -> Started:
    """Start this very version at a start event (None: the plain one). No other instance with
    the ``start_key`` may be running (``engine.message_starts``)."""
    process = definitions.process(unit.conn, number, definition)
    key = opening.key if opening else unit.key()
    step = Step.fresh(unit, key, number, opening.kind if opening else None)
    step.start_key = start_key
    step.begin(process, plain.variables(variables), start_id=start_id)
    step.settle()
    step.finish()
    return Started(key, key)


def advance(unit: Unit, instance_key: int, act: Callable[[bpmn.Run], None]) -> None:
    """Lock the case, restore the instance, let ``act`` operate on it, carry out what follows,
    write everything. Raises NotFound, Conflict if the instance is over."""
    step = Step.locked(unit, _case_of(unit.conn, instance_key))
    step.perform(instance_key, act)
    step.finish()


def cancel(unit: Unit, instance_key: int, reason: str) -> None:
    """End a case's root instance and everything in it. Raises Conflict for a called process:
    only its caller can cancel it."""
    case_id = _case_of(unit.conn, instance_key)
    if case_id != instance_key:
        raise Conflict(
            "被调用的子流程不能单独取消，请取消它所属的主流程。",
            "A called process cannot be cancelled alone; cancel its root instance.",
            instance=instance_key,
            root=case_id,
        )
    if not reason.strip():
        raise Invalid("请填写取消的原因。", "Give a reason for the cancellation.")
    step = Step.locked(unit, case_id)
    member = step.member(instance_key)
    member.reason = reason.strip()
    step.terminate(member)
    step.settle()
    step.finish()


def set_variables(unit: Unit, instance_key: int, values: Json, token: str = "") -> None:
    """Set variables of the process, or where they exist as seen from an element's token."""
    checked = plain.variables(values)
    advance(unit, instance_key, lambda run: run.set_variables(token, checked))


def hand_down(unit: Unit, instance_key: int, values: Json) -> None:
    """Set variables of the process and of all that it has called and that still run."""
    checked = plain.variables(values)
    advance(unit, instance_key, lambda run: run.heed(checked))


def variables(conn: Connection, instance_key: int, token: str = "") -> dict[str, Json]:
    """What is visible at a token; "" is the process. Of an instance that is over: its process
    variables at the end. Raises NotFound, Conflict for a token that is gone."""
    row = conn.execute(select(instances).where(instances.c.key == instance_key)).one_or_none()
    if row is None:
        raise _missing(instance_key)
    if row.status != "active":
        return _from_history(conn, row.case_id, instance_key)
    number = definitions.number(conn)
    process = definitions.process(conn, number, definitions.by_key(conn, row.definition_key))
    return bpmn.Run.restore(process.program, bytes(row.state), Looking()).variables(token)


def _from_history(conn: Connection, case_id: int, instance_key: int) -> dict[str, Json]:
    rows = conn.execute(
        select(history.c.data)
        .where(
            history.c.case_id == case_id,
            history.c.instance_key == instance_key,
            history.c.kind == "variables.changed",
        )
        .order_by(history.c.seq)
    )
    values: dict[str, Json] = {}
    for data in rows.scalars():
        if not data["scope"]:
            values |= data["values"]
    return values


def _case_of(conn: Connection, instance_key: int) -> int:
    case_id = conn.execute(
        select(instances.c.case_id).where(instances.c.key == instance_key)
    ).scalar()
    if case_id is None:
        raise _missing(instance_key)
    return int(case_id)


def _of_version(conn: Connection, process_id: str, version: int) -> Definition | None:
    table = definitions_table
    key = conn.execute(
        select(table.c.key).where(
            table.c.kind == "process", table.c.id == process_id, table.c.version == version
        )
    ).scalar()
    return None if key is None else definitions.by_key(conn, key)


def _missing(instance_key: int) -> NotFound:
    return NotFound(
        f"没有编号为 {instance_key} 的流程实例。",
        f"There is no process instance {instance_key}.",
        instance=instance_key,
    )
