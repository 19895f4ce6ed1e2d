"""The quick refusal: while the line is full, an API request is turned away before anything else is done for it.

Refusing costs time too, and under ten times the load nine in ten requests are refused. Flask, and reading their bodies,
would take that time from the texts that were admitted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import orjson

from website.admission import RETRY_SECONDS, Admission
from website.headers import HEADERS
from website.metrics import REFUSED, REQUESTS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATHS = ("/api/v1/analyze", "/api/v1/classify")
_BODY = orjson.dumps(
    {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Every place is taken. Try again in a moment.",
    }
)


class RefuseEarly:
    """Stands in front of an app and answers 429 while its line is full.

    Args:
        app: The app.
        admission: Its line.
    """

    def __init__(self, app: WSGIApplication, admission: Admission) -> None:
        self._app = app
        self._admission = admission
        self._refused = REFUSED.labels("early")
        self._answered = {path: REQUESTS.labels(path, 429) for path in PATHS}
        self._headers = [
            ("Content-Type", "application/problem+json"),
            ("Content-Length", str(len(_BODY))),
            ("Retry-After", str(RETRY_SECONDS)),
            *HEADERS.items(),
        ]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if self._admission.full and environ["PATH_INFO"] in PATHS and environ["REQUEST_METHOD"] == "POST":
            self._refused.inc()
            self._answered[environ["PATH_INFO"]].inc()
            start_response("429 Too Many Requests", self._headers)
            return [_BODY]
        return self._app(environ, start_response)
