"""One step of a case: its root row locked, its instances restored, changed, written.

Whatever happens to a case happens in a step. The root row's lock lets one step at a time
touch any instance of the case; it is always taken before any other row of the case. What an
operation sets off inside the case (called processes, their ends, messages thrown and caught)
is carried out in the same step, until everything waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Column, Row, Select, bindparam, func, select

from engine import bpmn, buffer, definitions, effects
from engine.bpmn.changes import Change, Subscribed, Told
from engine.clocks.ledger import Ledger, Move
from engine.definitions import Process
from engine.errors import Conflict, NotFound
from engine.model import Json
from engine.store.chain import Chain
from engine.store.rows import Batch, as_json
from engine.store.unit import Unit
from engine.store.waits import Waits
from engine.tables import deployments, instances
from engine.world import Parent, StepWorld

MAX_CASCADE = 1000
"""Operations that one operation may set off within a case: more is a circle without a wait."""


@dataclass(slots=True)
class Member:
    """An instance of the case that takes part in the step."""

    key: int
    process: Process
    run: bpmn.Run
    parent: Parent | None
    depth: int
    new: bool
    status: str = "active"
    reason: str | None = None
    read: int = 0
    """How many of the run's changes have been carried out."""
    flows: list[str] = field(default_factory=list)
    """Sequence flows taken since the last element was entered."""
    cancelled: bool = False


