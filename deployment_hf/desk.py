"""The desk at which the Space's pages read: a box for the text, what was found in it, or why nothing was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from html import escape
from threading import Lock
from typing import TypeVar

import gradio as gr

from textthema.errors import EmptyTextError, InputError, TextTooLongError, shown

MAX_CHARACTERS = 20_000
MAIN_PAGE = "Text → themes"
# Pages and endpoints wait in one line, so that no two of them make each other slow.
IN_LINE = {"concurrency_limit": 2, "concurrency_id": "model"}

Model = TypeVar("Model")


def loaded_once(load: Callable[[], Model]) -> Callable[[], Model]:
    """Let a model be loaded on the first call, once however many visitors arrive together.

    Args:
        load: Loads it.

    Returns:
        A function that gives the model that all visitors share.
    """
    lock, first = Lock(), cache(load)

    @wraps(load)
    def shared() -> Model:
        with lock:
            return first()

    return shared


def check_length(text: str, way_out: str) -> None:
    """Refuse a text that takes the Space too long to read.

    Args:
        text: What a visitor gave; what is no text is let through to the model, which says so.
        way_out: What to do instead.

    Raises:
        TextTooLongError: If it has more than 20,000 characters.
    """
    if isinstance(text, str) and len(text) > MAX_CHARACTERS:
        raise TextTooLongError(
            f"the text {shown(text)} has {len(text):,} characters, {MAX_CHARACTERS:,} are the most here; {way_out}",
            value=text,
        )


@contextmanager
def told_to_clients() -> Iterator[None]:
    """Turn bad input into what an API's client is told.

    Raises:
        gr.Error: In the place of an `InputError`, with its message.
    """
    try:
        yield
    except InputError as error:
        # print_exception=False: the traceback would bring the beginning of the visitor's text into the log.
        raise gr.Error(str(error), print_exception=False) from error


def refusal_html(error: InputError, *, empty: str, too_long: str) -> str:
    """Write why there is no result.

    Args:
        error: Why.
        empty: What to do where there is no text.
        too_long: What to do where there is too much of it.

    Returns:
        HTML.
    """
    if isinstance(error, EmptyTextError):
        return note_html(f"There is nothing to read yet. {empty}")
    if isinstance(error, TextTooLongError):
        return note_html(f"That is more than {MAX_CHARACTERS:,} characters. {too_long}")
    return note_html(f"This text can't be read: {error}.")


def note_html(sentence: str) -> str:
    """Write a sentence of the page's own.

    Args:
        sentence: Plain text.

    Returns:
        HTML.
    """
    return f'<p class="note">{escape(sentence)}</p>'


def labels_html(labels: list[dict], noun: str) -> str:
    """Write labels over their thresholds as bars.

    Args:
        labels: Each with ``label``, ``probability`` and ``threshold``.
        noun: What they are called.

    Returns:
        HTML: a list with a legend, or a sentence that there is none.
    """
    if not labels:
        return note_html(f"No {noun} reached its threshold. These came nearest:")
    return (
        f'<ol class="themes" aria-label="{noun.capitalize()}s">{"".join(map(_bar, labels))}</ol>'
        f'<p class="legend" aria-hidden="true"><i></i>the {noun}’s threshold</p>'
    )


def also_html(labels: list[dict]) -> str:
    """Write what came near its threshold; labels as for `labels_html`, none of them gives nothing."""
    if not labels:
        return ""
    items = "".join(
        f'<li><span class="label">{label}</span> <span class="figures">{probability}% of the '
        f"{threshold}% it needs</span></li>"
        for label, probability, threshold in map(_readable, labels)
    )
    return f'<div class="also"><h2>Also considered</h2><ul>{items}</ul></div>'


def header(promise: str) -> gr.HTML:
    """Put the name and what a page promises above it."""
    return gr.HTML(f'<header><h1>TextThema</h1><p class="promise">{promise}</p></header>')


def text_box(label: str, placeholder: str) -> gr.Textbox:
    """Put down the box for the text; arguments as of Gradio's own."""
    return gr.Textbox(
        label=label, placeholder=placeholder, lines=11, max_lines=18, max_length=MAX_CHARACTERS, elem_id="text"
    )


def results_box(waiting: str, **more: str) -> gr.HTML:
    """Put down the place for what is found; it says that it waits, and tells assistive technology when it changes.

    Args:
        waiting: Plain text.
        **more: For Gradio's own HTML.

    Returns:
        The place.
    """
    return gr.HTML(
        f'<p class="waiting">{waiting}</p>',
        html_template='<section aria-label="Result" aria-live="polite">${value}</section>',
        elem_id="results",
        **more,
    )


def _bar(score: dict) -> str:
    label, probability, threshold = _readable(score)
    return (
        f'<li class="theme"><span class="label">{label}</span><span class="percent">{probability}%</span>'
        f'<div class="track" role="meter" aria-label="{label}" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{probability}" aria-valuetext="{probability} percent, threshold {threshold} percent">'
        f'<div class="fill" style="width:{probability}%"></div>'
        f'<div class="tick" style="left:{threshold}%"><span>{threshold}%</span></div></div></li>'
    )


def _readable(score: dict) -> tuple[str, str, str]:
    label = escape(score["label"].replace("-", " "))
    return label, f"{100 * score['probability']:.0f}", f"{100 * score['threshold']:.0f}"
