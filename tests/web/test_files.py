"""Files of a case: listed on its page, saved and never shown, of that case only."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

from engine import attachments, history
from engine.cases import linking
from engine.wiring import Engine
from tests.web.conftest import Browser


PNG = b"\x89PNG\r\n\x1a\n"


def test_files_are_listed_and_downloaded(
    desk: Engine, browser_of: Callable[[str], Browser], open_case: Callable[..., int]
) -> None:
    case_id, other = open_case(), open_case(topic="资费")
    with desk.unit("mail") as unit:
        attachments.attach(unit, case_id, [("现场<1>.html", "text/html", b"<script>x</script>")])
    with desk.read() as conn:
        [kept] = attachments.attached(conn, case_id)
    browser = browser_of("li")
    for path in (f"/cases/{case_id}", f"/cases/{case_id}/aside"):
        page = browser.get(path)
        assert "附件 现场&lt;1&gt;.html 18 Bytes" in page.words
    assert "现场" not in browser.get(f"/cases/{other}").words
    got = browser.get(f"/cases/{case_id}/files/{kept.key}")
    assert (got.status, got.content) == (200, b"<script>x</script>")
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    with desk.read() as conn:
        told = [one.text for one in history.timeline(conn, case_id)]
    assert "下载了附件“现场<1>.html”" in told
    assert browser.get(f"/cases/{other}/files/{kept.key}").status == 404
    assert browser_of("").get(f"/cases/{case_id}/files/{kept.key}").status == 302


def test_files_are_added_on_the_page_of_the_case(
    desk: Engine, browser_of: Callable[[str], Browser], open_case: Callable[..., int]
) -> None:
    case_id, browser = open_case(), browser_of("li")
    long = PNG + b"x" * (400 * 1024)
    sent = {"files": [(BytesIO(long), "机房/门头.png"), (BytesIO("说明".encode()), "说明.txt")]}
    assert browser.post(f"/cases/{case_id}/files", sent).location == f"/cases/{case_id}"
    page = browser.get(f"/cases/{case_id}")
    assert "已附上 2 个文件" in page.words
    assert "附上文件“门头.png”" in page.words
    [link] = re.findall(r'href="([^"]+)">门头.png<', page.text)
    assert browser.get(link).content == long


def test_what_is_not_what_its_name_says_is_refused(
    desk: Engine, browser_of: Callable[[str], Browser], open_case: Callable[..., int]
) -> None:
    case_id, browser = open_case(), browser_of("li")
    for name, content, why in (
        ("a.exe", b"MZ", "不能上传这种文件"), ("a.png", b"<svg>", "内容不是 png 文件"),
        ("a.html", b"<p>", "不能上传这种文件"), ("a.txt", b"a\0b", "内容不是 txt 文件"),
        ("a.pdf", b"", "是空文件"), ("a.docx", b"PK\3\4", "内容不是 docx 文件"),
    ):
        good = (BytesIO(PNG), "good.png")
        answer = browser.post(
            f"/cases/{case_id}/files", {"files": [good, (BytesIO(content), name)]}
        )
        assert answer.status == 422
        assert why in answer.words
    assert browser.post(f"/cases/{case_id}/files", {}).status == 422
    with desk.read() as conn:
        assert attachments.attached(conn, case_id) == []
    assert browser.post("/cases/1/files", {"files": (BytesIO(PNG), "a.png")}).status == 404


def test_files_of_what_it_was_registered_from_are_there_too(
    desk: Engine, browser_of: Callable[[str], Browser], open_case: Callable[..., int]
) -> None:
    letter, case_id, other = open_case(), open_case(topic="资费"), open_case(topic="资费")
    with desk.unit("li") as unit:
        attachments.attach(unit, letter, [("来函.png", "image/png", PNG)])
        linking.link(unit, case_id, letter, "related", "来件")
    browser = browser_of("li")
    page = browser.get(f"/cases/{case_id}")
    assert re.search(r"来函.png 8 Bytes · 今天 [\d:]+ · 李四 · 随关联的案件", page.words)
    [link] = re.findall(r'href="([^"]+)">来函.png<', page.text)
    assert browser.get(link).content == PNG
    assert "来函.png" in browser.get(f"/cases/{case_id}/aside").words
    assert "来函.png" not in browser.get(f"/cases/{other}").words
