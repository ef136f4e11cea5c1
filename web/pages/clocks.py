"""Limits of a case agreed with the customer or changed; a new version of a table of limits
applied to open cases."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import limits
from engine.errors import Invalid
from engine.limits import Consent
from web import session
from web.session import SIGNED_IN, right

pages = Blueprint("clocks", __name__)
_SHOWN = 200


@pages.post("/cases/<key:case_id>/clocks/<key:key>/agree")
@right(SIGNED_IN)
def agree(case_id: int, key: int) -> Response:
    person = session.person()
    said = request.form
    consent = Consent(said.get("by", ""), said.get("how", ""), _moment("at", required=False))
    due_at = _required("due_at")
    with session.engine().unit(person.login) as unit:
        limits.agree(unit, key, due_at, consent, person)
    flash(_("已登记客户同意的时间。"))
    return _back(case_id, key)


@pages.post("/cases/<key:case_id>/clocks/<key:key>/change")
@right("supervisor")
def change(case_id: int, key: int) -> Response:
    person = session.person()
    due_at = _required("due_at")
    with session.engine().unit(person.login) as unit:
        limits.change(unit, key, due_at, request.form.get("why", ""), person)
    flash(_("时限已调整。"))
    return _back(case_id, key)


@pages.get("/limits")
@right("admin")
def show() -> str:
    """Open cases whose limits go by an earlier version of a table, and what the latest does."""
    chosen = request.args.get("decision", "")
    with session.engine().read() as conn:
        tables = limits.outdated(conn)
        known = next((one for one in tables if one.decision == chosen), None)
        found = limits.preview(conn, known.decision) if known else []
    moved = [one for one in found if one.after is not None and one.after != one.clock.due_at]
    moved.sort(key=lambda one: (not one.becomes_late, one.clock.due_at))
    kept = [one for one in found if one.after is None]
    return render_template(
        "limits.html", tables=tables, chosen=known, moved=moved[:_SHOWN], moves=len(moved),
        late=sum(one.becomes_late for one in moved), kept=kept[:_SHOWN], keeps=len(kept),
        same=len(found) - len(moved) - len(kept),
    )


@pages.post("/limits")
@right("admin")
def recompute() -> Response:
    decision, why = request.form.get("decision", ""), request.form.get("why", "")
    done = limits.recompute(session.engine(), decision, session.person(), why)
    flash(_("已重算：%(moved)s 个时限有变化，%(kept)s 个不变，%(failed)s 个未能计算。",
            moved=done.moved, kept=done.kept, failed=done.failed))
    return session.go_to(url_for("clocks.show"))


def _back(case_id: int, key: int) -> Response:
    return session.go_to(url_for("case.show", case_id=case_id, _anchor=f"clock-{key}"))


def _required(name: str) -> datetime:
    found = _moment(name, required=True)
    assert found is not None
    return found


def _moment(name: str, *, required: bool) -> datetime | None:
    """What an ``<input type=datetime-local>`` sent, in the zone of the installation."""
    text = request.form.get(name, "").strip()
    if not text and not required:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("请填写日期和时间。", "Give a date and time.", field=name) from None
    return found if found.tzinfo else found.replace(tzinfo=session.engine().zone)
