"""User tasks: claim, release, assign, draft, open, complete. Rights are checked here.

Each changes the task and the case's history in one transaction; of two people who do the
same at once, one succeeds and the other is told who was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from engine import plain
from engine.bpmn import Run
from engine.bpmn.changes import TaskChange
from engine.bpmn.task_data import COLUMNS, changed, corrected
from engine.errors import BihuanError, Conflict, Forbidden, Invalid, NotFound
from engine.model import Json, Person
from engine.step import Step
from engine.store.unit import Unit
from engine.tables import people, user_tasks


@dataclass(frozen=True, slots=True)
class Asked:
    """What a task asks for: its form (a definition key), the number of the latest deployment,
    the variables that are visible at it; and its case."""

    form_key: int | None
    number: int
    variables: dict[str, Json]
    case_id: int




def claim(unit: Unit, key: int, person: Person) -> bool:
    """Take a task that nobody has. Claiming one's own task again changes nothing. False: the
    task's listeners have to agree first (so also of ``release`` and ``assign``).

    Raises NotFound, Forbidden for who is no candidate, Conflict naming who has it."""
    step, task = _locked(unit, key)
    if task.assignee == person.login:
        return True
    if task.assignee is not None:
        raise _taken(unit, task)
    if not is_candidate(task.candidates, person):
        raise _not_candidate(task)
    if task.listened:
        step.perform(task.instance_key, lambda run: run.assign(task.token, person.login, "claim"))
    else:
        _update(unit, key, assignee=person.login, assigned_at=unit.now)
        _note(step, task, "task.claimed", assignee=person.login)
    step.finish()
    return _done(step, task)


def release(unit: Unit, key: int, person: Person) -> bool:
    """Give a task back to its candidates. Raises Forbidden for somebody else's task (unless
    supervisor), Conflict where nobody but the assignee could claim it then."""
    step, task = _locked(unit, key)
    if task.assignee is None:
        return True
    if task.assignee != person.login and not _leads(person):
        raise _not_yours(unit, task)
    if task.candidates == ["*"] and not _leads(person):
        raise Conflict(
            f"“{task.name}”没有候选人或候选组，退回后没有人能看到它。请联系主管改派。",
            f"“{task.name}” has no candidates: nobody would see it. Ask a supervisor to assign it.",
            task=key,
        )
    if task.listened:
        step.perform(task.instance_key, lambda run: run.assign(task.token, None, "unassign"))
    else:
        _update(unit, key, assignee=None, assigned_at=None)
        _note(step, task, "task.released", assignee=task.assignee)
    step.finish()
    return _done(step, task)


def assign(unit: Unit, key: int, login: str, person: Person) -> bool:
    """Give a task to ``login``. Needs the role supervisor or admin; raises NotFound for an
    account that does not exist or is disabled."""
    if not _leads(person):
        raise Forbidden("只有主管可以指派任务。", "Only supervisors may assign tasks.")
    step, task = _locked(unit, key)
    active = unit.conn.execute(select(people.c.active).where(people.c.login == login)).scalar()
    if not active:
        raise NotFound(
            f"没有可用的账号“{login}”。", f"There is no active account “{login}”.", login=login
        )
    if task.assignee == login:
        return True
    if task.listened:
        step.perform(task.instance_key, lambda run: run.assign(task.token, login, "assign"))
    else:
        _update(unit, key, assignee=login, assigned_at=unit.now)
        _note(step, task, "task.assigned", assignee=login, before=task.assignee)
    step.finish()
    return _done(step, task)


def change(
    unit: Unit, key: int, changes: Mapping[str, Json], person: Person, variables: Json = None
) -> bool:
    """Change a task's dueDate, followUpDate, candidateUsers, candidateGroups and priority (null
    keeps, "" and [] clear), and variables as seen from it. Needs the role supervisor or admin;
    raises Invalid that names what is wrong."""
    if not _leads(person):
        raise Forbidden("只有主管可以更改任务。", "Only supervisors may change tasks.")
    values = plain.variables(variables or {})
    step, task = _locked(unit, key)
    if task.listened:
        step.perform(task.instance_key, lambda run: run.update(task.token, changes, values))
    else:
        _change(step, task, changes)
        if values:
            step.perform(task.instance_key, lambda run: run.set_variables(task.token, values))
    step.finish()
    return _done(step, task)


def _change(step: Step, task: Row[Any], changes: Mapping[str, Json]) -> None:
    """Change attributes of a task that nobody listens to."""
    before = {name: getattr(task, column) for name, column in COLUMNS.items()}
    for name in ("dueDate", "followUpDate"):
        before[name] = before[name].isoformat() if before[name] else None
    made = changed(before, corrected(before, changes))
    if "assignee" in made:
        raise Invalid("请用指派来更换办理人。", "Assign the task to change its assignee.")
    if made:
        step.waits.change_task(
            task.instance_key,
            TaskChange(task.token, task.element_id, "updating", "done", "update", made),
        )
        _note(step, task, "task.updated", **made)


def save_draft(unit: Unit, key: int, data: Json, person: Person) -> None:
    """Keep what has been filled in so far; the case's history does not speak of drafts.
    Raises Conflict or Forbidden unless the task is this person's."""
    draft = plain.variables(data)
    result = unit.conn.execute(
        update(user_tasks)
        .where(
            user_tasks.c.key == key,
            user_tasks.c.state == "created",
            user_tasks.c.assignee == person.login,
        )
        .values(draft=draft)
    )
    if result.rowcount == 0:
        raise _why_not(unit, key, person)


