"""``textthema classify``: the themes of every row of a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from textthema.commands import add_model_option
from textthema.tables import CLASSIFIED, Result, write_results

if TYPE_CHECKING:
    from textthema.batch import Rows
    from textthema.classifier import ThemeClassifier
    from textthema.inference import Encoded

HELP = "add themes and scores to every row of a CSV, JSONL or Parquet file"


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
    from textthema.batch import read_rows
    from textthema.bundle import replacing
    from textthema.classifier import ThemeClassifier

    rows = read_rows(args.source, args.target, args.text_column, CLASSIFIED, allow_empty=args.allow_empty)
    classifier = ThemeClassifier.from_pretrained(args.model)
    with replacing(args.target) as temporary:
        encoded = classifier.encode(rows.texts.values(), args.batch_size, progress=True)
        write_results(rows.table, _results(classifier, encoded, rows), CLASSIFIED, temporary)
    truncated = [row for row, cut in zip(rows.texts, encoded.truncated, strict=True) if cut]
    for note in rows.notes(truncated, classifier.max_length, "themes and scores"):
        print(note, file=sys.stderr)
    return 0


def _results(classifier: ThemeClassifier, encoded: Encoded, rows: Rows) -> Iterator[Result]:
    of_texts = iter(encoded.probabilities)
    for row in range(len(rows.table)):
        if row not in rows.texts:
            yield [], {}
            continue
        probabilities = next(of_texts)
        scores = dict(zip(classifier.labels, probabilities.tolist(), strict=True))
        yield classifier.labels_over(probabilities), scores
