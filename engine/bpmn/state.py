"""An instance's state as bytes: its waiting tokens and its variables; no specification, no
history. Refers to the program by the process id; which version it is, the store knows."""

from __future__ import annotations

from typing import Any

import orjson

from engine.bpmn.program import Program
from engine.bpmn.scopes import Scopes
from engine.bpmn.workflow import Instance
from engine.bpmn.world import World
from engine.errors import Invalid

FORMAT = 1


def save(instance: Instance, process_id: str) -> bytes:
    """The state of an instance at rest."""
    levels = [
        [host, _tokens(level), *_past(level)] for host, level in instance.subprocesses.items()
    ]
    state = {
        "format": FORMAT,
        "process": process_id,
        "ended": instance.ended,
        "variables": instance.scopes.root,
        "locals": instance.scopes.locals,
        "tokens": _tokens(instance),
        "inside": levels,
    }
    if instance.halts:
        state["halts"] = instance.halts
    if instance.ending is not None and not instance.ended:
        state["ending"] = instance.ending
    past = _past(instance)
    if past:
        state["past"] = past[0]
    return orjson.dumps(state)


def load(program: Program, state: bytes, world: World) -> Instance:
    """The instance of a state. Raises Invalid if the state is not one of this program."""
    try:
        data = orjson.loads(state)
        if data["format"] != FORMAT or data["process"] != program.process.id:
            raise KeyError(data["process"])
        scopes = Scopes(data["variables"], data["locals"])
        instance = Instance(program.spec, program.subs, scopes, world)
        instance.ended = instance.completed = data["ended"]
        instance.halts = data.get("halts", [])
        instance.ending = data.get("ending")
        _plant(instance, data["tokens"], data.get("past"))
        for host, tokens, *past in data["inside"]:
            task = instance.find(host)
            if task is None:
                raise KeyError(host)
            level = instance.create_subprocess(task, task.task_spec.bpmn_id)
            _plant(level, tokens, *past)
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(
            f"保存的状态不属于流程 {program.process.id} 的这个版本（{error}）。",
            f"The saved state is not one of this version of process {program.process.id} "
            f"({error}).",
        ) from error
    return instance


def _tokens(level: Any) -> list[list[Any]]:
    return [[task.id, task.task_spec.name, task.internal_data] for task in level.tokens()]


def _past(level: Any) -> list[dict[str, Any]]:
    """What a level remembers besides its tokens, if anything."""
    if not level.done and not level.interrupted:
        return []
    return [{"done": level.done, "interrupted": level.interrupted}]


def _plant(level: Any, tokens: list[list[Any]], past: dict[str, Any] | None = None) -> None:
    specs = level.spec.task_specs
    if past:
        level.done, level.interrupted = past["done"], past["interrupted"]
    for token, name, data in tokens:
        level.plant_saved(specs[name], token, data)
