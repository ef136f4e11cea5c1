"""The files a test case runs against: programs, decision models, a calendar, a clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine import calendar, catalogue, dmn
from engine.bpmn import Diagram, Program, compile_process, parse
from engine.bpmn.diagram import Start
from engine.errors import Conflict, NotFound
from engine.feel import Function, to_json
from engine.model import Json
from engine.scenarios.clock import Clock

CALENDAR = "default.calendar.json"
CATALOGUES = "*.catalogue.json"
_ENDINGS = (".bpmn", ".dmn")
_SKIPPED = frozenset({"node_modules", "target", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Setting:
    """A calendar's zone and functions with the clock that ``now()`` reads."""

    clock: Clock
    functions: Mapping[str, Function]
    programs: dict[tuple[Path, str], Program] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Library:
    """Compiles a process when it is first asked for. ``clock`` is shared by everything compiled
    with the same calendar: one test case at a time."""

    diagrams: Mapping[str, Diagram]
    """By process id, for the coverage."""
    decisions: Mapping[str, dmn.Model]
    paths: Mapping[str, Path]
    """The file of each process."""
    unclear: Mapping[str, tuple[Path, Path]]
    """Ids that two files define, neither of them in the test's own folder."""
    setting: Setting

    @property
    def clock(self) -> Clock:
        return self.setting.clock

    def program(self, process_id: str) -> Program:
        """Raises NotFound with the known ids, Conflict for an unclear one, and what
        ``compile_process`` raises."""
        self._clear(process_id)
        diagram = self.diagrams.get(process_id)
        if diagram is None:
            known = "、".join(sorted(self.diagrams)) or "无"
            raise NotFound(
                f"没有流程 {process_id}；这里有：{known}。",
                f"No process {process_id}; here are: {', '.join(sorted(self.diagrams))}.",
            )
        key = (self.paths[process_id], process_id)
        found = self.setting.programs.get(key)
        if found is None:
            found = compile_process(diagram, process_id, self.setting.functions)
            self.setting.programs[key] = found
        return found

    def starts(self, kind: str) -> Iterator[tuple[str, Start]]:
        """(process id, start event) of every start event of a kind: message, signal …"""
        for process_id, diagram in self.diagrams.items():
            process = diagram.process(process_id)
            for start in process.starts if process is not None else ():
                if start.kind == kind:
                    yield process_id, start

    def decide(
        self, decision_id: str, variables: Mapping[str, Json]
    ) -> tuple[Json, dict[str, Json]]:
        """Value and record of a decision. Raises NotFound, and what engine.dmn raises."""
        self._clear(decision_id)
        model = self.decisions.get(decision_id)
        if model is None:
            known = "、".join(sorted(self.decisions)) or "无"
            raise NotFound(
                f"没有决策 {decision_id}；这里有：{known}。",
                f"No decision {decision_id}; here are: {', '.join(sorted(self.decisions))}.",
            )
        evaluation = model.evaluate(decision_id, variables, self.setting.functions)
        return to_json(evaluation.value), evaluation.record

    def _clear(self, name: str) -> None:
        if name in self.unclear:
            one, other = self.unclear[name]
            raise Conflict(
                f"标识 {name} 在 {one} 和 {other} 里都有定义，无法确定用哪一个。",
                f"The id {name} is defined in {one} and in {other}.",
            )


