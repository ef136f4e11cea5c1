"""Decisions that import another model: found together or deployed; bound when deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import Engine, deployment
from engine.errors import DeploymentRefused
from engine.model import File
from engine.scenarios.library import load
from tests.db.play import Play
from tests.db.test_deployment import deciding
from web.commands.lint import check as lint

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
    <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="x" name="共用"
        namespace="NS">"""
_IMPORT = """<import name="lib" namespace="NS"
    importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>"""
USE = (_HEAD.replace("NS", "urn:use") + _IMPORT.replace("NS", "urn:limits") + """
    <decision id="d" name="d"><variable name="d"/>
      <knowledgeRequirement id="k"><requiredKnowledge href="urn:limits#hours"/>
      </knowledgeRequirement>
      <literalExpression><text>lib.hours(2)</text></literalExpression></decision>
    </definitions>""").encode()


def limits(factor: int) -> bytes:
    return (_HEAD.replace("NS", "urn:limits") + f"""
      <businessKnowledgeModel id="hours" name="hours"><variable name="hours"/>
        <encapsulatedLogic><formalParameter name="n"/>
          <literalExpression><text>n * {factor}</text></literalExpression>
        </encapsulatedLogic></businessKnowledgeModel></definitions>""").encode()


def decided(play: Play) -> object:
    return play.variables(play.start(variables={}).instance_key)["unit"]


def test_what_is_imported_comes_with_the_files(play: Play) -> None:
    play.deploy({"use.dmn": USE, "limits.dmn": limits(4), "p.bpmn": deciding()})
    assert decided(play) == 8
    play.deploy({"use.dmn": USE, "limits.dmn": limits(5), "p.bpmn": deciding()})
    assert decided(play) == 10


def test_what_is_imported_is_deployed_already_and_stays_as_it_was(play: Play) -> None:
    play.deploy({"limits.dmn": limits(4)})
    play.deploy({"use.dmn": USE, "p.bpmn": deciding()})
    play.deploy({"limits.dmn": limits(5)})
    assert decided(play) == 8
    again = play.deploy({"use.dmn": USE})
    assert [(one.id, one.version, one.changed) for one in again.definitions] == [("d", 2, True)]
    assert decided(play) == 10


def test_an_import_that_is_missing_or_unclear_is_refused(engine: Engine, play: Play) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        play.deploy({"use.dmn": USE})
    assert any("urn:limits 没有" in finding.zh for finding in refused.value.findings)
    files = {"use.dmn": USE, "a.dmn": limits(1), "b.dmn": limits(2)}
    with engine.read() as conn:
        found = deployment.check(conn, [File(name, it) for name, it in files.items()])
    assert [(one.file, one.rule) for one in found if one.severity == "error"] == [
        ("use.dmn", "import")
    ]
    assert "a.dmn、b.dmn" in found[0].zh


def test_imports_in_a_circle_are_refused(play: Play) -> None:
    def one(own: str, other: str) -> bytes:
        head, needs = _HEAD.replace("NS", own), _IMPORT.replace("NS", other)
        return f"{head}{needs}</definitions>".encode()

    with pytest.raises(DeploymentRefused) as refused:
        play.deploy({"a.dmn": one("urn:a", "urn:b"), "b.dmn": one("urn:b", "urn:a")})
    assert any("循环" in finding.zh for finding in refused.value.findings)


def test_lint_and_scenarios_find_imports_among_the_files(tmp_path: Path) -> None:
    (tmp_path / "use.dmn").write_bytes(USE)
    assert "import" in [one.rule for one in lint([tmp_path]) if one.severity == "error"]
    (tmp_path / "limits.dmn").write_bytes(limits(4))
    assert not [one for one in lint([tmp_path]) if one.severity == "error"]
    assert load([tmp_path]).decide("d", {})[0] == 8
