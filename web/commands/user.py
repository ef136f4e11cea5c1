"""`bihuan user`: accounts of this installation, managed by whoever may use its machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine import groups, organisation, people
from engine.errors import Invalid
from web.commands.files import ExistingFile
from web.opening import opened

ACTOR = "command-line"


@click.group()
def command() -> None:
    """管理账号：新增、列出、改密码、停用、角色与组。"""


@command.command("add")
@click.argument("login")
@click.option("--name", help="姓名；不写则询问。")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(people.ROLES),
    help="角色，可写多次；不写为 staff。",
)
@click.option("--group", "in_groups", multiple=True, help="组的标识，可写多次。")
@click.option("--department", help="部门名称。")
@click.option("--email", help="电子邮箱。")
@click.option("--password-stdin", is_flag=True, help="从标准输入的第一行读密码。")
def add(
    login: str, name: str | None, roles: tuple[str, ...], in_groups: tuple[str, ...],
    department: str | None, email: str | None, password_stdin: bool,
) -> None:
    """新增账号 LOGIN；密码在提示后输入，不会出现在命令行里。"""
    name = name or click.prompt("姓名")
    password = _password(password_stdin)
    with opened() as engine, engine.unit(ACTOR) as unit:
        person = people.add(
            unit, login, name, password=password, roles=roles or ("staff",), groups=in_groups,
            department=department, email=email,
        )
    click.echo(f"已新增 {person.login}（{person.name}）。")


@command.command("list")
@click.option("--group", help="只列出这个组的成员。")
def list_accounts(group: str | None) -> None:
    """列出账号。"""
    with opened() as engine, engine.read() as conn:
        accounts = people.list_(conn, group=group)
    for account in accounts:
        person = account.person
        notes = [
            *(() if account.active else ("已停用",)),
            *(() if account.has_password else ("无密码",)),
        ]
        columns = (
            person.login, person.name, ",".join(sorted(person.roles)),
            ",".join(sorted(person.groups)), person.unit or "", "、".join(notes),
        )
        click.echo("\t".join(columns))
    click.echo(f"共 {len(accounts)} 个账号。", err=True)


@command.command("password")
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="从标准输入的第一行读密码。")
def set_password(login: str, password_stdin: bool) -> None:
    """为 LOGIN 设新密码；用旧密码登录的会话随即失效。"""
    password = _password(password_stdin)
    with opened() as engine, engine.unit(ACTOR) as unit:
        people.set_password(unit, login, password)
    click.echo(f"{login} 的密码已更新。")


@command.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """停用 LOGIN：不能再登录，已登录的会话失效；名下的任务留待改派。"""
    _set_active(login, False)
    click.echo(f"{login} 已停用。")


@command.command("enable")
@click.argument("login")
def enable(login: str) -> None:
    """重新启用 LOGIN。"""
    _set_active(login, True)
    click.echo(f"{login} 已启用。")


@command.command("roles")
@click.argument("login")
@click.argument("roles", nargs=-1, required=True, type=click.Choice(people.ROLES))
def set_roles(login: str, roles: tuple[str, ...]) -> None:
    """把 LOGIN 的角色改为所列的这些。"""
    with opened() as engine, engine.unit(ACTOR) as unit:
        people.set_rights(unit, login, roles=roles)
    click.echo(f"{login} 的角色：{'、'.join(roles)}。")


@command.command("groups")
@click.argument("login", required=False)
@click.argument("ids", nargs=-1)
def set_groups(login: str | None, ids: tuple[str, ...]) -> None:
    """把 LOGIN 的组改为所列的这些；不写 LOGIN 则列出全部的组。"""
    if login is None:
        with opened() as engine, engine.read() as conn:
            for key, name in groups.names(conn).items():
                click.echo(f"{key}\t{name}")
        return
    with opened() as engine, engine.unit(ACTOR) as unit:
        people.set_rights(unit, login, groups=ids)
    click.echo(f"{login} 的组：{'、'.join(ids) or '无'}。")


@command.command("units")
def show_units() -> None:
    """列出单位：名称、标识、负责人，下级缩进。"""
    with opened() as engine, engine.read() as conn:
        known = {key: one for key, one in groups.all_(conn).items() if one.kind}
        leads, names = groups.leads(conn, known), people.names(conn)

    def show(parent: str | None, depth: int) -> None:
        for key, one in known.items():
            above = one.parent if one.parent in known else None
            if above == parent:
                lead = names.get(leads.get(key, ""), "—")
                click.echo(f"{'  ' * depth}{one.name}\t{key}\t{lead}")
                show(key, depth + 1)

    show(None, 0)


@command.command("load")
@click.argument("file", type=ExistingFile())
def load(file: Path) -> None:
    """从组织文件 FILE（JSON）新增组和账号，并更新已有账号的角色与组。"""
    with opened() as engine, engine.unit(ACTOR) as unit:
        loaded = organisation.load(unit, file.read_bytes(), file.name)
    click.echo(f"新增 {loaded.added} 个账号，更新 {loaded.changed} 个账号的权限。")


def _set_active(login: str, active: bool) -> None:
    with opened() as engine, engine.unit(ACTOR) as unit:
        people.set_active(unit, login, active)


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        return str(click.prompt("密码", hide_input=True, confirmation_prompt="再输入一次"))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Invalid("标准输入里没有密码。", "There is no password on the standard input.")
    return password
