"""The error of a test case that did not hold."""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.errors import BihuanError
from engine.model import Json


class Failed(BihuanError):
    """An assertion does not hold, or an instruction found nothing to act on."""

    code = "scenario-failed"


def show(value: Json) -> str:
    """A value as a person compares it: JSON with the keys in order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def differs(what: str, expected: Json, actual: Json) -> Failed:
    """``what`` names the thing; both values are shown below each other."""
    return Failed(
        f"{what}\n    期望：{show(expected)}\n    实际：{show(actual)}",
        f"{what}\n    expected: {show(expected)}\n    actual:   {show(actual)}",
    )


def object_difference(
    what: str, expected: Mapping[str, Json], actual: Mapping[str, Json]
) -> Failed | None:
    """The entries of ``expected`` that ``actual`` lacks or has otherwise, or None."""
    wrong = [key for key, value in expected.items() if actual.get(key) != value]
    if not wrong:
        return None
    lines = [
        f"    {key}：期望 {show(expected[key])}，"
        + (f"实际 {show(actual[key])}" if key in actual else "没有这个变量")
        for key in wrong
    ]
    return Failed(what + "\n" + "\n".join(lines), f"{what}: {', '.join(wrong)} differ.")
