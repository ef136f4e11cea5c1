"""Running the DMN conformance suite (https://github.com/dmn-tck/tck, its folder layout).

A case passes when every result node has the expected value; numbers may differ by 1e-8 (the
suite states its expectations rounded), nothing else may differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine.dmn.model import Model
from engine.dmn.parse import load
from engine.dmn.reader import read
from engine.errors import BihuanError
from engine.feel.temporal_text import parse_date, parse_date_time, parse_duration, parse_time
from engine.feel.text import to_literal
from engine.feel.values import Value
from engine.xml import local_name, parse_xml

EXCLUDED = {"0076-feel-external-java": "calls functions of Java classes, which FEEL here cannot"}
"""Folders whose cases may fail, and why."""

_NUMBERS = frozenset({"decimal", "double", "integer", "int", "float", "long"})
_TOLERANCE = Decimal("1e-8")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_Xml = etree._Element


@dataclass(frozen=True, slots=True)
class Case:
    """``results``: (name of the decision, expected value)."""

    id: str
    service: str
    inputs: dict[str, Value]
    results: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``detail`` says what differed, for a failed case."""

    level: str
    folder: str
    case: str
    passed: bool
    detail: str = ""

    @property
    def excluded(self) -> bool:
        return self.folder in EXCLUDED


def run_suite(directory: Path, only: str = "") -> Iterator[Outcome]:
    """The outcome of each case below ``directory``, in order; ``only``: folders whose name has
    this in it. Invalid if a test file cannot be read."""
    for path in sorted(directory.rglob("*-test-*.xml")):
        folder = path.parent.name
        if only not in folder:
            continue
        level = path.parent.parent.name.rpartition("-")[2]
        name, cases = read_cases(path)
        try:
            model: Model | str = load_model(path.parent / name)
        except (BihuanError, OSError) as error:
            model = f"cannot load: {error}"
        for case in cases:
            detail = model if isinstance(model, str) else run_case(model, case)
            yield Outcome(level, folder, case.id, not detail, detail)


def read_cases(path: Path) -> tuple[str, list[Case]]:
    """(name of the model file, cases) of a test file."""
    root = parse_xml(path.read_bytes(), path.name)
    name = ""
    cases: list[Case] = []
    for node in root:
        if local_name(node) == "modelName":
            name = (node.text or "").strip()
        elif local_name(node) == "testCase":
            cases.append(_case(node))
    return name, cases


def load_model(path: Path) -> Model:
    """The model in a file, with the files beside it that it imports."""
    by_namespace: dict[str, Path] = {}
    for other in path.parent.glob("*.dmn"):
        if other != path:
            by_namespace[read(other.read_bytes(), other.name).namespace] = other
    return _load(path, by_namespace, {})


def run_case(model: Model, case: Case) -> str:
    """What differs from the expectation, "" if nothing does."""
    for name, expected in case.results:
        try:
            actual = _evaluate(model, case, name)
        except BihuanError as error:
            if expected is not None:
                return f"{name}: expected {to_literal(expected)}, failed: {error}"
            continue
        if not same(expected, actual):
            return f"{name}: expected {to_literal(expected)}, got {to_literal(actual)}"
    return ""


def same(expected: Value, actual: Value) -> bool:
    """Whether a value is the expected one."""
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, Decimal):
        difference = abs(expected - actual)
        return bool(difference < _TOLERANCE or difference <= abs(expected) * Decimal("1e-12"))
    if isinstance(expected, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, dict):
        return expected.keys() == actual.keys() and all(
            same(value, actual[key]) for key, value in expected.items()
        )
    return bool(expected == actual)


def _load(path: Path, files: Mapping[str, Path], loaded: dict[str, Model]) -> Model:
    content = path.read_bytes()
    for item in read(content, path.name).imports:
        if item.namespace not in loaded and item.namespace in files:
            loaded[item.namespace] = _load(files[item.namespace], files, loaded)
    return load(content, path.name, loaded)


def _evaluate(model: Model, case: Case, name: str) -> Value:
    if case.service:
        return _evaluate_service(model, case, name)
    by_name = {info.name: info.id for info in model.decisions.values()}
    if name not in by_name:
        raise DmnInvalidName(name)
    given = {
        by_name[key]: value for key, value in case.inputs.items() if key in by_name and key != name
    }
    return model.attempt(by_name[name], case.inputs, given=given).value


class DmnInvalidName(BihuanError):
    """A test case names a decision that the model has not."""

    def __init__(self, name: str) -> None:
        super().__init__(f"没有决策“{name}”。", f"There is no decision {name!r}.")


def _evaluate_service(model: Model, case: Case, name: str) -> Value:
    element = model.service(case.service)
    if element is None:
        raise DmnInvalidName(case.service)
    return model.serve(element, case.inputs).get(name)


def _case(node: _Xml) -> Case:
    inputs: dict[str, Value] = {}
    results: list[tuple[str, Value]] = []
    for child in node:
        name = child.get("name", "")
        if local_name(child) == "inputNode":
            inputs[name] = _value(child)
        elif local_name(child) == "resultNode":
            expected = next((item for item in child if local_name(item) == "expected"), None)
            results.append((name, None if expected is None else _value(expected)))
    is_service = node.get("type") == "decisionService"
    service = node.get("invocableName", "") if is_service else ""
    return Case(node.get("id", ""), service, inputs, tuple(results))


def _value(node: _Xml) -> Value:
    """The value of an element of the suite's valueType."""
    if node.get(_NIL) in ("true", "1"):
        return None
    components = [child for child in node if local_name(child) == "component"]
    if components:
        return {child.get("name", ""): _value(child) for child in components}
    for child in node:
        if local_name(child) == "list":
            nil = child.get(_NIL) in ("true", "1")
            return None if nil else [_value(item) for item in child]
        if local_name(child) == "value":
            nil = child.get(_NIL) in ("true", "1")
            return None if nil else _typed(child.text or "", child.get(_TYPE, ""))
    return None


def _typed(text: str, kind: str) -> Any:
    name = kind.rpartition(":")[2]
    plain = text.strip()
    if name in _NUMBERS:
        return Decimal(plain)
    if name == "boolean":
        return plain in ("true", "1")
    parser = _PARSERS.get(name)
    return text if parser is None else parser(plain)


_PARSERS: dict[str, Any] = {
    "date": parse_date,
    "time": parse_time,
    "dateTime": parse_date_time,
    "duration": parse_duration,
}