class Step:
    """Use ``locked`` or ``fresh``, then ``perform``; ``finish`` writes everything."""

    def __init__(self, unit: Unit, case_id: int, number: int, chain: Chain) -> None:
        self.unit = unit
        self.case_id = case_id
        self.number = number
        self.chain = chain
        self.waits = Waits(unit, case_id)
        self.members: dict[int, Member] = {}
        self.work: deque[Callable[[], None]] = deque()
        self.opened: list[tuple[buffer.Target, Subscribed]] = []
        """Subscriptions to messages that were opened."""
        self.ledger = Ledger(unit, case_id, number, fresh=chain.seq == 0)
        self.decided: dict[tuple[int, str], dict[str, Json]] = {}
        """The records of decisions, by instance and token."""
        self.case_kind: str | None = None
        self.start_key: str | None = None
        self.status: str | None = None
        self.variables_changed = False
        self.told: list[Told] = []
        """What elements of a case's process said about the case and its customer."""
        self._root: Row[Any] | None = None
        self._cascade = 0
        chain.actor, chain.at = unit.actor, unit.now

    # -- beginning

    @classmethod
    def fresh(cls, unit: Unit, case_id: int, number: int, case_kind: str | None = None) -> Step:
        """A step that begins a case; ``begin`` its root instance next."""
        step = cls(unit, case_id, number, Chain(case_id))
        step.case_kind = case_kind
        return step

    @classmethod
    def locked(cls, unit: Unit, case_id: int) -> Step:
        """Lock the case. Raises NotFound."""
        row = unit.conn.execute(_LOCK, {"case_id": case_id}).one_or_none()
        if row is None:
            raise _no_instance(case_id)
        return cls._of_root(unit, row)

    @classmethod
    def locked_with(
        cls, unit: Unit, columns: Sequence[Column[Any]], key: int
    ) -> tuple[Step, Row[Any]] | None:
        """Lock the case of a row together with the row; return ``columns`` of it (all of one
        table, which has ``key`` and ``case_id``) as they are after waiting for the lock. None
        if there is no such row."""
        row = unit.conn.execute(_lock_with(tuple(columns)), {"key": key}).one_or_none()
        return None if row is None else (cls._of_root(unit, row), row)

    @classmethod
    def _of_root(cls, unit: Unit, row: Any) -> Step:
        chain = Chain(row.root_key, row.root_history_seq, bytes(row.root_history_hash or b""))
        step = cls(unit, row.root_key, row.number, chain)
        step.case_kind = row.root_case_kind
        step._root = row
        return step

    # -- instances

    def begin(
        self,
        process: Process,
        variables: dict[str, Json],
        parent: Parent | None = None,
        start_id: str | None = None,
    ) -> Member:
        """Start an instance of the process; the first of a fresh step is the root."""
        key = self.unit.key() if self.members or self._root is not None else self.case_id
        depth = self.member(parent.key).depth + 1 if parent else 0
        data = {"process": process.definition.id, "version": process.definition.version}
        self.chain.add("instance.started", data, instance_key=key)
        world = StepWorld(self, process, parent)
        run = bpmn.Run.start(process.program, variables, world, start_id)
        member = Member(key, process, run, parent, depth, new=True)
        self.members[key] = member
        return member

    def begin_again(self, process: Process, variables: dict[str, Json], element_id: str) -> Member:
        """Have the root instance, which is over, begin once more at an element."""
        data = {"process": process.definition.id, "version": process.definition.version,
                "at": element_id}
        self.chain.add("instance.restarted", data, instance_key=self.case_id)
        world = StepWorld(self, process, None)
        run = bpmn.Run.start(process.program, variables, world, at=(element_id,))
        member = Member(self.case_id, process, run, None, 0, new=False)
        self.members[self.case_id] = member
        return member

    def member(self, key: int) -> Member:
        """The instance, restored. Raises NotFound, or Conflict if it is over."""
        known = self.members.get(key)
        if known is not None:
            return known
        row = self._row(key)
        if row.status == "parked":
            raise Conflict(
                "该案件已并入其它案件，先撤销并单才能继续办理。",
                "This case is merged into another one: undo that first.",
                instance=key,
            )
        if row.status != "active":
            raise Conflict(
                "该流程实例已经结束，不能再操作。",
                "This process instance is over.",
                instance=key,
            )
        conn = self.unit.conn
        process = definitions.process(
            conn, self.number, definitions.by_key(conn, row.definition_key)
        )
        parent = Parent(row.parent_key, row.parent_token) if row.parent_key else None
        run = bpmn.Run.restore(process.program, bytes(row.state), StepWorld(self, process, parent))
        member = Member(key, process, run, parent, row.depth, new=False)
        self.members[key] = member
        return member

    def _row(self, key: int) -> Any:
        root = self._root
        if root is not None and key == self.case_id:
            return _Prefixed(root)
        row = self.unit.conn.execute(_INSTANCE, {"key": key, "case_id": self.case_id}).one_or_none()
        if row is None:
            raise _no_instance(key)
        return row

    # -- acting

    def perform(self, instance_key: int, act: Callable[[bpmn.Run], None]) -> None:
        """Let ``act`` operate on the instance and carry out all that follows within the case."""
        act(self.member(instance_key).run)
        self.settle()

    def settle(self) -> None:
        """Carry out changes, and what they set off, until there are none."""
        while True:
            while self._advance():
                pass
            cancelled = self.waits.close() if self._calls_cancelled() else []
            for key in cancelled:
                self.terminate(self.member(key))
            if not cancelled and not buffer.take(self):
                return

    def _calls_cancelled(self) -> bool:
        """Whether a cancelled wait may have been the call of a child."""
        return self.waits.any_cancelled() and any(
            member.process.calls for member in self.members.values()
        )

    def terminate(self, member: Member) -> None:
        """Cancel an instance; its caller does not hear of it."""
        if member.status == "active" and not member.run.ended:
            member.cancelled = True
            member.run.terminate(member.reason or "")

    def move_due(self, moves: Sequence[Move]) -> None:
        """Let every instance of the case know due times that have changed; ``settle`` next."""
        if not moves:
            return
        keys = list(self.unit.conn.scalars(_ACTIVE, {"case_id": self.case_id}))
        for key in dict.fromkeys([*keys, *self.members]):
            member = self.member(key)
            for one in moves if member.status == "active" and not member.run.ended else ():
                member.run.move(one.variable, one.before, one.after)

    def hand_down(self, member: Member, values: dict[str, Json]) -> None:
        """Let the processes that an instance has called have variables of it as well."""
        stored = self.unit.conn.scalars(_CALLED, {"case_id": self.case_id, "caller": member.key})
        begun = [one.key for one in self.members.values()
                 if one.parent is not None and one.parent.key == member.key]
        for key in dict.fromkeys([*stored, *begun]):
            called = self.member(key)
            if called.status == "active" and not called.run.ended:
                called.run.heed(values)

    def later(self, act: Callable[[], None]) -> None:
        """Have ``act`` done once the present changes are carried out."""
        self._cascade += 1
        if self._cascade > MAX_CASCADE:
            raise Conflict(
                f"一次操作在同一案件内引起了超过 {MAX_CASCADE} 次后续动作：流程之间存在没有等待点的"
                "循环调用或消息往返。本次操作没有执行，请修正流程图。",
                f"One operation set off more than {MAX_CASCADE} others within the case: processes "
                "call or message each other in a circle without a wait. Nothing was done.",
                case=self.case_id,
            )
        self.work.append(act)

    def _advance(self) -> bool:
        """Carry out some changes or one piece of work; False if there is nothing to do."""
        for member in list(self.members.values()):
            changes = self._unread(member)
            if changes:
                for change in changes:
                    effects.carry_out(self, member, change)
                return True
        if self.work:
            self.work.popleft()()
            return True
        return False

    def _unread(self, member: Member) -> list[Change]:
        changes = member.run.changes[member.read :]
        member.read += len(changes)
        return changes

    # -- writing

    def finish(self) -> None:
        """Write the waits, the instances, the case and the history, in one statement."""
        for member in self.members.values():
            if member.flows:
                self.chain.add("flows.taken", {"flows": member.flows}, instance_key=member.key)
        self.unit.chains[self.case_id] = self.chain
        if self.case_kind is not None:
            self._tell_case()
        del self.unit.chains[self.case_id]
        batch = Batch()
        self.waits.write(batch)
        root = self.members.get(self.case_id)
        if root is not None and root.status != "active":
            self.ledger.close(batch)
        self.ledger.write(batch)
        noted = self.chain.write(batch)
        self._write_members(batch, noted)
        batch.execute(self.unit.conn)

    def _tell_case(self) -> None:
        hooks = self.unit.engine.hooks
        root = self.members.get(self.case_id)
        if self.status is not None or self.variables_changed:
            root = root or self.member(self.case_id)
            hooks.project(self.unit, self.case_id, root.run.variables(), self.status)
        if root is not None and root.status != "active":
            hooks.ended(self.unit, self.case_id, root.status)
        for one in self.told:
            hooks.told(self.unit, self.case_id, one.values)

    def _write_members(self, batch: Batch, noted: bool) -> None:
        moved = [member for member in self.members.values() if member.read]
        new = [self._state(one) | self._birth(one) for one in moved if one.new]
        batch.insert(instances, new)
        old = [self._state(one) | {"key": one.key} for one in moved if not one.new]
        if old:
            batch.add(_UPDATE_MEMBERS, {"rows_members": as_json(old)})
        if noted and not any(one.key == self.case_id for one in moved):
            values = {"head_key": self.case_id, "head_seq": self.chain.seq}
            batch.add(_UPDATE_HEAD, values | {"head_hash": self.chain.head})

    def _state(self, member: Member) -> dict[str, Any]:
        over = member.status != "active"
        root = member.key == self.case_id
        return {
            "status": member.status,
            "state": None if over else member.run.save(),
            "ended_at": self.unit.now if over else None,
            "ended_reason": member.reason,
            "history_seq": self.chain.seq if root else 0,
            "history_hash": self.chain.head if root else None,
        }

    def _birth(self, member: Member) -> dict[str, Any]:
        return {
            "key": member.key,
            "case_id": self.case_id,
            "root_key": self.case_id,
            "parent_key": member.parent.key if member.parent else None,
            "parent_token": member.parent.token if member.parent else None,
            "depth": member.depth,
            "definition_key": member.process.definition.key,
            "case_kind": self.case_kind if member.key == self.case_id else None,
            "start_key": self.start_key if member.key == self.case_id else None,
            "revision": 0,
            "started_at": self.unit.now,
            "started_by": self.unit.actor,
        }


