"""Errors as pages: one table from class to status, Chinese sentences, never a stack trace."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from engine.errors import (
    BihuanError,
    Conflict,
    DeploymentRefused,
    ExpressionFailed,
    Forbidden,
    Invalid,
    NotFound,
)
from web.session import SignedOut, Stale, wants_fragment

log = logging.getLogger(__name__)

STATUS: dict[type[BihuanError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    Invalid: 422,
    ExpressionFailed: 422,
    DeploymentRefused: 422,
    SignedOut: 401,
    Stale: 400,
}

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]
_ON_TOP = {"HX-Retarget": "[data-page-error]", "HX-Reswap": "outerHTML show:window:top"}
"""Where htmx puts an error that the asking element did not expect: nothing is overwritten."""


def status(error: BihuanError) -> int:
    """The HTTP status of an error, by the nearest class in ``STATUS``."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def install(app: Flask) -> None:
    app.register_error_handler(BihuanError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _broken)


def _refused(error: BihuanError) -> Answer:
    return _page(status(error), error.zh)


def _http(error: HTTPException) -> Answer:
    sentences = {
        400: _("请求不完整，服务器无法理解。"),
        404: _("没有这个页面：地址可能写错了，或者内容已被移走。"),
        405: _("此地址不接受这种操作。"),
        413: _("上传的内容太大，超过了上限；请减少或拆分后再试。"),
        415: _("不支持这种内容格式。"),
        429: _("尝试次数过多，请稍后再试。"),
    }
    code = error.code or 500
    return _page(code, sentences.get(code, _("请求没有完成。")))


def _broken(error: BaseException) -> Answer:
    """An error of ours: the log has all of it (Flask wrote it) under a number, the page only
    the number."""
    number = secrets.token_hex(4)
    log.error("error %s at %s %s", number, request.method, request.path)
    sentence = _("系统出错，操作没有完成，已保存的内容不受影响。请重试；")
    return _page(500, sentence + _("若仍不行，请把编号 %(number)s 告诉管理员。", number=number))


def _page(code: int, sentence: str) -> Answer:
    if wants_fragment():
        return render_template("error_fragment.html", sentence=sentence), code, _ON_TOP
    return render_template("error.html", code=code, sentence=sentence), code
