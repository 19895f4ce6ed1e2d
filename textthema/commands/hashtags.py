"""``textthema hashtags``: hashtags for one text."""

from __future__ import annotations

import argparse
import json

from textthema.commands import add_model_option, add_text_argument, text_of
from textthema.errors import InputError, shown

HELP = "suggest hashtags for a text"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    add_text_argument(parser)
    parser.add_argument(
        "--top", type=int, metavar="N", help="so many, if that many can be found (default: 5 to 10, by likelihood)"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    add_model_option(parser)
    parser.epilog = """examples:
  textthema hashtags "The tide took the name I wrote, and I wrote it again."
  textthema hashtags --top 3 < poem.txt
"""


def run(args: argparse.Namespace) -> int:
    """Print a text's hashtags on one line.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    if args.top is not None and args.top < 1:
        raise InputError(f"--top must be 1 or more, not {shown(args.top)}", value=args.top)
    from textthema.analysis import Analyzer
    from textthema.classifier import readable

    text = readable(text_of(args.text))
    hashtags = Analyzer.from_pretrained(args.model).hashtags(text, args.top)
    print(json.dumps(hashtags) if args.json else " ".join(hashtags))
    return 0
