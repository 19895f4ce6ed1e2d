"""The Space: paste a text, see its themes and where to go from it. ``python app.py [--open]``."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from pathlib import Path

import gradio as gr

HERE = Path(__file__).resolve().parent


def _put_library_on_path() -> None:
    # In a checkout its own package wins over an installed one; alone, the folder falls back on the zip it carries.
    if (HERE.parent / "textthema" / "__init__.py").is_file():
        sys.path.insert(0, str(HERE.parent))
    elif importlib.util.find_spec("textthema") is None:
        sys.path.append(str(HERE / "textthema.zip"))
    sys.path.insert(0, str(HERE))


_put_library_on_path()

import desk  # noqa: E402
import file_tab  # noqa: E402
import genres_tab  # noqa: E402
from explore import COPY_ON_CLICK, hashtags_html, related_html  # noqa: E402
from highlight import nuances_html  # noqa: E402

from textthema.analysis import Analysis, Analyzer  # noqa: E402
from textthema.errors import InputError, TextThemaError  # noqa: E402

FEWEST_WORDS = 4
QUEUE_SIZE = 32

PROMISE = "Paste a poem, a quote, a scene or a synopsis, and see what it is about, and where to read on."
WAITING = "The themes of your text will appear here."
EXAMPLES = {
    "A poem": (
        "I keep your letters in the bread tin now.\n"
        "The mice have had the margins, not the names.\n"
        "Each year I mean to burn them, and somehow\n"
        "each year the winter finds some other flames.\n"
        "\n"
        "You wrote: the river's high. You wrote: come home.\n"
        "You wrote about the pear tree, and the war.\n"
        "I read them standing up, and quite alone,\n"
        "as though you might be knocking at the door."
    ),
    "An aphorism": (
        "We forgive the dead so easily because they have stopped arguing; "
        "the braver mercy is to forgive someone who will be late again on Thursday."
    ),
    "A synopsis": (
        "On an island where every child is given a star at birth, twelve-year-old Neve is the first to be handed an "
        "empty jar. While the others learn to steer by their lights, she takes her grandfather's leaking boat, an "
        "unreliable compass and a goat called Admiral, and sails out past the edge of the charts to find who has been "
        "putting the stars out, and why the dark, when at last it speaks to her, sounds so very much afraid."
    ),
}
HOW_TO_READ = """
For each of its themes the model estimates how likely it is that readers would tag this text with it. That is the
**percentage**; a text may have many themes, so they don’t add up to 100.

How sure is sure enough? Readers tag some themes freely and others hardly ever, so one limit for all would name the
first kind always and the second never. Each theme therefore has its own **threshold**, the mark on its bar: the limit
that struck the best balance between naming too much and missing too much, found on texts that the model had not learnt
from. A theme that reaches its threshold is listed; the ones that came nearest stand below under “also considered”.

