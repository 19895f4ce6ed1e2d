"""The page: a text goes in by a plain form, with or without JavaScript, and its reading comes out as HTML."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request

from textthema.errors import EmptyTextError, TextTooLongError
from website.highlighting import pieces
from website.limits import REFUSAL, limiter, rate_limit
from website.problems import is_fragment, status_of
from website.reader import UnreadableTextError
from website.samples import SAMPLES, sample_of
from website.settings import MAX_CHARACTERS

FEWEST_WORDS = 4

pages = Blueprint("pages", __name__)


@pages.get("/")
def empty_page() -> str:
    """Show the page, with a sample in its box if the address names one."""
    sample = sample_of(request.args.get("kind"))
    return render_template("page.html", samples=SAMPLES, text=sample.text if sample else "")


@pages.post("/")
@limiter.limit(rate_limit, error_message=REFUSAL)
def read_text() -> Response:
    """Read the text and show what is in it: a whole page, or the reading alone for the page's own script."""
    # A form sends every line break as two characters.
    text = request.form.get("text", "").replace("\r\n", "\n")
    shown, status = _read(text)
    if is_fragment():
        page = render_template("_reading.html", **shown)
    else:
        page = render_template("page.html", samples=SAMPLES, text=text, **shown)
    return Response(page, status=status, mimetype="text/html")


@pages.get("/api/docs")
def docs() -> str:
    """Show the OpenAPI document as a page of plain HTML."""
    return render_template("docs.html", spec=current_app.spec)


def _read(text: str) -> tuple[dict, int]:
    try:
        (found,) = current_app.extensions["reader"].read([text])
    except UnreadableTextError as error:
        return {"note": _sentence(error)}, status_of(error)
    return {"found": found, "pieces": pieces(text, found.get("nuances", {})), "short": _is_short(text)}, 200


def _is_short(text: str) -> bool:
    return len(text.split()) < FEWEST_WORDS


def _sentence(error: UnreadableTextError) -> str:
    if isinstance(error.cause, EmptyTextError):
        return "There is nothing to read yet. Write or paste a line or two, or begin with one of the samples."
    if isinstance(error.cause, TextTooLongError):
        return f"That is more than {MAX_CHARACTERS:,} characters. Try a passage of it."
    return f"This text can’t be read: {error}."
