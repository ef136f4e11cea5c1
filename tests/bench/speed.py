"""All measurements in order, as ``bihuan bench`` prints them and writes them as JSON."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import engine_speed, http_speed
from tests.bench.place import Place, opened


def run(say: Callable[[str], None]) -> dict[str, Any]:
    """Measure everything in a fresh folder; ``say`` is told what is under way."""
    with _place() as place:
        say("空闲时的定时检查（0 与 20,000 个等待实例）…")
        tick = engine_speed.idle_tick(place)
    with _place() as place:
        say("引擎：每个实例…")
        engine = engine_speed.per_instance(place)
        direct = engine_speed.per_task(place)
        size = engine_speed.state_bytes(place)
        say("循环到第 1,000 轮…")
        loop = engine_speed.loop_ratio(place)
        say("网页：每个实例…")
        pages = http_speed.per_instance(place)
        through = http_speed.per_task(place)
    return {
        "http_ms_per_instance": pages["requests"]["all"],
        "engine_ms_per_instance": engine["bare"]["all"],
        "sql_per_task": len(through.sql),
        "commits_per_task": through.commits,
        "loop_1000_over_10": loop,
        "idle_tick_ms": tick["full"],
        "state_bytes": size,
        "details": {
            "http_web_ms": pages["requests"]["web"],
            "http_postgres_ms": pages["requests"]["postgres"],
            "clerk_ms_per_instance": pages["pages"]["all"],
            "engine_python_ms": engine["bare"]["engine"],
            "engine_postgres_ms": engine["bare"]["postgres"],
            "engine_case_ms_per_instance": engine["case"]["all"],
            "engine_sql_per_task": len(direct.sql),
            "idle_tick_empty_ms": tick["empty"],
            "machine": f"{platform.machine()}, {os.cpu_count()} CPU, "
            f"Python {platform.python_version()}",
        },
    }


@contextmanager
def _place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder, opened(Path(folder)) as one:
        yield one
