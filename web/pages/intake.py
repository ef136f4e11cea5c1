"""A new case: the kind's form, the customer's other cases, the warning of a duplicate."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

import forms
from engine import cases
from engine.cases import CaseKind, marking, merging
from engine.errors import Invalid
from web import session
from web.pages import filling, uploads
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("intake", __name__, url_prefix="/new")

_SHORTEST_NUMBER = 4


@pages.get("")
@right(SIGNED_IN)
def choose() -> Response | str:
    """Straight to the form where only one kind can be opened here."""
    with session.engine().read() as conn:
        kinds = [kind for kind in cases.kinds(conn) if kind.intake]
    if len(kinds) == 1:
        return redirect(url_for("intake.show", kind_id=kinds[0].id))
    by_purpose = [
        (title, [kind for kind in kinds if bool(kind.customer) == of_customer])
        for title, of_customer in ((_("客户来单"), True), (_("内部事项"), False))
    ]
    return render_template(
        "kinds.html", by_purpose=[one for one in by_purpose if one[1]],
        quick=any(kind.quick for kind in kinds),
    )


@pages.get("/<kind_id>")
@right(SIGNED_IN)
def show(kind_id: str) -> str:
    with session.engine().read() as conn:
        kind, form = _kind(conn, kind_id)
    return _page(kind, form, None, {})


@pages.post("/<kind_id>")
@right(SIGNED_IN)
def open_(kind_id: str) -> Response | str | tuple[str, int]:
    place = uploads.of_new(_once())
    uploads.receive(place)
    with session.engine().unit(session.person().login) as unit:
        kind, form = _kind(unit.conn, kind_id)
        entered = uploads.entered(unit.conn, form, place)
        if kind.repeats and request.form.get("_repeat_of"):
            entered[kind.repeats.field] = request.form["_repeat_of"]
            return _page(kind, form, entered, {})
        if filling.changes_rows():
            return _page(kind, form, entered, {})
        checked = forms.check(form, entered, _known() | filling.me())
        errors = checked.errors | uploads.problems()
        if errors:
            return _page(kind, form, entered, errors), 422
        data = {**_known(), **checked.data}
        into = request.form.get("_merge_into")
        if "_confirmed" not in request.form and not into:
            same = cases.duplicates(unit.conn, kind_id, data)
            if same:
                return _page(kind, form, entered, {}, duplicates=same), 422
        try:
            case_id = cases.open_(unit, kind_id, data).case_id
            uploads.keep(unit, form, data, place, case_id)
            if into:
                merging.at_intake(unit, case_id, into)
        except Invalid as error:
            problem = kind, form, entered, error.details.get("fields", {})
            return _page(*problem, problem=error.zh), 422
    flash(_("已受理，并入 %(number)s。", number=into) if into else _("已受理。"))
    return session.go_to(url_for("case.show", case_id=case_id))


@pages.post("/<kind_id>/form")
@right(SIGNED_IN)
def redraw(kind_id: str) -> str:
    """The form as it looks with what is entered now."""
    with session.engine().read() as conn:
        form = _kind(conn, kind_id)[1]
        entered = uploads.entered(conn, form, uploads.of_new(_once()))
        fields = form.fields(_known() | filling.me(), entered)
    return render_template("form_fields.html", fields=fields)


@pages.get("/<kind_id>/customer")
@right(SIGNED_IN)
def customer(kind_id: str) -> str:
    """What is known of the customer whose number is being typed."""
    with session.engine().read() as conn:
        kind = _kind(conn, kind_id)[0]
        name = _customer_field(kind, "ref")
        ref = request.args.get(name, "").strip() if name else ""
        found = cases.of_customer(conn, ref) if len(ref) >= _SHORTEST_NUMBER else None
        said = request.args.to_dict()
        repeated = {row.key for row in cases.repeats(conn, kind_id, said)} if found else set()
        rules = marking.rules(conn) if found and found.marks else []
    level = kind.field(_customer_field(kind, "level"))
    names = level.options if level else {}
    return render_template("customer_cases.html", found=found, ref=ref, level_names=names,
                           repeated=repeated, labels={one.mark: one.label for one in rules})


def _kind(conn: Connection, kind_id: str) -> tuple[CaseKind, forms.Form]:
    kind = cases.kind(conn, kind_id)
    if kind.intake is None:
        raise NotFound
    return kind, filling.latest(conn, kind.intake)


def _known() -> dict[str, Any]:
    """Variables of a case before it exists: who receives it owns it until it is answered."""
    return {"owner": session.person().login}


def _once() -> str:
    """The token of this form, made when it is first drawn."""
    once: str = g.setdefault("once", request.form.get("once", "")[:40] or secrets.token_urlsafe(16))
    return once


def _customer_field(kind: CaseKind, what: str) -> str:
    """The one variable that the customer's number (name, level) is read from, if it is that
    simple."""
    expression = kind.customer.get(what)
    names = sorted(expression.variables) if expression else []
    return names[0] if len(names) == 1 else ""


def _page(
    kind: CaseKind, form: forms.Form, entered: Mapping[str, Any] | None,
    errors: Mapping[str, str], **more: Any,
) -> str:
    fields = form.fields(_known() | filling.me(), entered, errors)
    template = "intake_form.html" if wants_fragment() else "intake.html"
    return render_template(
        template, kind=kind, fields=fields, errors=errors, labels=labels(fields),
        customer_field=_customer_field(kind, "ref"),
        watched=kind.repeats.same if kind.repeats else (),
        once=_once(), ticket=uploads.ticket(form, uploads.of_new(_once())), **more,
    )


def labels(fields: tuple[forms.Field, ...]) -> dict[str, tuple[str, str]]:
    """Field name → (label, HTML id), for the summary of errors."""
    found: dict[str, tuple[str, str]] = {}
    for field in fields:
        found[field.name] = (field.label or field.name, field.id)
        found |= labels(field.children)
        for item in field.items:
            found |= labels(item)
    return found

