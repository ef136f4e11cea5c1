"""One's own account: who one is, and a new password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import groups, people
from engine.errors import Invalid
from web import session
from web.session import SIGNED_IN, right

pages = Blueprint("account", __name__, url_prefix="/account")


@pages.get("")
@right(SIGNED_IN)
def show() -> str:
    return _show({})


@pages.post("/password")
@right(SIGNED_IN)
def change_password() -> Response | tuple[str, int]:
    person = session.person()
    new = request.form.get("new", "")
    problems: dict[str, str] = {}
    if new != request.form.get("again", ""):
        problems["again"] = _("两次输入的新密码不一致。")
    with session.engine().unit(person.login) as unit:
        if people.authenticate(unit.conn, person.login, request.form.get("old", "")) is None:
            problems["old"] = _("原密码不正确。")
        if not problems:
            try:
                people.set_password(unit, person.login, new)
            except Invalid as error:
                problems["new"] = error.zh
        epoch = people.epoch(unit.conn, person.login)
    if problems:
        return _show(problems), 422
    session.sign_in(person, epoch)
    flash(_("密码已修改；在其它地方的登录已全部退出。"))
    return redirect(url_for("account.show"), 303)


def _show(problems: dict[str, str]) -> str:
    with session.engine().read() as conn:
        names = groups.names(conn)
    mine = [names.get(group, group) for group in sorted(session.person().groups)]
    return render_template("account.html", groups=mine, problems=problems)
