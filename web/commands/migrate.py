"""``bihuan migrate``: bring the database to the schema of this program."""

from __future__ import annotations

import click

from engine.store import embedded
from engine.store.migrate import migrate
from web.settings import load


@click.command("migrate")
def command() -> None:
    """把数据库升级到本程序需要的结构；可以反复执行。"""
    settings = load()
    url = settings.database_url or embedded.start(settings.data_folder / "postgres")
    click.echo(f"数据库结构已是最新：{migrate(url)}。")
