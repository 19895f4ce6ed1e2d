"""The commands of ``textthema``, a module each; ``textthema.cli`` lists them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from textthema.errors import EmptyTextError, InputError, NotTextError, TextTooLongError, shown

if TYPE_CHECKING:
    from textthema.tasks import Task

# a character takes at most 4 bytes in UTF-8; an endless pipe is not read to its end
_MAX_STDIN_BYTES = 4 * 100_000 + 1


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


def add_batch_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that reads the rows of a file of any size.

    Args:
        parser: The command's parser.
    """
    group = parser.add_argument_group("files")
    group.add_argument("--text-column", default="text", metavar="NAME", help="IN's column to read (default: text)")
    group.add_argument(
        "--allow-empty", action="store_true", help="keep IN's rows without text, with empty results, and count them"
    )
    group.add_argument(
        "--workers", type=int, metavar="N", help="texts read at a time (default: as many as there are processors)"
    )
    group.add_argument(
        "--token-budget",
        type=int,
        metavar="N",
        help="read texts of similar lengths together, up to N tokens (default: each alone, so that no text changes "
        "another's int8 scores; N of 256 is somewhat faster)",
    )
    group.add_argument(
        "--shards", choices=("csv", "jsonl", "parquet"), help="let OUT be a folder of files of this format"
    )
    group.add_argument("--engine", choices=("local", "ray"), default="local", help="who reads (default: local)")
    group.add_argument(
        "--address",
        help="the Ray cluster, such as auto or ray://head:10001; its machines see IN and OUT under the same paths "
        "(default: Ray on this machine)",
    )
    group.add_argument("--report", type=Path, metavar="FILE", help="write rows, speed and each stage's time as JSON")
    group.add_argument(
        "--restart", action="store_true", help="throw away what a stopped command with other options left of OUT"
    )


def run_batch(source: Path, target: Path, task: Task, args: argparse.Namespace) -> int:
    """Read the rows of a file into another file, and say which were not read, or not whole.

    Args:
        source: The table.
        target: What to write.
        task: What is done with each row.
        args: Parsed arguments, those of `add_batch_options` among them.

    Returns:
        0.

    Raises:
        InputError: An argument is at fault; the message says which.
    """
    from textthema.engine import Settings, run, run_local

    if args.address and args.engine != "ray":
        raise InputError(f"--address {shown(args.address)} needs --engine ray", value=args.address)
    engine = run_local
    if args.engine == "ray":
        from textthema.cluster import RayEngine

        engine = RayEngine(args.address)
    settings = Settings(args.allow_empty, args.workers, args.shards, args.restart, args.report)
    for note in run(source, target, args.text_column, task, settings, engine):
        print(note, file=sys.stderr)
    return 0


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
