"""The Space's second page: paste a book's description, see its genres."""

from __future__ import annotations

import desk
import gradio as gr

from textthema.classifier import ThemeClassifier
from textthema.errors import InputError

PROMISE = "Paste what the back of a book says, and see on which shelves its readers would put it."
WAITING = "The genres of the book will appear here."
EXAMPLE = (
    "Inspector Orla Finch has six days left until her pension when the lighthouse keeper of Skerrow is found at the "
    "foot of his own stairs, with a stranger's wedding ring in his mouth. Everybody on the island has an alibi, and it "
    "is the same one. As the storm takes the last ferry, Orla begins to see that the people who lie to her are not "
    "protecting a murderer: they are afraid of what the dead man has written down."
)


@desk.loaded_once
def classifier() -> ThemeClassifier:
    """Load the model on the first call: who never asks for genres never waits for it.

    Returns:
        The classifier that all visitors share.

    Raises:
        BundleError: If the model's files are missing or damaged.
    """
    return ThemeClassifier.from_pretrained(collection="books")


def find_genres(text: str) -> dict:
    """Find a book's genres: what the page shows and what the API answers.

    Args:
        text: Its description, at most 20,000 characters.

    Returns:
        ``{"genres": [{"label", "probability", "threshold"}, …], "also": […], "truncated": bool}``.

    Raises:
        InputError: If the text can't be read; the message says why.
    """
    desk.check_length(text, "give its description only")
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
    with desk.told_to_clients():
        return find_genres(text)


def show_genres(text: str) -> str:
    """Find a book's genres and write them as HTML.

    Args:
        text: What the visitor typed.

    Returns:
        The result, or a sentence that says why there is none.
    """
    try:
        found = find_genres(text)
    except InputError as error:
        return desk.refusal_html(
            error, empty="Write or paste a description, or try the example.", too_long="Give the description only."
        )
    truncated = desk.note_html("This text is long: only its beginning was read.") if found["truncated"] else ""
    return truncated + desk.labels_html(found["genres"], "genre") + desk.also_html(found["also"])


def add_page(demo: gr.Blocks) -> None:
    """Add the page and its API to the app.

    Args:
        demo: The app, before it is launched.
    """
    with demo:
        gr.Navbar(main_page_name=desk.MAIN_PAGE)
    with demo.route("Book → genres", "/book"):
        gr.Navbar(main_page_name=desk.MAIN_PAGE)
        desk.header(PROMISE)
        with gr.Row(elem_id="desk"):
            with gr.Column(min_width=300):
                text = desk.text_box("The book’s description", "A paragraph is enough.")
                submit = gr.Button("Find its genres", variant="primary", elem_id="submit")
                with gr.Row(elem_id="examples"):
                    example = gr.Button("An example", min_width=90)
            with gr.Column(min_width=300):
                results = desk.results_box(WAITING)
        showing = {
            "fn": show_genres,
            "inputs": text,
            "outputs": results,
            "api_visibility": "private",
            "show_progress": "minimal",
            **desk.IN_LINE,
        }
        gr.on([submit.click, text.submit], **showing)
        filled = example.click(lambda: EXAMPLE, outputs=text, queue=False, api_visibility="private")
        filled.then(**showing)
        gr.api(genres, api_name="genres", **desk.IN_LINE)


def _score(genre: object) -> dict:
    return {
        "label": genre.label,
        "probability": round(genre.probability, 4),
        "threshold": round(genre.threshold, 4),
    }
