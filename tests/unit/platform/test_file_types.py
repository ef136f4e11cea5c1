"""Which files are taken: by what they are, not by what they are called."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest

from engine.errors import Invalid
from web.file_types import LONGEST_NAME, TYPES, accepted, bare_name, checked


def office(*names: str) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as made:
        for name in ("[Content_Types].xml", *names):
            made.writestr(name, "x")
    return packed.getvalue()


GOOD = {
    "a.JPG": b"\xff\xd8\xff\xe1x", "a.png": b"\x89PNG\r\n\x1a\nx", "a.gif": b"GIF89a",
    "a.webp": b"RIFF\0\0\0\0WEBPVP8", "a.bmp": b"BMx", "a.heic": b"\0\0\0\x18ftypheic",
    "a.pdf": b"%PDF-1.7", "a.txt": "说明".encode("gb18030"), "a.csv": "甲,乙".encode(),
    "a.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "a.docx": office("word/document.xml"), "a.xlsx": office("xl/workbook.xml"),
    "a.mp3": b"ID3\3", "b.mp3": b"\xff\xfbx", "a.wav": b"RIFF\0\0\0\0WAVE", "a.amr": b"#!AMR\n",
    "a.m4a": b"\0\0\0\x18ftypM4A ", "a.mp4": b"\0\0\0\x18ftypisom", "a.mov": b"\0\0\0\x14ftypqt  ",
}
BAD = {
    "a.jpg": b"<script>", "a.png": b"GIF89a", "a.pdf": b"PK\3\4", "a.txt": b"a\0b",
    "a.docx": office("xl/workbook.xml"), "a.xlsx": office("xl/workbook.xml", "xl/vbaProject.bin"),
    "b.docx": b"PK\3\4broken", "a.mp3": b"MZ", "a.heic": b"\0\0\0\x18ftypisom", "a.gif": b"",
    "a.exe": b"MZ", "a": b"x", "a.svg": b"<svg/>", "a.html": b"<p>", "jpg": b"\xff\xd8\xff",
}


@pytest.mark.parametrize(("name", "content"), GOOD.items())
def test_what_is_what_it_is_called_is_taken(name: str, content: bytes) -> None:
    assert checked(name, content, TYPES)[0] == name


@pytest.mark.parametrize(("name", "content"), BAD.items())
def test_what_is_something_else_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        checked(name, content, TYPES)
    assert name in refused.value.zh


def test_what_the_settings_leave_out_is_refused() -> None:
    with pytest.raises(Invalid, match="taken are pdf"):
        checked("a.png", GOOD["a.png"], ["pdf"])


@pytest.mark.parametrize(("said", "name"), [
    ("C:\\照片\\门头.jpg", "门头.jpg"), ("../../etc/passwd", "passwd"), ("a\r\nb.txt", "ab.txt"),
    ("gpj.\u202eexe.jpg", "gpj.exe.jpg"), ("", "文件"), ("..", "文件"),
])
def test_names_are_names_only(said: str, name: str) -> None:
    assert bare_name(said) == name


def test_a_long_name_keeps_its_ending() -> None:
    name = bare_name("长" * 500 + ".pdf")
    assert (len(name), name[-5:]) == (LONGEST_NAME, "长.pdf")


@pytest.mark.parametrize(("accept", "ending", "taken"), [
    ("", "mp3", True), ("image/*", "jpg", True), ("image/*", "pdf", False),
    (".pdf, image/*", "pdf", True), ("application/pdf", "pdf", True), (".PDF", "pdf", True),
    ("image/*", "xyz", False),
])
def test_what_a_field_takes(accept: str, ending: str, taken: bool) -> None:
    assert accepted(ending, accept) is taken
