"""Files on the command line."""

from __future__ import annotations

from pathlib import Path

import click


class ExistingFile(click.ParamType[Path]):
    """A file that can be read; says in Chinese what is wrong with another."""

    name = "文件"

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        path = Path(value)
        if path.is_dir():
            self.fail(f"{path} 是文件夹，不是文件。", param, ctx)
        try:
            path.open("rb").close()
        except FileNotFoundError:
            self.fail(f"没有文件 {path}。", param, ctx)
        except OSError as error:
            self.fail(f"不能读取 {path}（{error.strerror}）。", param, ctx)
        return path
