"""`bihuan feel` in the shell."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from web.commands.feel import command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["1 + 2"], "3"),
        (["=1 + 2"], "3"),
        (['"a" + "b"'], '"ab"'),
        (['"a" + "b"', "--json"], '"ab"'),
        (['@"2026-11-22"', "--json"], '"2026-11-22"'),
        (["金额 > 100", "--context", '{"金额": 120}'], "true"),
        (["c.home-city", "--context", '{"c": {"home-city": "杭州"}}'], '"杭州"'),
        ([">= 3, 1", "--unary", "--context", '{"?": 1}'], "true"),
        (['is working day(@"2026-11-22")'], "false"),
    ],
)
def test_a_value_is_printed(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(command, arguments)

    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == said


def test_the_reason_of_a_null_is_shown_beneath_its_place() -> None:
    done = CliRunner().invoke(command, ["金额 + 等级", "--context", '{"金额": 1, "等级": "金"}'])

    assert done.exit_code == 0
    assert done.stdout.strip() == "null"
    assert done.stderr.splitlines() == ["金额 + 等级", "　　 ^", '1 + "金" 没有定义。']


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["1 +"], 1, "第 4 个字符处应为一个值"),
        (['uper case("x")'], 1, "是不是“upper case”"),
        (["for x in 1..1e9 return x"], 1, "超过 200000 步"),
        (["1", "--context", "{"], 2, "不是 JSON"),
        (["1", "--context", "[1]"], 2, "JSON 对象"),
        ([], 2, "EXPRESSION"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], code: int, said: str) -> None:
    done = CliRunner().invoke(command, arguments)

    assert done.exit_code == code
    assert said in done.output


def test_the_place_in_a_text_of_several_lines() -> None:
    done = CliRunner().invoke(command, ["1 +\n(2 + )"])

    assert done.stderr.splitlines()[:2] == ["(2 + )", "     ^"]


def test_variables_from_the_standard_input() -> None:
    done = CliRunner().invoke(command, ["a * 2", "--context", "-"], input='{"a": 21}')

    assert done.stdout.strip() == "42"
