"""``bihuan web``: serves the pages with gunicorn; stateless, start as many as are needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from web.commands.logs import configure
from web.opening import database_url, wire
from web.settings import Settings, load


@click.command("web")
def command() -> None:
    """提供网页服务（gunicorn）；可在多台机器上各开若干个。"""
    from engine.store import migrate

    settings = load()
    configure(settings.log_level)
    url = database_url(settings)
    migrate.migrate(url)
    serve(settings, url)


def serve(settings: Settings, url: str) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished first.

    The application is made in each worker process after the fork: connections are not shared.
    """
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in _options(settings).items():
                self.cfg.set(name, value)

        def load(self) -> Callable[..., Any]:
            from web.app import create_app

            return create_app(settings, wire(settings, url))

    Server().run()


def _options(settings: Settings) -> dict[str, Any]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": [f"{host}:{settings.port}"],
        "workers": settings.web_processes,
        "worker_class": "gthread",
        "threads": settings.web_threads,
        "graceful_timeout": 30,
        "timeout": 120,
        "keepalive": 15,
        # Requests without limits on their parts would let a stranger fill the memory.
        "limit_request_line": 8190,
        "limit_request_fields": 64,
        "proc_name": "bihuan-web",
        "loglevel": "debug" if settings.log_level == "DEBUG" else "warning",
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
        "control_socket_disable": True,
    }
