"""Reads test case files: Camunda Process Test's JSON test cases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from engine.errors import Invalid
from engine.json_file import fault
from engine.model import Json
from engine.scenarios.schema import Problem, problems

MOST_SHOWN = 20
"""Problems of a file that one error names."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step. ``number`` counts from 1; ``data`` holds the properties besides ``type``."""

    number: int
    type: str
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test case of a file."""

    __test__ = False  # not a test class of pytest

    file: str
    name: str
    description: str
    instructions: tuple[Instruction, ...]


def read(content: bytes, filename: str) -> tuple[TestCase, ...]:
    """The test cases of a file. Raises Invalid that names every problem with its path in the
    JSON and what is allowed there."""
    data = _json(content, filename)
    found = list(_problems(data))
    if found:
        shown = found[:MOST_SHOWN]
        more_zh = f"\n另有 {len(found) - MOST_SHOWN} 处。" if len(found) > MOST_SHOWN else ""
        more_en = f"\n{len(found) - MOST_SHOWN} more." if len(found) > MOST_SHOWN else ""
        raise Invalid(
            "\n".join(f"{filename}：{one.path}：{one.zh}" for one in shown) + more_zh,
            "\n".join(f"{filename}: {one.path}: {one.en}" for one in shown) + more_en,
            file=filename,
            problems=[one.path for one in found],
        )
    return tuple(_case(case, filename) for case in data["testCases"])


def _json(content: bytes, filename: str) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        zh, en = fault(error)
        raise Invalid(
            f"{filename}：{zh}", f"{filename}: {en}", file=filename, line=error.lineno
        ) from None
    except (ValueError, RecursionError):
        raise Invalid(
            f"{filename}：不是 UTF-8 的 JSON 文件。", f"{filename}: is not JSON in UTF-8.",
            file=filename,
        ) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _problems(data: Any) -> Iterator[Problem]:
    cases = data.get("testCases") if isinstance(data, dict) else None
    if not isinstance(cases, list):
        yield Problem("testCases", "缺少 testCases 列表。", "the list testCases is missing.")
        return
    for index, case in enumerate(cases):
        yield from _case_problems(case, f"testCases[{index}]")


def _case_problems(case: Any, path: str) -> Iterator[Problem]:
    if not isinstance(case, dict):
        yield Problem(path, "应为对象。", "must be an object.")
        return
    if not isinstance(case.get("name"), str):
        yield Problem(f"{path}.name", "缺少 name（文本）。", "name (text) is missing.")
    if not isinstance(case.get("description", ""), str):
        yield Problem(f"{path}.description", "应为文本。", "must be text.")
    steps = case.get("instructions")
    if not isinstance(steps, list):
        yield Problem(f"{path}.instructions", "缺少 instructions 列表。",
                      "the list instructions is missing.")
        return
    for index, step in enumerate(steps):
        for one in problems(step):
            where = f"{path}.instructions[{index}]{one.path}"
            yield Problem(where, f"{_place(case, index, step)}：{one.zh}", one.en)


def _place(case: Mapping[str, Any], index: int, step: Any) -> str:
    kind = step.get("type", "") if isinstance(step, dict) else ""
    return f"“{case.get('name', '')}”第 {index + 1} 步 {kind}".rstrip()


def _case(raw: Mapping[str, Any], filename: str) -> TestCase:
    return TestCase(
        filename,
        raw["name"],
        raw.get("description", ""),
        tuple(
            Instruction(number, step["type"], {k: v for k, v in step.items() if k != "type"})
            for number, step in enumerate(raw["instructions"], 1)
        ),
    )
