"""``bihuan limits [DECISION]``: open cases by the latest version of a table of limits."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from engine import limits
from engine.limits import Recomputed
from engine.model import Person
from web.opening import opened

ACTOR = Person("system:command", "命令行", roles=frozenset({"admin"}))
_SHOWN = 20


@click.command("limits")
@click.argument("decision", required=False, metavar="[决策]")
@click.option("--apply", "why", metavar="理由", help="按最新版重算，理由记入每个案件的历史。")
def command(decision: str | None, why: str | None) -> None:
    """时限表改版后，按新版重算在途案件的时限。

    不写决策：列出哪些时限表有新版本、多少个在途时限仍按旧版。写决策：预览会怎样变化；加 --apply
    才真正重算。已有的暂停照样不计，与客户约定和主管调整过的时限不动。
    """
    with opened() as engine:
        with engine.read() as conn:
            if decision is None:
                _list(limits.outdated(conn))
                return
            found = limits.preview(conn, decision)
        if why is None:
            _preview(found, engine.zone)
            return
        with click.progressbar(length=len(found), label="重算") as bar:
            done = limits.recompute(engine, decision, ACTOR, why, lambda *_: bar.update(1))
    click.echo(f"变化 {done.moved} 个，不变 {done.kept} 个，未能计算 {done.failed} 个。")
    if done.failed:
        raise SystemExit(1)


def _list(tables: list[limits.Outdated]) -> None:
    if not tables:
        click.echo("在途案件的时限都按最新的表计算。")
    for one in tables:
        name = f"{one.decision}（{one.name}）第 {one.version} 版"
        click.echo(f"{name}：{one.clocks} 个在途时限仍按旧版")


def _preview(found: list[Recomputed], zone: ZoneInfo) -> None:
    moved = [one for one in found if one.after is not None and one.after != one.clock.due_at]
    kept = sum(one.after is None for one in found)
    late = sum(one.becomes_late for one in moved)
    same = len(found) - len(moved) - kept
    click.echo(
        f"会变化 {len(moved)} 个，其中 {late} 个立即超时；到期时间相同 {same} 个；不变 {kept} 个。"
    )
    for one in sorted(moved, key=lambda one: not one.becomes_late)[:_SHOWN]:
        assert one.after is not None
        mark = "  将超时" if one.becomes_late else ""
        before, after = one.clock.due_at.astimezone(zone), one.after.astimezone(zone)
        click.echo(
            f"  {one.number or one.case_id} {one.clock.name}："
            f"{before:%m-%d %H:%M} → {after:%m-%d %H:%M}{mark}"
        )
    if len(moved) > _SHOWN:
        click.echo(f"  …… 另有 {len(moved) - _SHOWN} 个")
