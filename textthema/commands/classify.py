"""``textthema classify``: the themes of every row of a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from textthema.commands import add_batch_options, add_model_option, run_batch

HELP = "add themes and scores to every row of a CSV, JSONL or Parquet file"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.add_argument("source", metavar="IN", type=Path, help="table to read: .csv, .jsonl or .parquet")
    parser.add_argument("target", metavar="OUT", type=Path, help="table to write: .csv, .jsonl or .parquet")
    add_batch_options(parser)
    add_model_option(parser)
    parser.epilog = """OUT has IN's rows, order and columns, and two more:
  themes   the labels that reach their threshold, most probable first
  scores   every label and its probability
In CSV both are JSON; in Parquet a list and a map.

A cell without text (empty, null, NaN), with something else than text, half of a surrogate pair or more than
100,000 characters stops the command before OUT is written, and the message names its row. With --allow-empty
rows without text are kept, their themes and scores empty, and a note on standard error counts them.

The file may be of any size: it is read in shards, which are kept in OUT.parts until all are there. After a stop of
any kind, the same command goes on where it was.

examples:
  textthema classify poems.csv themes.csv
  textthema classify poems.parquet themes.parquet --text-column poem
  textthema classify synopses.csv genres.csv --collection books
  textthema classify poems.jsonl themes.csv --model my_model
  textthema classify crawl.csv themes.csv --allow-empty
  textthema classify library.parquet themes --shards parquet --report speed.json
  textthema classify library.parquet themes.parquet --engine ray --address auto --workers 64
"""


def run(args: argparse.Namespace) -> int:
    """Classify a file's rows into another file.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    from textthema.classifier import locate
    from textthema.tasks import Classifying

    task = Classifying(locate(args.model, args.collection), args.token_budget)
    return run_batch(args.source, args.target, task, args)