class _Prefixed:
    """The columns of the root in a row that was locked with another table's."""

    def __init__(self, row: Row[Any]) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, f"root_{name}")


def _no_instance(key: int) -> NotFound:
    return NotFound(
        f"没有编号为 {key} 的流程实例。", f"There is no process instance {key}.", instance=key
    )


_ROOT = [
    instances.c[name].label(f"root_{name}")
    for name in (
        "key", "definition_key", "parent_key", "status", "state", "depth", "case_kind",
        "history_seq", "history_hash",
    )
]  # fmt: skip
_NUMBER = select(func.coalesce(func.max(deployments.c.number), 0)).scalar_subquery()
_LOCK = (
    select(*_ROOT, _NUMBER.label("number"))
    .where(instances.c.key == bindparam("case_id"))
    .with_for_update(of=instances)
)
_ACTIVE = select(instances.c.key).where(
    instances.c.case_id == bindparam("case_id"), instances.c.status == "active"
).order_by(instances.c.key)
_CALLED = _ACTIVE.where(instances.c.parent_key == bindparam("caller"))
_INSTANCE = select(instances).where(
    instances.c.key == bindparam("key"), instances.c.case_id == bindparam("case_id")
)


@cache
def _lock_with(columns: tuple[Column[Any], ...]) -> Select[Any]:
    # The root first: everybody locks in this order.
    table = columns[0].table
    return (
        select(*columns, *_ROOT, _NUMBER.label("number"))
        .join_from(table, instances, instances.c.key == table.c.case_id)
        .where(table.c.key == bindparam("key"))
        .with_for_update(of=[instances, table])
    )


_UPDATE_MEMBERS = (
    "UPDATE instances AS i SET status = r.status, state = r.state, ended_at = r.ended_at,"
    " ended_reason = r.ended_reason, history_seq = r.history_seq, history_hash = r.history_hash,"
    " revision = i.revision + 1"
    " FROM json_populate_recordset(NULL::instances, %(rows_members)s::json) AS r"
    " WHERE i.key = r.key"
)
_UPDATE_HEAD = (
    "UPDATE instances SET history_seq = %(head_seq)s, history_hash = %(head_hash)s"
    " WHERE key = %(head_key)s"
)
