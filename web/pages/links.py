"""How a case belongs to others: linking by hand, merging into its original, and undoing both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from engine import cases
from engine.cases import CaseField, CaseRow, CaseView, CustomerCases, linking, marking, merging
from engine.cases.linking import Link
from engine.cases.merging import Merged
from engine.errors import Invalid
from engine.model import Json, Person
from web import session
from web.session import SIGNED_IN, right

pages = Blueprint("links", __name__, url_prefix="/cases/<key:case_id>")


@dataclass(frozen=True, slots=True)
class Belonging:
    """How a case belongs to its customer and to other cases, for its page and its tasks'."""

    customer: CustomerCases | None
    labels: Mapping[str, str]
    links: tuple[Link, ...]
    parts: tuple[tuple[str, int], ...]
    merged: Merged | None
    original: CaseRow | None
    answers: tuple[tuple[CaseField, Json], ...]
    may_merge: bool

    @property
    def bringing(self) -> tuple[int, ...]:
        """The cases whose files belong to this matter, too: what it was registered from (来件),
        what is related, and what was merged into it."""
        return tuple(one.row.key for one in self.links
                     if one.kind == "related" or (one.kind == "duplicate" and not one.out))


def belonging(conn: Connection, case: CaseView, person: Person) -> Belonging:
    """What the pages show of it: everything masked."""
    key = case.row.key
    links = linking.of_case(conn, key)
    merged = merging.merged(conn, key) if case.row.merged else None
    original = cases.view(conn, merged.into) if merged else None
    parts: dict[str, int] = {}
    for one in links:
        if one.kind == "part" and not one.out:
            parts[one.row.status] = parts.get(one.row.status, 0) + 1
    customer = cases.of_person(conn, case.customer_key) if case.customer_key else None
    return Belonging(
        customer=customer,
        labels=_labels(conn) if customer and customer.marks else {},
        links=tuple(links), parts=tuple(parts.items()), merged=merged,
        original=original.row if original else None,
        answers=_answers(original) if original else (),
        may_merge=case.row.closed_at is None and merging.may(conn, key, person),
    )


def _labels(conn: Connection) -> dict[str, str]:
    return {rule.mark: rule.label for rule in marking.rules(conn)}


def _answers(original: CaseView) -> tuple[tuple[CaseField, Json], ...]:
    """What the original's customer is told: it is the answer to the merged case, too."""
    public = original.kind.public
    fields = [original.kind.field(key) for key in (public.fields if public else ())]
    return tuple(
        (one, original.data[one.key]) for one in fields if one and original.data.get(one.key)
    )


@pages.post("/links")
@right(SIGNED_IN)
def add(case_id: int) -> Response:
    given = request.form
    kind = given.get("kind", "")
    if kind not in linking.BY_HAND:
        raise Invalid(_("请选择关联的种类。"), "Choose the kind of link.")
    with session.engine().unit(session.person().login) as unit:
        other = linking.found(unit.conn, given.get("to", ""))
        linking.link(unit, case_id, other, kind, given.get("why", "")[:200])
    return _back(case_id, _("已关联。"))


@pages.post("/links/<key:link_key>/undo")
@right(SIGNED_IN)
def undo(case_id: int, link_key: int) -> Response:
    with session.engine().unit(session.person().login) as unit:
        linking.unlink(unit, case_id, link_key)
    return _back(case_id, _("关联已解除。"))


@pages.post("/merge")
@right(SIGNED_IN)
def merge(case_id: int) -> Response:
    person = session.person()
    with session.engine().unit(person.login) as unit:
        merging.merge(
            unit, case_id, request.form.get("into", ""), request.form.get("why", ""), person
        )
    return _back(case_id, _("已并单。原件办结前可以撤销。"))


@pages.post("/unmerge")
@right(SIGNED_IN)
def unmerge(case_id: int) -> Response:
    person = session.person()
    with session.engine().unit(person.login) as unit:
        merging.unmerge(unit, case_id, request.form.get("why", ""), person)
    return _back(case_id, _("并单已撤销，案件继续办理。"))


def _back(case_id: int, said: str) -> Response:
    flash(said)
    return session.go_to(url_for("case.show", case_id=case_id))
