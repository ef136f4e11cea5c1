"""The files a test case runs against: programs, decision models, a calendar, a clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine import calendar, dmn
from engine.bpmn import Diagram, Program, compile_process, parse
from engine.errors import Conflict, NotFound
from engine.feel import Function, to_json
from engine.model import Json
from engine.scenarios.clock import Clock

CALENDAR = "default.calendar.json"


@dataclass(frozen=True, slots=True)
class Library:
    """``clock`` is shared by everything compiled here: one test case at a time."""

    diagrams: Mapping[str, Diagram]
    """By process id, for the coverage."""
    programs: Mapping[str, Program]
    decisions: Mapping[str, dmn.Model]
    functions: Mapping[str, Function]
    clock: Clock

    def program(self, process_id: str) -> Program:
        """Raises NotFound with the known ids."""
        found = self.programs.get(process_id)
        if found is None:
            known = "、".join(sorted(self.programs)) or "无"
            raise NotFound(
                f"没有流程 {process_id}；这里有：{known}。",
                f"No process {process_id}; here are: {', '.join(sorted(self.programs))}.",
            )
        return found

    def decide(
        self, decision_id: str, variables: Mapping[str, Json]
    ) -> tuple[Json, dict[str, Json]]:
        """Value and record of a decision. Raises NotFound, and what engine.dmn raises."""
        model = self.decisions.get(decision_id)
        if model is None:
            raise NotFound(f"没有决策 {decision_id}。", f"No decision {decision_id}.")
        evaluation = model.evaluate(decision_id, variables, self.functions)
        return to_json(evaluation.value), evaluation.record


def load(folders: Iterable[Path]) -> Library:
    """All ``.bpmn`` and ``.dmn`` files directly in the folders, and the nearest
    ``default.calendar.json`` there or above. Raises the errors of bad files; Conflict when two
    files define the same process or decision."""
    places = list(dict.fromkeys(folder.resolve() for folder in folders))
    current = _calendar(places)
    clock = Clock(current.zone)
    functions = {**calendar.functions(current), **clock.functions()}
    diagrams: dict[str, Diagram] = {}
    programs: dict[str, Program] = {}
    decisions: dict[str, dmn.Model] = {}
    for path in _files(places, ".bpmn"):
        diagram = parse(path.read_bytes(), path.name)
        for process in diagram.processes:
            if process.executable:
                _once(programs, process.id, path)
                programs[process.id] = compile_process(diagram, process.id, functions)
                diagrams[process.id] = diagram
    for path in _files(places, ".dmn"):
        model = dmn.parse(path.read_bytes(), path.name)
        for decision_id in model.decisions:
            _once(decisions, decision_id, path)
            decisions[decision_id] = model
    return Library(diagrams, programs, decisions, functions, clock)


def _files(places: Iterable[Path], ending: str) -> list[Path]:
    return [path for place in places for path in sorted(place.glob(f"*{ending}"))]


def _once(known: Mapping[str, object], name: str, path: Path) -> None:
    if name in known:
        raise Conflict(
            f"{path.name}：标识 {name} 在另一个文件里已经定义。",
            f"{path.name}: the id {name} is already defined in another file.",
        )


def _calendar(places: Iterable[Path]) -> calendar.Calendar:
    for place in places:
        for folder in (place, *place.parents):
            path = folder / CALENDAR
            if path.is_file():
                return calendar.parse(path.read_bytes(), path.name)
    return calendar.plain("Asia/Shanghai")
