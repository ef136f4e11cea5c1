"""The command `bihuan`: sub-commands are modules of web.commands, imported when used.

Exit codes: 0 good, 1 findings, 2 wrong use.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib import import_module

import click

from engine.errors import BihuanError, DeploymentRefused
from web.printing import show_findings

COMMANDS = {
    "run": "web.commands.run:command",
    "web": "web.commands.web:command",
    "worker": "web.commands.worker:command",
    "migrate": "web.commands.migrate:command",
    "deploy": "web.commands.deploy:command",
    "lint": "web.commands.lint:command",
    "convert": "web.commands.convert:command",
    "test": "web.commands.test:command",
    "feel": "web.commands.feel:command",
    "tck": "web.commands.tck:command",
    "import": "web.commands.import_:command",
    "sample": "web.commands.sample:command",
    "limits": "web.commands.limits:command",
    "user": "web.commands.user:command",
    "bench": "web.commands.bench:command",
}

_HEADINGS = {"Options": "选项", "Commands": "命令", "Arguments": "参数"}
_HELP = {"Show this message and exit.": "显示本说明。", "Show the version and exit.": "显示版本。"}
_SENTENCES = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"No such command '(.+?)'.*", "没有这个命令：{0}。"),
        (r"Missing command\.", "请给出命令。"),
        (r"Got unexpected extra arguments? \((.+)\)", "多了参数：{0}。"),
        (r"\w+ '(.+)' does not exist\.", "“{0}”不存在。"),
        (r"\w+ '(.+)' is a directory\.", "“{0}”是文件夹，这里要文件。"),
        (r"\w+ '(.+)' is a file\.", "“{0}”是文件，这里要文件夹。"),
        (r"\w+ '(.+)' is not (?:readable|writable)\.", "没有读写“{0}”的权限。"),
        (r"'(.+)': (.+)", "“{0}”打不开：{1}。"),
        (r"'(.+)' is not a valid .+\.", "“{0}”不是数字。"),
        (r"(.+) is not in the range (.+)\.", "{0} 不在范围 {1} 内。"),
        (r"'(.+)' is not one of (.+)\.", "“{0}”不在可选值 {1} 之内。"),
    )
)


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "用法：")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        translated = [(name, _HELP.get(text, text)) for name, text in rows]
        super().write_dl(translated, col_max, col_spacing)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bihuan", prog_name="bihuan", message="闭环 %(version)s")
def bihuan() -> None:
    """闭环：客户投诉从受理到归档，流程图怎么画，系统就怎么办。"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code; never a stack trace for bad input."""
    click.Context.formatter_class = _Formatter
    try:
        code = bihuan.main(arguments, prog_name="bihuan", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("已中断。", err=True)
        code = 130
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = 2
    except click.UsageError as error:
        _show_usage_error(error)
        code = 2
    except click.ClickException as error:
        click.echo(f"错误：{error.format_message()}", err=True)
        code = 2
    except DeploymentRefused as error:
        show_findings(error.findings, sys.stderr)
        click.echo(error.zh, err=True)
        code = 1
    except BihuanError as error:
        click.echo(f"错误：{error.zh}", err=True)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _show_usage_error(error: click.UsageError) -> None:
    if isinstance(error, click.NoSuchOption):
        near = f"您是不是要用 {'、'.join(error.possibilities)}？" if error.possibilities else ""
        sentence = f"没有选项 {error.option_name}。{near}"
    elif isinstance(error, click.BadOptionUsage):
        sentence = f"选项 {error.option_name} 后面要跟一个值。"
    elif isinstance(error, click.MissingParameter):
        sentence = f"缺少{_parameter(error)}。"
    elif isinstance(error, click.BadParameter):
        sentence = f"{_parameter(error)}的值不能用：{_in_chinese(error.message)}"
    else:
        sentence = _in_chinese(error.format_message())
    click.echo(f"错误：{sentence}", err=True)
    if error.ctx is not None:
        click.echo(f"用法见 {error.ctx.command_path} --help", err=True)


def _parameter(error: click.BadParameter) -> str:
    if error.param is None:
        return "参数"
    kind = "选项" if isinstance(error.param, click.Option) else "参数"
    return f"{kind} {error.param.get_error_hint(error.ctx) if error.ctx else error.param.name} "


def _in_chinese(message: str) -> str:
    """What click says about values, in Chinese; a sentence of our own stays as it is."""
    for pattern, sentence in _SENTENCES:
        found = pattern.fullmatch(message)
        if found:
            return sentence.format(*found.groups())
    return message
