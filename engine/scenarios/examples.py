"""Example data that a designer keeps at an element in the Modeler."""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.model import Json
from engine.scenarios.failure import Failed
from engine.scenarios.stage import Instance

EXAMPLE = "camundaModeler:exampleOutputJson"
"""The property in which the Modeler keeps it."""


def example(instance: Instance, element_id: str) -> Mapping[str, Json]:
    """The example data drawn at an element. Raises Failed if there is none."""
    text = instance.property(element_id, EXAMPLE)
    try:
        value = json.loads(text or "")
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Failed(
            f"节点 {element_id} 没有示例数据（属性 {EXAMPLE}）。",
            f"The element {element_id} has no example data ({EXAMPLE}).",
        )
    return value
