"""Conditional start events of processes: started by a set of variables that makes them true."""

from __future__ import annotations

from sqlalchemy import select

from engine import definitions, plain
from engine.model import Json
from engine.run import Started, start_definition
from engine.store.unit import Unit
from engine.tables import subscriptions


def evaluate(unit: Unit, variables: Json, process_id: str | None = None) -> list[Started]:
    """Start every process (or this one), in its latest version, at each conditional start event
    whose condition is true for these variables; they become its own. Raises Invalid for
    variables that are no JSON, ExpressionFailed for a condition that cannot be evaluated."""
    values = plain.variables(variables)
    table = subscriptions
    query = select(table.c.definition_key, table.c.element_id).where(table.c.kind == "condition")
    if process_id is not None:
        query = query.where(table.c.name == process_id)
    number = definitions.number(unit.conn)
    started = []
    for definition_key, element_id in unit.conn.execute(query.order_by(table.c.key)).all():
        definition = definitions.by_key(unit.conn, definition_key)
        process = definitions.process(unit.conn, number, definition)
        if process.program.starts_with(element_id, values):
            one = start_definition(unit, number, definition, values, start_id=element_id)
            started.append(one)
    return started
