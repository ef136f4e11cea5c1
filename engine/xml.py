"""Reading XML that strangers wrote: no DTD, no entities, no network, and a size limit."""

from __future__ import annotations

from lxml import etree

from engine.errors import Invalid
from engine.xml_faults import told

LIMIT = 10 * 1024 * 1024
"""Bytes a file may have unless the caller says otherwise."""


def parse_xml(
    content: bytes, filename: str, *, limit: int = LIMIT, comments: bool = False
) -> etree._Element:
    """Return the root element of ``content``; lines of elements are in ``.sourceline``.

    Comments (unless ``comments``) and processing instructions are dropped. Raises ``Invalid``
    (``details``: ``file`` and, where known, ``line``) when the file is empty, larger than
    ``limit`` bytes, not well-formed, or carries a document type declaration."""
    if len(content) > limit:
        size, most = f"{len(content) / 1048576:.1f} MB", f"{limit / 1048576:g} MB"
        raise Invalid(
            f"文件 {filename} 有 {size}，超过上限 {most}。",
            f"File {filename} has {size}; the limit is {most}.",
            file=filename,
            limit=limit,
        )
    if not content.strip():
        raise Invalid(f"文件 {filename} 是空的。", f"File {filename} is empty.", file=filename)
    try:
        root = etree.fromstring(content, _parser(comments))
    except etree.XMLSyntaxError as error:
        raise _not_xml(filename, error) from None
    except ValueError as error:
        raise Invalid(
            f"文件 {filename} 不是 XML，或编码读不出来；请另存为 UTF-8 编码的 XML。",
            f"File {filename} is not XML: {error}",
            file=filename,
        ) from None
    _refuse_doctype(root, filename)
    return root


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(etree.QName(element).localname)


def namespace(element: etree._Element) -> str:
    """The element's namespace, empty when it has none."""
    return etree.QName(element).namespace or ""


def line_of(element: etree._Element) -> int:
    """The line of the file where the element begins, 0 if not known."""
    return int(getattr(element, "sourceline", 0) or 0)


def _parser(comments: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=not comments,
        remove_pis=True,
    )


def _refuse_doctype(root: etree._Element, filename: str) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise Invalid(
            f"文件 {filename} 含有文档类型声明（DOCTYPE），出于安全原因不接受；请删除这一行。",
            f"File {filename} declares a document type (DOCTYPE), which is refused for safety; "
            "delete that line.",
            file=filename,
            line=1,
        )


def _not_xml(filename: str, error: etree.XMLSyntaxError) -> Invalid:
    line, column = error.position
    line = line or 1
    code = getattr(error, "code", 0)
    return Invalid(
        f"文件 {filename} 第 {line} 行不是正确的 XML（第 {column} 列）："
        f"{told(code, error.msg or '')}",
        f"File {filename}, line {line}: not well-formed XML: {error.msg}",
        file=filename,
        line=line,
    )
