"""Which files may be uploaded: by the ending of the name and by what the first bytes say it is.

A name's ending alone proves nothing: the content has to be of that type, and the media type that
is kept is the one of this table, never what a browser said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from engine.errors import Invalid

LONGEST_NAME = 120

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_TEXTS = ("utf-8", "gb18030")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class FileType:
    media_type: str
    genuine: Callable[[bytes], bool]


def checked(name: str, content: bytes, allowed: Collection[str]) -> tuple[str, str, bytes]:
    """Name without folders and signs that nobody sees, media type, content. Invalid for a type
    that is not in ``allowed`` (endings), for content of another type, for an empty file."""
    plain = bare_name(name)
    ending = plain.rpartition(".")[2].lower() if "." in plain else ""
    found = TYPES.get(ending)
    if found is None or ending not in allowed:
        raise Invalid(
            f"“{plain}”：不能上传这种文件。可以上传：{'、'.join(allowed)}。",
            f"“{plain}” is of a type that is not taken; taken are {', '.join(allowed)}.",
        )
    if not content:
        raise Invalid(f"“{plain}”是空文件。", f"“{plain}” is empty.")
    if not found.genuine(content):
        raise Invalid(
            f"“{plain}”的内容不是 {ending} 文件，请用原始文件，不要改名或另存。",
            f"The content of “{plain}” is no {ending} file.",
        )
    return plain, found.media_type, content


def bare_name(name: str) -> str:
    """The name without folders, control signs and direction marks, not too long."""
    plain = _CONTROLS.sub("", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > LONGEST_NAME and dot and len(ending) < 10:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return plain[:LONGEST_NAME] or "文件"


def accepted(ending: str, accept: str) -> bool:
    """Whether a form's ``accept`` (``.jpg,image/*,application/pdf``; empty: everything) takes
    files of this ending."""
    wanted = [one.strip().lower() for one in accept.split(",") if one.strip()]
    found = TYPES.get(ending)
    media_type = found.media_type if found else ""
    general = media_type.partition("/")[0] + "/*"
    return not wanted or not {f".{ending}", media_type, general}.isdisjoint(wanted)


def _starts(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signs)


def _at(offset: int, *signs: bytes) -> Callable[[bytes], bool]:
    return lambda content: content[offset:offset + 16].startswith(signs)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda content: content[:4] == b"RIFF" and content[8:12] == kind


def _mpeg_audio(content: bytes) -> bool:
    return content[:3] == b"ID3" or (content[0] == 0xFF and content[1:2] >= b"\xe0")


def _text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    return any(_decodes(content, one) for one in _TEXTS)


def _decodes(content: bytes, charset: str) -> bool:
    try:
        content.decode(charset)
    except UnicodeDecodeError:
        return False
    return True


def _office(folder: str) -> Callable[[bytes], bool]:
    """An Office Open XML file of this part, without macros."""

    def genuine(content: bytes) -> bool:
        try:
            with ZipFile(BytesIO(content)) as packed:
                names = packed.namelist()
        except (BadZipFile, ValueError, NotImplementedError):
            return False
        macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        inside = any(name.startswith(f"{folder}/") for name in names)
        return "[Content_Types].xml" in names and inside and not macros

    return genuine


_JPEG = FileType("image/jpeg", _starts(b"\xff\xd8\xff"))
_HEIC = FileType("image/heic", _at(4, b"ftyphei", b"ftypmif1", b"ftyphev", b"ftypmsf1"))
_OFFICE = "application/vnd.openxmlformats-officedocument."

TYPES: dict[str, FileType] = {
    "jpg": _JPEG, "jpeg": _JPEG,
    "png": FileType("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "gif": FileType("image/gif", _starts(b"GIF87a", b"GIF89a")),
    "webp": FileType("image/webp", _riff(b"WEBP")),
    "bmp": FileType("image/bmp", _starts(b"BM")),
    "heic": _HEIC, "heif": _HEIC,
    "pdf": FileType("application/pdf", lambda content: b"%PDF-" in content[:1024]),
    "txt": FileType("text/plain", _text),
    "csv": FileType("text/csv", _text),
    "doc": FileType("application/msword", _starts(_OLE)),
    "xls": FileType("application/vnd.ms-excel", _starts(_OLE)),
    "docx": FileType(_OFFICE + "wordprocessingml.document", _office("word")),
    "xlsx": FileType(_OFFICE + "spreadsheetml.sheet", _office("xl")),
    "mp3": FileType("audio/mpeg", _mpeg_audio),
    "wav": FileType("audio/wav", _riff(b"WAVE")),
    "amr": FileType("audio/amr", _starts(b"#!AMR")),
    "m4a": FileType("audio/mp4", _at(4, b"ftyp")),
    "mp4": FileType("video/mp4", _at(4, b"ftyp")),
    "mov": FileType("video/quicktime", _at(4, b"ftyp", b"moov", b"mdat", b"wide")),
}
"""Ending → what it is. ``BIHUAN_FILE_TYPES`` chooses among these."""

USUAL_FILE_TYPES = tuple(TYPES)
