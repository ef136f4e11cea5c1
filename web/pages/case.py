"""One case: what is known, where it stands, what happened, and what may be done with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

import forms
from engine import (
    attachments, cases, clocks, groups, history, incidents, limits, messages, notices, people, run,
    texts,
)
from engine.cases import CaseKind
from engine.cases.work import open_tasks, processes
from engine.errors import Conflict, Forbidden
from engine.messages import Waiting
from engine.model import Person
from web import session
from web.pages import audit, filling, uploads
from web.pages.display import of_field
from web.pages.faces import Face, faces
from web.pages.intake import labels
from web.pages.links import belonging
from web.pages.story import Teller
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("case", __name__, url_prefix="/cases/<key:case_id>")

_LATEST_LINES = 8
_LOOKED_AT = 80


@pages.get("")
@right(SIGNED_IN)
def show(case_id: int) -> str:
    person = session.person()
    with session.engine().read() as conn:
        view = cases.view(conn, case_id)
        running = processes(conn, case_id)
        chosen = request.args.get("instance", type=int)
        shown = next((one for one in running if one.key == chosen), running[0] if running else None)
        told = notices.unread(conn, person, case_id)
        belongs = belonging(conn, view, person)
        page = render_template(
            "case.html", case=view, case_id=case_id, processes=running, shown=shown,
            lines=teller(conn, view.kind).tell(case_id, history.timeline(conn, case_id)),
            tasks=open_tasks(conn, case_id), faces=_faces(conn, case_id),
            may_agree=limits.may_agree(conn, case_id, person),
            may_change=person.oversees,
            incidents=incidents.list_open(conn, case_id),
            belonging=belongs, files=attachments.attached(conn, case_id, *belongs.bringing),
            texts=texts.of_case(conn, case_id),
            actions=_actions(conn, case_id, person), group_names=groups.names(conn),
            names=people.names(conn),
        )
    if told:
        with session.engine().unit(person.login) as unit:
            notices.read_case(unit, person, case_id)
    audit.seen(case_id)
    return page


@pages.get("/aside")
@right(SIGNED_IN)
def aside(case_id: int) -> str:
    """What the page of a task shows beside its form: the latest story, the customer, links."""
    with session.engine().read() as conn:
        view = cases.view(conn, case_id)
        entries = history.timeline(conn, case_id, limit=_LOOKED_AT)
        lines = teller(conn, view.kind).tell(case_id, entries, _LATEST_LINES)
        belongs = belonging(conn, view, session.person())
        return render_template(
            "case_aside.html", lines=lines, case=view, case_id=case_id,
            faces=_faces(conn, case_id), belonging=belongs, texts=texts.of_case(conn, case_id),
            files=attachments.attached(conn, case_id, *belongs.bringing),
        )


@pages.get("/diagram/<key:instance_key>")
@right(SIGNED_IN)
def state(case_id: int, instance_key: int) -> dict[str, Any]:
    """What has happened on the diagram of one process of the case, as diagram.js reads it."""
    with session.engine().read() as conn:
        of_case = processes(conn, case_id)
        if instance_key not in {one.key for one in of_case}:
            raise NotFound
        trace = history.trace(conn, instance_key)
    now = datetime.now(UTC)
    links = {
        one.called_at: url_for("case.show", case_id=case_id, instance=one.key, _anchor="diagram")
        for one in of_case if one.parent_key == instance_key and one.called_at
    }
    return {
        "active": [{"id": key, "count": n, "title": _("%(n)s 件在此", n=n)}
                   for key, n in trace.active.items()],
        "done": [key for key in trace.visited if key not in trace.active],
        "taken": sorted(trace.flows),
        "incidents": [{"id": key, "title": _("有异常，等待处理")} for key in trace.incidents],
        "late": [key for key, at in trace.due.items() if key in trace.active and at < now],
        "links": links,
    }


@pages.post("/reveal")
@right(SIGNED_IN)
def reveal(case_id: int) -> str:
    """Show one masked value, for a reason that is kept in the history."""
    name, reason = request.form.get("field", ""), request.form.get("reason", "")
    engine = session.engine()
    with engine.unit(session.person().login) as unit:
        value = cases.reveal(unit, case_id, name, reason)
        field = cases.view(unit.conn, case_id).kind.field(name)
        names = people.names(unit.conn)
    text = of_field(value, field, engine.zone, names) if field else str(value or "—")
    if wants_fragment():
        return render_template("revealed.html", text=text)
    label = field.label if field else name
    return render_template("revealed_page.html", text=text, label=label, case_id=case_id)


@pages.get("/actions/<key:key>")
@right(SIGNED_IN)
def action(case_id: int, key: int) -> str:
    with session.engine().read() as conn:
        waiting = _allowed(conn, case_id, key)
        form, known = _action_form(conn, waiting)
        return _action_page(conn, case_id, waiting, form, known, None, {})


@pages.post("/actions/<key:key>")
@right(SIGNED_IN)
def act(case_id: int, key: int) -> str | Response | tuple[str, int]:
    person = session.person()
    with session.engine().unit(person.login) as unit:
        waiting = _allowed(unit.conn, case_id, key)
        form, known = _action_form(unit.conn, waiting)
        place = uploads.of_action(key, case_id)
        uploads.receive(place)
        entered = uploads.entered(unit.conn, form, place) if form else {}
        checked = forms.check(form, entered, known) if form else forms.Checked({}, {})
        errors = checked.errors | uploads.problems()
        if errors:
            page = _action_page(unit.conn, case_id, waiting, form, known, entered, errors)
            return page, 422
        messages.deliver(unit, key, checked.data, person)
        uploads.keep(unit, form, checked.data, place, case_id)
    flash(_("“%(label)s”已提交。", label=waiting.properties["action.label"]))
    return session.go_to(url_for("case.show", case_id=case_id))


@pages.post("/actions/<key:key>/form")
@right(SIGNED_IN)
def redraw(case_id: int, key: int) -> str:
    """The action's form as it looks with what is entered now."""
    with session.engine().read() as conn:
        form, known = _action_form(conn, _allowed(conn, case_id, key))
        entered = uploads.entered(conn, form, uploads.of_action(key, case_id)) if form else {}
        fields = form.fields(known, entered) if form else ()
    return render_template("form_fields.html", fields=fields)


