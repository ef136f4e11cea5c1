"""Duties: jobs of our own types, done here in one transaction with their completion.

A duty reads its inputs from the job's variables and its settings from the task's headers; what
it returns goes into the variable that the header ``resultVariable`` names. Wrong inputs are
thrown as the duty's BPMN error (an incident where the diagram does not catch it).

`notice.send`: ``to`` (logins), ``groups`` (group ids), ``leads`` (units, whose leads get it too;
a unit that nobody leads has none), ``title``, ``text``, ``tables``
(``[{"title", "columns", "rows"}]``), ``about`` (a case's key or number; without it the case that
sends), ``topic`` (takes the place of what was not read of the topic before); header ``series``
makes it a report that is kept. Result ``notice``: ``{"key", "people"}``. Error `NOTICE_INVALID`.

`list.read`: header ``list``; each parameter of the list is an input of its name. Result ``rows``:
a list of contexts. Error `LIST_FAILED`.

`case.open` opens another case: header ``kind`` (the id of a case kind; without it the input
``case_kind``), ``data`` (its first variables), perhaps ``received_at`` (else now). What a sample
opens is a sample. Result ``opened``: ``{"key", "number"}``. Error `CASE_REFUSED`.

`figure.read`: ``figures`` (ids), ``from``, ``to``, and the filters ``unit``, ``region``,
``channel``, ``level``, ``category``. Result ``measured``: ``[{"id", "title", "unit", "value",
"target", "met", "missing", "columns": {name: number}}]``. Error `LIST_FAILED`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from sqlalchemy import or_, select

from engine import cases, figures, groups, jobs, lists, notices
from engine.errors import BihuanError, Invalid
from engine.jobs import Job
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import cases as case_table

@dataclass(frozen=True, slots=True)
class Duty:
    """``act`` returns the result, whose variable is called ``result`` unless the diagram says
    otherwise; any BihuanError it raises becomes the BPMN error ``error``."""

    act: Callable[[Unit, Job], Json]
    result: str
    error: str


class Refused(BihuanError):
    """A duty's inputs do not allow it; nothing of it stays. ``error_code``: the BPMN error that
    its job ends with."""

    code = "duty-refused"

    def __init__(self, error_code: str, reason: BihuanError) -> None:
        super().__init__(reason.zh, reason.en)
        self.error_code = error_code


def perform(unit: Unit, job: Job) -> None:
    """Do a leased job and complete it. Raises Refused, NotFound, Conflict if it is over."""
    duty = DUTIES[job.type]
    try:
        found = duty.act(unit, job)
    except BihuanError as error:
        raise Refused(duty.error, error) from error
    jobs.complete(unit, job.key, {job.headers.get("resultVariable") or duty.result: found})


def _send_notice(unit: Unit, job: Job) -> Json:
    given = job.variables
    rows = given.get("tables") or []
    leads = groups.leads(unit.conn, _names(given, "leads")) if given.get("leads") else {}
    to = dict.fromkeys([*_names(given, "to"), *leads.values()])
    sent = notices.send(
        unit, _text(given, "title"), _text(given, "text"), to=tuple(to),
        groups=_names(given, "groups"), tables=rows if isinstance(rows, list) else [rows],
        series=str(job.headers.get("series", "")), topic=_text(given, "topic"),
        case_id=_case(unit, given.get("about"), job),
    )
    return {"key": sent.key, "people": sent.people}


def _open_case(unit: Unit, job: Job) -> Json:
    data = job.variables.get("data") or {}
    if not isinstance(data, dict):
        raise Invalid("data 应为上下文。", "“data” must be a context.")
    kind = str(job.headers.get("kind") or job.variables.get("case_kind") or "")
    received = _moment(job.variables, "received_at") if job.variables.get("received_at") else None
    sends = select(case_table.c.sample).where(case_table.c.key == job.case_id)
    sample = unit.conn.execute(sends).scalar() is True
    key = cases.open_(unit, kind, data, received_at=received, sample=sample).case_id
    number = select(case_table.c.number).where(case_table.c.key == key)
    return {"key": key, "number": unit.conn.execute(number).scalar_one()}


def _read_list(unit: Unit, job: Job) -> Json:
    return lists.run(unit.conn, str(job.headers.get("list", "")), job.variables)


def _read_figures(unit: Unit, job: Job) -> Json:
    given = job.variables
    chosen = {name: str(given[name]) for name in figures.FILTERS if given.get(name)}
    filters = figures.Filters(_moment(given, "from"), _moment(given, "to"), chosen)
    found = []
    for id_ in _names(given, "figures"):
        figure = figures.get(unit.conn, id_)
        result = figures.run(unit.conn, figure, filters)
        found.append(_figure(figure, result))
    return found


def _figure(figure: figures.Figure, result: figures.Result) -> Json:
    value, target = result.total.value, result.target
    met = None
    if value is not None and target is not None:
        met = value >= target if figure.rising else value <= target
    return {
        "id": figure.id, "title": figure.title, "unit": figure.unit,
        "value": None if value is None else round(float(value), figure.decimals),
        "target": None if target is None else float(target), "met": met,
        "missing": list(result.missing),
        "columns": {name: _plain(one) for name, one in result.total.columns.items()},
    }


def _plain(value: Decimal | None) -> Json:
    whole = value is not None and value == value.to_integral_value()
    return None if value is None else int(value) if whole else float(value)


DUTIES: Mapping[str, Duty] = MappingProxyType({
    "notice.send": Duty(_send_notice, "notice", "NOTICE_INVALID"),
    "case.open": Duty(_open_case, "opened", "CASE_REFUSED"),
    "list.read": Duty(_read_list, "rows", "LIST_FAILED"),
    "figure.read": Duty(_read_figures, "measured", "LIST_FAILED"),
})
"""Job type → duty. Each has an element template in ``adapters/templates``."""


def _text(given: Mapping[str, Json], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _names(given: Mapping[str, Json], name: str) -> list[str]:
    """Names in a list, or in a text with commas; each once."""
    value = given.get(name)
    parts = value if isinstance(value, list) else str(value or "").replace("，", ",").split(",")
    return list(dict.fromkeys(str(one).strip() for one in parts if one and str(one).strip()))


def _moment(given: Mapping[str, Json], name: str) -> datetime:
    with suppress(ValueError):
        moment = datetime.fromisoformat(str(given.get(name)))
        if moment.tzinfo is not None:
            return moment
    raise Invalid(
        f"“{name}”应为带时区的时刻，得到 {given.get(name)!r}。",
        f"“{name}” must be a moment with its offset, not {given.get(name)!r}.",
    )


def _case(unit: Unit, said: Json, job: Job) -> int:
    """The key of the case that a notice is about; the sender's own where none is said. The
    variable ``case`` of a case's process, which the job sees by itself, means that case."""
    said = said.get("key") if isinstance(said, dict) else said
    if said is None or said == "":
        return job.case_id
    number = str(said)
    key = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    query = select(case_table.c.key).where(
        or_(case_table.c.number == number, case_table.c.key == key)
    )
    found = unit.conn.execute(query).scalar()
    if found is None:
        raise Invalid(f"没有案件 {number}。", f"There is no case {number}.")
    return int(found)
