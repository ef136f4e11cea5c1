"""Files of a case: listed on its page, saved and never shown, of that case only."""

from __future__ import annotations

from collections.abc import Callable

from engine import channels
from engine.wiring import Engine
from tests.web.conftest import Browser


def test_files_are_listed_and_downloaded(
    desk: Engine, browser_of: Callable[[str], Browser], open_case: Callable[..., int]
) -> None:
    case_id, other = open_case(), open_case(topic="资费")
    with desk.unit("mail") as unit:
        channels.attach(unit, case_id, [("现场<1>.html", "text/html", b"<script>x</script>")])
    with desk.read() as conn:
        [kept] = channels.attached(conn, case_id)
    browser = browser_of("li")
    for path in (f"/cases/{case_id}", f"/cases/{case_id}/aside"):
        page = browser.get(path)
        assert "附件 现场&lt;1&gt;.html 18 Bytes" in page.words
    assert "附件" not in browser.get(f"/cases/{other}").words
    got = browser.get(f"/cases/{case_id}/files/{kept.key}")
    assert (got.status, got.content) == (200, b"<script>x</script>")
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert browser.get(f"/cases/{other}/files/{kept.key}").status == 404
    assert browser_of("").get(f"/cases/{case_id}/files/{kept.key}").status == 302
