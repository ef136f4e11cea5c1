"""The built browser assets: which hashed files stand behind the name of an entry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from engine.errors import BihuanError

FOLDER = Path(__file__).parent / "static" / "build"


class AssetsMissing(BihuanError):
    """The set-up has not built the browser's side."""

    code = "assets-missing"


@dataclass(frozen=True, slots=True)
class Bundles:
    """The manifest that ``web/assets/build.mjs`` wrote, read once at start."""

    url: str
    manifest: dict[str, dict[str, str | list[str] | None]]

    @classmethod
    def read(cls, url: str = "/static/build/", folder: Path = FOLDER) -> Bundles:
        """Raises AssetsMissing where nothing was built."""
        try:
            text = (folder / "manifest.json").read_text("utf-8")
        except OSError as error:
            raise AssetsMissing(
                "网页资源还没有构建。请在项目目录运行 make setup。",
                "The browser assets are not built. Run make setup in the project's folder.",
            ) from error
        return cls(url, json.loads(text))

    def styles(self, name: str) -> Markup:
        """The ``<link>`` of an entry's style sheet, empty where it has none."""
        css = self.manifest[name]["css"]
        if css is None:
            return Markup("")
        return Markup('<link rel="stylesheet" href="{}">').format(f"{self.url}{css}")

    def script(self, name: str) -> Markup:
        """The ``<script>`` of an entry and the preloads of what it imports."""
        entry = self.manifest[name]
        preload = Markup("").join(
            Markup('<link rel="modulepreload" href="{}">').format(f"{self.url}{file}")
            for file in entry["preload"] or []
        )
        tag = Markup('<script type="module" src="{}"></script>').format(f"{self.url}{entry['js']}")
        return preload + tag
