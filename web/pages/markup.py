"""Texts that authors of forms and articles write, as safe HTML: Markdown, HTML of html
components."""

from __future__ import annotations

import nh3
from flask import Flask
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {
    "a", "b", "br", "blockquote", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub",
    "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}
_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}

_PHRASES = (("说：", "phrase-say"), ("不说：", "phrase-avoid"))

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(
    ["table", "strikethrough"]
)


def install(app: Flask) -> None:
    """Add the filters ``markdown``, ``article`` and ``safe_html`` to the templates of ``app``."""
    app.jinja_env.filters["markdown"] = markdown
    app.jinja_env.filters["safe_html"] = safe_html
    app.jinja_env.filters["article"] = article


def markdown(text: str) -> Markup:
    return safe_html(_markdown.render(text))


def article(text: str) -> Markup:
    """Markdown of an article: headings begin at the third level, below the page's own; items
    that begin with 说： or 不说： are marked as phrases to use and to avoid."""
    tokens = _markdown.parse(text)
    for index, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        if token.type == "list_item_open":
            said = next((one.content for one in tokens[index:] if one.type == "inline"), "")
            for name in (name for beginning, name in _PHRASES if said.startswith(beginning)):
                token.attrSet("class", name)
    return safe_html(_markdown.renderer.render(tokens, _markdown.options, {}))


def safe_html(text: str) -> Markup:
    """Only tags and attributes that can neither run nor load anything."""
    clean = nh3.clean(
        text, tags=_TAGS, attributes=_ATTRIBUTES, link_rel="noopener noreferrer",
        url_schemes={"http", "https", "mailto", "tel"},
        allowed_classes={"li": {name for _, name in _PHRASES}},
    )
    return Markup(clean)
