"""What people are told of a JSON file that they wrote wrongly."""

from __future__ import annotations

import json

import pytest

from engine import catalogue
from engine.calendar import check as check_calendar
from engine.cases import check as check_kind
from engine.json_file import fault
from engine.model import Finding


@pytest.mark.parametrize(("text", "said"), [
    ('{"a": 1,}', "第 1 行第 9 列：这里应是带双引号的键，或多了一个逗号"),
    ('{"a": 1\n "b": 2}', "第 2 行第 2 列：前后两项之间缺少逗号"),
    ('{"a" 1}', "键的后面缺少冒号"),
    ('{"a": 工作}', "这里应是一个值"),
    ('{"a": 1}}', "还有多余的内容"),
    ('{"a": "b}', "文字缺少结束的双引号"),
    ('{"a": "b\nc"}', "文字里有换行或制表符"),
    ('{"a": "C:\\数据"}', "反斜杠后面的字符不对"),
])
def test_a_fault_is_told_in_chinese_with_its_place(text: str, said: str) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    zh, en = fault(caught.value)
    assert said in zh
    assert "not JSON" in en


def told(name: str, content: bytes) -> list[Finding]:
    if name.endswith(".calendar.json"):
        return check_calendar(content, name)
    if name.endswith(".catalogue.json"):
        return catalogue.check(content, name)
    return check_kind(content, name, {})


@pytest.mark.parametrize("name", ["x.calendar.json", "x.catalogue.json", "x.case.json"])
@pytest.mark.parametrize(("content", "said"), [
    (b'{"name": "a", "name": "b"}', "name：这个键写了两次"),
    ("{\"name\": \"表\"}".encode("gb18030"), "请另存为 UTF-8"),
    (b"[" * 100_000, "嵌套太深"),
    (b"[]", "应当是一个对象"),
    (b"null", "应当是一个对象"),
    (b'{"name": "a",', "第 1 行第 14 列"),
    (b'{"name": ' + b"9" * 5_000 + b"}", "数字太长"),
])
def test_every_kind_of_file_is_read_as_strictly(name: str, content: bytes, said: str) -> None:
    found = told(name, content)
    assert any(said in one.zh for one in found), [one.zh for one in found]
    assert all(one.severity == "error" and one.file == name for one in found)
