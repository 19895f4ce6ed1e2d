"""The Space's second page: paste a book's description, see its genres."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Lock

import gradio as gr

from textthema.classifier import ThemeClassifier
from textthema.errors import EmptyTextError, InputError, TextTooLongError, shown

MAX_CHARACTERS = 20_000
CONCURRENCY = 2
PROMISE = "Paste what the back of a book says, and see on which shelves its readers would put it."
WAITING = "The genres of the book will appear here."
EXAMPLE = (
    "Inspector Orla Finch has six days left until her pension when the lighthouse keeper of Skerrow is found at the "
    "foot of his own stairs, with a stranger's wedding ring in his mouth. Everybody on the island has an alibi, and it "
    "is the same one. As the storm takes the last ferry, Orla begins to see that the people who lie to her are not "
    "protecting a murderer: they are afraid of what the dead man has written down."
)

_MAIN_PAGE = "Text → themes"
_loading = Lock()


@cache
def _load() -> ThemeClassifier:
    return ThemeClassifier.from_pretrained(collection="books")


def classifier() -> ThemeClassifier:
    """Load the model on the first call: who never asks for genres never waits for it.

    Returns:
        The classifier that all visitors share.

    Raises:
        BundleError: If the model's files are missing or damaged.
    """
    with _loading:
        return _load()


def find_genres(text: str) -> dict:
    """Find a book's genres: what the page shows and what the API answers.

    Args:
        text: Its description, at most 20,000 characters.

    Returns:
        ``{"genres": [{"label", "probability", "threshold"}, …], "also": […], "truncated": bool}``.

    Raises:
        InputError: If the text can't be read; the message says why.
    """
    if isinstance(text, str) and len(text) > MAX_CHARACTERS:
        raise TextTooLongError(
            f"the text {shown(text)} has {len(text):,} characters, {MAX_CHARACTERS:,} are the most here; "
            "give its description only",
            value=text,
        )
    prediction = classifier()(text)
    return {
        "genres": [_score(genre) for genre in prediction.themes],
        "also": [_score(genre) for genre in prediction.also],
        "truncated": prediction.truncated,
    }


def genres(text: str) -> dict:
    """Find the genres of a book by its description of at most 20,000 characters.

    Args:
        text: English text.

    Returns:
        Genres over their threshold, the next below theirs, and whether the text was longer than the model reads.

    Raises:
        gr.Error: If the text can't be read; the message says why.
    """
    try:
        return find_genres(text)
    except InputError as error:
        # print_exception=False: the traceback would bring the beginning of the visitor's text into the log.
        raise gr.Error(str(error), print_exception=False) from error


def show_genres(
    text: str, bar: Callable[[dict], str], also: Callable[[list[dict]], str], note: Callable[[str], str]
) -> str:
    """Find a book's genres and write them as HTML.

    Args:
        text: What the visitor typed.
        bar: Writes a genre with its probability and threshold.
        also: Writes what came near.
        note: Writes a sentence.

    Returns:
        The result, or a sentence that says why there is none.
    """
    try:
        found = find_genres(text)
    except EmptyTextError:
        return note("There is nothing to read yet. Write or paste a description, or try the example.")
    except TextTooLongError:
        return note(f"That is more than {MAX_CHARACTERS:,} characters. Give the description only.")
    except InputError as error:
        return note(f"This text can't be read: {error}.")
    parts = [note("This text is long: only its beginning was read.")] if found["truncated"] else []
    if found["genres"]:
        parts.append(f'<ol class="themes" aria-label="Genres">{"".join(map(bar, found["genres"]))}</ol>')
        parts.append('<p class="legend" aria-hidden="true"><i></i>the genre’s threshold</p>')
    else:
        parts.append(note("No genre reached its threshold. These came nearest:"))
    return "".join([*parts, also(found["also"]) if found["also"] else ""])


def add_page(
    demo: gr.Blocks, bar: Callable[[dict], str], also: Callable[[list[dict]], str], note: Callable[[str], str]
) -> None:
    """Add the page and its API to the app.

    Args:
        demo: The app, before it is launched.
        bar: Writes a genre with its probability and threshold.
        also: Writes what came near.
        note: Writes a sentence.
    """
    with demo:
        gr.Navbar(main_page_name=_MAIN_PAGE)
    with demo.route("Book → genres", "/book"):
        gr.Navbar(main_page_name=_MAIN_PAGE)
        gr.HTML(f'<header><h1>TextThema</h1><p class="promise">{PROMISE}</p></header>')
        with gr.Row(elem_id="desk"):
            with gr.Column(min_width=300):
                text = gr.Textbox(
                    label="The book’s description",
                    placeholder="A paragraph is enough.",
                    lines=11,
                    max_lines=18,
                    max_length=MAX_CHARACTERS,
                    elem_id="text",
                )
                submit = gr.Button("Find its genres", variant="primary", elem_id="submit")
                with gr.Row(elem_id="examples"):
                    example = gr.Button("An example", min_width=90)
            with gr.Column(min_width=300):
                results = gr.HTML(
                    f'<p class="waiting">{WAITING}</p>',
                    html_template='<section aria-label="Result" aria-live="polite">${value}</section>',
                    elem_id="results",
                )
        limits = {"concurrency_limit": CONCURRENCY, "concurrency_id": "model"}
        showing = {
            "fn": lambda typed: show_genres(typed, bar, also, note),
            "inputs": text,
            "outputs": results,
            "api_visibility": "private",
            "show_progress": "minimal",
            **limits,
        }
        gr.on([submit.click, text.submit], **showing)
        filled = example.click(lambda: EXAMPLE, outputs=text, queue=False, api_visibility="private")
        filled.then(**showing)
        gr.api(genres, api_name="genres", **limits)


def _score(genre: object) -> dict:
    return {
        "label": genre.label,
        "probability": round(genre.probability, 4),
        "threshold": round(genre.threshold, 4),
    }
