"""The DMN conformance suite, levels 2 and 3, where it lies beside the project."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.dmn.tck import EXCLUDED, Outcome, run_suite, same
from engine.feel import compile_expression
from web.commands.tck import command

SUITE = Path(__file__).parents[3] / "shared" / "data" / "dmn-tck"
CASES, PASSED = 3391, 3377


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    if not SUITE.is_dir():
        pytest.skip(f"the DMN conformance suite is not at {SUITE.name} beside the project")
    return list(run_suite(SUITE))


def test_everything_passes_but_what_is_excluded(outcomes: list[Outcome]) -> None:
    failed = [one for one in outcomes if not one.passed]

    assert [f"{one.folder} {one.case}: {one.detail}" for one in failed if not one.excluded] == []
    assert len(outcomes) == CASES
    assert sum(one.passed for one in outcomes) == PASSED


def test_both_levels_are_there(outcomes: list[Outcome]) -> None:
    assert Counter(one.level for one in outcomes) == {"2": 116, "3": 3275}


def test_what_is_excluded_would_fail(outcomes: list[Outcome]) -> None:
    """A folder that passes needs no exclusion."""
    failing = {one.folder for one in outcomes if not one.passed}

    assert failing == set(EXCLUDED)


SMALL = """<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' namespace='n' name='n'>
<decision id='d' name='d'><literalExpression><text>1 + 1</text></literalExpression></decision>
</definitions>"""
TEST = """<testCases xmlns='http://www.omg.org/spec/DMN/20160719/testcase'
xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><modelName>m.dmn</modelName>
<testCase id='1'><resultNode name='d'><expected><value xsi:type='xsd:decimal'>%s</value></expected>
</resultNode></testCase></testCases>"""


@pytest.mark.parametrize(("expected", "code", "said"), [("2", 0, "1 of 1"), ("3", 1, "0 of 1")])
def test_the_command_tells_and_its_exit_code_is_the_verdict(
    tmp_path: Path, expected: str, code: int, said: str
) -> None:
    folder = tmp_path / "compliance-level-2" / "0001-small"
    folder.mkdir(parents=True)
    (folder / "m.dmn").write_text(SMALL, "utf-8")
    (folder / "m-test-01.xml").write_text(TEST % expected, "utf-8")
    table = tmp_path / "outcomes.csv"

    done = CliRunner().invoke(command, [str(tmp_path), "--csv", str(table)])

    assert done.exit_code == code
    assert f"passed {said}" in done.output
    assert f"2,0001-small,1,{code == 0}" in table.read_text("utf-8")


def test_a_folder_without_cases_is_wrong_use(tmp_path: Path) -> None:
    assert CliRunner().invoke(command, [str(tmp_path)]).exit_code == 2


@pytest.mark.parametrize(
    ("expected", "actual", "equal"),
    [
        ("1.000000001", "1", True),
        ("1.0001", "1", False),
        ("true", "1", False),
        ('"1"', "1", False),
        ("null", "null", True),
        ("null", "false", False),
        ("[1, 2]", "[1, 2]", True),
        ("[1, 2]", "[2, 1]", False),
        ("{a: 1}", "{a: 1}", True),
        ("{a: 1}", "{a: 1, b: 2}", False),
        ('@"10:00:00Z"', '@"10:00:00+00:00"', True),
        ('@"10:00:00Z"', '@"11:00:00+01:00"', False),
    ],
)
def test_values_are_compared_strictly(expected: str, actual: str, equal: bool) -> None:
    first, second = (compile_expression(text).evaluate({}) for text in (expected, actual))
    assert same(first, second) is equal
