"""FEEL and decision tables against the clock, beside feelin and SpiffWorkflow's own DMN:

    python -m tests.bench.feel_bench [--json FILE]

Medians of five batches, microseconds of CPU per evaluation, one thread."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape

import click

from engine.dmn import Model, parse
from engine.feel import compile_expression
from engine.feel.expression import compile_uncached
from engine.xml import parse_xml

FEELIN = Path(__file__).parents[1] / "conformance" / "feelin"
CONDITION = 'category = "网络" and level >= 3'
TEXT = (
    'if customer.level = "vip" and amount > 1000 or category = "网络" and level >= 3 then '
    'date and time("2026-01-01T08:00:00Z") + duration("PT4H") else '
    "for x in [1, 2, 3] return x * 2 + 10 / 3 - 1"
)
CONTEXT = {"category": "网络", "level": 4, "amount": 1200.5, "customer": {"level": "vip"}}
INPUTS = ("category", "level", "amount", "customer.level")
LIMITS = {
    "condition_us": 5.0,
    "table_30_us": 60.0,
    "parse_200_us": 1000.0,
}
"""What the product promises."""


def rules(count: int) -> list[list[str]]:
    """Rules of which the last one matches ``CONTEXT``."""
    found = [[f'"c{number}"', f">= {number % 7}", "-", '"vip", "gold"'] for number in range(count)]
    return [*found[:-1], ['"网络"', "[3..9]", "> 1000", '"vip"']]


def definitions(found: Sequence[Sequence[str]]) -> bytes:
    """The rules as a DMN file with one table of hit policy UNIQUE."""
    parts = [
        "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' "
        "xmlns:dmn='https://www.omg.org/spec/DMN/20191111/MODEL/' namespace='n' name='n'>"
        "<decision id='d' name='d'><decisionTable id='t'>"
    ]
    for number, text in enumerate(INPUTS):
        parts.append(
            f"<input id='i{number}' label='{text}'><inputExpression typeRef=''>"
            f"<text>{text}</text></inputExpression></input>"
        )
    parts.append("<output id='o' name='result' typeRef='string'/>")
    for number, cells in enumerate(found):
        tests = "".join(
            f"<inputEntry id='c{number}.{place}'><text>{escape(cell)}</text></inputEntry>"
            for place, cell in enumerate(cells)
        )
        result = f"<outputEntry id='o{number}'><text>\"r{number}\"</text></outputEntry>"
        parts.append(f"<rule id='r{number}'>{tests}{result}</rule>")
    return "".join([*parts, "</decisionTable></decision></definitions>"]).encode()


def micros(run: Callable[[], Any], rounds: int) -> float:
    """Microseconds of CPU per call: the median of five batches of ``rounds``."""
    batches: list[float] = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(rounds):
            run()
        batches.append((time.process_time() - start) / rounds * 1e6)
    return statistics.median(batches)


def ours() -> dict[str, float]:
    condition = compile_expression(CONDITION)
    assert condition.evaluate(CONTEXT) is True
    small, large = (_model(count) for count in (30, 2000))
    return {
        "condition_us": micros(lambda: condition.evaluate(CONTEXT), 20_000),
        "table_30_us": micros(lambda: small.evaluate("d", CONTEXT), 2_000),
        "table_2000_us": micros(lambda: large.evaluate("d", CONTEXT), 2_000),
        "parse_200_us": micros(lambda: compile_uncached(TEXT), 300) * 200 / len(TEXT),
        "load_table_2000_us": micros(lambda: parse(definitions(rules(2000)), "x.dmn"), 1),
    }


def _model(count: int) -> Model:
    found = parse(definitions(rules(count)), "bench.dmn")
    assert found.evaluate("d", CONTEXT).value == f"r{count - 1}"
    return found


def feelin() -> dict[str, float] | None:
    """The same in feelin; None where Node or feelin is missing."""
    node = shutil.which("node")
    if node is None or not (FEELIN / "node_modules" / "feelin").exists():
        return None
    asked = {
        "condition": CONDITION,
        "table": {"inputs": INPUTS, "rules": rules(30)},
        "context": CONTEXT,
    }
    done = subprocess.run(
        [node, "bench.mjs"], cwd=FEELIN, input=json.dumps(asked), capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["matched"] == 1
    return {"condition_us": found["condition"], "table_30_us": found["table"]}


def spiff() -> dict[str, float]:
    """SpiffWorkflow's own tables, whose cells are Python; the rules say the same."""
    from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
    from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
    from SpiffWorkflow.dmn.parser.DMNParser import DMNParser

    python = [[_python(cell) for cell in cells] for cells in rules(30)]
    text = definitions(python).replace(b"customer.level", b"customer['level']")
    text = text.replace(b"label='customer['level']'", b"label='level of customer'")
    space = {"dmn": "https://www.omg.org/spec/DMN/20191111/MODEL/"}
    parser = DMNParser(None, parse_xml(text, "spiff.dmn"), space)
    parser.parse()
    engine = DMNEngine(parser.decision.decisionTables[0])
    scripts = PythonScriptEngine()
    task = SimpleNamespace(data=dict(CONTEXT), workflow=SimpleNamespace(script_engine=scripts))
    assert engine.result(task) == {"result": "r29"}
    condition = "category == '网络' and level >= 3"
    return {
        "condition_us": micros(lambda: scripts.evaluate(task, condition), 500),
        "table_30_us": micros(lambda: engine.result(task), 20),
    }


def _python(cell: str) -> str:
    if cell == "-":
        return ""
    if cell.startswith("["):
        return "3 <= ? <= 9"
    return f"? in ({cell})" if "," in cell else cell


@click.command()
@click.option("--json", "target", type=click.Path(path_type=Path), help="write the figures here")
def main(target: Path | None) -> None:
    """Measure, print a table, and leave with 1 if a promise is broken."""
    columns = {"bihuan": ours(), "feelin": feelin(), "SpiffWorkflow": spiff()}
    click.echo(f"{'microseconds':20}" + "".join(f"{name:>15}" for name in columns))
    for row in columns["bihuan"] or {}:
        cells = [(found or {}).get(row) for found in columns.values()]
        shown = "".join(f"{'–' if cell is None else f'{cell:,.1f}':>15}" for cell in cells)
        click.echo(f"{row:20}{shown}")
    if target is not None:
        target.write_text(json.dumps(columns, indent=2) + "\n", "utf-8")
    broken = [row for row, limit in LIMITS.items() if (columns["bihuan"] or {})[row] > limit]
    if broken:
        click.echo(f"slower than promised: {', '.join(broken)}", err=True)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
