"""The knowledge base: found by words and category, offered where a case is handled, written and
changed by editors."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from engine import cases, categories, definitions, knowledge
from engine.articles import KINDS, TECHNIQUES, Article
from engine.cases import CaseView
from engine.catalogue import Category
from engine.errors import Conflict, Invalid
from engine.knowledge.difference import difference
from engine.knowledge.taking import Offer
from web import session
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("knowledge", __name__)

_SUGGESTED = 5
_LISTS = ("categories", "keywords", "techniques")
_SPECIAL = """## 情况

（客户要什么、为什么特殊；不写姓名和号码）

## 怎么处理的

## 结果

## 下次注意
"""


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


@pages.get("/knowledge/new")
@right(SIGNED_IN)
def new() -> str:
    case_id = request.args.get("case", 0, type=int)
    article = Article("", "script", "", (), (), (), "", "")
    if case_id:
        with session.engine().read() as conn:
            codes = _codes(cases.view(conn, case_id))
        article = Article("", "special", "", tuple(codes[-1:]), (), (), "", _SPECIAL)
    return _editor(article, {}, case_id=case_id)


@pages.post("/knowledge/new")
@right(SIGNED_IN)
def add() -> Response | tuple[str, int]:
    person, article = session.person(), _entered(request.form)
    case_id = request.form.get("case", 0, type=int)
    try:
        with session.engine().unit(person.login) as unit:
            key = knowledge.add(unit, article, request.form.get("why", ""), person)
            if case_id:
                knowledge.written(unit, key, case_id)
    except Invalid as error:
        return _editor(article, error.details.get("fields", {}), case_id=case_id), 422
    flash(_("知识已加入。"))
    return session.go_to(url_for("knowledge.show", key=key))


@pages.get("/knowledge/<key:key>/edit")
@right(SIGNED_IN)
def edit(key: int) -> str:
    with session.engine().read() as conn:
        view = knowledge.view(conn, key, session.person().login)
    return _editor(view.article, {}, key=key, based_on=view.version)


@pages.post("/knowledge/<key:key>/edit")
@right(SIGNED_IN)
def change(key: int) -> Response | tuple[str, int]:
    person, article = session.person(), _entered(request.form)
    based_on = request.form.get("based_on", 0, type=int)
    try:
        with session.engine().unit(person.login) as unit:
            number = knowledge.change(
                unit, key, based_on, article, request.form.get("why", ""), person
            )
    except Invalid as error:
        fields = error.details.get("fields", {})
        return _editor(article, fields, key=key, based_on=based_on), 422
    except Conflict as error:
        return _editor(article, {"": error.zh}, key=key, based_on=based_on), 409
    unchanged = _("没有改动，仍是第 %(n)s 版。", n=number)
    flash(unchanged if number == based_on else _("已保存为第 %(n)s 版。", n=number))
    return session.go_to(url_for("knowledge.show", key=key))


@pages.post("/knowledge/preview")
@right(SIGNED_IN)
def preview() -> str:
    """How the article would look; nothing is kept."""
    return render_template("knowledge_body.html", article=_entered(request.form), view=None)


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
            conn, _codes(case), _about(case), case_id=case_id, most=_SUGGESTED
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


def _codes(case: CaseView) -> list[str]:
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


def _all_categories() -> list[tuple[str, str]]:
    """Code and path of each category that an article may name."""
    with session.engine().read() as conn:
        known = categories.named(conn, definitions.number(conn)).values()
    return [
        (code, catalogue.path(code) or code)
        for catalogue in known for code in catalogue.categories
    ]


def _entered(form: MultiDict[str, str]) -> Article:
    """The article as it stands in the editor."""
    said: dict[str, Any] = {
        key: form.get(key, "").strip() for key in ("title", "kind", "summary", "caution", "text")
    }
    words = form.get("keywords", "").replace("，", "、").replace(",", "、").split("、")
    return Article(
        **said, categories=tuple(form.getlist("categories")),
        techniques=tuple(form.getlist("techniques")),
        keywords=tuple(dict.fromkeys(word.strip() for word in words if word.strip())),
    )


def _editor(
    article: Article, errors: dict[str, str], *, key: int = 0, based_on: int = 0,
    case_id: int = 0,
) -> str:
    person = session.person()
    knowledge.permit(person)
    return render_template(
        "knowledge_edit.html", article=article, errors=errors, key=key, based_on=based_on,
        case_id=case_id, kinds=KINDS, techniques=TECHNIQUES, categories=_all_categories(),
        why=request.form.get("why", ""),
    )
