"""The error of a test case that did not hold, and differences that a person can read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from engine.errors import BihuanError
from engine.model import Json

MOST_SHOWN = 20
"""Differences that one error names."""


class Failed(BihuanError):
    """An assertion does not hold, or an instruction found nothing to act on."""

    code = "scenario-failed"


class Undecided(BihuanError):
    """An assertion that cannot be judged here; it neither holds nor fails."""

    code = "scenario-undecided"


def show(value: Json) -> str:
    """A value as a person compares it: JSON with the keys in order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def same(expected: Json, actual: Json) -> bool:
    """Whether two JSON values are the same: 1 is 1.0, but not true."""
    return not any(_differences("", expected, actual))


def differs(zh: str, en: str, expected: Json, actual: Json) -> Failed:
    """``zh`` and ``en`` name the thing; both values are shown below each other, and inside of
    objects and lists the places that differ."""
    places = list(_differences("", expected, actual))
    deep = [f"    {line}" for path, line in places if path]
    more = "\n" + "\n".join(deep[:MOST_SHOWN]) if deep else ""
    return Failed(
        f"{zh}\n    期望：{show(expected)}\n    实际：{show(actual)}{more}",
        f"{en}\n    expected: {show(expected)}\n    actual:   {show(actual)}",
    )


def object_difference(
    zh: str, en: str, expected: Mapping[str, Json], actual: Mapping[str, Json]
) -> Failed | None:
    """The entries of ``expected`` that ``actual`` lacks or has otherwise, or None."""
    lines: list[str] = []
    names: list[str] = []
    for key, value in expected.items():
        if key not in actual:
            lines.append(f"{key}：期望 {show(value)}，没有这个变量")
            names.append(key)
            continue
        found = list(_differences(key, value, actual[key]))
        lines.extend(line for _, line in found)
        names.extend(path for path, _ in found)
    if not lines:
        return None
    shown = [f"    {line}" for line in lines[:MOST_SHOWN]]
    if len(lines) > MOST_SHOWN:
        shown.append(f"    另有 {len(lines) - MOST_SHOWN} 处不同")
    return Failed(f"{zh}\n" + "\n".join(shown), f"{en}: {', '.join(names)} differ.")


def _differences(path: str, expected: Json, actual: Json) -> Iterator[tuple[str, str]]:
    """(path, sentence) of each place where the values differ."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted({*expected, *actual}):
            yield from _entry(f"{path}.{key}" if path else key, key, expected, actual)
    elif isinstance(expected, list) and isinstance(actual, list):
        for index, (one, other) in enumerate(zip(expected, actual, strict=False)):
            yield from _differences(f"{path}[{index}]", one, other)
        if len(expected) != len(actual):
            yield path, (
                f"{path}：期望 {len(expected)} 项 {show(expected)}，"
                f"实际 {len(actual)} 项 {show(actual)}"
            )
    elif isinstance(expected, bool) is not isinstance(actual, bool) or expected != actual:
        yield path, f"{path}：期望 {show(expected)}，实际 {show(actual)}"


def _entry(
    path: str, key: str, expected: Mapping[str, Json], actual: Mapping[str, Json]
) -> Iterator[tuple[str, str]]:
    if key not in actual:
        yield path, f"{path}：期望 {show(expected[key])}，实际没有"
    elif key not in expected:
        yield path, f"{path}：期望没有，实际 {show(actual[key])}"
    else:
        yield from _differences(path, expected[key], actual[key])
