"""``bihuan bench``: measures this installation; the measurements are in ``tests/bench``."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import click

LINES = (
    ("http_ms_per_instance", "经网页办完一件（建单、列表、办结 3 次），毫秒 CPU", 45.0),
    ("engine_ms_per_instance", "引擎办完一件（含数据库），毫秒 CPU", 12.0),
    ("sql_per_task", "办结一个任务的 SQL 语句数（含会话）", 12.0),
    ("commits_per_task", "办结一个任务的提交次数", 1.0),
    ("loop_1000_over_10", "循环第 1000 轮与第 10 轮之比", 1.2),
    ("idle_tick_ms", "2 万件等待时一次空检查，毫秒 CPU", None),
    ("state_bytes", "一个等待实例的状态，字节", None),
)
"""Figure, what it says, the most it may be (docs/speed.md says where the limits are from)."""


@click.command("bench")
@click.option(
    "--json", "target", type=click.Path(dir_okay=False), help="把数字写入这个 JSON 文件。"
)
def command(target: str | None) -> None:
    """在本机测量速度（约 2 分钟）：内置数据库、默认的持久化设置、含所有进程的 CPU。"""
    try:
        speed = import_module("tests.bench.speed")
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"测量程序在源代码目录 tests/bench 里，这里没有（{error.name}）。请在源代码目录运行。"
        ) from error
    figures: dict[str, Any] = speed.run(lambda text: click.echo(text, err=True))
    for name, meaning, most in LINES:
        limit = "" if most is None else f"（上限 {most:g}）"
        click.echo(f"{name:24} {figures[name]:>10}  {meaning}{limit}")
    if target:
        Path(target).write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    over = [name for name, _meaning, most in LINES if most is not None and figures[name] > most]
    if over:
        raise click.exceptions.Exit(1)
