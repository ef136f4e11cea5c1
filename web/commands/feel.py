"""`bihuan feel EXPR`: evaluate an expression in the shell."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

import processes
from engine import calendar, catalogue
from engine.errors import Invalid
from engine.feel import (
    FeelError,
    Function,
    compile_expression,
    compile_unary_tests,
    from_json,
    to_json,
)
from engine.feel.limits import Remark
from engine.feel.text import to_literal

T = TypeVar("T")


@click.command(name="feel")
@click.argument("expression")
@click.option("--context", "text", default="{}", help="变量，JSON 对象；- 表示从标准输入读取。")
@click.option("--unary", is_flag=True, help="表达式是决策表的一格，变量 ? 是被检查的值。")
@click.option("--json", "as_json", is_flag=True, help="结果写成 JSON，而不是 FEEL。")
def command(expression: str, text: str, unary: bool, as_json: bool) -> None:
    """求 FEEL 表达式的值；结果为 null 时说明原因。

    例：bihuan feel '金额 > 100 and 等级 in ("金", "银")' --context '{"金额": 120, "等级": "金"}'
    """
    source = expression.removeprefix("=")
    variables = _variables(text)
    try:
        value, remarks = _evaluate(source, variables, unary=unary)
        shown = json.dumps(to_json(value), ensure_ascii=False) if as_json else to_literal(value)
    except FeelError as error:
        _point(source, error.position, error.zh)
        sys.exit(1)
    for remark in remarks:
        _point(source, remark.position, remark.zh)
    click.echo(shown)


def _evaluate(
    source: str, variables: Mapping[str, Any], *, unary: bool
) -> tuple[Any, list[Remark]]:
    known = _functions()
    members = set(_keys(variables))
    if not unary:
        compiled = compile_expression(source, names=variables, members=members, functions=known)
        return compiled.explain(variables)
    tests = compile_unary_tests(source, names=variables, members=members, functions=known)
    return tests.test(from_json(variables.get("?")), variables), []


def _keys(value: Any) -> Iterator[str]:
    """The names of all entries within a JSON value."""
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def _functions() -> Mapping[str, Function]:
    """The functions of the shipped working calendar and catalogues."""
    shipped = Path(processes.__file__).parent
    try:
        days = _read(calendar.parse, shipped / "default.calendar.json")
        read = [_read(catalogue.parse, path) for path in shipped.glob("*/*.catalogue.json")]
        known = {one.id: one for one in read}
        return calendar.functions(days) | catalogue.functions(known, lambda: _today(days.zone))
    except Invalid as error:
        raise click.ClickException(error.zh) from None


def _read(parse: Callable[[bytes, str], T], path: Path) -> T:
    return parse(path.read_bytes(), path.name)


def _today(zone: ZoneInfo) -> date:
    return datetime.now(zone).date()


def _variables(text: str) -> dict[str, Any]:
    if text == "-":
        text = sys.stdin.read()
    try:
        variables = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"不是 JSON：{error}", param_hint="--context") from None
    if not isinstance(variables, dict):
        raise click.BadParameter('要的是 JSON 对象，如 {"金额": 120}。', param_hint="--context")
    return variables


def _point(source: str, position: int | None, message: str) -> None:
    """Write the message to the error channel with a mark under the place it means."""
    if position is not None:
        start = source.rfind("\n", 0, position) + 1
        line = source[start:].partition("\n")[0]
        indent = "".join("　" if _wide(char) else " " for char in source[start:position])
        click.echo(f"{line}\n{indent}^", err=True)
    click.echo(message, err=True)


def _wide(char: str) -> bool:
    return ord(char) >= 0x2E80
