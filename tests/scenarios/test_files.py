"""Which files a test case runs against, and what a file of test cases may say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.errors import Conflict, Invalid, NotFound
from engine.scenarios import Shelf, load, read
from engine.scenarios.schema import INSTRUCTIONS, Kind, Shape, problems
from tests.scenarios.complaint import PROJECT
from tests.scenarios.steps import complete, create, is_
from tests.unit.bpmn.drawing import definitions, end, flows, process, start, user
from web.commands.test import command

EXAMPLES: dict[str, Any] = {"文本": "x", "true 或 false": True, "对象": {}, "列表": [], "整数": 1}


def diagram(task: str, id_: str = "p") -> bytes:
    return definitions(process(start(), user(task), end(), flows(f"start {task} end"), id_=id_))


def write(path: Path, content: bytes | list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, list):
        content = json.dumps({"testCases": [{"name": "n", "instructions": content}]}).encode()
    path.write_bytes(content)
    return path


def bihuan_test(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(command, [str(one) for one in arguments])
    return result.exit_code, result.output


def value(kind: Kind) -> Any:
    if kind.choices:
        return kind.choices[0]
    if kind.shape is not None:
        return example(kind.shape)
    if kind.items is not None:
        return [value(kind.items)]
    if kind.least is not None:
        return kind.least or 0.5
    return EXAMPLES.get(kind.zh)


def example(shape: Shape) -> dict[str, Any]:
    """An object with everything that the schema allows."""
    return {key: value(kind) for key, kind in shape.known.items()}


@pytest.mark.parametrize("kind", INSTRUCTIONS)
def test_each_instruction_takes_all_its_properties_and_no_other(kind: str) -> None:
    whole = {"type": kind, **example(INSTRUCTIONS[kind])}
    assert list(problems(whole)) == []
    assert [one.path for one in problems({**whole, "colour": 1})] == [".colour"]
    for key in INSTRUCTIONS[kind].required:
        rest = {name: item for name, item in whole.items() if name != key}
        assert any(key in one.zh and key in one.en for one in problems(rest)), key
        wrong = [one.path for one in problems({**whole, key: object()})]
        assert wrong == [f".{key}"]


def test_every_problem_of_a_file_is_named(tmp_path: Path) -> None:
    steps = [{"type": "SET_TIME"}, {"type": "INCREASE_TIME", "duration": True},
             {**create(), "startInstructions": [{"elementId": "a"}, {"element": "b"}]}]
    with pytest.raises(Invalid) as caught:
        read(write(tmp_path / "x.test.json", steps).read_bytes(), "x.test.json")
    assert caught.value.details["problems"] == [
        "testCases[0].instructions[0]", "testCases[0].instructions[1].duration",
        "testCases[0].instructions[2].startInstructions[1]",
        "testCases[0].instructions[2].startInstructions[1].element",
    ]
    assert "（elementId?）" in caught.value.zh
    assert not re.search(r"[一-鿿]", caught.value.en.replace("（elementId?）", ""))


@pytest.mark.parametrize("content", [b'{"testCases": NaN}', b"[" * 100_000])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"x.json"):
        read(content, "x.json")


def test_what_stands_beside_the_file_goes_first(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write(tmp_path / folder / "p.bpmn", diagram(f"task-{folder}"))
        write(tmp_path / folder / "p.test.json", [create(), complete(f"task-{folder}")])
    write(tmp_path / "c" / "p.test.json", [create()])
    write(tmp_path / "c" / ".hidden" / "bad.test.json", b"{")
    code, output = bihuan_test(tmp_path)
    assert code == 1
    assert output.count("通过  n") == 2
    assert "标识 p 在" in output
    assert "a/p.bpmn" in output
    assert "b/p.bpmn" in output


def test_the_same_file_twice_is_no_contradiction(tmp_path: Path) -> None:
    write(tmp_path / "a" / "p.bpmn", diagram("t"))
    write(tmp_path / "b" / "p.bpmn", diagram("t"))
    write(tmp_path / "c" / "p.test.json", [create()])
    assert bihuan_test(tmp_path)[0] == 0


def test_unclear_ids_are_told_when_they_are_used(tmp_path: Path) -> None:
    write(tmp_path / "a" / "p.bpmn", diagram("one"))
    write(tmp_path / "b" / "p.bpmn", diagram("two"))
    write(tmp_path / "b" / "q.bpmn", diagram("three", "q"))
    library = Shelf().library([], [tmp_path])
    assert library.program("q").process.id == "q"
    with pytest.raises(Conflict):
        library.program("p")
    with pytest.raises(NotFound):
        library.program("r")


def test_files_of_camundas_layout_run_as_they_are(tmp_path: Path) -> None:
    write(tmp_path / "main" / "resources" / "bpmn" / "p.bpmn", diagram("approve"))
    write(tmp_path / "test" / "resources" / "test-cases" / "approval.json",
          [create(), complete("approve"), is_("IS_COMPLETED")])
    write(tmp_path / "test" / "resources" / "package.json", b"{}")
    code, output = bihuan_test(tmp_path)
    assert code == 0, output
    assert "1 个场景，通过 1，失败 0" in output
    beside = write(tmp_path / "test" / "resources" / "p.bpmn", diagram("approve"))
    assert bihuan_test(tmp_path / "test" / "resources" / "test-cases")[0] == 0
    beside.unlink()
    assert bihuan_test(tmp_path / "test" / "resources" / "test-cases")[0] == 1


def test_a_diagram_that_cannot_run_fails_only_who_needs_it(tmp_path: Path) -> None:
    write(tmp_path / "p.bpmn", diagram("t"))
    odd = diagram("t", "odd").replace(b"userTask", b"complexGateway")
    write(tmp_path / "odd.bpmn", odd)
    write(tmp_path / "p.test.json", [create()])
    assert bihuan_test(tmp_path)[0] == 0
    write(tmp_path / "odd.test.json", [create("odd")])
    code, output = bihuan_test(tmp_path)
    assert code == 1
    assert "第 1 步 CREATE_PROCESS_INSTANCE" in output


def test_a_file_that_cannot_be_read_does_not_keep_the_others(tmp_path: Path) -> None:
    write(tmp_path / "p.bpmn", diagram("t"))
    write(tmp_path / "a.test.json", b"{")
    write(tmp_path / "b.test.json", [create()])
    code, output = bihuan_test(tmp_path)
    assert code == 1
    assert "1 个场景，通过 1，失败 0；1 个文件不能运行。" in output
    code, output = bihuan_test(tmp_path, "--json")
    assert [Path(one["file"]).name for one in json.loads(output)["refused"]] == ["a.test.json"]


def test_each_test_case_begins_at_the_real_present(tmp_path: Path) -> None:
    library = load([write(tmp_path / "p.bpmn", diagram("t")).parent])
    library.clock.set(library.clock.now().replace(year=2001))
    library.clock.reset()
    assert library.clock.now().year > 2025


def test_the_documentation_names_every_instruction_and_property() -> None:
    text = (PROJECT / "docs" / "test-a-process.md").read_text("utf-8")
    for kind, shape in INSTRUCTIONS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{kind}`"))
        for key in shape.known:
            assert f"`{key}`" in row, f"{kind}: {key}"
