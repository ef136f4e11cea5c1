"""The files of a case: those that came with its mails, and those that people added."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, current_app, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from engine import attachments, history
from engine.errors import Invalid
from engine.wiring import Engine
from web import file_types, session
from web.session import SIGNED_IN, right, wants_fragment

pages = Blueprint("files", __name__, url_prefix="/cases/<key:case_id>/files")

_SANDBOX = "sandbox; default-src 'none'"


@pages.post("")
@right(SIGNED_IN)
def add(case_id: int) -> Answer | tuple[str, int]:
    """Add files to the case: all of them, or none and what is wrong with which."""
    person = session.person()
    allowed = current_app.config["SETTINGS"].file_types
    sent = [one for one in request.files.getlist("files") if one.filename]
    try:
        if not sent:
            raise Invalid(_("请先选择文件。"), "No file was chosen.")
        files = [file_types.checked(one.filename or "", one.read(), allowed) for one in sent]
    except Invalid as error:
        if not wants_fragment():
            raise
        return render_template("error_fragment.html", sentence=error.zh), 422
    with session.engine().unit(person.login) as unit:
        attachments.attach(unit, case_id, files)
    flash(_("已附上 %(n)s 个文件。", n=len(files)))
    return session.go_to(url_for("case.show", case_id=case_id))


@pages.get("/<key:file_key>")
@right(SIGNED_IN)
def download(case_id: int, file_key: int) -> Response:
    """Always to be saved, never shown in the page: it is what a stranger sent. That it was read
    goes into the history, since it may hold personal data."""
    engine = session.engine()
    with engine.unit(session.person().login) as unit:
        found = attachments.get(unit.conn, case_id, file_key)
        history.record(unit, case_id, "file.read", {"name": found.name, "key": str(found.key)})
    answer = Response(_parts(engine, file_key), mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["Content-Security-Policy"] = _SANDBOX
    answer.content_length = found.size
    return answer


def _parts(engine: Engine, file_key: int) -> Iterator[bytes]:
    with engine.read() as conn:
        yield from attachments.parts(conn, file_key)