def _faces(conn: Connection, case_id: int) -> list[Face]:
    engine = session.engine()
    return faces(
        conn, clocks.of_case(conn, case_id), engine.now(), engine.zone, people.names(conn)
    )


def teller(conn: Connection, kind: CaseKind | None) -> Teller:
    return Teller(groups.names(conn), people.names(conn), kind, session.engine().zone)


def _actions(conn: Connection, case_id: int, person: Person) -> list[Waiting]:
    """Subscriptions that the case page offers as buttons to this person, each label once."""
    found: dict[str, Waiting] = {}
    for one in messages.waiting(conn, case_id):
        label = one.properties.get("action.label")
        if label and _may(one, person):
            found.setdefault(label, one)
    return list(found.values())


def _may(one: Waiting, person: Person) -> bool:
    named = {group.strip() for group in one.properties.get("action.groups", "").split(",")} - {""}
    leads = person.oversees
    return leads or not named or not named.isdisjoint(person.groups)


def _allowed(conn: Connection, case_id: int, key: int) -> Waiting:
    one = next((w for w in messages.waiting(conn, case_id) if w.key == key), None)
    if one is None or "action.label" not in one.properties:
        raise Conflict(
            _("这个操作已经不再可用，案件的状态已经变化，请刷新页面。"),
            "This is no longer possible: the case has moved on. Reload the page.",
        )
    if not _may(one, session.person()):
        raise Forbidden(_("您所在的组不能做这个操作。"), "Your groups may not do this.")
    return one


def _action_form(conn: Connection, waiting: Waiting) -> tuple[forms.Form | None, dict[str, Any]]:
    form_id = waiting.properties.get("action.form")
    if not form_id:
        return None, {}
    known = run.variables(conn, waiting.instance_key)
    return filling.latest(conn, form_id), known | filling.me()


def _action_page(
    conn: Connection, case_id: int, waiting: Waiting, form: forms.Form | None,
    known: dict[str, Any], entered: dict[str, Any] | None, errors: dict[str, str],
) -> str:
    fields = form.fields(known, entered, errors) if form else ()
    template = "action_form.html" if wants_fragment() else "action.html"
    return render_template(
        template, case=cases.view(conn, case_id), case_id=case_id, waiting=waiting,
        fields=fields, errors=errors, labels=labels(fields),
        ticket=uploads.ticket(form, uploads.of_action(waiting.key, case_id)),
    )
