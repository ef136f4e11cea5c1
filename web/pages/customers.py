"""Customers: found by any number or mark; one with all his numbers, marks and cases. Whoever
looks is written down; nothing personal shows without a reason."""

from __future__ import annotations


from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import cases, customers, people
from engine.cases import marking
from engine.customers import identities, log, marks, merging, viewing
from engine.errors import Invalid
from web import session
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("customers", __name__, url_prefix="/customers")



@pages.get("")
@right(SIGNED_IN)
def list_() -> str:
    asked = {"q": request.args.get("q", "")[:100], "mark": request.args.get("mark", "")[:10]}
    engine = session.engine()
    with engine.read() as conn:
        page = viewing.search(
            conn, asked["q"], at=engine.now(), mark=asked["mark"],
            after=request.args.get("after") or None,
        )
        rules = marking.rules(conn)
        levels = cases.level_names(conn)
    address = url_for("customers.list_", q=asked["q"], mark=asked["mark"], after=page.next)
    more = address if page.next else ""
    template = "customer_rows.html" if wants_fragment() else "customers.html"
    return render_template(
        template, page=page, asked=asked, rules=rules, more=more, level_names=levels,
        labels={rule.mark: rule.label for rule in rules}, appended=bool(request.args.get("after")),
    )


@pages.get("/<key:key>")
@right(SIGNED_IN)
def show(key: int) -> str:
    person = session.person()
    engine = session.engine()
    with engine.unit(person.login) as unit:
        view = viewing.view(unit.conn, key)
        log.viewed(unit, view.key)
        rules = marking.rules(unit.conn)
        return render_template(
            "customer.html", customer=view, now=unit.now, rules=rules,
            labels={rule.mark: rule.label for rule in rules},
            level_names=cases.level_names(unit.conn), kinds=identities.KINDS,
            cases=cases.of_person(unit.conn, view.key), leads=_leads(),
            log=log.entries(unit.conn, list(view.records)),
            people=people.names(unit.conn) if view.manager else {},
        )


@pages.post("/<key:key>/reveal")
@right(SIGNED_IN)
def reveal(key: int) -> str:
    """Show one masked value, for a reason that is kept."""
    with session.engine().unit(session.person().login) as unit:
        text = viewing.reveal(
            unit, key, request.form.get("field", ""), request.form.get("reason", "")
        )
    if wants_fragment():
        return render_template("revealed.html", text=text)
    return render_template("customer_revealed.html", text=text, key=key)


@pages.post("/<key:key>/marks")
@right(SIGNED_IN)
def mark(key: int) -> Response:
    with session.engine().unit(session.person().login) as unit:
        name = request.form.get("mark", "")
        marking.mark(unit, key, name, request.form.get("reason", ""))
    return _back(key, _("已设置标记 %(mark)s。", mark=name))


@pages.post("/<key:key>/marks/<key:mark_key>/lift")
@right("supervisor")
def lift(key: int, mark_key: int) -> Response:
    with session.engine().unit(session.person().login) as unit:
        person = customers.person_of(unit.conn, key)
        marks.lift(unit, person, mark_key, request.form.get("reason", ""))
    return _back(key, _("标记已取消。"))


@pages.post("/<key:key>/numbers")
@right(SIGNED_IN)
def add_number(key: int) -> Response:
    with session.engine().unit(session.person().login) as unit:
        person = customers.person_of(unit.conn, key)
        identities.add(
            unit, person, request.form.get("kind", ""), request.form.get("value", "")
        )
    return _back(key, _("号码已登记。"))


@pages.post("/<key:key>/numbers/<key:identity_key>/remove")
@right("supervisor")
def remove_number(key: int, identity_key: int) -> Response:
    with session.engine().unit(session.person().login) as unit:
        identities.remove(unit, customers.person_of(unit.conn, key), identity_key)
    return _back(key, _("号码已移除。"))


@pages.post("/<key:key>/describe")
@right(SIGNED_IN)
def describe(key: int) -> Response:
    given = request.form
    contact = {
        "night": given.get("night") == "1", "from": given.get("from", ""),
        "to": given.get("to", ""), "note": " ".join(given.get("note", "").split())[:200],
    }
    with session.engine().unit(session.person().login) as unit:
        identities.describe(
            unit, customers.person_of(unit.conn, key), level=given.get("level") or None,
            star=given.get("star") or None, contact=contact, levels=cases.level_names(unit.conn),
            manager=given.get("manager", "").strip() or None,
        )
    return _back(key, _("客户资料已保存。"))


@pages.post("/<key:key>/merge")
@right("supervisor")
def merge(key: int) -> Response:
    person = session.person()
    with session.engine().unit(person.login) as unit:
        other = customers.get(unit.conn, request.form.get("number", ""))
        if other is None:
            raise Invalid(_("没有这个号码的客户，请核对。"), "No customer has this number.")
        leads = merging.merge(unit, other.key, key, request.form.get("reason", ""), person)
    return _back(leads, _("两位客户已合并。"))


@pages.post("/<key:key>/merges/<key:merge_key>/undo")
@right("supervisor")
def unmerge(key: int, merge_key: int) -> Response:
    person = session.person()
    with session.engine().unit(person.login) as unit:
        merging.unmerge(unit, merge_key, request.form.get("reason", ""), person)
    return _back(key, _("合并已撤销。"))


def _leads() -> bool:
    return session.person().oversees


def _back(key: int, said: str) -> Response:
    flash(said)
    return session.go_to(url_for("customers.show", key=key))
