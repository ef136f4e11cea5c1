"""The knowledge base: found by words and category, offered where a case is handled, its versions
looked after."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from engine import cases, categories, definitions, knowledge
from engine.articles import KINDS
from engine.cases import CaseView
from engine.catalogue import Category
from engine.knowledge.difference import difference
from engine.knowledge.taking import Offer
from web import session
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("knowledge", __name__)

_SUGGESTED = 5
_LATELY = timedelta(days=90)


@pages.get("/knowledge")
@right(SIGNED_IN)
def list_() -> str:
    asked = {
        "q": request.args.get("q", "")[:100], "kind": request.args.get("kind", ""),
        "category": request.args.get("category", "")[:200],
    }
    person = session.person()
    with session.engine().read() as conn:
        hits = knowledge.search(
            conn, asked["q"], kind=asked["kind"], category=asked["category"]
        )
        offers = knowledge.offers(conn) if "admin" in person.roles else []
        offered = _categories(conn, asked["category"])
    template = "knowledge_rows.html" if wants_fragment() else "knowledge.html"
    return render_template(
        template, hits=hits, asked=asked, kinds=KINDS, offers=offers, categories=offered,
        may_edit=knowledge.may_edit(person),
    )


@pages.get("/knowledge/use")
@right(SIGNED_IN)
def use_() -> str:
    """How the articles serve; for who writes them."""
    knowledge.permit(session.person())
    since = session.engine().now() - _LATELY
    with session.engine().read() as conn:
        found = knowledge.served(conn, since)
    return render_template(
        "knowledge_use.html", served=found, kinds=KINDS, days=_LATELY.days,
        never=sum(not one.uses and not one.retired for one in found),
    )


@pages.get("/knowledge/<key:key>")
@right(SIGNED_IN)
def show(key: int) -> str:
    person = session.person()
    with session.engine().read() as conn:
        view = knowledge.view(conn, key, person.login)
        offer = _offer(conn, key)
    if wants_fragment():
        return render_template("knowledge_body.html", article=view.article, view=view)
    changed = difference(view.article, offer.article) if offer else []
    return render_template(
        "knowledge_article.html", view=view, article=view.article, kinds=KINDS, offer=offer,
        changed=changed, may_edit=knowledge.may_edit(person),
    )


@pages.get("/knowledge/<key:key>/versions")
@right(SIGNED_IN)
def versions(key: int) -> str:
    person = session.person()
    with session.engine().read() as conn:
        view = knowledge.view(conn, key, person.login)
        found = knowledge.versions(conn, key)
    number = request.args.get("n", view.version, type=int)
    shown = next((one for one in found if one.version == number), found[0])
    before = next((one for one in found if one.version == shown.version - 1), None)
    return render_template(
        "knowledge_versions.html", view=view, versions=found, shown=shown, before=before,
        lines=difference(before.article if before else None, shown.article),
        may_edit=knowledge.may_edit(person),
    )


@pages.post("/knowledge/<key:key>/restore")
@right(SIGNED_IN)
def restore(key: int) -> Response:
    person, given = session.person(), request.form
    with session.engine().unit(person.login) as unit:
        number = knowledge.restore(
            unit, key, given.get("version", 0, type=int), given.get("why", ""), person
        )
    flash(_("已恢复，成为第 %(n)s 版。", n=number))
    return session.go_to(url_for("knowledge.show", key=key))


@pages.post("/knowledge/<key:key>/retire")
@right(SIGNED_IN)
def retire(key: int) -> Response:
    person, retired = session.person(), request.form.get("retired") == "1"
    with session.engine().unit(person.login) as unit:
        knowledge.retire(unit, key, retired, person)
    flash(_("已停用，不再推荐。") if retired else _("已重新启用。"))
    return session.go_to(url_for("knowledge.show", key=key))


@pages.post("/knowledge/<key:key>/decide")
@right("admin")
def decide(key: int) -> Response:
    """Whether the file's version or the one written here goes on."""
    person, adopt = session.person(), request.form.get("adopt") == "1"
    with session.engine().unit(person.login) as unit:
        if adopt:
            knowledge.adopt(unit, key, person)
        else:
            knowledge.keep(unit, key, person)
    flash(_("已采用文件中的版本。") if adopt else _("已保留网页上的版本。"))
    return session.go_to(url_for("knowledge.show", key=key))


@pages.post("/knowledge/<key:key>/vote")
@right(SIGNED_IN)
def vote(key: int) -> Response:
    given = request.form
    with session.engine().unit(session.person().login) as unit:
        knowledge.vote(unit, key, given.get("helpful") == "1", given.get("note", ""))
    flash(_("谢谢反馈。"))
    return session.go_to(url_for("knowledge.show", key=key))


@pages.get("/cases/<key:case_id>/knowledge")
@right(SIGNED_IN)
def suggested(case_id: int) -> str:
    """The articles that fit this case, for its page and its tasks'."""
    with session.engine().read() as conn:
        case = cases.view(conn, case_id)
        found = knowledge.suggest(
            conn, codes(case), _about(case), case_id=case_id, most=_SUGGESTED
        )
    return render_template(
        "knowledge_suggested.html", found=found, case_id=case_id, kinds=KINDS,
        may_edit=knowledge.may_edit(session.person()),
    )


@pages.post("/cases/<key:case_id>/knowledge/<key:key>")
@right(SIGNED_IN)
def use(case_id: int, key: int) -> Response | str:
    """The article serves in this case, or does not after all."""
    with session.engine().unit(session.person().login) as unit:
        if request.form.get("used") == "0":
            knowledge.unuse(unit, key, case_id)
        else:
            knowledge.use(unit, key, case_id)
    if wants_fragment():
        return suggested(case_id)
    return session.go_to(url_for("case.show", case_id=case_id))


def codes(case: CaseView) -> list[str]:
    """The codes of the case's categories, from the first level down."""
    found = {case.data.get(one.key) for one in case.kind.fields if one.catalogue}
    return sorted((code for code in found if isinstance(code, str)), key=len)


def _about(case: CaseView) -> str:
    """What people have written about the case: its title and texts, masked."""
    texts = [
        case.data[one.key] for one in case.kind.fields
        if one.type in ("longtext", "text") and isinstance(case.data.get(one.key), str)
        and (one.mask or "text") == "text"
    ]
    return "\n".join((case.row.title, *texts))


def _offer(conn: Connection, key: int) -> Offer | None:
    return next(iter(knowledge.offers(conn, key)), None)


def _categories(conn: Connection, chosen: str) -> list[Category]:
    known = categories.named(conn, definitions.number(conn)).values()
    return [one for catalogue in known for one in catalogue.unfolded(chosen)]
