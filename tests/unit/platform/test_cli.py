"""The command line: Chinese sentences and exit codes, never a stack trace for wrong use."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def bihuan(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "web", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "没有这个命令"),
        (["run", "--nonsense"], "没有选项 --nonsense"),
        (["run", "nonsense"], "多了参数：nonsense"),
        (["lint", "/no/such/file"], "“/no/such/file”不存在"),
        (["bench", "--json"], "选项 --json 后面要跟一个值"),
        (["bench", "--json", "/tmp"], "“/tmp”是文件夹"),
        (["import"], "缺少参数"),
    ],
)
def test_wrong_use(arguments: list[str], said: str) -> None:
    done = bihuan(*arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_wrong_use() -> None:
    done = bihuan("run", BIHUAN_PORT="eighty")

    assert done.returncode == 2
    assert "BIHUAN_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_command_in_chinese() -> None:
    done = bihuan("--help")

    assert done.returncode == 0
    assert "用法：" in done.stdout
    assert all(word in done.stdout for word in ("run", "deploy", "lint", "import", "user"))


def test_the_command_alone_shows_its_help() -> None:
    done = bihuan()

    assert "用法：" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
