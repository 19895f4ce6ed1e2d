"""How much one client may ask for."""

from __future__ import annotations

from flask import current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from website.settings import MAX_TEXTS

REFUSAL = "You have asked for as many texts as one client may. Retry-After says when to come back."

limiter = Limiter(get_remote_address, headers_enabled=True)


def rate_limit() -> str:
    """Give the app's limit, in Flask-Limiter's notation."""
    return current_app.extensions["settings"].rate_limit


def texts_asked_for() -> int:
    """Count what a request costs: a text is one, and so is a body that is none or holds too many to be read."""
    body = request.get_json(silent=True)
    texts = body.get("texts") if isinstance(body, dict) else None
    return len(texts) if isinstance(texts, list) and 0 < len(texts) <= MAX_TEXTS else 1
