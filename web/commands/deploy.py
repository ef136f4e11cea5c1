"""``bihuan deploy PATH…``: deploy files together, all or nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine import deployment, resources
from engine.model import File
from web.opening import opened
from web.printing import show_findings

ACTOR = "system:command"


@click.command("deploy")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="路径…"
)
@click.option("--check", "check_only", is_flag=True, help="只检查，不部署。")
def command(paths: tuple[Path, ...], check_only: bool) -> None:
    """把流程图、决策表、表单等文件一起部署；有一处错误就全部不部署。

    路径可以是文件或文件夹；文件夹里只取认识的文件（.bpmn .dmn .form .case.json .calendar.json
    .catalogue.json .figure.sql .list.sql .article.md）。
    """
    files = [File(path.name, path.read_bytes()) for path in _found(paths)]
    with opened() as engine:
        if check_only:
            with engine.read() as conn:
                findings = deployment.check(conn, files)
            show_findings(findings, sys.stdout)
            sys.exit(1 if any(one.severity == "error" for one in findings) else 0)
        with engine.unit(ACTOR) as unit:
            done = deployment.deploy(unit, files)
    for one in done.definitions:
        state = f"第 {one.version} 版" + ("" if one.changed else "（没有变化）")
        click.echo(f"{one.resource}：{one.name or one.id}，{state}")
    if done.findings:
        show_findings(done.findings, sys.stdout)


def _found(paths: tuple[Path, ...]) -> list[Path]:
    """The files named, and those in the folders named that are of a kind we know."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file())
            found += [one for one in inside if resources.kind_of(one.name)]
        else:
            found.append(path)
    if not found:
        raise click.UsageError("给出的文件夹里没有可以部署的文件。")
    return found
