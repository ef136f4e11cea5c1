"""`bihuan import`: complaints from another system's CSV or Excel file become cases that run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from engine import cases, definitions, importing
from engine.importing import CustomerMapping, Mapping, Outcome, Rejects, Row
from engine.wiring import Engine
from web.commands.files import ExistingFile
from web.opening import opened

ACTOR = "import"


@click.command("import")
@click.argument("file", type=ExistingFile())
@click.option(
    "--mapping", "mapping_file", required=True, help="映射文件：哪一列成为哪个字段。",
    type=ExistingFile(),
)
@click.option(
    "--rejects", "rejects_file", type=click.Path(dir_okay=False, path_type=Path),
    help="未导入的行写到这里；不写则为当前目录的 <文件名>.rejected.csv。",
)
@click.option("--limit", type=click.IntRange(min=1), help="最多读这么多行。")
@click.option("--check", "check_only", is_flag=True, help="只检查，不导入。")
@click.pass_context
def command(
    context: click.Context, file: Path, mapping_file: Path, rejects_file: Path | None,
    limit: int | None, check_only: bool,
) -> None:
    """把 FILE（CSV 或 .xlsx）的每一行导入为一件投诉；映射文件写明 customers 的，更新客户资料。

    同一来源、同一编号只导入一次：中断后重新运行即接着导入。有问题的行连同行号、原因写入另一个
    文件，改正后可以直接导入那个文件。
    """
    rejects_file = rejects_file or Path(f"{file.stem}.rejected.csv")
    if rejects_file.resolve() == file.resolve():
        raise click.UsageError(f"{rejects_file} 就是要导入的文件，请用 --rejects 另写一个。")
    with opened() as engine:
        of_customers = _of_customers(engine, mapping_file)
        if of_customers is not None:
            told = _customers(engine, file, of_customers, rejects_file, check_only)
            context.exit(1 if told.rejected else 0)
        mapping = _mapping(engine, mapping_file)
        total = _count(file, mapping, limit)
        with importing.open_sheet(
            file, sheet=mapping.sheet, encoding=mapping.encoding
        ) as sheet, Rejects(rejects_file, sheet.columns) as rejects, click.progressbar(
            length=total, label=f"{'检查' if check_only else '导入'} {file.name}", show_pos=True
        ) as bar:
            def advance(row: Row) -> None:
                bar.update(1)

            if check_only:
                outcome = importing.examine(sheet, mapping, rejects, limit=limit, progress=advance)
            else:
                outcome = importing.load(
                    engine, sheet, mapping, rejects, actor=ACTOR, limit=limit, progress=advance
                )
    _report(outcome, check_only, rejects)
    context.exit(1 if outcome.rejected else 0)


def _of_customers(engine: Engine, file: Path) -> CustomerMapping | None:
    with engine.read() as conn:
        _, functions = definitions.functions_at(conn, definitions.number(conn))
    return importing.parse_customers(file.read_bytes(), file.name, functions)


def _customers(
    engine: Engine, file: Path, mapping: CustomerMapping, rejects_file: Path, check_only: bool
) -> importing.Customers:
    with importing.open_sheet(file, sheet=mapping.sheet, encoding=mapping.encoding) as sheet:
        total = sum(1 for _ in sheet.rows)
    with engine.read() as conn:
        levels = cases.level_names(conn)
    with importing.open_sheet(
        file, sheet=mapping.sheet, encoding=mapping.encoding
    ) as sheet, Rejects(rejects_file, sheet.columns) as rejects, click.progressbar(
        length=total, label=f"{'检查' if check_only else '更新'} {file.name}", show_pos=True
    ) as bar:
        outcome = importing.load_customers(
            engine, sheet, mapping, rejects, levels=levels, actor=ACTOR, check_only=check_only,
            progress=lambda row: bar.update(1),
        )
    if check_only:
        click.echo(f"可以导入 {outcome.same} 行，有问题 {outcome.rejected} 行。")
    else:
        click.echo(
            f"客户：新增 {outcome.added}，更新 {outcome.changed}，未变 {outcome.same}，"
            f"未导入 {outcome.rejected} 行。"
        )
    if outcome.rejected:
        click.echo(f"未导入的行和原因见 {rejects.path}。")
    return outcome


def _mapping(engine: Engine, file: Path) -> Mapping:
    with engine.read() as conn:
        _, functions = definitions.functions_at(conn, definitions.number(conn))
        mapping = importing.parse(file.read_bytes(), file.name, functions)
        cases.kind(conn, mapping.kind)
    return mapping


def _count(file: Path, mapping: Mapping, limit: int | None) -> int:
    with importing.open_sheet(file, sheet=mapping.sheet, encoding=mapping.encoding) as sheet:
        mapping.bind(sheet.columns, datetime.now(UTC))
        total = sum(1 for _ in sheet.rows)
    return total if limit is None else min(total, limit)


def _report(outcome: Outcome, check_only: bool, rejects: Rejects) -> None:
    if check_only:
        click.echo(f"可以导入 {outcome.added} 行，有问题 {outcome.rejected} 行。")
    else:
        click.echo(
            f"新导入 {outcome.added} 件，以前已导入 {outcome.present} 件，"
            f"未导入 {outcome.rejected} 行。"
        )
    if outcome.rejected:
        click.echo(f"未导入的行和原因见 {rejects.path}。")
