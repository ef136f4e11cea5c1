"""XML from strangers: what is taken, what is refused, and how fast."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.xml import line_of, local_name, namespace, parse_xml

DIAGRAM = Path(__file__).parents[3] / "processes" / "complaint" / "reply.bpmn"
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


HEAD = b"<?xml version='1.0' encoding='UTF-8'?>\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<a>\n <b>\n </a>", "第 4 行不是正确的 XML（第 6 列）：开始标签 <b>（第 3 行）与"),
        (b"<a>\n <b></b>\n", "标签 <a>（第 2 行）没有结束"),
        (b"<a x=1/>", "属性值没有加引号"),
        (b"<a x='1></a>", "前面一个属性少了引号"),
        (b"<a x='1' x='2'/>", "属性 x 写了两次"),
        (b"<a x/>", "属性 x 没有值"),
        (b"<a>1 < 2</a>", "< 要写成 &lt;"),
        (b"<a>R & D</a>", "& 要写成 &amp;"),
        (b"<a>x&nbsp;y</a>", "不认识转义 &nbsp;"),
        (b"<a/>\n<b/>", "一个文件只有一个最外层标签"),
        (b"<a>\x01</a>", "控制字符"),
        ("<a>投诉</a>".encode("gbk"), "另存为 UTF-8 编码"),
        (b"<a><zeebe:task/></a>", "前缀 zeebe 没有声明"),
        (b"<a><!-- x </a>", "注释没有用 --> 结束"),
        (b"<a><b x='1", "引号没有配对"),
        (b"<a" + b"><a" * 300 + b">", "嵌套太深"),
    ],
)
def test_faults_are_told_in_chinese_with_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_xml(HEAD + content, "坏.bpmn")
    assert words in caught.value.zh
    sentence = caught.value.zh.partition("列）：")[2]
    assert sentence
    assert not re.search(r"expected|mismatch|invalid|Premature|not ", sentence), "no English"
    assert "well-formed" in caught.value.en


@pytest.mark.parametrize("content", [b"{\"id\": 1}", b"PK\x03\x04", b"hello"])
def test_what_is_another_kind_of_file(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"Start tag expected|empty") as caught:
        parse_xml(content, "坏.bpmn")
    assert "请确认选对了文件" in caught.value.zh


@given(st.integers(0, 3000), st.sampled_from([b"", b"<", b"&", b"\"", b"\x00", b"</x>"]))
def test_a_damaged_diagram_is_told_in_chinese(at: int, put: bytes) -> None:
    whole = DIAGRAM.read_bytes()
    place = at * len(whole) // 3000
    try:
        parse_xml(whole[:place] + put + whole[place + 7:], "坏.bpmn")
    except Invalid as error:
        told = error.zh
    else:
        return
    assert told.startswith("文件 坏.bpmn")
    assert not re.search(r"expected|mismatch|Premature|xmlParse", told)
