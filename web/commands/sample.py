"""`bihuan sample`: the sample organisation and sample complaints, for demonstration."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

import processes
from engine import organisation, samples
from engine.wiring import Engine
from web.opening import opened
from web.settings import load as load_settings

FOLDER = Path(processes.__file__).parent
ORGANISATION = FOLDER / "organisation" / "sample.organisation.json"
COMPLAINTS = FOLDER / "samples" / "complaints.sample.json"

ACTOR = "sample"


@click.command("sample")
@click.option("--yes", is_flag=True, help="不询问。")
def command(yes: bool) -> None:
    """装入示例组织与示例投诉（全部虚构，工单标记为“示例”）。"""
    settings = load_settings()
    if not settings.demo and not yes:
        click.confirm("这不是演示模式，仍要装入示例人员和示例工单吗？", abort=True)
    with opened(settings) as engine:
        load(engine)


def load(engine: Engine) -> None:
    """Bring in the sample people and play the sample complaints that are not there yet. The
    processes must be deployed. Doing it again changes nothing."""
    with engine.unit(ACTOR) as unit:
        organisation.load(unit, ORGANISATION.read_bytes(), ORGANISATION.name)
    found = samples.parse(COMPLAINTS.read_bytes(), COMPLAINTS.name)
    clock = samples.Clock()
    past = Engine(
        engine.url, local_job_types=engine.local_job_types, zone=engine.zone.key, clock=clock
    )
    played = samples.play(past, clock, found)
    with closing(past), click.progressbar(
        played, length=len(found.samples), label="示例投诉", show_pos=True
    ) as bar:
        for _ in bar:
            pass
