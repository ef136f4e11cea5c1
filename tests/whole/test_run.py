"""`bihuan run` as a person meets it: one command, an address, Ctrl-C, and all is there again."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from engine import Engine
from engine.store import embedded
from engine.tables import cases, definitions, history, people

START_LIMIT_S = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environ(folder: Path, port: int, **more: str) -> dict[str, str]:
    ours = ("BIHUAN_", "SMTP_", "DATABASE_URL")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**plain, "BIHUAN_DATA": str(folder), "BIHUAN_PORT": str(port), **more}


@contextmanager
def running(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and what it said until it was ready; stopped by Ctrl-C at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "web", "run"],
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(START_LIMIT_S, process.kill)
    watchdog.start()
    try:
        yield process, _until_ready(process)
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=120)[0]
        watchdog.cancel()
    assert process.returncode == 0, rest
    assert "已停止，数据都在" in rest


def _until_ready(process: subprocess.Popen[str]) -> str:
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if "按 Ctrl-C 停止" in line:
            return said
    pytest.fail(f"did not get ready:\n{said}")


def get(port: int, path: str) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def counts(folder: Path) -> dict[str, int]:
    """Rows of the tables that must not change over a stop and a start."""
    server = folder / "postgres"
    engine = Engine(embedded.start(server))
    try:
        with engine.read() as conn:
            return {
                str(table.name): conn.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (cases, definitions, people)
            }
    finally:
        engine.close()
        embedded.stop(server)


def entries(folder: Path) -> int:
    server = folder / "postgres"
    engine = Engine(embedded.start(server))
    try:
        with engine.read() as conn:
            return conn.execute(select(func.count()).select_from(history)).scalar_one()
    finally:
        engine.close()
        embedded.stop(server)


def test_the_demo_starts_stops_and_starts_again_with_its_data(folder: Path) -> None:
    port = free_port()
    demo = environ(folder / "var", port, BIHUAN_DEMO="1")

    with running(demo) as (process, said):
        children = psutil.Process(process.pid).children(recursive=True)
        assert f"http://127.0.0.1:{port}/" in said
        assert "示例人员" in said
        status, page = get(port, "/sign-in")
        assert status == 200
        assert "演示人员" in page
    assert not any(child.is_running() for child in children), "a child outlived its parent"

    first, before = counts(folder / "var"), entries(folder / "var")
    assert first["cases"] > 0
    assert first["people"] > 0

    with running(demo) as (_process, said):
        assert "没有变化" in said
    assert counts(folder / "var") == first
    assert entries(folder / "var") >= before


def test_a_real_installation_has_nobody_until_somebody_is_added(folder: Path) -> None:
    port = free_port()

    with running(environ(folder / "var", port)) as (_process, said):
        assert "bihuan user add" in said
        status, page = get(port, "/sign-in")
        assert status == 200
        assert "演示人员" not in page

    assert counts(folder / "var")["people"] == 0
    assert counts(folder / "var")["cases"] == 0


def test_a_taken_port_is_said_before_anything_is_touched(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "web", "run"],
            env=environ(folder / "var", port),
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert f"不能监听 127.0.0.1:{port}" in done.stderr
    assert not (folder / "var" / "postgres").exists()


def test_a_part_that_dies_is_started_again(folder: Path) -> None:
    port = free_port()

    with running(environ(folder / "var", port)) as (process, _said):
        worker = next(
            child
            for child in psutil.Process(process.pid).children()
            if child.cmdline()[-1] == "worker"
        )
        worker.kill()
        assert process.stdout is not None
        for line in process.stdout:
            if "正在重新启动" in line:
                break
        status, _page = get(port, "/health")
        assert status == 200
