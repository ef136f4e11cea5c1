"""Child processes of the all-in-one command: started, watched, started again, stopped."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import BihuanError

log = logging.getLogger("bihuan.run")

STOP_GRACE_S = 75.0
MOST_RESTARTS = 5
WITHIN_S = 60.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class ChildKeepsFailing(BihuanError):
    """A part of the installation ends again and again; its own words stand above this one."""

    code = "child-keeps-failing"


@dataclass
class Child:
    """One sub-command of ``bihuan`` in a process of its own."""

    word: str
    title: str
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    ends: deque[float] = field(default_factory=deque)

    def start(self) -> None:
        """Start it in a session of its own: a Ctrl-C in the terminal is for us alone, and we
        stop the children in order. The system stops them where we are killed."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "web", self.word],
            env={**os.environ, **self.environ},
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, deadline: float) -> None:
        """Wait for it to end (it was asked to); kill it where it does not until ``deadline``."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s没有按时停止，已强制结束。", self.title)
            self.process.kill()
            self.process.wait()

    def note_end(self, now: float) -> None:
        """Count an unwanted end; raises ChildKeepsFailing when there are too many."""
        self.ends.append(now)
        while self.ends[0] < now - WITHIN_S:
            self.ends.popleft()
        if len(self.ends) > MOST_RESTARTS:
            raise ChildKeepsFailing(
                f"{self.title}在一分钟内停止了 {len(self.ends)} 次，已全部停止。原因见上面的日志。",
                f"{self.word} ended {len(self.ends)} times within a minute; see the log above.",
            )


def watch(children: list[Child], stop: threading.Event, every_s: float = 0.5) -> None:
    """Start again what ends by itself, until ``stop`` is set. Raises ChildKeepsFailing."""
    while not stop.wait(every_s):
        for child in children:
            if child.running:
                continue
            log.warning("%s意外停止，正在重新启动。", child.title)
            child.note_end(time.monotonic())
            child.start()


def stop_all(children: list[Child]) -> None:
    """Ask all of them to finish what they are at, then wait."""
    for child in children:
        if child.running and child.process is not None:
            child.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_GRACE_S
    for child in children:
        child.stop(deadline)


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
