"""An article, once read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

from engine.model import Json

KINDS: Mapping[str, str] = MappingProxyType(
    {"script": "场景话术", "guide": "办理指引", "special": "特殊案例"}
)
"""What an article is for, by the word in its head."""

TECHNIQUES = (
    "善意假设", "暗示", "破唱片机", "以退为进", "问题", "对比", "转移话题", "目的引导", "直接拒绝",
    "条件假设",
)
"""The techniques of answering that articles name."""


@dataclass(frozen=True, slots=True)
class Article:
    """``categories`` are codes of a catalogue, with all that is below them; none: it belongs
    everywhere. ``text`` is Markdown; list items that begin with 说： or 不说： are phrases to
    use and to avoid. ``caution`` is what to mind before anything is said."""

    title: str
    kind: str
    summary: str
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    techniques: tuple[str, ...]
    caution: str
    text: str

    def as_json(self) -> dict[str, Json]:
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Article:
        """What ``as_json`` gave."""
        return cls(
            title=data["title"], kind=data["kind"], summary=data["summary"],
            categories=tuple(data["categories"]), keywords=tuple(data["keywords"]),
            techniques=tuple(data["techniques"]), caution=data["caution"], text=data["text"],
        )
