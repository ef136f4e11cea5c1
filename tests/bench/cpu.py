"""CPU time of whole families of processes, PostgreSQL's included."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Families:
    """Process trees by name: each with its descendants, living and ended."""

    roots: dict[str, psutil.Process]

    def seconds(self) -> dict[str, float]:
        """User and system time so far, by family."""
        return {name: _seconds(root) for name, root in self.roots.items()}


def _seconds(root: psutil.Process) -> float:
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # it ended just now: its parent counts it from here on
        ended = times.children_user + times.children_system
        total += times.user + times.system + ended
    return total


def medians(
    families: Families, rounds: int, each: int, act: Callable[[], object]
) -> dict[str, float]:
    """Milliseconds of CPU per ``act`` by family, and their sum as ``all``: the median over
    ``rounds`` of the mean of ``each`` acts (the kernel counts in hundredths of a second)."""
    samples: list[dict[str, float]] = []
    for _ in range(rounds):
        before = families.seconds()
        for _ in range(each):
            act()
        after = families.seconds()
        spent = {name: (after[name] - before[name]) * 1000 / each for name in after}
        samples.append({**spent, "all": sum(spent.values())})
    return {name: _median(sample[name] for sample in samples) for name in samples[0]}


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 3)
