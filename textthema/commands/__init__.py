"""The commands of ``textthema``, a module each; ``textthema.cli`` lists them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from textthema.errors import EmptyTextError, NotTextError, TextTooLongError, shown

# a character takes at most 4 bytes in UTF-8; an endless pipe is not read to its end
_MAX_STDIN_BYTES = 4 * 100_000 + 1


def add_model_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--model`` to a command that serves predictions.

    Args:
        parser: The command's parser.
    """
    parser.add_argument(
        "--model",
        metavar="PATH_OR_ID",
        help="model directory, or owner/name on the Hugging Face Hub (default: the model that comes along)",
    )


def add_index_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--index`` to a command that finds related things.

    Args:
        parser: The command's parser.
    """
    parser.add_argument(
        "--index",
        type=Path,
        metavar="DIR",
        help="passages of your own, as textthema index wrote them: the related come from there, with the passage",
    )


def add_text_argument(parser: argparse.ArgumentParser) -> None:
    """Add the text to a command that reads one.

    Args:
        parser: The command's parser.
    """
    parser.add_argument("text", metavar="TEXT", nargs="?", help="the text; - or nothing: standard input")


def text_of(argument: str | None) -> str:
    """Give the text that a command was given.

    Args:
        argument: The text, or ``-`` or None for what standard input holds.

    Returns:
        The text.

    Raises:
        EmptyTextError: There is none, and standard input is a terminal.
        NotTextError: Standard input is not UTF-8.
        TextTooLongError: It holds more than 100,000 characters.
    """
    if argument not in (None, "-"):
        return argument
    if sys.stdin.isatty():
        raise EmptyTextError('there is no text; give one in quotation marks ("…") or pipe one in', value=None)
    raw = sys.stdin.buffer.read(_MAX_STDIN_BYTES)
    if len(raw) == _MAX_STDIN_BYTES:
        raise TextTooLongError("standard input holds more than 100,000 characters; split it into passages", value=raw)
    try:
        return raw.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise NotTextError(
            f"standard input is not UTF-8 text: byte {error.start + 1} is {shown(raw[error.start : error.end])}; "
            "convert it first",
            value=raw,
        ) from error
