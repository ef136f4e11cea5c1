"""``bihuan lint`` on the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.unit.bpmn.drawing import definitions, el, end, flows, io, process, start, user, z
from web.commands.lint import command

WHO = z("assignmentDefinition", candidateGroups="网络部")
GOOD = definitions(process(start(), user("a", WHO), end(), flows("start a end")))
BAD = definitions(
    process(start(), el("serviceTask", "a", name="通知"), end(), flows("start a end"))
)
FORM = json.dumps({"type": "default", "id": "handle", "components": [], "schemaVersion": 16})


def lint(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def test_a_good_file_leaves_with_0(tmp_path: Path) -> None:
    (tmp_path / "a.bpmn").write_bytes(GOOD)
    result = lint(tmp_path / "a.bpmn")
    assert result.exit_code == 0
    assert "0 处错误" in result.output


def test_a_bad_file_leaves_with_1_and_says_where(tmp_path: Path) -> None:
    file = tmp_path / "a.bpmn"
    file.write_bytes(BAD)
    result = lint(file)
    assert result.exit_code == 1
    wanted = f"{file}:4: 错误: “通知” (a) 没有任务定义（作业类型）。 [definition-required]"
    assert wanted in result.output
    english = lint(file, "--lang", "en").output
    assert "error: “通知” (a) lacks a task definition" in english


def test_case_kinds_and_calendars_are_checked_like_diagrams(tmp_path: Path) -> None:
    (tmp_path / "x.case.json").write_text('{"id": "x", "titel": "a"}', encoding="utf-8")
    (tmp_path / "x.calendar.json").write_text('{"zone": "Mars"}', encoding="utf-8")
    result = lint(tmp_path)
    assert result.exit_code == 1
    assert "titel：没有 'titel'；可用：title。" in result.output
    assert "zone：没有时区 'Mars'" in result.output


def test_json_for_machines(tmp_path: Path) -> None:
    (tmp_path / "a.bpmn").write_bytes(BAD)
    result = lint(tmp_path / "a.bpmn", "--json")
    assert result.exit_code == 1
    first = json.loads(result.output)[0]
    assert (first["rule"], first["element_id"], first["line"]) == ("definition-required", "a", 4)
    assert set(first) == {
        "rule", "severity", "file", "line", "element_id", "element_name",
        "zh", "en", "remedy_zh", "remedy_en",
    }  # fmt: skip


def test_a_folder_is_a_whole_in_which_references_must_be_found(tmp_path: Path) -> None:
    task = user("a", WHO, z("formDefinition", formId="handle"))
    diagram = definitions(process(start(), task, end(), flows("start a end")))
    (tmp_path / "a.bpmn").write_bytes(diagram)
    assert lint(tmp_path / "a.bpmn").exit_code == 0
    result = lint(tmp_path)
    assert result.exit_code == 1
    assert "handle" in result.output
    (tmp_path / "handle.form").write_text(FORM, encoding="utf-8")
    assert lint(tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.bpmn", b"<x>"), ("a.dmn", b"no"), ("a.form", b"{"), ("a.txt", b"x")],
)
def test_what_cannot_be_read_is_a_finding(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    result = lint(tmp_path / name)
    assert result.exit_code == 1
    assert "错误" in result.output
    assert "Traceback" not in result.output


def test_functions_of_the_calendar_are_known(tmp_path: Path) -> None:
    for text, code in (("workingDue(now(), duration(&quot;PT8H&quot;))", 0), ("workingDo(1)", 1)):
        diagram = definitions(
            process(start(), user("a", WHO, io({"x": "=TEXT"})), end(), flows("start a end"))
        ).replace(b"TEXT", text.encode())
        (tmp_path / "a.bpmn").write_bytes(diagram)
        assert lint(tmp_path / "a.bpmn").exit_code == code


def test_what_is_shipped_has_no_errors() -> None:
    root = Path(__file__).parents[3]
    result = lint(root / "processes", root / "forms")
    assert result.exit_code == 0, result.output
