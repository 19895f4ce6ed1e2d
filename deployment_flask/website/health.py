"""What hosts ask: is the process alive, can it read a text, what has it counted?"""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, request

from website.metrics import exposition

health = Blueprint("health", __name__)


@health.get("/livez")
def livez() -> Response:
    """Answer as long as the process can."""
    return Response("alive\n", mimetype="text/plain")


@health.get("/readyz")
def readyz() -> Response:
    """Let the model read a sentence."""
    current_app.extensions["reader"].probe()
    return Response("ready\n", mimetype="text/plain")


@health.get("/metrics")
def metrics() -> Response:
    """Give the counts of all workers to who asks the site itself; the public comes through a proxy."""
    if "X-Forwarded-For" in request.headers:
        abort(404)
    return exposition()
