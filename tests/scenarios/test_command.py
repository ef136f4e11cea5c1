"""`bihuan test`: what it prints and with which code it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.scenarios.complaint import FOLDER
from tests.unit.bpmn.drawing import definitions, end, flows, process, start, user
from web.commands.test import command

SMALL = definitions(
    process(start(), user("work"), end(), flows("start work end")),
)


def scenario(folder: Path, *, finished: bool) -> Path:
    instance = {"processDefinitionId": "p"}
    steps = [
        {"type": "CREATE_PROCESS_INSTANCE", "processDefinitionSelector": instance},
        {"type": "ASSERT_PROCESS_INSTANCE", "processInstanceSelector": instance,
         "state": "IS_COMPLETED" if finished else "IS_ACTIVE"},
    ]
    (folder / "p.bpmn").write_bytes(SMALL)
    path = folder / "p.test.json"
    path.write_text(json.dumps({"testCases": [{"name": "小流程", "instructions": steps}]}))
    return path


def bihuan_test(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def test_the_shipped_process_passes_with_full_coverage() -> None:
    result = bihuan_test(FOLDER, "--min-coverage", "100")
    assert result.exit_code == 0, result.output
    assert "complaint.bpmn  100%" in result.output
    assert "失败 0" in result.output


def test_a_failure_shows_step_and_difference_and_leaves_with_1(tmp_path: Path) -> None:
    result = bihuan_test(scenario(tmp_path, finished=True))
    assert result.exit_code == 1
    assert "失败  小流程" in result.output
    assert "第 2 步 ASSERT_PROCESS_INSTANCE" in result.output
    assert "期望 IS_COMPLETED，实际 IS_ACTIVE；现在等待：用户任务 work。" in result.output


def test_low_coverage_leaves_with_1_and_names_what_was_missed(tmp_path: Path) -> None:
    path = scenario(tmp_path, finished=False)
    assert bihuan_test(path).exit_code == 0
    result = bihuan_test(tmp_path, "--min-coverage", "80")
    assert result.exit_code == 1
    assert "p.bpmn  60%  节点 2/3  连线 1/2" in result.output
    assert "未经过：end、work-end" in result.output


def test_diagrams_may_stand_in_another_folder_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    path = scenario(tmp_path, finished=False).rename(tmp_path / "tests" / "p.test.json")
    assert bihuan_test(path).exit_code == 1
    assert bihuan_test(path, tmp_path).exit_code == 0


def test_json_carries_the_same(tmp_path: Path) -> None:
    result = bihuan_test(scenario(tmp_path, finished=True), "--json")
    assert result.exit_code == 1
    data = json.loads(result.output)
    assert data["testCases"][0]["step"] == 2
    assert data["coverage"][0]["missedElements"] == ["end"]


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["."]])
def test_wrong_use_leaves_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert bihuan_test(*arguments).exit_code == 2
