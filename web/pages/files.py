"""The files that came with a case's mails."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, send_file

from engine import channels
from web import session
from web.session import SIGNED_IN, right

pages = Blueprint("files", __name__, url_prefix="/cases/<key:case_id>/files")


@pages.get("/<key:file_key>")
@right(SIGNED_IN)
def download(case_id: int, file_key: int) -> Response:
    """Always to be saved, never shown in the page: it is what a stranger sent."""
    with session.engine().read() as conn:
        name, content = channels.content(conn, case_id, file_key)
    return send_file(
        BytesIO(content), mimetype="application/octet-stream", as_attachment=True,
        download_name=name,
    )
