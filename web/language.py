"""The language of the pages. Chinese is the language of the sources: its texts need no
catalogue and are not looked up. Another language comes as a Flask-Babel catalogue."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask
from flask_babel import Babel
from markupsafe import Markup


def install(app: Flask) -> None:
    """Give the templates of ``app`` the function ``_``."""
    Babel(app)
    app.jinja_env.globals["_"] = text


def text(source: str, **values: object) -> Markup:
    """The text with ``%(name)s`` filled in; what is filled in is escaped."""
    plain = _marked(source)
    return plain % values if values else plain


@lru_cache(maxsize=2000)
def _marked(source: str) -> Markup:
    return Markup(source)
