"""``textthema classify``: the themes of every row of a file."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from textthema.commands import add_model_option
from textthema.errors import EmptyTextError, InputError, shown
from textthema.tables import RESULT_COLUMNS, Result, Table, format_of, read_table, write_results

if TYPE_CHECKING:
    from textthema.classifier import ThemeClassifier
    from textthema.inference import Encoded

HELP = "add themes and scores to every row of a CSV, JSONL or Parquet file"
_ROWS_NAMED = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.add_argument("source", metavar="IN", type=Path, help="table to read: .csv, .jsonl or .parquet")
    parser.add_argument("target", metavar="OUT", type=Path, help="table to write: .csv, .jsonl or .parquet")
    parser.add_argument("--text-column", default="text", metavar="NAME", help="column to classify (default: text)")
    parser.add_argument(
        "--batch-size",
        type=int,
        default=1,
        metavar="N",
        help="texts in one forward pass (default: 1, so that no text changes another's scores)",
    )
    parser.add_argument(
        "--allow-empty", action="store_true", help="keep rows without text, with empty results, and count them"
    )
    add_model_option(parser)
    parser.epilog = """OUT has IN's rows, order and columns, and two more:
  themes   the labels that reach their threshold, most probable first
  scores   every label and its probability
In CSV both are JSON; in Parquet a list and a map.

A cell without text (empty, null, NaN), with something else than text, half of a surrogate pair or more than
100,000 characters stops the command before OUT is written, and the message names its row. With --allow-empty
rows without text are kept, their themes and scores empty, and a note on standard error counts them.

examples:
  textthema classify poems.csv themes.csv
  textthema classify poems.parquet themes.parquet --text-column poem
  textthema classify synopses.csv genres.csv --collection books
  textthema classify poems.jsonl themes.csv --model my_model
  textthema classify crawl.csv themes.csv --allow-empty
"""


def run(args: argparse.Namespace) -> int:
    """Classify a file's rows into another file.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    from textthema.bundle import replacing
    from textthema.classifier import ThemeClassifier

    format_of(args.target)
    if args.source.exists() and args.target.exists() and args.source.samefile(args.target):
        raise InputError(f"IN and OUT are both {shown(str(args.source))}; choose another OUT", value=str(args.target))
    table = read_table(args.source)
    _refuse_result_columns(table)
    texts = _texts(table, args.text_column, allow_empty=args.allow_empty)
    classifier = ThemeClassifier.from_pretrained(args.model, collection=args.collection)
    with replacing(args.target) as temporary:
        encoded = classifier.encode(texts.values(), args.batch_size, progress=True)
        write_results(table, _results(classifier, encoded, texts, len(table)), temporary)
    _report(encoded, texts, len(table), classifier.max_length)
    return 0


def _refuse_result_columns(table: Table) -> None:
    for name in RESULT_COLUMNS:
        if name in table.columns:
            raise InputError(f"{table.path} already has a column {shown(name)}; rename it first", value=name)


def _texts(table: Table, column: str, *, allow_empty: bool) -> dict[int, str]:
    """Collect the texts by row, without the rows that have none if such may be."""
    from textthema.classifier import readable

    texts = {}
    for row, cell in enumerate(table.column(column)):
        missing = cell is None or (isinstance(cell, float) and math.isnan(cell))
        try:
            texts[row] = readable("" if missing else cell)
        except EmptyTextError as error:
            if not allow_empty:
                message = (
                    f"row {row + 1}, column {shown(column)} holds no text: {shown(cell)}; "
                    "fill it, drop the row, or keep such rows with --allow-empty"
                )
                raise EmptyTextError(message, value=cell) from error
        except InputError as error:
            message = f"row {row + 1}, column {shown(column)}: {error}"
            raise type(error)(message, value=cell) from error
    if len(table) and not texts:
        raise EmptyTextError(
            f"column {shown(column)} of {table.path} is empty in all {len(table)} rows; is it the right one?",
            value=column,
        )
    return texts


def _results(classifier: ThemeClassifier, encoded: Encoded, texts: dict[int, str], n_rows: int) -> Iterator[Result]:
    of_texts = iter(encoded.probabilities)
    for row in range(n_rows):
        if row not in texts:
            yield [], {}
            continue
        probabilities = next(of_texts)
        scores = dict(zip(classifier.labels, probabilities.tolist(), strict=True))
        yield classifier.labels_over(probabilities), scores


def _report(encoded: Encoded, texts: dict[int, str], n_rows: int, max_length: int) -> None:
    empty = [row + 1 for row in range(n_rows) if row not in texts]
    cut = [row + 1 for row, truncated in zip(texts, encoded.truncated, strict=True) if truncated]
    for rows, what in (
        (empty, "have no text; their themes and scores are empty"),
        (cut, f"are longer than {max_length} tokens; the rest of them was not read"),
    ):
        if rows:
            first = ", ".join(map(str, rows[:_ROWS_NAMED])) + (", …" if len(rows) > _ROWS_NAMED else "")
            print(f"note: {len(rows)} of {n_rows} rows {what} (rows {first})", file=sys.stderr)
