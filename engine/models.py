"""The deployed DMN models that files about to be deployed may import."""

from __future__ import annotations

from sqlalchemy import Connection

from engine import definitions, dmn
from engine.dmn.together import Elsewhere


def latest(conn: Connection) -> Elsewhere:
    """Finds the latest deployed model by its namespace; DmnInvalid where several have it."""

    def find(namespace: str, filename: str) -> dmn.Imported | None:
        found = definitions.models_named(conn, namespace)
        if not found:
            return None
        if len(found) > 1:
            names = [definitions.content(conn, one.key)[0] for one, _ in found]
            raise dmn.DmnInvalid([dmn.ambiguous(namespace, filename, names)])
        ((one, sha256),) = found
        return dmn.Imported(definitions.decision_model(conn, one), sha256, (one.key,))

    return find
