"""``bihuan convert`` on the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.unit.convert.foreign import around, diagram, line
from web.commands.convert import command

GOOD = diagram(
    around('<userTask id="a" name="Look" x:candidateGroups="care" x:asyncBefore="true"/>')
)
OPEN = diagram(around('<userTask id="a" name="Look" x:assignee="${bean.find()}"/>'))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/good.bpmn").write_bytes(GOOD)
    (tmp_path / "in/deep/open.bpmn20.xml").write_bytes(OPEN)
    (tmp_path / "in/readme.txt").write_text("not ours")
    return tmp_path


def test_without_open_decisions_it_leaves_with_0(folder: Path) -> None:
    result = run(folder / "in/good.bpmn", "--out", folder / "out")
    assert result.exit_code == 0, result.output
    assert "1 个文件写入" in result.output
    assert b"zeebe:assignmentDefinition" in (folder / "out/good.bpmn").read_bytes()
    assert (folder / "in/good.bpmn").read_bytes() == GOOD


def test_open_decisions_leave_with_1_and_say_where_and_what(folder: Path) -> None:
    result = run(folder / "in", "--out", folder / "out")
    assert result.exit_code == 1
    place = folder / "in/deep/open.bpmn20.xml"
    assert f"{place}:5: 待决定: “Look” (a) 的办理人“${{bean.find()}}”无法转换" in result.output
    assert "1 处待决定，0 处请核对。" in result.output
    assert sorted(one.name for one in (folder / "out").rglob("*.bpmn")) == [
        "good.bpmn", "open.bpmn",
    ]  # fmt: skip
    assert (folder / "out/deep/open.bpmn").exists()
    english = run(folder / "in", "--lang", "en").output
    assert "decide: “Look” (a) has the assignee" in english


def test_without_a_folder_nothing_is_written(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    result = run(folder / "in")
    assert "--out" in result.output
    assert sorted(folder.rglob("*")) == before


def test_json(folder: Path) -> None:
    result = run(folder / "in", "--json", "--out", folder / "out")
    told = json.loads(result.output)
    assert told["files"] == [str(folder / "out/deep/open.bpmn"), str(folder / "out/good.bpmn")]
    found = next(one for one in told["findings"] if one["severity"] == "error")
    assert found["file"] == str(folder / "in/deep/open.bpmn20.xml")
    assert (found["line"], found["element_id"], found["element_name"]) == (5, "a", "Look")
    assert found["zh"]
    assert found["en"]


def test_what_the_check_still_refuses_is_told_too(tmp_path: Path) -> None:
    body = (
        '<startEvent id="s"/><complexGateway id="g" name="Vote"/><endEvent id="e"/>'
        + line("s", "g", "e")
    )
    (tmp_path / "a.bpmn").write_bytes(diagram(body))
    result = run(tmp_path / "a.bpmn")
    assert result.exit_code == 1
    assert "“Vote” (g) 是 complexGateway，本引擎不执行。" in result.output


def test_a_missing_form_is_told_once(tmp_path: Path) -> None:
    task = '<userTask id="a" x:assignee="li" x:formKey="embedded:app:x.html"/>'
    (tmp_path / "a.bpmn").write_bytes(diagram(around(task)))
    told = json.loads(run(tmp_path, "--json").output)
    assert [one["rule"] for one in told["findings"] if one["severity"] == "error"] == ["form-key"]


def test_what_a_person_changed_is_not_overwritten(folder: Path) -> None:
    good, out = folder / "in/good.bpmn", folder / "out"
    assert run(good, "--out", out).exit_code == 0
    assert run(good, "--out", out).exit_code == 0
    (out / "good.bpmn").write_text("changed by hand")
    refused = run(good, "--out", out)
    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert (out / "good.bpmn").read_text() == "changed by hand"
    assert run(good, "--out", out, "--force").exit_code == 0
    assert "zeebe" in (out / "good.bpmn").read_text()


def test_originals_are_never_overwritten(folder: Path) -> None:
    result = run(folder / "in/good.bpmn", "--out", folder / "in", "--force")
    assert result.exit_code == 2
    assert (folder / "in/good.bpmn").read_bytes() == GOOD


def test_wrong_use_leaves_with_2(folder: Path, tmp_path: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other/good.bpmn").write_bytes(OPEN)
    assert run().exit_code == 2
    assert run(folder / "nothing").exit_code == 2
    (folder / "empty").mkdir()
    assert run(folder / "empty").exit_code == 2
    assert run(folder / "in/good.bpmn", folder / "other/good.bpmn").exit_code == 2
