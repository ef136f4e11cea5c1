"""``bihuan worker``: runs jobs and timers on this machine; start as many as are needed."""

from __future__ import annotations

import click

from web.commands.logs import configure
from web.opening import job_types, opened
from web.settings import load


@click.command("worker")
def command() -> None:
    """运行作业（发邮件等）与定时器；可在多台机器上各开若干个。"""
    from web import worker

    settings = load()
    configure(settings.log_level)
    with opened(settings) as engine:
        runner = worker.Runner(engine, settings.adapters, job_types())
        worker.serve(runner, settings.worker_concurrency)
