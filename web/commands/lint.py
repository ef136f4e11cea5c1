"""``bihuan lint``: check files that can be deployed without deploying them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from adapters import registry, third_parties
from engine.articles import check as check_article
from engine.bpmn import BpmnInvalid, Diagram, Known, lint, parse
from engine.calendar import check as check_calendar
from engine.calendar import functions, plain
from engine.catalogue import check as check_catalogue
from engine.catalogue import functions as category_functions
from engine.cases import check as check_case
from engine.dmn import DmnInvalid, Model, Together
from engine.dmn import check as check_dmn
from engine.errors import Invalid
from engine.feel import Function
from engine.duties import DUTIES
from engine.figures import findings as check_figure
from engine.lists import findings as check_list
from engine.model import Finding
from forms import findings as check_form
from web.printing import show_findings

_ENDINGS = (
    ".bpmn", ".dmn", ".form", ".case.json", ".calendar.json", ".catalogue.json", ".figure.sql",
    ".list.sql", ".article.md",
)
@click.command("lint")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="按 JSON 输出，每条结果一个对象。")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="消息的语言。")
@click.pass_context
def command(context: click.Context, paths: tuple[Path, ...], as_json: bool, lang: str) -> None:
    """检查流程图、决策表、表单、案件类型和日历（文件或文件夹），不部署。有错误时退出码为 1。

    给出文件夹时，其中的文件视为一个整体：图中引用的表单、决策和流程必须都在其中。
    """
    found = check(paths)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
    else:
        _print(found, lang)
    context.exit(1 if any(one.severity == "error" for one in found) else 0)


def check(paths: Iterable[Path]) -> list[Finding]:
    """All findings on the files and on the files in the folders."""
    paths = tuple(paths)
    files = list(_files(paths))
    found: list[Finding] = []
    diagrams: list[Diagram] = []
    models: list[Model] = []
    calls = _functions()
    together = Together((str(one), one.read_bytes()) for one in files if one.suffix == ".dmn")
    for path in files:
        content, name = path.read_bytes(), str(path)
        try:
            if path.suffix == ".bpmn":
                diagrams.append(parse(content, name))
            elif path.suffix == ".dmn":
                models.append(together.parse(name).model)
                found += check_dmn(models[-1], name, calls)
            elif path.suffix == ".form":
                found += check_form(content, name, calls)
            elif path.name.endswith(".case.json"):
                found += check_case(content, name, calls)
            elif path.name.endswith(".calendar.json"):
                found += check_calendar(content, name)
            elif path.name.endswith(".catalogue.json"):
                found += check_catalogue(content, name)
            elif path.name.endswith(".figure.sql"):
                found += check_figure(content, name)
            elif path.name.endswith(".article.md"):
                found += check_article(content, path.name)
            elif path.name.endswith(".list.sql"):
                found += check_list(content, name)
            else:
                found.append(_not_ours(name))
        except (BpmnInvalid, DmnInvalid) as error:
            found += error.findings
        except Invalid as error:
            line = error.details.get("line")
            found.append(Finding("file", "error", name, error.zh, error.en, line=line))
    known = _known(files, diagrams, models, any(path.is_dir() for path in paths))
    for diagram in diagrams:
        found += lint(diagram, known)
    return found


def _not_ours(name: str) -> Finding:
    return Finding(
        "file-kind",
        "error",
        name,
        f"不认识这种文件；可以检查的有：{'、'.join(_ENDINGS)}。",
        f"No kind of file we know; checked are {', '.join(_ENDINGS)}.",
    )


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.name.endswith(_ENDINGS))
        else:
            yield path


def _known(
    files: Sequence[Path], diagrams: Sequence[Diagram], models: Sequence[Model], whole: bool
) -> Known:
    calls = _functions()
    adapters = frozenset(registry) | frozenset(third_parties()[0]) | frozenset(DUTIES)
    if not whole:
        return Known(job_types=adapters, functions=calls)
    return Known(
        processes=frozenset(
            process.id
            for diagram in diagrams
            for process in diagram.processes
            if process.executable
        ),
        decisions=frozenset(key for model in models for key in model.decisions),
        forms=frozenset(_form_id(path) for path in files if path.suffix == ".form"),
        job_types=adapters,
        functions=calls,
        not_callable=frozenset(
            process.id
            for diagram in diagrams
            for process in diagram.processes
            if process.executable and not process.callable
        ),
    )


def _functions() -> Mapping[str, Function]:
    """The names that files may call; lint evaluates nothing."""
    return functions(plain()) | category_functions({}, date.today)


def _form_id(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes()).get("id"))
    except (ValueError, AttributeError):
        return ""


def _print(found: Sequence[Finding], lang: str) -> None:
    show_findings(found, sys.stdout, lang)
    errors = sum(one.severity == "error" for one in found)
    if lang == "zh":
        click.echo(f"{errors} 处错误，{len(found) - errors} 处警告和提示。")
    else:
        click.echo(f"{errors} errors, {len(found) - errors} warnings and hints.")
