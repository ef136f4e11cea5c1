"""`bihuan tck DIR`: run the DMN conformance suite."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path

import click

from engine.dmn.tck import EXCLUDED, Outcome, run_suite


@click.command(name="tck")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", default="", help="只运行名称含有此文字的目录。")
@click.option("--csv", "table", type=click.Path(path_type=Path), help="每个用例的结果写入此文件。")
@click.option("-v", "--verbose", is_flag=True, help="列出没有通过的用例。")
def command(directory: Path, only: str, table: Path | None, verbose: bool) -> None:
    """对照 DMN 一致性测试集（TCK）检查决策引擎。"""
    outcomes = list(run_suite(directory, only))
    if not outcomes:
        raise click.UsageError(f"{directory} 里没有测试用例（*-test-*.xml）。")
    if table is not None:
        _write(outcomes, table)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        if verbose or not outcome.excluded:
            place = f"{outcome.level} {outcome.folder} {outcome.case}"
            click.echo(f"{place}: {outcome.detail}", err=True)
    excluded = Counter(outcome.folder for outcome in failed if outcome.excluded)
    for folder, count in excluded.items():
        click.echo(f"excluded {folder}: {count} cases ({EXCLUDED[folder]})")
    click.echo(f"passed {len(outcomes) - len(failed)} of {len(outcomes)}")
    sys.exit(1 if any(not outcome.excluded for outcome in failed) else 0)


def _write(outcomes: list[Outcome], table: Path) -> None:
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["level", "folder", "case", "passed", "detail"])
        for outcome in outcomes:
            writer.writerow(
                [outcome.level, outcome.folder, outcome.case, outcome.passed, outcome.detail]
            )
