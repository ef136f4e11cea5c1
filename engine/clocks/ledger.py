"""The clocks of a case during one step: read when first touched, written with the step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from engine import calendars, definitions
from engine.bpmn.changes import ClocksMarked, ClockStarted
from engine.bpmn.timing import TimingError, moment
from engine.calendar import Calendar
from engine.calendar.limits import basis_of
from engine.clocks.clock import Change, Clock, from_row, to_row
from engine.clocks.rules import rule_of
from engine.model import Json
from engine.store.rows import Batch, as_json
from engine.store.unit import Unit
from engine.tables import case_clocks as table


@dataclass(frozen=True, slots=True)
class Move:
    """A due time that the process does not know yet: where the variable holds ``before`` it is
    to hold ``after``."""

    variable: str
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a clock, for the history."""

    kind: str
    data: dict[str, Json]


class Ledger:
    """``fresh``: the case begins with this step and has no clocks yet. ``number`` is the highest
    deployment number. The events and moves of each call are for the caller to carry out."""

    def __init__(self, unit: Unit, case_id: int, number: int, fresh: bool) -> None:
        self._unit = unit
        self._case_id = case_id
        self._number = number
        self._clocks: dict[int, Clock] | None = {} if fresh else None
        self._changed: set[int] = set()

    def start(
        self, instance_key: int, change: ClockStarted, record: Mapping[str, Json] | None
    ) -> tuple[list[Event], list[Move]]:
        """Begin the clock, or give the one that runs its new limit; ``record`` is that of the
        decision that the same element asked."""
        limit, now = change.limit, self._unit.now
        spanned = limit.get("span") is not None
        calendar_key, _ = self._calendar()
        rule = rule_of(record, change.seen, self._inputs(record))
        since = change.since or (rule.inputs or {}).get("from")
        made = Clock(
            self._unit.key(), self._case_id, instance_key, change.element_id, change.name,
            change.of, "running", basis_of(limit["clock"]) if spanned else "fixed",
            str(limit["span"]) if spanned else "", change.variable or "", calendar_key,
            (_moment(since) if since is not None else None) or now,
            _moment(change.due) or now, str(limit.get("warn_before") or ""), rule=rule,
        )  # fmt: skip
        old = next((one for one in self._open((change.name,)) if one.subject == change.of), None)
        if old is not None:
            return self._again(old, made, change)
        if change.agreed is not None:
            made = self._agreed(made, change, _moment(limit.get("due_at")) or made.due_at)
        self._put(made)
        return [Event("clock.started", _told(made))], []

    def mark(
        self, change: ClocksMarked, variables: Mapping[str, Json]
    ) -> tuple[list[Event], list[Move]]:
        """Stop, cancel, pause or resume. ``variables`` are the process's, where a due time that
        the process has moved itself is found."""
        events: list[Event] = []
        moves: list[Move] = []
        for clock in self._open(change.names):
            if change.of and clock.subject != change.of:
                continue
            if change.act in ("stop", "cancel"):
                self.end(clock, "met" if change.act == "stop" else "cancelled", events)
            elif change.act == "pause" and clock.state == "running":
                paused = clock.paused(self._unit.now, self._unit.actor, change.reason)
                self._put(paused)
                events.append(Event("clock.paused", _told(paused) | {"why": change.reason}))
            elif change.act == "resume" and clock.state == "paused":
                self._resume(clock, variables, events, moves)
        return events, moves

    def end(self, clock: Clock, state: Any, events: list[Event]) -> None:
        """The clock is over."""
        over = clock.stopped(self._unit.now, state)
        self._put(over)
        events.append(Event(f"clock.{state}", _told(over) | {
            "late": over.standing(self._unit.now) == "late"}))

    def get(self, key: int) -> Clock | None:
        """An open clock of the case."""
        return next((one for one in self._open(("*",)) if one.key == key), None)

    def put(self, clock: Clock) -> None:
        """Have the clock written as it is now."""
        self._put(clock)

    def close(self, batch: Batch) -> None:
        """The case has ended: what is open is cancelled, read or not."""
        if self._clocks is None:
            values = {"clocks_case": self._case_id, "clocks_now": self._unit.now}
            batch.add(_CANCEL, values)
            return
        for clock in self._open(("*",)):
            self._put(clock.stopped(self._unit.now, "cancelled"))

    def write(self, batch: Batch) -> None:
        """Have the batch write what changed."""
        if self._clocks is not None and self._changed:
            rows = [to_row(self._clocks[key]) for key in sorted(self._changed)]
            batch.add(_WRITE, {"rows_clocks": as_json(rows)})
            self._changed.clear()

    # -- parts

    def _again(
        self, old: Clock, made: Clock, change: ClockStarted
    ) -> tuple[list[Event], list[Move]]:
        """The limit was decided anew: start and pauses stay."""
        _, calendar = self._calendar()
        due = made.due_at
        same = (old.basis, old.span, old.warn_before) == (made.basis, made.span, made.warn_before)
        repeated = old.agreed is not None and due == old.due_at
        if repeated if change.agreed is not None else old.set_by is not None and same:
            # What was agreed or set by hand outlives the same limit being decided once more.
            self._put(replace(old, rule=made.rule, variable=made.variable))
            return [], [] if due == old.due_at else [Move(made.variable, due, old.due_at)]
        if change.agreed is None and made.basis != "fixed":
            due = old.with_pauses(calendar, made.basis, made.due_at)
        new = replace(
            old, basis=made.basis, span=made.span, warn_before=made.warn_before, rule=made.rule,
            variable=made.variable, calendar_key=made.calendar_key,
        )
        moves = [] if due == made.due_at else [Move(made.variable, made.due_at, due)]
        if due != old.due_at:
            new = new.moved(Change(
                self._unit.now, self._unit.actor, "again", old.due_at, due, change.reason))
        if change.agreed is not None:
            new = self._agreed(new, change, old.due_at)
        self._put(new)
        if due == old.due_at and same and change.agreed is None:
            return [], moves
        return [Event("clock.changed", _told(new) | {"before": old.due_at})], moves

    def _agreed(self, clock: Clock, change: ClockStarted, before: datetime) -> Clock:
        consent = {key: change.agreed.get(key) for key in ("by", "how", "at")} if (
            change.agreed) else {}
        agreed = Change(
            self._unit.now, self._unit.actor, "agreed", before, _moment(change.due) or before,
            consent=consent,
        )
        return clock.moved(agreed)

    def _resume(
        self, clock: Clock, variables: Mapping[str, Json], events: list[Event], moves: list[Move]
    ) -> None:
        _, calendar = self._calendar()
        new = clock.resumed(self._unit.now, calendar)
        said = _moment(variables.get(clock.variable)) if clock.variable else None
        if said is not None and abs(said - new.due_at) < _CLOSE_ENOUGH:
            new = replace(new, due_at=said)
        elif said is not None and said != clock.due_at:
            new = new.moved(Change(
                self._unit.now, self._unit.actor, "resumed", new.due_at, said))
        elif clock.variable and new.due_at != clock.due_at:
            moves.append(Move(clock.variable, clock.due_at, new.due_at))
        self._put(new)
        events.append(Event("clock.resumed", _told(new) | {"before": clock.due_at}))

    def _open(self, names: Iterable[str]) -> list[Clock]:
        if self._clocks is None:
            found = self._unit.conn.execute(_OPEN, {"case_id": self._case_id})
            self._clocks = {row.key: from_row(row._asdict()) for row in found}
        wanted = set(names)
        return [
            one for one in self._clocks.values()
            if one.open and ("*" in wanted or one.name in wanted)
        ]

    def _put(self, clock: Clock) -> None:
        assert self._clocks is not None
        self._clocks[clock.key] = clock
        self._changed.add(clock.key)

    def _calendar(self) -> tuple[int, Calendar]:
        return calendars.at(self._unit.conn, self._number)

    def _inputs(self, record: Mapping[str, Json] | None) -> tuple[str, ...]:
        """What the decision of a record asks its caller for."""
        if not record or "definition" not in record:
            return ()
        conn = self._unit.conn
        definition = definitions.by_key(conn, record["definition"])
        info = definitions.decision_model(conn, definition).decisions.get(definition.id)
        return info.inputs if info else ()