def open_(unit: Unit, key: int, person: Person) -> None:
    """Note that the assignee has begun to work on the task; only the first time counts."""
    started = unit.conn.execute(
        select(user_tasks.c.assignee, user_tasks.c.started_at).where(
            user_tasks.c.key == key, user_tasks.c.state == "created"
        )
    ).one_or_none()
    if started is None or started.started_at is not None or started.assignee != person.login:
        return
    step, task = _locked(unit, key)
    if task.started_at is None and task.assignee == person.login:
        _update(unit, key, started_at=unit.now)
        _note(step, task, "task.opened")
        step.finish()


def complete(unit: Unit, key: int, variables: Json, person: Person) -> None:
    """Complete one's task with its result and run the process on.

    Raises NotFound, Conflict if it is completed or cancelled already or is nobody's,
    Forbidden if it is somebody else's, Invalid for variables that are no JSON."""
    values = plain.variables(variables)
    answer(unit, key, person, lambda _asked: values)


def answer(
    unit: Unit,
    key: int,
    person: Person,
    read: Callable[[Asked], Json],
    draft: Callable[[], Json] | None = None,
) -> bool:
    """Like ``complete``, with what ``read`` makes of the task's form and of the variables as
    they stand under the lock; what ``read`` raises leaves everything as it was. False: the
    task's listeners have to agree first; ``draft`` gives what to keep for the case that one of
    them denies."""
    step, task = _locked(unit, key)
    if task.assignee != person.login:
        raise _not_yours(unit, task)

    def act(run: Run) -> None:
        asked = Asked(task.form_key, step.number, run.variables(task.token), step.case_id)
        values = plain.variables(read(asked))
        if not task.listened:
            _note(step, task, "task.completed")
        run.complete(task.token, values)

    step.perform(task.instance_key, act)
    over = (task.instance_key, task.token) in step.waits.ended
    if not over:
        # Who completed it is known already.
        kept = {"draft": plain.variables(draft())} if draft else {}
        _update(unit, key, ended_by=person.login, **kept)
    step.finish()
    return over


def is_candidate(candidates: list[str], person: Person) -> bool:
    """Whether a task with these candidates (``user_tasks.candidates``) is open to the person."""
    return not candidates_of(person).isdisjoint(candidates)


def candidates_of(person: Person) -> set[str]:
    """What a person matches in ``user_tasks.candidates``."""
    return {"*", f"u:{person.login}", *(f"g:{group}" for group in person.groups)}


