"""What goes wrong between the tokens: joins that wait for ever, merges that fire more than once,
loops that nothing leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.remarks import Remarks
from engine.bpmn.rules.game import Game
from engine.bpmn.support import GATEWAYS
from engine.feel import Function
from engine.model import Finding, Severity

_JOINS = ("parallelGateway", "inclusiveGateway")
_ENDING = frozenset({"terminate", "error", "cancel"})


def check(
    remarks: Remarks, process: ProcessInfo, functions: Mapping[str, Function]
) -> Iterator[Finding]:
    """At most one finding of each kind at an element. Only for processes without broken flows
    (``support.refusals`` is empty)."""
    for scope in process.scopes():
        game = Game(process, scope, functions)
        games = [game, *(Game(process, scope, functions, one, once=True) for one in (False, True))]
        yield from _deadlocks(remarks, game)
        yield from _doubled(remarks, process, games[1:])
        yield from _endless(remarks, game)
        if any(one.cut for one in games):
            yield _too_large(remarks, process, scope)


def _deadlocks(remarks: Remarks, game: Game) -> Iterator[Finding]:
    told: set[str] = set()
    severity: Severity = "warning" if _ended_from_outside(game) else "error"
    for marking, choices in game.stuck():
        for flow in marking:
            join = game.target(flow)
            if join.id in told:
                continue
            told.add(join.id)
            missing = tuple(one for one in join.incoming if one not in marking)
            yield _deadlock(remarks, game.process, join, missing, choices, severity)


def _deadlock(
    remarks: Remarks,
    process: ProcessInfo,
    join: Element,
    missing: tuple[str, ...],
    choices: tuple[str, ...],
    severity: Severity,
) -> Finding:
    names = _names(process, missing)
    path = _names(process, choices[-3:])
    via = f"例如走 {'、'.join(path)} 时，" if path else ""
    via_en = f", for instance by way of {', '.join(path)}" if path else ""
    return remarks.on(
        join,
        "join-deadlock",
        f"可能永远等下去：{via}{'、'.join(names)} 不会到达。",
        f"can wait for ever: {', '.join(names)} may never arrive{via_en}.",
        (
            "分支与汇合用同一种网关：排他分出的用排他汇合，并行分出的用并行汇合。",
            "Join with the kind of gateway that split: exclusive with exclusive, parallel with "
            "parallel.",
        ),
        severity=severity,
    )


def _too_large(remarks: Remarks, process: ProcessInfo, scope: str | None) -> Finding:
    return remarks.on(
        process.elements[scope] if scope is not None else process.itself,
        "too-large-to-play",
        "的并行路径和选择太多，没有全部推演：可能还有未发现的死锁或重复执行。",
        "has more parallel paths and choices than could be played through: deadlocks or joins "
        "that are missing may have been overlooked.",
        (
            "把一部分画成子流程（每个子流程单独推演），或减少同时成立的条件。",
            "Draw parts of it as sub-processes, each of which is played by itself, or have fewer "
            "conditions that can be true together.",
        ),
        severity="warning",
    )


def _doubled(remarks: Remarks, process: ProcessInfo, games: Iterable[Game]) -> Iterator[Finding]:
    """What starts beside the flow (non-interrupting events) may join it on purpose: a warning."""
    told: set[str] = set()
    for game in games:
        for merge, flows, (_, choices) in game.crowded(_merges(game)):
            if merge.id not in told:
                told.add(merge.id)
                yield _double(remarks, process, merge, flows, choices, game.beside)


def _double(
    remarks: Remarks,
    process: ProcessInfo,
    merge: Element,
    flows: tuple[str, ...],
    choices: tuple[str, ...],
    beside: bool,
) -> Finding:
    names = _names(process, flows)
    path = _names(process, choices[-3:])
    via = f"（例如走 {'、'.join(path)} 时）" if path else ""
    via_en = f" (for instance by way of {', '.join(path)})" if path else ""
    gateway = merge.type in GATEWAYS
    return remarks.on(
        merge,
        "lack-of-synchronization" if gateway else "fake-join",
        f"会执行不止一次：{'、'.join(names)} 可能同时到达{via}，这里不会等待汇合。",
        f"happens more than once: {', '.join(names)} can arrive at the same time{via_en}, and "
        "nothing joins them here.",
        (
            "改用并行网关（或包容网关）汇合，再继续。",
            "Join them with a parallel (or inclusive) gateway first.",
        ),
        severity="warning" if beside else "error",
    )


def _merges(game: Game) -> frozenset[str]:
    """Where flows meet without waiting for each other, and something happens behind."""
    return frozenset(
        one.id
        for one in game.elements.values()
        if len(one.incoming) > 1 and one.type not in _JOINS and _matters(game, one)
    )


def _matters(game: Game, merge: Element) -> bool:
    return any(
        one.type not in GATEWAYS and not _is_plain_end(one) for one in _behind(game, [merge.id])
    )


def _is_plain_end(element: Element) -> bool:
    kind = element.event.kind if element.event else "none"
    return element.type == "endEvent" and kind in ("none", "terminate")


def _behind(game: Game, first: Iterable[str]) -> list[Element]:
    """These elements and all that come after them."""
    seen: dict[str, Element] = {}
    open_ = list(first)
    while open_:
        at = open_.pop()
        if at not in seen:
            seen[at] = game.elements[at]
            open_ += game.after[at]
    return list(seen.values())


def _endless(remarks: Remarks, game: Game) -> Iterator[Finding]:
    if _ended_from_outside(game) or any(map(_ends_all, game.elements.values())):
        return
    loop = _caught(game) or _trapped(game)
    if not loop:
        return
    names = "、".join(_named(one) for one in loop[:4])
    yield remarks.on(
        loop[0],
        "endless-loop",
        f"在一个走不出来的循环里：{names}。",
        f"is in a loop that nothing leaves: {names}.",
        (
            "在循环中画一个排他网关，它的一条出线通向结束。",
            "Draw an exclusive gateway in the loop, with a flow that leads to an end.",
        ),
    )


def _trapped(game: Game) -> list[Element]:
    """The elements that are reached, but lead to no end."""
    free: set[str] = set()
    before = _reversed(game.after)
    open_ = [at for at, ways in game.after.items() if not ways]
    while open_:
        at = open_.pop()
        if at not in free:
            free.add(at)
            open_ += before.get(at, [])
    return [one for one in _started(game) if one.id not in free and one.type != "startEvent"]


def _reversed(after: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    before: dict[str, list[str]] = {}
    for at, ways in after.items():
        for to in ways:
            before.setdefault(to, []).append(at)
    return before


def _started(game: Game) -> list[Element]:
    return _behind(game, [one.id for one in game.begins])


def _caught(game: Game) -> list[Element]:
    """A loop that a token takes whatever is chosen."""
    forced = {one.id: _forced(game, one) for one in _started(game)}
    before = _reversed(forced)
    ways_left = {at: len(ways) for at, ways in forced.items()}
    open_ = [at for at, count in ways_left.items() if not count]
    while open_:
        at_end = open_.pop()
        del ways_left[at_end]
        for one in before.get(at_end, ()):
            ways_left[one] -= 1
            if not ways_left[one]:
                open_.append(one)
    left = set(ways_left)
    path: list[str] = []
    at = min(left, default=None)
    while at is not None and at not in path:
        path.append(at)
        at = min(left.intersection(forced[at]))
    return [game.elements[one] for one in path[path.index(at) :]] if at is not None else []


def _forced(game: Game, element: Element) -> list[str]:
    """Where a token goes from here in any case."""
    results = [flows for flows, _ in game.results[element.id]]
    if not results or (element.type == "parallelGateway" and len(element.incoming) > 1):
        return []
    always = frozenset(results[0]).intersection(*results[1:])
    return [game.process.flows[flow].target for flow in sorted(always)]


def _ends_all(element: Element) -> bool:
    kind = element.event.kind if element.event else "none"
    return element.type == "endEvent" and kind in _ENDING


def _ended_from_outside(game: Game) -> bool:
    """Whether an event can end this scope whatever happens in it."""
    process, scope = game.process, game.scope
    while True:
        starts = (process.event_start(e.id) for e in process.children(scope) if e.event_sub_process)
        catchers = [*starts, *(process.boundaries(scope) if scope is not None else ())]
        if any(one is not None and one.interrupting and one.handler is None for one in catchers):
            return True
        if scope is None:
            return False
        scope = process.elements[scope].parent


def _named(element: Element) -> str:
    return f"“{element.name or element.id}”"


def _names(process: ProcessInfo, ids: tuple[str, ...]) -> list[str]:
    """Flows and events by their labels; a flow without one by where it comes from."""
    names = []
    for one in ids:
        flow, event = process.flows.get(one), process.elements.get(one)
        if flow is not None:
            source = process.elements[flow.source]
            names.append(f"“{flow.name or source.name or one}”")
        elif event is not None:
            names.append(_named(event))
    return names