def _told(clock: Clock) -> dict[str, Json]:
    told = {"clock": clock.name, "of": clock.subject, "due_at": clock.due_at}
    return {key: value for key, value in told.items() if value}


def _moment(value: Json) -> datetime | None:
    try:
        return moment(value) if isinstance(value, str) else None
    except TimingError:
        return None


_CLOSE_ENOUGH = timedelta(seconds=2)
"""A process that computes with its own ``now()`` may differ by the time the step takes."""

_COLUMNS = ", ".join(f'"{column.name}"' for column in table.columns)
_OPEN = (
    select(table)
    .where(table.c.case_id == bindparam("case_id"), table.c.ended_at.is_(None))
    .order_by(table.c.key)
)
_WRITE = (
    f"INSERT INTO case_clocks ({_COLUMNS}) SELECT {_COLUMNS}"
    " FROM json_populate_recordset(NULL::case_clocks, %(rows_clocks)s::json)"
    " ON CONFLICT (key) DO UPDATE SET "
    + ", ".join(
        f'"{column.name}" = excluded."{column.name}"'
        for column in table.columns if column.name not in ("key", "case_id")
    )
)
_CANCEL = (
    "UPDATE case_clocks SET state = 'cancelled', ended_at = %(clocks_now)s"
    " WHERE case_id = %(clocks_case)s AND ended_at IS NULL"
)
