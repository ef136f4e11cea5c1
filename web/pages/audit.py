"""The log (日志): who saw or changed what; for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template, request, url_for

from engine import audit, groups, history, people
from engine.audit import Entry
from engine.store.recent import Recent
from web import session
from web.pages.display import shown
from web.pages.sheets import csv_file
from web.session import right

pages = Blueprint("audit", __name__, url_prefix="/audit")

_DAYS, _PAGE, _FILE = 7, 200, 5000
_SEEN = "bihuan-seen"
_ROLES = {"admin": "管理员", "designer": "流程设计", "supervisor": "主管", "staff": "员工"}
_WORDS = {
    "roles": "角色", "groups": "组", "name": "姓名", "unit": "部门", "email": "邮箱",
    "field": "栏位", "reason": "原因", "what": "操作", "why": "原因", "mark": "标记",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; both days included."""

    since: date
    until: date
    actor: str
    kind: str
    subject: str

    def found(self, limit: int) -> list[Entry]:
        zone = session.engine().zone
        begin = datetime.combine(self.since, time(), tzinfo=zone)
        end = datetime.combine(self.until + timedelta(days=1), time(), tzinfo=zone)
        with session.engine().read() as conn:
            return audit.entries(
                conn, begin, end, actor=self.actor, kind=self.kind, subject=self.subject,
                limit=limit,
            )


@pages.get("")
@right("admin")
def show() -> str:
    asked = _asked()
    found = asked.found(_PAGE + 1)
    with session.engine().read() as conn:
        names, units = people.names(conn), groups.names(conn)
    said = {"since": asked.since, "until": asked.until, "actor": asked.actor,
            "kind": asked.kind, "subject": asked.subject}
    return render_template(
        "audit.html", asked=asked, entries=found[:_PAGE], more=len(found) > _PAGE, most=_PAGE,
        kinds=audit.KINDS, names=names, told=lambda one: told(one, units), actor=history.actor,
        export=f"{url_for('audit.export')}?{urlencode(said)}",
    )


@pages.get("/log.csv")
@right("admin")
def export() -> Response:
    asked, zone = _asked(), session.engine().zone
    with session.engine().read() as conn:
        units = groups.names(conn)
    rows: list[list[object]] = [["时间", "工号", "姓名", "做了什么", "对象", "内容"]]
    rows += [
        [f"{one.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", one.actor,
         history.actor(one.actor_name), audit.KINDS.get(one.kind, one.kind), one.subject,
         told(one, units)]
        for one in asked.found(_FILE)
    ]
    return csv_file(f"日志-{asked.since}-{asked.until}.csv", rows)


def told(entry: Entry, units: Mapping[str, str]) -> str:
    """What the entry says besides, in words; ``units`` are the names of groups."""
    said = []
    for name, value in entry.data.items():
        words = {"roles": _ROLES, "groups": units}.get(name, {})
        if isinstance(value, dict) and value.keys() == {"from", "to"}:
            value = f"{_in(words, value['from'])} → {_in(words, value['to'])}"
        if value not in (None, "", []):
            said.append(f"{_WORDS.get(name, name)}：{_in(words, value)}")
    return "；".join(said)


def _in(words: Mapping[str, str], value: Any) -> str:
    if isinstance(value, list):
        return "、".join(words.get(str(one), str(one)) for one in value) or "—"
    return shown(value)


def seen(case_id: int) -> None:
    """Who is signed in looks at the case: kept once an hour, asked for once by this process."""
    known: Recent = current_app.extensions.setdefault(_SEEN, Recent(5000))
    engine, login = session.engine(), session.person().login

    def keep() -> bool:
        with engine.unit(login) as unit:
            audit.seen(unit, case_id)
        return True

    known.get((login, case_id, engine.now().replace(minute=0, second=0, microsecond=0)), keep)


def _asked() -> Asked:
    today = datetime.now(session.engine().zone).date()
    until = _day("until", today)
    since = min(_day("since", until - timedelta(days=_DAYS - 1)), until)
    said = request.args
    kind = said.get("kind", "")
    return Asked(
        since, until, said.get("actor", "")[:100], kind if kind in audit.KINDS else "",
        said.get("subject", "").strip()[:100],
    )


def _day(name: str, otherwise: date) -> date:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise
    return found if 2000 <= found.year <= 9998 else otherwise
