"""The inbox: my tasks, those my groups may claim, those I have done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from engine import inbox, people, tasks
from engine.errors import BihuanError
from engine.model import Person, aware
from engine.store.unit import Unit
from web import session
from web.pages import live
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("inbox", __name__)

VIEWS = {"mine": "我的待办", "groups": "组内待领", "done": "我办结的"}
PRIORITIES = {"urgent": 70}
"""What the filter offers, and from which priority on."""
_MOST_AT_ONCE = 100
_ON_ITS_WAY = timedelta(seconds=10)
"""Longer than a step takes from its moment to its commit."""
_NARROWING = ("q", "step", "priority", "late", "due", "after")


@pages.get("/")
@right(SIGNED_IN)
def start() -> Response:
    return redirect(url_for("inbox.show"))


@pages.get("/inbox")
@right(SIGNED_IN)
def show() -> str:
    return _page(request.args.to_dict())


@pages.get("/inbox/counts")
@right(SIGNED_IN)
def counts() -> str:
    with session.engine().read() as conn:
        found = inbox.counts(conn, session.person())
    view = request.args.get("view", "mine")
    return render_template("inbox_tabs.html", counts=found, view=view, views=VIEWS)


@pages.get("/inbox/news")
@live.remembering
@right(SIGNED_IN)
def news() -> Response:
    """How much has come in since the page was read."""
    person, view = session.person(), request.args.get("view", "")
    present = live.token(tasks.candidates_of(person))
    if live.unchanged(present):
        return live.nothing_new()
    since = _moment(request.args.get("since", ""))
    known = _keys(request.args.get("known", ""))
    with session.engine().read() as conn:
        number = inbox.arrived(
            conn, person, view if view in ("mine", "groups") else "mine", since, known
        )
    html = render_template("inbox_news.html", number=number, view=view, since=since.isoformat(),
                           known=",".join(map(str, known)))
    return live.piece(html, live.mark(present))


@pages.post("/inbox/claim")
@right(SIGNED_IN)
def claim() -> Response | str:
    person = session.person()
    return _each(_("领取"), lambda unit, key: tasks.claim(unit, key, person))


@pages.post("/inbox/assign")
@right("supervisor")
def assign() -> Response | str:
    person, login = session.person(), request.form.get("login", "")
    return _each(_("转派"), lambda unit, key: tasks.assign(unit, key, login, person))


def _each(what: str, act: Callable[[Unit, int], bool]) -> str:
    """Do it to every chosen task by itself; say how many, and why not where not."""
    sent = request.form.getlist("key")
    keys = [int(key) for key in sent if key.isascii() and key.isdigit() and len(key) < 19]
    keys = keys[:_MOST_AT_ONCE]
    done, refused = 0, []
    for key in keys:
        try:
            with session.engine().unit(session.person().login) as unit:
                act(unit, key)
            done += 1
        except BihuanError as error:
            refused.append(error.zh)
    asked = {name: request.form[name] for name in ("view", "q", "step", "priority", "late", "due")
             if request.form.get(name)}
    notes = [_("已%(what)s %(n)s 条。", what=what, n=done)] if done else []
    if not keys:
        refused = [_("请先勾选任务。")]
    return _page(asked, notes=notes, refused=refused)


def _page(asked: dict[str, str], **more: Any) -> str:
    person = session.person()
    view = asked["view"] if asked.get("view") in VIEWS else "mine"
    after = asked.get("after") or None
    now = session.engine().now()
    fresh = _fresh(asked.get("new", ""), _keys(asked.get("known", "")))
    with session.engine().read() as conn:
        page = inbox.page(conn, person, view, search=asked.get("q", "")[:200],
                          filters=_filters(asked), after=after)
        if after and wants_fragment():
            return render_template("inbox_rows.html", page=page, view=view, asked=asked,
                                   more=_more(asked, page.next), fresh=fresh)
        found = inbox.counts(conn, person)
        steps = _steps(conn, person, view, asked, page)
        colleagues = _colleagues(conn, person)
    template = "inbox_list.html" if wants_fragment() else "inbox.html"
    return render_template(
        template, page=page, view=view, views=VIEWS, counts=found, asked=asked,
        steps=steps, colleagues=colleagues, more=_more(asked, page.next), fresh=fresh,
        news=_news(view, page, now), **more,
    )


def _news(view: str, page: inbox.Page, now: datetime) -> str:
    """Where the page asks for what comes in from now on. What was on its way when the page was
    read has an earlier time: asked for from a little before, without what is on the page."""
    if view == "done":
        return ""
    since = now - _ON_ITS_WAY
    known = [str(row.key) for row in page.rows if _came(row) >= since]
    said = {"view": view, "since": since.isoformat(), "known": ",".join(known)}
    return f"{url_for('inbox.news')}?{urlencode(said)}"


def _keys(text: str) -> list[int]:
    said = text.split(",")[:100]
    return [int(key) for key in said if key.isascii() and key.isdigit() and len(key) < 19]


def _fresh(new: str, known: list[int]) -> Callable[[inbox.TaskRow], bool]:
    """Whether a row is one of those that the bar of news told of."""
    since = _moment(new) if new else None
    return lambda row: since is not None and _came(row) >= since and row.key not in known


def _came(row: inbox.TaskRow) -> datetime:
    return row.assigned_at or row.created_at


def _moment(text: str) -> datetime:
    """A moment of an address; the present for what is none."""
    try:
        return aware(datetime.fromisoformat(text))
    except ValueError:
        return session.engine().now()


def _steps(
    conn: Connection, person: Person, view: str, asked: dict[str, str], page: inbox.Page
) -> list[str]:
    """The steps to filter by: those of the page, where it shows everything there is."""
    if page.next is None and not any(asked.get(name) for name in _NARROWING):
        return sorted({row.name for row in page.rows})
    return inbox.steps(conn, person, view)


def _filters(asked: dict[str, str]) -> dict[str, Any]:
    """Fixed macros only: nothing that is typed becomes an expression."""
    filters: dict[str, Any] = {}
    if asked.get("step"):
        filters["element_name"] = asked["step"]
    if asked.get("priority") in PRIORITIES:
        filters["priority"] = PRIORITIES[asked["priority"]]
    if asked.get("late") == "1":
        filters["late"] = True
    if asked.get("due") in ("hour", "today"):
        filters["due_before"] = _due_before(asked["due"])
    return filters


def _due_before(what: str) -> datetime:
    now = datetime.now(session.engine().zone)
    if what == "hour":
        return now + timedelta(hours=1)
    return datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)


def _more(asked: dict[str, str], after: str | None) -> str:
    return f"{url_for('inbox.show')}?{urlencode({**asked, 'after': after})}" if after else ""


def _colleagues(conn: Connection, person: Person) -> list[Person]:
    """Whom a supervisor may give tasks to."""
    if not person.oversees:
        return []
    return [account.person for account in people.list_(conn, active_only=True)]
