"""The Flask application, wired once; the command, the tests and gunicorn all call this."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from engine.wiring import Engine
from web import errors, gateway, language, session, static_files
from web.manifest import Manifest
from web.pages import BLUEPRINTS, display, markup
from web.settings import Settings

POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
    "font-src 'self' data:", "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
    "frame-ancestors 'none'",
))
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SESSION_LASTS = timedelta(hours=12)
LARGEST_FORM = 1024 * 1024


def create_app(settings: Settings, engine: Engine) -> Flask:
    """An application on this engine; it opens no connection before the first request and
    closes none of the engine's own (the caller does, with ``engine.close()``)."""
    app = Flask("web", static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="bihuan",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
        SESSION_REFRESH_EACH_REQUEST=False,  # web.session writes it once an hour
        MAX_CONTENT_LENGTH=settings.upload_limit_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        BABEL_DEFAULT_LOCALE="zh",
        BABEL_DEFAULT_TIMEZONE=settings.zone,
        SETTINGS=settings,
    )
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    language.install(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    manifest = Manifest(Path(str(app.static_folder)) / "build")
    app.jinja_env.globals["bundles"] = manifest.entries
    display.install(app, settings.zone)
    markup.install(app)
    static_files.install(app)
    session.install(app, engine)
    errors.install(app)
    app.url_map.converters["key"] = _Key
    for blueprint in (*BLUEPRINTS, gateway.pages):
        app.register_blueprint(blueprint)
    app.context_processor(lambda: {"server_time": datetime.now(UTC).isoformat(timespec="seconds")})
    app.after_request(_secure)
    return app


class _Key(IntegerConverter):
    """A key of the database in an address; what is beyond 64 bits is no address of ours."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


def _secure(response: Response) -> Response:
    response.headers.extend(HEADERS)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif request.path.startswith("/static/build/") and response.status_code == 200:
        # Names carry a hash of the content.
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
