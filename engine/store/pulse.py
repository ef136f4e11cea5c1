"""What changed, told by the database to each process, so that nobody has to ask for it.

Triggers (migration "pulse") tell a topic with the commit of a change: "case" (anything of a case
in progress), "people" (accounts, groups), "u:LOGIN", "g:GROUP" and "*" (a task has come to wait
for this person, this group, anybody). One connection a process listens, from the first question
on.
"""

from __future__ import annotations

import logging
import secrets
import selectors
import socket
import threading
from collections.abc import Iterable

import psycopg
import sqlalchemy

from engine.store.connection import address

CHANNEL = "bihuan"
_PING_S = 60.0
"""After so long a silence the connection is asked whether it lives."""
_AGAIN_S = (1.0, 5.0, 15.0)
"""Pauses before connecting anew."""

log = logging.getLogger("bihuan.pulse")


class Pulse:
    """Threads share one. Nothing is opened before ``token`` is asked for the first time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._told: dict[str, int] = {}
        self._count = 0
        self._era = ""
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._ends: tuple[socket.socket, socket.socket] | None = None

    def token(self, topics: Iterable[str]) -> str | None:
        """Stands for all that was told of ``topics`` until now: the same text later means that
        nothing of theirs has changed since. Ask before reading what it stands for. None while
        nothing is known: then everything may have changed. Tokens of two processes differ."""
        with self._lock:
            if self._thread is None and not self._stopped:
                self._ends = socket.socketpair()
                self._thread = threading.Thread(
                    target=self._run, args=(self._ends[0],), name="pulse", daemon=True
                )
                self._thread.start()
            if not self._era:
                return None
            return f"{self._era}.{max((self._told.get(one, 0) for one in topics), default=0)}"

    def close(self) -> None:
        """Listen no more."""
        with self._lock:
            self._stopped, thread, self._thread = True, self._thread, None
        if thread is not None and self._ends is not None:
            self._ends[1].send(b"x")
            thread.join()
            for end in self._ends:
                end.close()

    def _run(self, stop: socket.socket) -> None:
        tries = 0
        while not self._stopped:
            try:
                self._connected(stop)
            except psycopg.Error as error:
                log.warning("变化通知的数据库连接断开，稍后重连：%s", str(error).strip())
            finally:
                with self._lock:
                    lasted, self._era = bool(self._era), ""
            tries = 0 if lasted else tries + 1
            _rest(stop, _AGAIN_S[min(tries, len(_AGAIN_S) - 1)])

    def _connected(self, stop: socket.socket) -> None:
        with psycopg.connect(_plain(self._url), autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            with self._lock:
                # What was told before is not known: an era of its own.
                self._era, self._count, self._told = secrets.token_hex(4), 0, {}
            self._listen(connection, stop)

    def _listen(
        self, connection: psycopg.Connection[tuple[object, ...]], stop: socket.socket
    ) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            ending = selector.register(stop, selectors.EVENT_READ)
            while True:
                ready = selector.select(_PING_S)
                if any(key is ending for key, _ in ready):
                    return
                if not ready:
                    connection.execute("SELECT 1")
                topics = [one.payload for one in connection.notifies(timeout=0)]
                with self._lock:
                    self._count += 1
                    self._told.update(dict.fromkeys(topics, self._count))


def _rest(stop: socket.socket, seconds: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(stop, selectors.EVENT_READ)
        selector.select(seconds)


def _plain(url: str) -> str:
    """The address as psycopg itself takes it."""
    parsed: sqlalchemy.URL = address(url).set(drivername="postgresql")
    return parsed.render_as_string(hide_password=False)
