"""Files of articles: read with their lines, refused with what is wrong, whatever stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import articles
from engine.articles import Article
from engine.errors import Invalid

GOOD = """---
# a remark
title: 客户要求双倍返还
kind: script
categories: vas.refund, billing.deduction
keywords: 双倍返还、加倍，退费
techniques: 破唱片机、问题
caution: 时间: 今天
---

## 说

- 说：“好。”
"""


def test_an_article_is_read() -> None:
    assert articles.parse(GOOD.encode(), "double-refund.article.md") == Article(
        "客户要求双倍返还", "script", "", ("vas.refund", "billing.deduction"),
        ("双倍返还", "加倍", "退费"), ("破唱片机", "问题"), "时间: 今天", "## 说\n\n- 说：“好。”",
    )
    with_mark = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert articles.parse(with_mark, "a.article.md").text == "## 说\n\n- 说：“好。”"


def test_what_json_keeps_comes_back() -> None:
    article = articles.parse(GOOD.encode(), "a.article.md")
    assert Article.from_json(article.as_json()) == article


@pytest.mark.parametrize(("before", "after", "line", "said"), [
    ("---\n# a", "# a", 1, "第一行"),
    ("title: 客户要求双倍返还\n", "", 1, "请填写标题"),
    ("kind: script", "kind: poem", 4, "类型"),
    ("kind: script", "kind: script\nkind: guide", 5, "写了两次"),
    ("kind: script", "kind: script\ntext: x", 5, "不是文件头的一行"),
    ("破唱片机、问题", "破唱机", 7, "可用：破唱片机"),
    ("vas.refund,", "增值业务,", 5, "不是分类的代码"),
    ("\n---\n\n", "\n\n", 12, "缺少结束文件头"),
    ("## 说\n\n- 说：“好。”\n", "", 10, "请填写正文"),
])
def test_what_is_wrong_is_said_with_its_line(
    before: str, after: str, line: int, said: str
) -> None:
    assert before in GOOD
    found = articles.check(GOOD.replace(before, after, 1).encode(), "a.article.md")
    assert [(one.line, one.severity) for one in found if said in one.zh] == [(line, "error")]
    with pytest.raises(Invalid):
        articles.parse(GOOD.replace(before, after, 1).encode(), "a.article.md")


def test_names_and_encodings_are_checked() -> None:
    assert "小写字母" in articles.check(GOOD.encode(), "双倍.article.md")[0].zh
    assert "UTF-8" in articles.check(GOOD.encode("gbk"), "a.article.md")[0].zh
    assert "NUL" in articles.check(GOOD.encode() + b"\x00", "a.article.md")[0].zh


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.lists(
    st.sampled_from([*GOOD.splitlines(), "---", "x", "title:", ": y", "\x00", "，，"])
).map(lambda lines: "\n".join(lines).encode()))
def test_any_file_is_an_article_or_has_findings(content: bytes) -> None:
    if articles.check(content, "a.article.md"):
        with pytest.raises(Invalid):
            articles.parse(content, "a.article.md")
    else:
        assert articles.parse(content, "a.article.md").text.strip()
