"""The diagrams, tables, forms and settings that come with this version of the program."""

from __future__ import annotations

from pathlib import Path

import forms
import processes
from engine import deployment, knowledge, resources
from engine.deployment import Deployment, Version
from engine.knowledge.taking import Offer
from engine.model import File
from engine.wiring import Engine

ACTOR = "system:install"
"""Who deploys them: no person can have this login."""

_MOST_LINES = 10

FOLDERS = (Path(processes.__file__).parent, Path(forms.__file__).parent)


def files() -> list[File]:
    """All shipped files that can be deployed."""
    paths = sorted(path for folder in FOLDERS for path in folder.rglob("*") if path.is_file())
    return [File(path.name, path.read_bytes()) for path in paths if resources.kind_of(path.name)]


def deploy(engine: Engine) -> list[str]:
    """Bring what is deployed up to the shipped files, except those that somebody here has
    changed: they stay as they are. Returns what was done, a Chinese line each.

    Raises DeploymentRefused; then nothing was stored.
    """
    with engine.unit(ACTOR) as unit:
        changed_here = {
            one.resource: one for one in deployment.definitions(unit.conn) if one.by != ACTOR
        }
        ours = [file for file in files() if file.name not in changed_here]
        done = deployment.deploy(unit, ours) if ours else None
        offers = knowledge.offers(unit.conn)
    return [*_new(done), *_kept(changed_here), *_offered(offers)]


def _new(done: Deployment | None) -> list[str]:
    changed = [one for one in done.definitions if one.changed] if done else []
    if not changed:
        return ["随本版本提供的文件没有变化。"]
    if len(changed) > _MOST_LINES:
        return [f"已部署 {len({one.resource for one in changed})} 个文件。"]
    return [f"{one.resource}：{one.name or one.id}，第 {one.version} 版" for one in changed]


def _offered(offers: list[Offer]) -> list[str]:
    return [
        f"知识“{one.title}”：保留 {one.edited_by} 在网页上改的第 {one.version} 版；"
        "文件中的版本等管理员在知识库中决定"
        for one in offers
    ]


def _kept(changed_here: dict[str, Version]) -> list[str]:
    shipped = {file.name for file in files()}
    return [
        f"{name}：保留 {one.by} 部署的第 {one.version} 版"
        for name, one in sorted(changed_here.items())
        if name in shipped
    ]
