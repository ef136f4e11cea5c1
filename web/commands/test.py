"""`bihuan test PATH…`: plays the scenarios of processes and shows what they covered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from engine.errors import BihuanError
from engine.scenarios import Coverage, DiagramCoverage, Library, Played, Shelf, TestCase
from engine.scenarios import junit as junit_of
from engine.scenarios import page, play, read

ENDING = ".test.json"
CAMUNDA_FOLDER = "test-cases"
"""Where Camunda Process Test looks for its files, which have any name there."""
_MARKS = {"passed": "通过", "failed": "失败", "undecided": "未判定"}
_OUTPUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command(name="test", help="运行场景文件（*.test.json），显示每张流程图的覆盖率。")
@click.argument(
    "paths", nargs=-1, required=True, metavar="路径…",
    type=click.Path(exists=True, path_type=Path),
)
@click.option("--min-coverage", type=click.FloatRange(0, 100), default=0, metavar="百分比",
              help="任何一张图的覆盖率低于它也算失败。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果。")
@click.option("--report", type=_OUTPUT, metavar="文件",
              help="写一份 HTML 报告，画出走过的流程图。")
@click.option("--junit", type=_OUTPUT, metavar="文件",
              help="写一份 JUnit 格式的 XML，供构建服务器使用。")
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[Path, ...], min_coverage: float, as_json: bool,
    report: Path | None, junit: Path | None,
) -> None:
    files = list(dict.fromkeys(_files(paths)))
    if not files:
        raise click.UsageError(
            f"没有找到场景文件：文件夹里的 *{ENDING}，或 {CAMUNDA_FOLDER} 文件夹里的 *.json。"
        )
    played = _Run(tuple(path for path in paths if path.is_dir()), quiet=as_json)
    for file in files:
        played.file(file)
    figures = played.figures()
    if as_json:
        click.echo(json.dumps(_json(played, figures), ensure_ascii=False, indent=2))
    else:
        _show_coverage(figures)
        click.echo(_total(played))
    if report is not None:
        report.write_text(page(played.cases, figures, played.diagrams()), encoding="utf-8")
    if junit is not None:
        junit.write_text(junit_of(played.cases), encoding="utf-8")
    low = [one for one in figures if one.percent < min_coverage]
    if low and not as_json:
        names = "、".join(one.filename for one in low)
        click.echo(f"覆盖率低于 {min_coverage:g}%：{names}")
    if low or played.refused or any(one.verdict == "failed" for one in played.cases):
        ctx.exit(1)


@dataclass(slots=True)
class _Run:
    """All files of one call. A file that cannot be read does not keep the others from it."""

    folders: tuple[Path, ...]
    quiet: bool
    cases: list[Played] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    shelf: Shelf = field(default_factory=Shelf)
    libraries: dict[Path, Library] = field(default_factory=dict)

    def file(self, path: Path) -> None:
        self._say(str(path))
        try:
            cases = read(path.read_bytes(), str(path))
            library = self._library(path.parent)
        except BihuanError as error:
            self.refused[str(path)] = error.zh
            self._say(f"  不能运行  {_indented(error.zh)}")
            return
        for case in cases:
            self._play(case, library)

    def _library(self, folder: Path) -> Library:
        """What stands beside the file, above Camunda's folder for test cases, or in a folder
        that was named."""
        found = self.libraries.get(folder)
        if found is None:
            own = [folder, folder.parent] if folder.name == CAMUNDA_FOLDER else [folder]
            found = self.libraries[folder] = self.shelf.library(own, self.folders)
        return found

    def _play(self, case: TestCase, library: Library) -> None:
        began = time.perf_counter()
        outcome = play(case, library, self.coverage)
        one = Played(outcome, time.perf_counter() - began)
        self.cases.append(one)
        self._say(f"  {_MARKS[one.verdict]}  {case.name}  （{one.seconds:.2f} 秒）")
        for reason in one.reasons:
            self._say(f"      {_indented(reason)}")

    def _say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text)

    def figures(self) -> list[DiagramCoverage]:
        found = {
            (one.filename, one.process_id): one
            for library in self.libraries.values()
            for one in self.coverage.of(library.diagrams)
        }
        return list(found.values())

    def diagrams(self) -> dict[str, Path]:
        return {
            diagram.filename: library.paths[process_id]
            for library in self.libraries.values()
            for process_id, diagram in library.diagrams.items()
        }


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        yield from sorted(
            one for one in path.rglob("*.json")
            if (one.name.endswith(ENDING) or one.parent.name == CAMUNDA_FOLDER)
            and not any(part.startswith(".") for part in one.relative_to(path).parts)
        )


def _indented(text: str) -> str:
    return text.replace("\n", "\n      ")


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


def _total(played: _Run) -> str:
    count = {word: sum(one.verdict == word for one in played.cases) for word in _MARKS}
    undecided = f"，未判定 {count['undecided']}" if count["undecided"] else ""
    refused = f"；{len(played.refused)} 个文件不能运行" if played.refused else ""
    return (
        f"{len(played.cases)} 个场景，通过 {count['passed']}，失败 {count['failed']}"
        f"{undecided}{refused}。"
    )


def _json(played: _Run, figures: Sequence[DiagramCoverage]) -> dict[str, Any]:
    return {
        "testCases": [
            {
                "file": one.outcome.case.file, "name": one.outcome.case.name,
                "passed": one.verdict == "passed", "verdict": one.verdict,
                "step": one.outcome.step.number if one.outcome.step else None,
                "instruction": one.outcome.step.type if one.outcome.step else None,
                "message": one.outcome.zh or None, "messageEn": one.outcome.en or None,
                "undecided": [
                    {"step": note.step.number, "message": note.zh, "messageEn": note.en}
                    for note in one.outcome.undecided
                ],
            }
            for one in played.cases
        ],
        "refused": [
            {"file": file, "message": message} for file, message in played.refused.items()
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
