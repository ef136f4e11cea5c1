"""Texts that form authors write, as safe HTML: Markdown of text components, HTML of html ones."""

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

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(
    ["table", "strikethrough"]
)


def install(app: Flask) -> None:
    """Add the filters ``markdown`` and ``safe_html`` to the templates of ``app``."""
    app.jinja_env.filters["markdown"] = markdown
    app.jinja_env.filters["safe_html"] = safe_html


def markdown(text: str) -> Markup:
    return safe_html(_markdown.render(text))


def safe_html(text: str) -> Markup:
    """Only tags and attributes that can neither run nor load anything."""
    clean = nh3.clean(text, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https",
                      "mailto", "tel"}, link_rel="noopener noreferrer")
    return Markup(clean)
