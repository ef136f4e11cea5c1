"""One task: its form, what is known of the case, and what can be done with the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

import forms
from engine import inbox, people, tasks
from engine.errors import BihuanError, Conflict, Forbidden
from engine.inbox import TaskView
from engine.model import Person
from engine.store.unit import Unit
from web import session
from web.errors import status
from web.pages import audit, filling, uploads
from web.pages.intake import labels
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("task", __name__, url_prefix="/tasks")



@pages.get("/<key:key>")
@right(SIGNED_IN)
def show(key: int) -> str:
    person = session.person()
    with session.engine().read() as conn:
        view = inbox.task(conn, key, person)
        form = _form(conn, view)
        page = _page(conn, view, form, view.row.draft, {}, restored=bool(view.row.draft))
    if view.row.assignee == person.login and view.row.started_at is None:
        with session.engine().unit(person.login) as unit:
            tasks.open_(unit, key, person)
    if view.case is not None:
        audit.seen(view.row.case_id)
    return page


@pages.post("/<key:key>/complete")
@right(SIGNED_IN)
def complete(key: int) -> Response | str | tuple[str, int]:
    person = session.person()
    filled = _Filled(key)
    try:
        with session.engine().unit(person.login) as unit:
            over = tasks.answer(
                unit, key, person, lambda asked: filled.read(unit.conn, asked), filled.draft
            )
            filled.keep_files(unit)
    except _Incomplete:
        page = _again(key, filled)
        return page if filling.changes_rows() else (page, 422)
    except (Conflict, Forbidden) as error:
        return _too_late(key, error)
    if not over:
        return session.go_to(url_for("task.show", key=key))
    return session.go_to(_next(person) if "_next" in request.form else url_for("inbox.show"))


class _Incomplete(Exception):
    """The form was not taken; the task stays as it is."""


@dataclass(slots=True)
class _Filled:
    """What was sent of a task's form, and what is wrong with it."""

    key: int
    form: forms.Form | None = None
    case_id: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    entered: Mapping[str, Any] = field(default_factory=dict)

    def draft(self) -> dict[str, Any]:
        """What was typed, to be kept while listeners check it."""
        return dict(self.entered)

    def read(self, conn: Connection, asked: tasks.Asked) -> dict[str, Any]:
        if asked.form_key is None:
            return {}
        self.form = filling.by_key(conn, asked.form_key, asked.number)
        self.case_id = asked.case_id
        place = uploads.of_task(self.key, self.case_id)
        uploads.receive(place)
        self.entered = uploads.entered(conn, self.form, place)
        known = filling.known(conn, self.form, asked.case_id, asked.number)
        checked = forms.check(self.form, self.entered, asked.variables | known)
        self.data = checked.data
        self.errors = {} if filling.changes_rows() else checked.errors | uploads.problems()
        if self.errors or filling.changes_rows():
            raise _Incomplete
        return checked.data

    def keep_files(self, unit: Unit) -> None:
        place = uploads.of_task(self.key, self.case_id)
        uploads.keep(unit, self.form, self.data, place, self.case_id)


@pages.post("/<key:key>/draft")
@right(SIGNED_IN)
def draft(key: int) -> tuple[str, int]:
    person = session.person()
    with session.engine().unit(person.login) as unit:
        view = inbox.task(unit.conn, key, person)
        tasks.save_draft(unit, key, _entered(unit.conn, view, _form(unit.conn, view)), person)
    return "", 204


@pages.post("/<key:key>/form")
@right(SIGNED_IN)
def redraw(key: int) -> str:
    """The form as it looks with what is entered now."""
    with session.engine().read() as conn:
        view = inbox.task(conn, key, session.person())
        form = _form(conn, view)
        entered = _entered(conn, view, form)
        known = filling.known(conn, form, view.row.case_id)
        fields = form.fields(view.variables | known, entered) if form else ()
    return render_template("form_fields.html", fields=fields)


@pages.post("/<key:key>/claim")
@right(SIGNED_IN)
def claim(key: int) -> Response:
    person = session.person()
    with session.engine().unit(person.login) as unit:
        tasks.claim(unit, key, person)
    return session.go_to(url_for("task.show", key=key))


