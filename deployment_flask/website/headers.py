"""What tells browsers to run and load nothing but the site's own files, and to keep no texts."""

from __future__ import annotations

from flask import Flask, Response, request

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_STRICT_TRANSPORT = "max-age=31536000"


def send_security_headers(app: Flask) -> None:
    """Add the headers to each answer of an app.

    Args:
        app: The app.
    """

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if request.endpoint == "static" and response.status_code in (200, 304):
            response.headers["Cache-Control"] = _FOR_EVER if request.query_string else "no-cache"
        if response.status_code not in (429, 503):
            response.headers.pop("Retry-After", None)  # Flask-Limiter tells everybody when the limit starts anew
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = _STRICT_TRANSPORT
        return response
