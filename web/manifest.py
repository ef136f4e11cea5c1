"""Which hashed files of web/static/build a page loads; written by web/assets/build.mjs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from engine.errors import NotFound


@dataclass(frozen=True, slots=True)
class Entry:
    """The files of one bundle: its script, its style sheet (or ""), what to load ahead."""

    script: str
    style: str
    preload: tuple[str, ...]


class Manifest:
    """Reads ``manifest.json`` again only when it changed, so that a rebuild needs no restart."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "manifest.json"
        self._stamp = 0
        self._entries: dict[str, Entry] = {}

    def entries(self, *names: str) -> list[Entry]:
        """The bundles with these names; NotFound where they were not built."""
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._entries = _read(self._path)
                self._stamp = stamp
            return [self._entries[name] for name in names]
        except (OSError, KeyError, ValueError) as error:
            raise NotFound(
                f"浏览器资源没有构建（{self._path}）。请先运行 make setup。",
                f"The browser assets are not built ({self._path}). Run make setup first.",
            ) from error


def _read(path: Path) -> dict[str, Entry]:
    raw = json.loads(path.read_text("utf-8"))
    return {
        name: Entry(one["js"], one.get("css") or "", tuple(one.get("preload", ())))
        for name, one in raw.items()
    }
