"""``textthema evaluate``: how good the model is on texts with tags."""

from __future__ import annotations

import argparse
import json
from contextlib import ExitStack
from pathlib import Path

from textthema.commands import add_model_option

HELP = "measure the model on a file of texts with tags"
_EXAMPLES = """examples:
  textthema evaluate test.parquet --per-label
  textthema evaluate data/sample/quotes.csv --text-column quote
  textthema evaluate data/book_details.csv --collection books --text-column description --tags-column genres
  textthema evaluate texts.jsonl --json --bootstrap 1000
  textthema evaluate test.parquet --model build/model --out quality.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.epilog = _EXAMPLES
    parser.add_argument("file", metavar="FILE", type=Path, help="CSV, JSONL or Parquet")
    parser.add_argument("--text-column", default="text", help="column of the texts (default: %(default)s)")
    parser.add_argument("--tags-column", default="tags", help="column of the tags (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--out", metavar="FILE.json", type=Path, help="write the JSON to a file as well")
    parser.add_argument("--per-label", action="store_true", help="add a line for each theme to the table")
    parser.add_argument(
        "--bootstrap", metavar="N", type=int, default=200, help="draws for the intervals (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draws (default: %(default)s)")
    add_model_option(parser)


def run(args: argparse.Namespace) -> int:
    """Print the metrics with their 95 % intervals.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    from textthema.bundle import replacing
    from textthema.classifier import ThemeClassifier
    from textthema.evaluation import evaluate_file

    with ExitStack() as stack:
        # Opened first: a folder that can't be written should not cost an evaluation.
        out = stack.enter_context(replacing(args.out)) if args.out else None
        report = evaluate_file(
            args.file,
            ThemeClassifier.from_pretrained(args.model, collection=args.collection),
            args.text_column,
            args.tags_column,
            n_bootstrap=args.bootstrap,
            seed=args.seed,
        )
        content = json.dumps(report.to_dict(), indent=1, ensure_ascii=False)
        if out:
            out.write_text(content + "\n", encoding="utf-8")
    print(content if args.json else report.as_table(per_label=args.per_label))
    return 0
