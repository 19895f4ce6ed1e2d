"""``textthema analyze``: everything that is found in one text, or in every row of a file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from textthema.commands import add_batch_options, add_index_option, add_model_option, run_batch, text_of
from textthema.errors import InputError, shown

HELP = "show themes, hashtags and related authors and books of a text, or of every row of a file"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.add_argument(
        "text", metavar="TEXT_OR_IN", nargs="?", help="the text (- or nothing: standard input); with OUT, a table"
    )
    parser.add_argument("target", metavar="OUT", nargs="?", type=Path, help="table to write: .csv, .jsonl or .parquet")
    parser.add_argument("--json", action="store_true", help="print JSON, with the probability of every theme")
    parser.add_argument("--top", type=int, default=5, metavar="N", help="related of each kind (default: 5)")
    add_batch_options(parser)
    add_index_option(parser)
    add_model_option(parser)
    parser.epilog = """With OUT, the first argument names a table (.csv, .jsonl, .parquet). OUT has its rows, order and
columns, and these, as --json writes them (JSON in CSV cells):
  themes     those that reach their threshold, each with its probability
  hashtags   the likeliest first
  related    authors, books, characters and franchises, each with its score
  nuances    humor, simile and metaphor, each with its score and the places in the text
  intents    what the text is for: each intent's score
  intents_present   the intents that reach their threshold
Of what the model lacks, related, nuances and intents are null and intents_present is [].
After a stop of any kind, the same command goes on where it was.

examples:
  textthema analyze "The tide took the name I wrote, and I wrote it again."
  textthema analyze < poem.txt
  textthema analyze --collection books < synopsis.txt
  textthema analyze --json - < poem.txt | jq .hashtags
  textthema analyze poems.csv found.jsonl --text-column poem --top 10
"""


def run(args: argparse.Namespace) -> int:
    """Print what a text holds, or write what a file's rows hold.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    if args.top < 1:
        raise InputError(f"--top must be 1 or more, not {shown(args.top)}", value=args.top)
    if args.target is not None:
        return _analyze_file(args)
    from textthema.analysis import Analyzer
    from textthema.classifier import readable
    from textthema.printing import analysis_lines

    text = text_of(args.text)
    readable(text)
    analyzer = Analyzer.from_pretrained(args.model, collection=args.collection, index=args.index)
    analysis = analyzer(text, args.top)
    if args.json:
        print(json.dumps(analysis.as_dict(), indent=2))
    else:
        print("\n".join(analysis_lines(analysis, analyzer.classifier.max_length)))
    return 0


def _analyze_file(args: argparse.Namespace) -> int:
    from textthema.classifier import locate
    from textthema.tasks import Analyzing

    if args.text in (None, "-"):
        raise InputError("IN has to be a file, not standard input", value=args.text)
    task = Analyzing(locate(args.model, args.collection), args.token_budget, args.index, args.top)
    return run_batch(Path(args.text), args.target, task, args)
