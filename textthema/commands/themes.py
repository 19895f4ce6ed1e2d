"""``textthema themes``: the themes that the model knows."""

from __future__ import annotations

import argparse
import json

from textthema.commands import add_model_option

HELP = "list the themes that the model knows"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Args:
        parser: The command's parser.
    """
    parser.add_argument("--json", action="store_true", help="print a JSON object: theme → its threshold")
    add_model_option(parser)
    parser.epilog = """examples:
  textthema themes
  textthema themes --collection books
  textthema themes --json | jq .love
"""


def run(args: argparse.Namespace) -> int:
    """Print the themes, one a line.

    Args:
        args: Parsed arguments.

    Returns:
        0.
    """
    from textthema.classifier import ThemeClassifier

    classifier = ThemeClassifier.from_pretrained(args.model, collection=args.collection)
    if args.json:
        thresholds = [round(float(threshold), 6) for threshold in classifier.thresholds]
        print(json.dumps(dict(zip(classifier.labels, thresholds, strict=True)), indent=2))
    else:
        print("\n".join(classifier.labels))
    return 0