def _locked(unit: Unit, key: int) -> tuple[Step, Row[Any]]:
    """The case locked, and the task, which is open. Raises NotFound, Conflict."""
    found = Step.locked_with(unit, _COLUMNS, key)
    if found is None:
        raise _missing(key)
    step, task = found
    if task.state != "created":
        raise _over(unit, task)
    return step, task


def _done(step: Step, task: Row[Any]) -> bool:
    """Whether no listener has to agree first."""
    return (task.instance_key, task.token) not in step.waits.asked


def _update(unit: Unit, key: int, **values: Any) -> None:
    unit.conn.execute(_UPDATE.values(values), {"key_": key})


def _note(step: Step, task: Row[Any], kind: str, **data: Json) -> None:
    step.chain.add(
        kind,
        {"task": task.key, "name": task.name} | data,
        instance_key=task.instance_key,
        element_id=task.element_id,
        token=task.token,
    )


def _leads(person: Person) -> bool:
    return person.oversees


# -- why not


def _why_not(unit: Unit, key: int, person: Person) -> BihuanError:
    task = unit.conn.execute(select(user_tasks).where(user_tasks.c.key == key)).one_or_none()
    if task is None:
        return _missing(key)
    return _over(unit, task) if task.state != "created" else _not_yours(unit, task)


def _missing(key: int) -> NotFound:
    return NotFound(f"没有编号为 {key} 的任务。", f"There is no task {key}.", task=key)


def _over(unit: Unit, task: Row[Any]) -> Conflict:
    at = _clock(unit, task.ended_at)
    if task.state == "cancelled":
        return Conflict(
            f"任务“{task.name}”已于 {at} 随流程的变化取消，不用再办理。",
            f"Task “{task.name}” was cancelled at {at} by the process.",
            task=task.key,
        )
    name = _name(unit, task.ended_by)
    return Conflict(
        f"任务“{task.name}”已由 {name} 于 {at} 办结，请勿重复提交。",
        f"Task “{task.name}” was completed by {name} at {at}.",
        task=task.key,
        by=task.ended_by,
    )


def _taken(unit: Unit, task: Row[Any]) -> Conflict:
    name, at = _name(unit, task.assignee), _clock(unit, task.assigned_at)
    return Conflict(
        f"任务“{task.name}”已由 {name} 于 {at} 领取。",
        f"Task “{task.name}” was taken by {name} at {at}.",
        task=task.key,
        by=task.assignee,
    )


def _not_yours(unit: Unit, task: Row[Any]) -> BihuanError:
    if task.assignee is None:
        return Conflict(
            f"任务“{task.name}”还没有人领取，请先领取再办理。",
            f"Nobody has claimed task “{task.name}”; claim it first.",
            task=task.key,
        )
    name = _name(unit, task.assignee)
    return Forbidden(
        f"任务“{task.name}”在 {name} 手上，您不能办理。",
        f"Task “{task.name}” is with {name}; it is not yours.",
        task=task.key,
        by=task.assignee,
    )


def _not_candidate(task: Row[Any]) -> Forbidden:
    return Forbidden(
        f"您不是任务“{task.name}”的候选人，不能领取。",
        f"You are no candidate of task “{task.name}”.",
        task=task.key,
    )


def _name(unit: Unit, login: str | None) -> str:
    query = select(people.c.name).where(people.c.login == login)
    return unit.conn.execute(query).scalar() or login or "系统"


def _clock(unit: Unit, moment: Any) -> str:
    """Of today the time alone; else with the date."""
    if moment is None:
        return "—"
    local, now = (one.astimezone(unit.engine.zone) for one in (moment, unit.now))
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"


_COLUMNS = [
    user_tasks.c[name]
    for name in (
        "key", "instance_key", "token", "element_id", "name", "state", "assignee", "candidates",
        "form_key", "assigned_at", "started_at", "ended_at", "ended_by", "listened",
        "candidate_users", "candidate_groups", "due_at", "follow_up_at", "priority",
    )
]  # fmt: skip
_UPDATE = update(user_tasks).where(user_tasks.c.key == bindparam("key_"))
