"""`bihuan test PATH…`: plays the scenarios of processes and shows what they covered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from engine.scenarios import Coverage, DiagramCoverage, Outcome, TestCase, load, play, read

ENDING = ".test.json"


@click.command(name="test", help="运行场景文件（*.test.json），显示每张流程图的覆盖率。")
@click.argument(
    "paths", nargs=-1, required=True, metavar="路径…",
    type=click.Path(exists=True, path_type=Path),
)
@click.option("--min-coverage", type=click.FloatRange(0, 100), default=0, metavar="百分比",
              help="任何一张图的覆盖率低于它也算失败。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果。")
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[Path, ...], min_coverage: float, as_json: bool
) -> None:
    files = _files(paths)
    if not files:
        raise click.UsageError(f"没有找到 *{ENDING} 文件。")
    library = load(sorted({*(file.parent for file in files), *filter(Path.is_dir, paths)}))
    coverage = Coverage()
    outcomes: list[Outcome] = []
    for file in files:
        cases = read(file.read_bytes(), str(file))
        if not as_json:
            click.echo(str(file))
        outcomes.extend(_played(case, library, coverage, as_json) for case in cases)
    figures = coverage.of(library.diagrams)
    if as_json:
        click.echo(json.dumps(_json(outcomes, figures), ensure_ascii=False, indent=2))
    else:
        _show_coverage(figures)
        failed = sum(not one.passed for one in outcomes)
        click.echo(f"{len(outcomes)} 个场景，通过 {len(outcomes) - failed}，失败 {failed}。")
    low = [one for one in figures if one.percent < min_coverage]
    if low and not as_json:
        names = "、".join(one.filename for one in low)
        click.echo(f"覆盖率低于 {min_coverage:g}%：{names}")
    if low or not all(one.passed for one in outcomes):
        ctx.exit(1)


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found.extend(sorted(path.rglob(f"*{ENDING}")) if path.is_dir() else [path])
    return list(dict.fromkeys(found))


def _played(case: TestCase, library: Any, coverage: Coverage, quiet: bool) -> Outcome:
    began = time.perf_counter()
    outcome = play(case, library, coverage)
    took = time.perf_counter() - began
    if quiet:
        return outcome
    click.echo(f"  {'通过' if outcome.passed else '失败'}  {case.name}  （{took:.2f} 秒）")
    if outcome.step is not None:
        why = outcome.zh.replace("\n", "\n      ")
        click.echo(f"      第 {outcome.step.number} 步 {outcome.step.type}：{why}")
    return outcome


def _show_coverage(figures: Sequence[DiagramCoverage]) -> None:
    click.echo("覆盖率")
    for one in figures:
        elements = one.elements - len(one.missed_elements)
        flows = one.flows - len(one.missed_flows)
        click.echo(
            f"  {one.filename}  {one.percent:.0f}%"
            f"  节点 {elements}/{one.elements}  连线 {flows}/{one.flows}"
        )
        missed = [*one.missed_elements, *one.missed_flows]
        if missed:
            click.echo(f"      未经过：{'、'.join(missed)}")


def _json(outcomes: Sequence[Outcome], figures: Sequence[DiagramCoverage]) -> dict[str, Any]:
    return {
        "testCases": [
            {
                "file": one.case.file, "name": one.case.name, "passed": one.passed,
                "step": one.step.number if one.step else None,
                "instruction": one.step.type if one.step else None,
                "message": one.zh or None,
            }
            for one in outcomes
        ],
        "coverage": [
            {
                "processId": one.process_id, "file": one.filename, "percent": one.percent,
                "elements": one.elements, "flows": one.flows,
                "missedElements": one.missed_elements, "missedFlows": one.missed_flows,
            }
            for one in figures
        ],
    }
