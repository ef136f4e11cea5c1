"""``bihuan convert``: files of Camunda 7, Flowable and Activiti become ours."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from engine.convert import ENDINGS, Converted, convert
from engine.model import File, Finding
from web.commands import lint
from web.printing import show_findings

_WORDS = {
    "zh": {"error": "待决定", "warning": "请核对", "info": "已处理"},
    "en": {"error": "decide", "warning": "check", "info": "done"},
}
# What lint says again about an element that the conversion has reported already.
_SAID = {
    "feel": {
        *("expression", "mapping", "script-condition", "cardinality", "date", "priority"),
        *("script", "calendar", "timer-end", "retries", "skip-expression", "triggerable"),
        *("variable-mapping", "extension-dropped"),
    },
    "version-tag": {"binding-version"},
    "timer-text": {"cron"},
    "definition-required": {"script", "definition-required", "topic", "receive-task"},
    "correlation-key": {"correlation-key", "message-throw"},
    "missing-reference": {"form-key"},
    "variable-name": {"script-result", "field-key"},
    "xml": {"xml"},
}


@click.command("convert")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="路径…"
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="写入转换结果的文件夹。"
)
@click.option("--force", is_flag=True, help="覆盖该文件夹中内容不同的文件。")
@click.option("--json", "as_json", is_flag=True, help="按 JSON 输出文件清单和全部结果。")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="消息的语言。")
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[Path, ...],
    out: Path | None,
    force: bool,
    as_json: bool,
    lang: str,
) -> None:
    """把 Camunda 7、Flowable、Activiti 的流程图、决策表和表单转换为本系统的文件。

    不给 --out 时只列出会做什么、要人决定什么，不写文件。原文件从不改动。
    有要人决定或核对的内容时退出码为 1。
    """
    sources = _sources(paths)
    converted = convert(File(name, path.read_bytes()) for name, path in sources.items())
    refused = _refused(converted, any(path.is_dir() for path in paths), out)
    if out is not None:
        _write(converted, out, set(sources.values()), force)
    findings = [
        replace(one, file=str(sources.get(one.file, one.file))) for one in converted.findings
    ]
    findings += refused
    if as_json:
        click.echo(_json(converted, findings, out))
    else:
        show_findings(findings, sys.stdout, lang, _WORDS)
        _summary(converted, findings, out, lang)
    context.exit(1 if any(one.severity != "info" for one in findings) else 0)


def _sources(paths: Sequence[Path]) -> dict[str, Path]:
    """Name → path of every file to convert; names are relative to the folder that was given."""
    found: dict[str, Path] = {}
    for path in paths:
        inside = [path]
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.name.endswith(ENDINGS))
        for one in inside:
            name = one.relative_to(path).as_posix() if path.is_dir() else one.name
            if found.setdefault(name, one) != one:
                raise click.UsageError(
                    f"{found[name]} 与 {one} 转换后同名（{name}），请分开转换。"
                )
    if not found:
        raise click.UsageError(f"没有可以转换的文件（{'、'.join(ENDINGS)}）。")
    return found


def _refused(converted: Converted, whole: bool, out: Path | None) -> list[Finding]:
    """What the check before deployment still refuses in the results, unless said already."""
    said = {(one.file, one.element_id, one.rule) for one in converted.findings}
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for file in converted.files:
            _store(root / file.name, file.content)
        files = [root / file.name for file in converted.files]
        found = lint.check([root] if whole else files) if files else []
        named = [(Path(one.file).relative_to(root).as_posix(), one) for one in found]
    left: list[Finding] = []
    for name, one in named:
        again = _SAID.get(one.rule, set())
        origin = converted.origins.get(name, name)
        told = any((origin, one.element_id, rule) in said for rule in again)
        if one.severity != "error" or told:
            continue
        place = name if out is None else str(out / name)
        left.append(replace(one, file=place, line=None if out is None else one.line))
    return left


def _write(converted: Converted, out: Path, sources: set[Path], force: bool) -> None:
    originals = {path.resolve() for path in sources}
    targets = {out / file.name: file.content for file in converted.files}
    for target, content in targets.items():
        if target.resolve() in originals:
            raise click.UsageError(f"{target} 是原文件，不能覆盖；请换一个文件夹。")
        if not force and target.exists() and target.read_bytes() != content:
            raise click.UsageError(f"{target} 已存在且内容不同；要覆盖请加 --force。")
    for target, content in targets.items():
        _store(target, content)


def _store(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _json(converted: Converted, findings: Sequence[Finding], out: Path | None) -> str:
    names = [file.name if out is None else str(out / file.name) for file in converted.files]
    shown = {"files": names, "findings": [asdict(one) for one in findings]}
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _summary(
    converted: Converted, findings: Sequence[Finding], out: Path | None, lang: str
) -> None:
    count = len(converted.files)
    decide = sum(one.severity == "error" for one in findings)
    check = sum(one.severity == "warning" for one in findings)
    if lang == "zh":
        done = f"{count} 个文件写入 {out}" if out else f"可得 {count} 个文件（加 --out 写入）"
        click.echo(f"{done}；{decide} 处待决定，{check} 处请核对。")
    else:
        done = f"{count} files written to {out}" if out else f"{count} files (write with --out)"
        click.echo(f"{done}; {decide} to decide, {check} to check.")