@pages.post("/<key:key>/release")
@right(SIGNED_IN)
def release(key: int) -> Response:
    person = session.person()
    with session.engine().unit(person.login) as unit:
        over = tasks.release(unit, key, person)
    flash(_("已退回组内。") if over else _("已申请退回，正在核对。"))
    return session.go_to(url_for("inbox.show"))


@pages.post("/<key:key>/assign")
@right("supervisor")
def assign(key: int) -> Response:
    person, login = session.person(), request.form.get("login", "")
    with session.engine().unit(person.login) as unit:
        over = tasks.assign(unit, key, login, person)
        name = people.get(unit.conn, login).name
    said = _("已转派给 %(name)s。", name=name) if over else _("已申请转派，正在核对。")
    flash(said)
    return session.go_to(url_for("inbox.show"))


def _form(conn: Connection, view: TaskView) -> forms.Form | None:
    return filling.by_key(conn, view.row.form_key) if view.row.form_key else None


def _entered(conn: Connection, view: TaskView, form: forms.Form | None) -> dict[str, Any]:
    return uploads.entered(conn, form, _place(view)) if form else {}


def _place(view: TaskView) -> uploads.Place:
    return uploads.of_task(view.row.key, view.row.case_id)


def _again(key: int, filled: _Filled) -> str:
    """The form again with everything that was entered; alone for htmx, else on its page."""
    with session.engine().read() as conn:
        view = inbox.task(conn, key, session.person())
        form = _form(conn, view)
        entered = _entered(conn, view, form)
        if not wants_fragment():
            return _page(conn, view, form, entered, filled.errors)
        known = filling.known(conn, form, view.row.case_id)
    fields = form.fields(view.variables | known, entered, filled.errors) if form else ()
    return render_template(
        "task_form.html", task=view.row, fields=fields, errors=filled.errors,
        labels=labels(fields), ticket=uploads.ticket(form, _place(view)),
    )


def _page(
    conn: Connection, view: TaskView, form: forms.Form | None,
    entered: Mapping[str, Any] | None, errors: Mapping[str, str], **more: Any,
) -> str:
    person = session.person()
    known = filling.known(conn, form, view.row.case_id)
    fields = form.fields(view.variables | known, entered, errors) if form else ()
    lead = person.oversees
    names = _names(conn, view)
    if view.row.denied:
        more["denied_at"] = datetime.fromisoformat(str(view.row.denied["at"]))
    if view.row.ended_by:
        more["ended_by_name"] = names.get(view.row.ended_by, view.row.ended_by)
    return render_template(
        "task.html", task=view.row, case=view.case, trouble=view.trouble, fields=fields,
        errors=errors, labels=labels(fields), names=names,
        ticket=uploads.ticket(form, _place(view)),
        colleagues=[a.person for a in people.list_(conn, active_only=True)] if lead else [],
        **more,
    )


def _names(conn: Connection, view: TaskView) -> dict[str, str]:
    """Login → name, asked for only where the page shows somebody else's."""
    person, case = session.person(), view.case
    fields = case.kind.fields if case else ()
    shown = {case.data.get(one.key) for one in fields if one.type == "person"} if case else set()
    if shown | {view.row.ended_by} <= {None, "", person.login}:
        return {person.login: person.name}
    return people.names(conn)


def _too_late(key: int, error: BihuanError) -> Response | tuple[str, int]:
    """Somebody was faster, or the task is another's: say so, and leave what was typed alone."""
    if wants_fragment():
        page = render_template("task_conflict.html", sentence=error.zh)
        headers = {"HX-Retarget": "#task-problem", "HX-Reswap": "innerHTML show:window:top"}
        return Response(page, 409, headers, mimetype="text/html")
    with session.engine().read() as conn:
        view = inbox.task(conn, key, session.person())
        form = _form(conn, view)
        entered = _entered(conn, view, form)
        return _page(conn, view, form, entered, {}, conflict=error.zh), status(error)


def _next(person: Person) -> str:
    """The most pressing task that is left, else the inbox."""
    with session.engine().read() as conn:
        found = inbox.page(conn, person, "mine", limit=20).rows
    rows = [row for row in found if row.moving is None]
    if not rows:
        flash(_("已办结，待办已清空。"))
        return url_for("inbox.show")
    flash(_("已办结；这是下一条。"))
    return url_for("task.show", key=rows[0].key)
