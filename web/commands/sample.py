"""`bihuan sample`: the sample organisation and sample life, for demonstration."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

import processes
from engine import definitions, organisation, samples
from engine.samples import past
from engine.store import queue
from engine.wiring import Engine
from web.commands import shipped
from web.commands.year import BEHAVIOUR, Crew, Year
from web.opening import opened
from web.settings import Settings
from web.settings import load as load_settings

FOLDER = Path(processes.__file__).parent
ORGANISATION = FOLDER / "organisation" / "sample.organisation.json"
COMPLAINTS = FOLDER / "samples" / "complaints.sample.json"

ACTOR = "sample"
_WIDTH = 30


@click.command("sample")
@click.option("--yes", is_flag=True, help="不询问。")
@click.option("--cases", type=click.IntRange(1, 1_000_000), help="演一整年，共这么多件。")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="随机种子。")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="这一年到何时为止（默认现在）。",
)
@click.option(
    "--workers", type=click.IntRange(1, 32), default=2, show_default=True, help="用几个进程。"
)
def command(
    yes: bool, cases: int | None, seed: int, until: datetime | None, workers: int
) -> None:
    """装入示例组织与示例投诉（全部虚构，工单标记为“示例”）。

    不带 --cases 装入四十多件各环节的投诉；带 --cases 在真实流程上演一整年，
    同一种子同一结果，中断后再次运行会接着演。还没有部署任何文件时，先部署随程序提供的流程和表单。
    """
    settings = load_settings()
    if not settings.demo and not yes:
        click.confirm("这不是演示模式，仍要装入示例人员和示例工单吗？", abort=True)
    with opened(settings) as engine:
        _deployed(engine)
        if cases is None:
            load(engine)
        else:
            play_year(engine, settings, cases, seed, until, workers)


def _deployed(engine: Engine) -> None:
    """Deploy what comes with the program, as ``bihuan run`` does, where nothing is yet."""
    with engine.read() as conn:
        bare = definitions.number(conn) == 0
    if bare:
        for line in shipped.deploy(engine):
            click.echo(line)


def load(engine: Engine) -> None:
    """Bring in the sample people and play the sample complaints that are not there yet. The
    processes must be deployed. Doing it again changes nothing."""
    people(engine)
    found = samples.parse(COMPLAINTS.read_bytes(), COMPLAINTS.name)
    clock = samples.Clock()
    past_engine = Engine(
        engine.url, local_job_types=engine.local_job_types, zone=engine.zone.key, clock=clock
    )
    played = samples.play(past_engine, clock, found)
    with closing(past_engine), click.progressbar(
        played, length=len(found.samples), label="示例投诉", show_pos=True
    ) as bar:
        for _ in bar:
            pass


def people(engine: Engine) -> None:
    """Bring in the sample organisation."""
    with engine.unit(ACTOR) as unit:
        organisation.load(unit, ORGANISATION.read_bytes(), ORGANISATION.name)


def play_year(
    engine: Engine, settings: Settings, cases: int, seed: int, until: datetime | None, workers: int
) -> None:
    """Play a year that ends at ``until`` (local; now), or go on with one that was broken off."""
    with engine.read() as conn:
        served = queue.served(conn)
    if served:
        raise click.ClickException(
            "工作进程正在运行，它会把过去的时限当作现在的来处理。请先停止 bihuan run 或 bihuan "
            "worker，一分钟后再装入。"
        )
    people(engine)
    year = _year(engine, settings, cases, seed, until)
    with engine.read() as conn:
        if not past.alone(conn):
            raise click.ClickException("另一个命令正在装入一年的示例，请等它结束。")
        crew = Crew(year, workers)
        try:
            _show(crew, cases, year.until)
        except KeyboardInterrupt:
            click.echo("\n装入的工单都是完整的。再次运行同一命令会接着演。")
            raise
        finally:
            crew.close()
    for problem in crew.shown.problems:
        click.echo(problem, err=True)
    if crew.shown.problems:
        sys.exit(1)


def _year(
    engine: Engine, settings: Settings, cases: int, seed: int, until: datetime | None
) -> Year:
    zone = ZoneInfo(settings.zone)
    end = (until or datetime.now(zone)).replace(second=0, microsecond=0, tzinfo=zone)
    end = min(end, datetime.now(zone).replace(second=0, microsecond=0))
    name = past.source(cases, seed, end)
    with engine.read() as conn:
        begun = past.earlier(conn, cases, seed)
    if begun is not None and until is None:
        name, end = begun, past.end_of(begun, end)
        click.echo(f"接着装入截至 {end:%Y-%m-%d %H:%M} 的一年。")
    behaviour = (FOLDER / "samples" / BEHAVIOUR).read_bytes()
    return Year(engine.url, settings.zone, behaviour, cases, seed, end, name)


def _show(crew: Crew, cases: int, until: datetime) -> None:
    """A bar of cases with the moment that has been reached, the rate, and the time left."""
    begun, before = time.monotonic(), crew.shown.cases
    month, plain = 0, not sys.stdout.isatty()
    with click.progressbar(
        length=cases, label="示例一年", show_pos=True, show_eta=False, width=_WIDTH,
        item_show_func=lambda text: text or "",
    ) as bar:
        bar.update(min(before, cases), "")
        for at in crew.play():
            spent = time.monotonic() - begun
            rate = (crew.shown.cases - before) / spent if spent else 0.0
            left = timedelta(seconds=round((cases - crew.shown.cases) / rate)) if rate else ""
            text = f"{at:%Y-%m-%d}  {rate:.1f} 件/秒  剩余 {left}"
            bar.update(min(crew.shown.cases, cases) - bar.pos, text)
            if plain and at.month != month:
                month = at.month
                click.echo(f"{crew.shown.cases} / {cases}  {text}")
