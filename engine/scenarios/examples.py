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
    """The example data drawn at an element; nothing where none is drawn, as Camunda Process
    Test has it. Raises Failed for data that is no JSON object."""
    text = instance.property(element_id, EXAMPLE)
    if text is None or not text.strip():
        return {}
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Failed(
            f"节点 {element_id} 的示例数据（属性 {EXAMPLE}）不是 JSON 对象：{text}",
            f"The example data of {element_id} ({EXAMPLE}) is no JSON object: {text}",
        )
    return value
