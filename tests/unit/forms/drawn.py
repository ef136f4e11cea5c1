"""Small forms for the tests."""

from __future__ import annotations

import json
from typing import Any

from forms import Form, parse


def content(*components: dict[str, Any], **more: Any) -> bytes:
    """The bytes of a ``.form`` with these components; ids are given where missing."""
    for number, component in enumerate(components):
        component.setdefault("id", f"Field_{number}")
    form = {"schemaVersion": 19, "type": "default", "id": "test-form",
            "components": list(components), **more}
    return json.dumps(form, ensure_ascii=False, indent=1).encode()


def form(*components: dict[str, Any]) -> Form:
    return parse(content(*components), "test.form")


def text(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "textfield", "key": key, "label": key, **more}


def options(*values: Any) -> list[dict[str, Any]]:
    return [{"label": f"选项{value}", "value": value} for value in values]
