"""The Space's page for files: upload a table of texts, watch it being read, see its themes, download it tagged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import gradio as gr

from textthema.batch import RowNumbers, notes, texts_of
from textthema.classifier import ThemeClassifier
from textthema.errors import InputError, UnknownFormatError, shown
from textthema.sources import read_table
from textthema.tables import CLASSIFIED, write_results

MAX_ROWS = 5_000
MAX_MEGABYTES = 10
FORMATS = (".csv", ".jsonl")
MOST_SHOWN = 20
PROMISE = "Upload a table of texts, see which themes it carries, and take it home tagged."
HOW = (
    f"A CSV file with a header, or JSON lines; at most {MAX_ROWS:,} rows and {MAX_MEGABYTES} MB. The tagged file has "
    "your rows, order and columns, and two more: <code>themes</code> and <code>scores</code>. Files are deleted after "
    "an hour."
)
WAITING = "The themes of your file will appear here."
_MAIN_PAGE = "Text → themes"

Track = Callable[[Iterable[str]], Iterable[str]]


@dataclass(frozen=True)
class Tagged:
    """A file whose texts were read.

    Attributes:
        path: The file with two more columns.
        counts: Theme → rows that carry it.
        n_texts: Rows with a text.
        notes: What the reader should know of rows that were not read, or not whole.
    """

    path: Path
    counts: Counter[str]
    n_texts: int
    notes: list[str]


def tag(source: Path, column: str, classifier: ThemeClassifier, folder: Path, track: Track = iter) -> Tagged:
    """Find the themes of every row of a file, and write it with them.

    Args:
        source: CSV or JSON lines.
        column: Where the texts are.
        classifier: What reads them.
        folder: Where the tagged file goes.
        track: Told each text as its turn comes.

    Returns:
        The tagged file, and what is in it.

    Raises:
        InputError: The file, the column or a cell is at fault; the message says which.
    """
    if source.suffix.lower() not in FORMATS:
        raise UnknownFormatError(f"{shown(source.name)} is neither .csv nor .jsonl", value=source.name)
    if source.stat().st_size > MAX_MEGABYTES * 1_000_000:
        raise InputError(f"{shown(source.name)} is larger than {MAX_MEGABYTES} MB; upload a part of it", value=source)
    table = read_table(source)
    if len(table) > MAX_ROWS:
        raise InputError(f"{shown(source.name)} has {len(table):,} rows, {MAX_ROWS:,} are the most here", value=source)
    taken = next((name for name in CLASSIFIED if name in table.columns), None)
    if taken:
        raise InputError(f"{shown(source.name)} already has a column {shown(taken)}; rename it first", value=taken)
    texts = texts_of(table, column, allow_empty=True)
    target = folder / f"{source.stem}-themes{source.suffix.lower()}"
    counts: Counter[str] = Counter()
    truncated: list[int] = []
    write_results(table, _results(len(table), texts, classifier, track, counts, truncated), CLASSIFIED, target)
    empty = RowNumbers.of([row for row in range(len(table)) if row not in texts])
    said = notes(len(table), empty, RowNumbers.of(truncated), classifier.max_length, "themes and scores")
    return Tagged(target, counts, len(texts), said)


def chart_html(tagged: Tagged) -> str:
    """Draw how many rows carry each theme.

    Args:
        tagged: The file.

    Returns:
        HTML: a sentence, the notes, and a list of bars, the most frequent theme first.
    """
    first = f"{tagged.n_texts:,} texts read; {len(tagged.counts)} themes found."
    sentences = "".join(f'<p class="note">{escape(each)}</p>' for each in (first, *tagged.notes))
    most = max(tagged.counts.values(), default=1)
    bars = "".join(
        f'<li class="theme"><span class="label">{escape(label.replace("-", " "))}</span>'
        f'<span class="percent">{count:,}</span><div class="track" aria-hidden="true">'
        f'<div class="fill" style="width:{100 * count / most:.1f}%"></div></div></li>'
        for label, count in tagged.counts.most_common(MOST_SHOWN)
    )
    return f'{sentences}<ol class="themes" aria-label="Rows with each theme">{bars}</ol>'


def add_page(demo: gr.Blocks, load: Callable[[], ThemeClassifier]) -> None:
    """Add the page to the app.

    Args:
        demo: The app, before it is launched.
        load: Gives the classifier that all visitors share.
    """
    with demo.route("File → themes", "/file"):
        gr.Navbar(main_page_name=_MAIN_PAGE)
        gr.HTML(f'<header><h1>TextThema</h1><p class="promise">{PROMISE}</p></header>')
        with gr.Row(elem_id="desk"):
            with gr.Column(min_width=300):
                source = gr.File(label="Your file", file_types=list(FORMATS), elem_id="file", height=160)
                column = gr.Textbox(label="The column with the texts", value="text", max_lines=1, elem_id="column")
                submit = gr.Button("Find its themes", variant="primary", elem_id="submit")
                gr.HTML(f'<p class="lead-in">{HOW}</p>')
            with gr.Column(min_width=300):
                results = gr.HTML(
                    f'<p class="waiting">{WAITING}</p>',
                    html_template='<section aria-label="Result" aria-live="polite">${value}</section>',
                    elem_id="results",
                )
                target = gr.File(label="The tagged file", visible=False, interactive=False, elem_id="tagged")

        def show(uploaded: str | None, name: str, progress: gr.Progress = gr.Progress()) -> Iterator[tuple[str, dict]]:  # noqa: B008
            with TemporaryDirectory() as folder:
                # Gradio takes a copy of what is yielded, and deletes it when its time has come.
                yield _shown(uploaded, name, load, Path(folder), lambda texts: progress.tqdm(texts, unit="texts"))

        # One file at a time: a text that somebody waits for shares the processors with no more than that.
        submit.click(show, [source, column], [results, target], api_visibility="private", concurrency_limit=1)


def _shown(
    uploaded: str | None, column: str, load: Callable[[], ThemeClassifier], folder: Path, track: Track
) -> tuple[str, dict]:
    if not uploaded:
        return '<p class="note">There is no file yet. Choose one, or drop it on the box.</p>', gr.update(visible=False)
    source = Path(uploaded)
    try:
        tagged = tag(source, column.strip(), load(), folder, track)
    except InputError as error:
        # Where this machine keeps the upload is nobody's business.
        said = str(error).replace(f"{source.parent}/", "")
        return f'<p class="note">This file can’t be read: {escape(said)}.</p>', gr.update(visible=False)
    return chart_html(tagged), gr.update(value=str(tagged.path), visible=True)


def _results(
    n_rows: int,
    texts: dict[int, str],
    classifier: ThemeClassifier,
    track: Track,
    counts: Counter[str],
    truncated: list[int],
) -> Iterator[tuple[list[str], dict[str, float]]]:
    # Told the texts only: what is tracked is what takes time.
    tracked = iter(track(list(texts.values())))
    for row in range(n_rows):
        if row not in texts:
            yield [], {}
            continue
        encoded = classifier.encode([next(tracked)])
        themes = classifier.labels_over(encoded.probabilities[0])
        counts.update(themes)
        if encoded.truncated[0]:
            truncated.append(row)
        yield themes, dict(zip(classifier.labels, encoded.probabilities[0].tolist(), strict=True))
