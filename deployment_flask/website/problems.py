"""Every error as RFC 9457 problem JSON, or as a page for who asked for a page; never with a text in the log."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus

import orjson
from apiflask import APIFlask, HTTPError
from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException

from textthema.errors import TextTooLongError
from website.reader import UnreadableTextError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


def problem(status: int, detail: str, errors: list[dict] | None = None) -> Response:
    """Write a problem.

    Args:
        status: HTTP status.
        detail: A sentence for this case: what is wrong, and the way out.
        errors: ``pointer`` (RFC 6901, into the request's JSON) and ``detail`` of each part that is at fault.

    Returns:
        The answer.

    Source:
        RFC 9457, "Problem Details for HTTP APIs".
    """
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if errors:
        body["errors"] = errors
    return Response(orjson.dumps(body), status=status, content_type=MEDIA_TYPE)


def answer_with_problems(app: APIFlask) -> None:
    """Let an app answer each error with a problem or a page.

    Args:
        app: The app.
    """
    app.error_processor(_invalid_body)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(UnreadableTextError, _unreadable_text)
    app.register_error_handler(Exception, _unexpected)


def status_of(error: UnreadableTextError) -> int:
    """Choose the status for a text that can't be read.

    Args:
        error: What is wrong with it.

    Returns:
        413 if it is too long, else 422.
    """
    return 413 if isinstance(error.cause, TextTooLongError) else 422


def log_without_message(app: Flask, error: Exception) -> None:
    """Log where an unexpected error came from, without its message, which may quote a text.

    Args:
        app: The app it happened in.
        error: The error.
    """
    frames = "".join(traceback.format_tb(error.__traceback__))
    app.logger.error("%s while answering %s\n%s", type(error).__name__, request.path, frames)


def is_fragment() -> bool:
    """Tell whether the page's own script asks, which puts the answer into the page."""
    return request.headers.get("X-Requested-With") == "fetch"


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    title = HTTPStatus(status).phrase
    if is_fragment() or _wants_page():
        template = "_reading.html" if is_fragment() else "error.html"
        page = render_template(template, title=title, note=error.description or title)
        response = Response(page, status=status, mimetype="text/html")
    else:
        response = problem(status, error.description or title)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _unreadable_text(error: UnreadableTextError) -> Response:
    pointer = f"/texts/{error.position}" if _is_batch() else "/text"
    return problem(status_of(error), str(error), [{"pointer": pointer, "detail": str(error)}])


def _invalid_body(error: HTTPError) -> Response:
    faults = error.detail.get("json", {}) if isinstance(error.detail, dict) else {}
    errors = [
        {"pointer": "" if field == "_schema" else "/" + field.replace(".", "/"), "detail": "; ".join(messages)}
        for field, messages in faults.items()
    ]
    return problem(error.status_code, "The request's JSON has not the form that it must have.", errors)


def _unexpected(error: Exception) -> Response:
    log_without_message(current_app, error)
    return problem(500, "Something went wrong here. It was logged, without your text.")


def _is_batch() -> bool:
    body = request.get_json(silent=True)
    return isinstance(body, dict) and "texts" in body


def _wants_page() -> bool:
    if request.path.startswith("/api/"):
        return False
    return request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json") == "text/html"
