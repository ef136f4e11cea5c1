"""Groups, units and accounts: what there is, a file of it to edit, and bringing one in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import groups, organisation, people
from engine.errors import Conflict, Invalid
from web import session
from web.session import right

pages = Blueprint("organisation", __name__, url_prefix="/organisation")

FILE = "organisation.json"


@dataclass(frozen=True, slots=True)
class _Row:
    group: groups.Group
    depth: int
    members: int
    lead: str


@pages.get("")
@right("admin")
def show() -> str:
    return _page()


@pages.get("/file")
@right("admin")
def download() -> Response:
    with session.engine().read() as conn:
        content = organisation.written(conn)
    response = make_response(content)
    response.headers["Content-Type"] = "application/json"
    response.headers.set("Content-Disposition", "attachment", filename=FILE)
    return response


@pages.post("/check")
@right("admin")
def check() -> str | tuple[str, int]:
    return _with_file(takes_effect=False)


@pages.post("")
@right("admin")
def load() -> str | tuple[str, int]:
    return _with_file(takes_effect=True)


@pages.post("/people/<login>/password")
@right("admin")
def set_password(login: str) -> Response | tuple[str, int]:
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _page(refused=_("%(login)s：两次输入的密码不一致。", login=login)), 422
    try:
        with session.engine().unit(session.person().login) as unit:
            people.set_password(unit, login, new)
    except Invalid as error:
        return _page(refused=f"{login}：{error.zh}"), 422
    return _told(_("%(login)s 的密码已设置，请本人登录后修改。", login=login))


@pages.post("/people/<login>/active")
@right("admin")
def set_active(login: str) -> Response:
    active = request.form.get("active") == "yes"
    if login == session.person().login:
        raise Conflict("不能停用自己的账号。", "One's own account cannot be disabled.")
    with session.engine().unit(session.person().login) as unit:
        people.set_active(unit, login, active)
    return _told(
        _("%(login)s 已启用。", login=login) if active
        else _("%(login)s 已停用，登录全部退出；其名下的任务由主管改派。", login=login)
    )


def _with_file(*, takes_effect: bool) -> str | tuple[str, int]:
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        return _page(refused=_("没有选择组织文件。")), 422
    content, name = uploaded.read(), uploaded.filename
    act = organisation.load if takes_effect else organisation.check
    try:
        with session.engine().unit(session.person().login) as unit:
            loaded = act(unit, content, name)
    except Invalid as error:
        return _page(refused=error.zh), 422
    return _page(loaded=loaded, took_effect=takes_effect)


def _told(sentence: str) -> Response:
    flash(sentence)
    return redirect(url_for("organisation.show"), 303)


def _page(**result: object) -> str:
    with session.engine().read() as conn:
        known = groups.all_(conn)
        leads = groups.leads(conn, known)
        accounts = people.list_(conn)
    names = {one.person.login: one.person.name for one in accounts}
    members: dict[str, int] = {}
    for one in accounts:
        for group in one.person.groups if one.active else ():
            members[group] = members.get(group, 0) + 1
    rows = [
        _Row(group, depth, members.get(group.id, 0), names.get(leads.get(group.id, ""), ""))
        for group, depth in _tree(known)
    ]
    return render_template(
        "organisation.html", rows=rows, accounts=accounts,
        names={key: one.name for key, one in known.items()}, **result,
    )


def _tree(known: dict[str, groups.Group]) -> list[tuple[groups.Group, int]]:
    """Units first, each with what is part of it below it; then the groups that are no units."""
    below: dict[str | None, list[groups.Group]] = {}
    for one in known.values():
        if one.kind:
            below.setdefault(one.parent if one.parent in known else None, []).append(one)
    found: list[tuple[groups.Group, int]] = []

    def put(parent: str | None, depth: int) -> None:
        for one in below.get(parent, []):
            found.append((one, depth))
            put(one.id, depth + 1)

    put(None, 0)
    return found + [(one, 0) for one in known.values() if not one.kind]