class Shelf:
    """Reads each file once, however many libraries need it."""

    def __init__(self) -> None:
        self._diagrams: dict[Path, Diagram] = {}
        self._models: dict[Path, dmn.Model] = {}
        self._settings: dict[tuple[Path | None, ...], Setting] = {}

    def library(self, own: Iterable[Path], below: Iterable[Path] = ()) -> Library:
        """The ``.bpmn``, ``.dmn`` and catalogue files directly in the own folders and anywhere
        below the others, and the nearest ``default.calendar.json`` in or above the folders.
        What an own file defines goes before the same id elsewhere. Raises the errors of bad
        files; Conflict when two own files define the same process or decision."""
        own, below = _folders(own), _folders(below)
        near = list(_files(own, below=False))
        far = [path for path in _files(below, below=True) if path not in near]
        found = _Found({}, {}, {}, {})
        self._read_models(_models(near), _models(far))
        for path in near:
            self._add(found, path)
        mine = frozenset(found.paths)
        for path in far:
            self._add(found, path, mine)
        for name in found.unclear:
            found.diagrams.pop(name, None)
            found.decisions.pop(name, None)
        return Library(found.diagrams, found.decisions, found.paths, found.unclear,
                       self._setting(own, below))

    def _add(self, found: _Found, path: Path, mine: frozenset[str] | None = None) -> None:
        if path.suffix == ".bpmn":
            diagram = self._diagrams.get(path)
            if diagram is None:
                diagram = self._diagrams[path] = parse(path.read_bytes(), _shown(path))
            for process in diagram.processes:
                if process.executable and _free(found, process.id, path, mine):
                    found.diagrams[process.id] = diagram
            return
        model = self._models[path]
        for decision_id in model.decisions:
            if _free(found, decision_id, path, mine):
                found.decisions[decision_id] = model

    def _read_models(self, near: list[Path], far: list[Path]) -> None:
        """Own files import one another before they import what is elsewhere."""
        others = dmn.Together((_shown(one), one.read_bytes()) for one in far)
        own = dmn.Together(((_shown(one), one.read_bytes()) for one in near), others.named)
        for path in (*near, *far):
            if path not in self._models:
                together = own if path in near else others
                self._models[path] = together.parse(_shown(path)).model

    def _setting(self, own: list[Path], below: list[Path]) -> Setting:
        path = _calendar([*own, *below])
        catalogues = _catalogues(own, below)
        found = self._settings.get((path, *catalogues.values()))
        if found is None:
            current = (
                calendar.plain("Asia/Shanghai") if path is None
                else calendar.parse(path.read_bytes(), path.name)
            )
            clock = Clock(current.zone)
            read = {
                name: catalogue.parse(one.read_bytes(), name) for name, one in catalogues.items()
            }
            known = {one.id: one for one in read.values()}
            categories = catalogue.functions(known, lambda: clock.now().date())
            found = Setting(
                clock, {**calendar.functions(current), **categories, **clock.functions()}
            )
            self._settings[path, *catalogues.values()] = found
        return found


def load(folders: Iterable[Path]) -> Library:
    """The library of the files directly in the folders; see ``Shelf.library``."""
    return Shelf().library(folders)


@dataclass(frozen=True, slots=True)
class _Found:
    diagrams: dict[str, Diagram]
    decisions: dict[str, dmn.Model]
    paths: dict[str, Path]
    unclear: dict[str, tuple[Path, Path]]


def _free(found: _Found, name: str, path: Path, mine: frozenset[str] | None) -> bool:
    """Whether the id is defined here for the first time, or by the same content."""
    first = found.paths.setdefault(name, path)
    if first == path:
        return True
    if mine is None:
        raise Conflict(
            f"{_shown(path)}：标识 {name} 在 {_shown(first)} 里已经定义。",
            f"{_shown(path)}: the id {name} is already defined in {_shown(first)}.",
        )
    if name not in mine and first.read_bytes() != path.read_bytes():
        found.unclear[name] = (first, path)
    return False


def _folders(folders: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(folder.resolve() for folder in folders))


def _files(places: Iterable[Path], *, below: bool) -> Iterator[Path]:
    for place in places:
        found = place.glob("**/*") if below else place.iterdir()
        ours = (path for path in found if path.suffix in _ENDINGS)
        yield from sorted(path for path in ours if not _skipped(path.relative_to(place)))


def _models(files: Iterable[Path]) -> list[Path]:
    return [path for path in files if path.suffix == ".dmn"]


def _skipped(path: Path) -> bool:
    return any(one.startswith(".") or one in _SKIPPED for one in path.parts[:-1])


def _shown(path: Path) -> str:
    """The path as a person writes it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _catalogues(own: Iterable[Path], below: Iterable[Path]) -> dict[str, Path]:
    """The catalogue files by name; an own one goes before one of the same name elsewhere."""
    near = [path for place in own for path in sorted(place.glob(CATALOGUES))]
    far = [
        path for place in below for path in sorted(place.rglob(CATALOGUES))
        if not _skipped(path.relative_to(place))
    ]
    found: dict[str, Path] = {}
    for path in (*near, *far):
        found.setdefault(path.name, path)
    return found


def _calendar(places: Iterable[Path]) -> Path | None:
    for place in places:
        for folder in (place, *place.parents):
            path = folder / CALENDAR
            if path.is_file():
                return path
    return None
