"""XML from strangers: what is taken, what is refused, and how fast."""

from __future__ import annotations

import pytest

from engine.errors import Invalid
from engine.xml import line_of, local_name, namespace, parse_xml

LAUGHS = "<!DOCTYPE l [<!ENTITY a '" + "ha" * 10 + "'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
) + "]><l>&j;</l>"  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030", "utf-16"])
def test_encodings_that_the_file_declares(encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?>\n<a>\n<网络 名称='断网'/></a>"
    root = parse_xml(text.encode(encoding), "x.bpmn")

    assert local_name(root[0]) == "网络"
    assert root[0].get("名称") == "断网"
    assert line_of(root[0]) == 3


def test_comments_and_instructions_are_dropped() -> None:
    root = parse_xml(b"<?pi x?><!-- c --><a xmlns='urn:n'><!-- c --><b/><?pi y?></a>", "x")

    assert [local_name(child) for child in root] == ["b"]
    assert namespace(root) == "urn:n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"  \n ", "空的"),
        (b"\x00\x01", "不是正确的 XML"),
        (b"<a", "不是正确的 XML"),
        (b"<a/><b/>", "不是正确的 XML"),
        (b"<a x='1' x='2'/>", "不是正确的 XML"),
        (b"<a>\n<b>\n</a>", "第 3 行"),
        (b"<?xml version='1.0' encoding='nonsense'?><a/>", "不是正确的 XML"),
        (b"<a>" * 300 + b"</a>" * 300, "不是正确的 XML"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        (b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'><a/>", "DOCTYPE"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "DOCTYPE"),
        (b"<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/passwd'>%p;]><a/>", "DOCTYPE"),
    ],
)
def test_what_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_xml(content, "坏.bpmn")
    assert words in caught.value.zh
    assert "坏.bpmn" in caught.value.zh
    assert caught.value.details["file"] == "坏.bpmn"


def test_a_bomb_does_not_explode() -> None:
    with pytest.raises(Invalid):
        parse_xml(LAUGHS.encode(), "x")


def test_the_limit_is_the_callers() -> None:
    content = b"<a>" + b"x" * 1000 + b"</a>"

    assert parse_xml(content, "x").text == "x" * 1000
    with pytest.raises(Invalid, match="limit"):
        parse_xml(content, "x", limit=1000)
    with pytest.raises(Invalid, match="10 MB"):
        parse_xml(b" " * (50 << 20), "x")
