"""TextThema's website: one page and a JSON API over one model in memory; nothing is stored."""

from __future__ import annotations

import logging
from pathlib import Path

from apiflask import APIFlask
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from textthema import __version__
from website.admission import Admission
from website.api import add_problem_schema, api
from website.early import RefuseEarly
from website.headers import send_security_headers
from website.health import health
from website.limits import limiter
from website.metrics import count_requests
from website.pages import pages
from website.problems import answer_with_problems
from website.reader import LocalModel, Model, Reader
from website.serialising import JsonRequest, OrjsonProvider
from website.settings import MAX_BYTES, Settings

__all__ = ["create_app"]


def create_app(settings: Settings | None = None, model: Model | None = None) -> APIFlask:
    """Build the website.

    Args:
        settings: Read from the environment by default.
        model: What reads a text; by default the model that the settings name, loaded in the background.

    Returns:
        A WSGI app.

    Raises:
        InputError: The environment holds a setting that can't be.
    """
    settings = settings or Settings.from_environment()
    app = APIFlask(
        __name__,
        title="TextThema",
        version=__version__,
        spec_path="/api/openapi.json",
        docs_path=None,
        json_errors=False,
    )
    app.json = OrjsonProvider(app)
    app.request_class = JsonRequest
    app.spec_processor(add_problem_schema)
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BYTES,
        RATELIMIT_STORAGE_URI=settings.limiter_storage,
        RATELIMIT_ENABLED=bool(settings.rate_limit),
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        DESCRIPTION="Themes, hashtags, nuances, intents and relations of a text. Texts are not stored.",
    )
    reader = Reader(lambda: model or LocalModel(settings.model), Admission(settings.running, settings.waiting))
    app.extensions |= {"settings": settings, "reader": reader}
    _assemble(app)
    app.wsgi_app = RefuseEarly(app.wsgi_app, reader.admission)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0)
    reader.start()
    return app


def _assemble(app: APIFlask) -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    count_requests(app)
    send_security_headers(app)
    answer_with_problems(app)
    limiter.init_app(app)
    for blueprint in (pages, api, health):
        app.register_blueprint(blueprint)
    _help_templates(app)


def _help_templates(app: Flask) -> None:
    static = Path(app.static_folder)

    @app.template_global()
    def static_address(name: str) -> str:
        # The file's age in its address: browsers may keep it for ever, and still take the next one at once.
        return f"/static/{name}?{(static / name).stat().st_mtime_ns:x}"

    @app.template_filter()
    def percent(share: float) -> str:
        return f"{100 * share:.0f}"

    @app.template_filter()
    def words(label: str) -> str:
        return label.replace("-", " ").replace("_", " ")
