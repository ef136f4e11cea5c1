"""A deployed decision, asked outside of any process."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from engine import definitions
from engine.feel import to_json
from engine.model import Json


def decide(conn: Connection, decision_id: str, context: Mapping[str, Json]) -> Json:
    """What the newest deployed decision says; NotFound, ExpressionFailed. Unlike in a process it
    leaves no record."""
    at = definitions.number(conn)
    found = definitions.resolve(conn, at, "decision", decision_id)
    if found is None:
        raise definitions.missing("decision", decision_id)
    _, functions = definitions.functions_at(conn, at)
    model = definitions.decision_model(conn, found)
    return to_json(model.evaluate(decision_id, context, functions).value)
