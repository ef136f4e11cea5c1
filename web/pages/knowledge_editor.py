"""Where articles of the knowledge base are written and changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from engine import cases, categories, definitions, knowledge
from engine.articles import KINDS, TECHNIQUES, Article
from engine.errors import Conflict, Invalid
from web import session
from web.pages.knowledge import codes
from web.session import SIGNED_IN, right

pages = Blueprint("knowledge_editor", __name__)

_SPECIAL = """## 情况

（客户要什么、为什么特殊；不写姓名和号码）

## 怎么处理的

## 结果

## 下次注意
"""


@pages.get("/knowledge/new")
@right(SIGNED_IN)
def new() -> str:
    case_id = request.args.get("case", 0, type=int)
    article = Article("", "script", "", (), (), (), "", "")
    if case_id:
        with session.engine().read() as conn:
            known = codes(cases.view(conn, case_id))
        article = Article("", "special", "", tuple(known[-1:]), (), (), "", _SPECIAL)
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
