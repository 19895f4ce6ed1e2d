"""The commands of ``textthema``, a module each; ``textthema.cli`` lists them."""

from __future__ import annotations

import argparse


def add_model_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--model`` and ``--collection`` to a command that serves predictions.

    Args:
        parser: The command's parser.
    """
    parser.add_argument(
        "--model",
        metavar="PATH_OR_ID",
        help="model directory, or owner/name on the Hugging Face Hub (default: the model that comes along)",
    )
    parser.add_argument(
        "--collection",
        default="quotes",
        help="which model that is: quotes for themes, books for genres of a book's description (default: %(default)s)",
    )