A theme that isn’t there has not been ruled out: the model learnt from readers, and readers tag only some of what they
see. It reads English, best in passages of a few lines; of a long text it reads the beginning. Your text is not stored.
"""
COUNT_CHARACTERS = """(text) => {
  const n = Array.from(text ?? "").length;
  return `<p class="counter">${n.toLocaleString("en-GB")} of 20,000 characters</p>`;
}"""

# On a phone the results lie below the fold.
SCROLL_TO_RESULTS = """() => {
  const results = document.getElementById("results");
  if (results.getBoundingClientRect().top > 0.8 * window.innerHeight) results.scrollIntoView();
}"""


@desk.loaded_once
def analyzer() -> Analyzer:
    """Load the model on the first call, once however many visitors arrive together.

    Returns:
        The analyzer that all visitors share.

    Raises:
        TextThemaError: If files of the model, or of the passages that were asked for, are missing or damaged.
    """
    return Analyzer.from_pretrained(index=os.environ.get("TEXTTHEMA_INDEX") or None)


def find_all(text: str) -> Analysis:
    """Find what the page shows and what the API answers.

    Args:
        text: At most 20,000 characters.

    Returns:
        The text's themes, hashtags and related.

    Raises:
        InputError: If the text can't be read; the message says why.
    """
    desk.check_length(text, "give a passage of it")
    return analyzer()(text)


def themes(text: str) -> dict:
    """Find the themes of a text of at most 20,000 characters.

    Args:
        text: English text.

    Returns:
        Themes over their threshold, the next below theirs, and whether the text was longer than the model reads.

    Raises:
        gr.Error: If the text can't be read; the message says why.
    """
    found = analyze(text)
    return {part: found[part] for part in ("themes", "also", "truncated")}


def analyze(text: str) -> dict:
    """Find everything in a text of at most 20,000 characters.

    Args:
        text: English text.

    Returns:
        Themes, the probability of every theme, hashtags, and related authors, books, characters and franchises.

    Raises:
        gr.Error: If the text can't be read; the message says why.
    """
    with desk.told_to_clients():
        return find_all(text).as_dict()


def show(text: str) -> tuple[str, str, str]:
    """Find what there is in a text and write it as HTML.

    Args:
        text: What the visitor typed.

    Returns:
        Themes and hashtags, or a sentence that says why there are none; the text with its nuances marked, if the model
        looks for them; and what to explore further.
    """
    try:
        found = find_all(text).as_dict()
    except InputError as error:
        refusal = desk.refusal_html(
            error,
            empty="Write or paste a line or two, or try one of the examples.",
            too_long="Try a passage of it.",
        )
        return refusal, "", ""
    return results_html(text, found), nuances_html(text, found), related_html(found.get("related"))


def results_html(text: str, found: dict) -> str:
    """Write themes as bars, hashtags, what came near, and what the reader should know about them.

    Args:
        text: The text that was read.
        found: The analysis as plain values.

    Returns:
        HTML.
    """
    parts = []
    if len(text.split()) < FEWEST_WORDS:
        parts.append(desk.note_html("This is too short to judge: take what follows as a guess."))
    if found["truncated"]:
        # English has about four tokens to three words.
        words = round(analyzer().classifier.max_length * 0.75, -1)
        parts.append(desk.note_html(f"This text is long: only its beginning was read, about {words:.0f} words."))
    parts += [
        desk.labels_html(found["themes"], "theme"),
        hashtags_html(found["hashtags"]),
        desk.also_html(found["also"]),
    ]
    return "".join(parts)


def build_demo() -> gr.Blocks:
    """Lay out the page and its API.

    Returns:
        The app, with its queue, not yet launched.
    """
    with gr.Blocks(title="TextThema", analytics_enabled=False, delete_cache=(600, 3600)) as demo:
        desk.header(PROMISE)
        with gr.Row(elem_id="desk"):
            with gr.Column(min_width=300):
                text = desk.text_box("Your text", "A few lines are enough.")
                counter = gr.HTML('<p class="counter">0 of 20,000 characters</p>', elem_id="counter")
                submit = gr.Button("Find its themes", variant="primary", elem_id="submit")
                gr.HTML('<p class="lead-in">Or begin with one of these:</p>')
                with gr.Row(elem_id="examples"):
                    examples = {gr.Button(name, min_width=90): example for name, example in EXAMPLES.items()}
            with gr.Column(min_width=300):
                results = desk.results_box(WAITING, js_on_load=COPY_ON_CLICK)
        nuances = gr.HTML("", elem_id="nuances")
        explore = gr.HTML("", elem_id="explore")
        with gr.Accordion("What do the percentages and thresholds mean?", open=False, elem_id="how-to-read"):
            gr.Markdown(HOW_TO_READ)
        _connect(text, counter, submit, (results, nuances, explore), examples)
    genres_tab.add_page(demo)
    file_tab.add_page(demo, lambda: analyzer().classifier)
    return demo.queue(max_size=QUEUE_SIZE)


def main(arguments: list[str] | None = None) -> int:
    """Serve the page until it is interrupted.

    Args:
        arguments: By default, those of the command line.

    Returns:
        Exit code.
    """
    parser = argparse.ArgumentParser(
        description="Serve TextThema's page.",
        epilog="GRADIO_SERVER_PORT and GRADIO_SERVER_NAME choose the address. TEXTTHEMA_INDEX may name a folder that "
        "textthema index wrote: related things are its own then, with the passage that matched.",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    options = parser.parse_args(arguments)
    demo = build_demo()
    demo.launch(
        inbrowser=options.open,
        prevent_thread_lock=True,
        run_history=False,
        mcp_server=True,
        max_file_size=f"{file_tab.MAX_MEGABYTES}mb",
        footer_links=["api", "settings"],
        theme=_theme(),
        css_paths=[HERE / "style.css"],
    )
    try:
        # Once the page is up, so that nobody waits for the model to see it.
        analyzer()
    except TextThemaError as error:
        demo.close()
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    demo.block_thread()
    return 0


def _theme() -> gr.themes.Base:
    # Gradio serves this font itself, so that the page asks no other host for anything. (Of the other fonts that it
    # carries some, Lora among them, hold no Latin letters.)
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        font=(gr.themes.LocalFont("Source Sans Pro", weights=(400, 700)), "system-ui", "sans-serif"),
        font_mono=("ui-monospace", "Consolas", "monospace"),
        radius_size=gr.themes.sizes.radius_sm,
    )


def _connect(
    text: gr.Textbox, counter: gr.HTML, submit: gr.Button, found: tuple[gr.HTML, ...], examples: dict[gr.Button, str]
) -> None:
    showing = {
        "fn": show,
        "inputs": text,
        "outputs": list(found),
        "api_visibility": "private",
        "show_progress": "minimal",
        **desk.IN_LINE,
    }
    text.change(None, text, counter, js=COUNT_CHARACTERS, api_visibility="private")
    shown_results = [gr.on([submit.click, text.submit], **showing)]
    for button, example in examples.items():
        filled = button.click(lambda example=example: example, outputs=text, queue=False, api_visibility="private")
        shown_results.append(filled.then(**showing))
    for shown_result in shown_results:
        shown_result.then(None, js=SCROLL_TO_RESULTS, api_visibility="private")
    for answer in (themes, analyze):
        gr.api(answer, api_name=answer.__name__, **desk.IN_LINE)


if __name__ == "__main__":
    sys.exit(main())
