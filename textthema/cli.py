"""The command line: one subcommand a stage, each in its own module of ``textthema.commands``.

A command's module has ``HELP`` (one line), ``configure(parser)`` and ``run(args) -> exit code``, and imports
nothing heavy before ``run``: its parser is built for every help and every mistake in a command's name.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import sys
from collections.abc import Sequence
from importlib import import_module

from textthema import __version__
from textthema.errors import TextThemaError
from textthema.terminal import BROKEN_PIPE, give_up_stdout, never_fail_to_print

COMMANDS = (
    *("analyze", "classify", "themes", "hashtags", "related", "index"),
    *(
        "clean",
        "split",
        "train",
        "tune",
        "export",
        "dequantize",
        "nuances",
        "evaluate",
        "entities",
        "catalogue",
        "push",
    ),
)
_EXAMPLES = """examples:
  textthema analyze "The tide took the name I wrote, and I wrote it again."
  textthema classify poems.csv themes.csv --text-column poem
  textthema hashtags "The tide took the name I wrote, and I wrote it again."
  textthema related "A boy who talks to owls waits all summer for a letter."

Each command has its own help: textthema analyze --help
"""
_INTERRUPTED = 130


def build_parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Build the parser of commands.

    Args:
        names: The commands; all by default.

    Returns:
        A parser whose result has ``run``, the function of the command that was chosen.
    """
    parser = argparse.ArgumentParser(
        prog="textthema",
        description="Themes of creative texts, from scraper to model to answer.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"textthema {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in names:
        command = import_module(f"textthema.commands.{name}")
        subparser = subparsers.add_parser(
            name,
            help=command.HELP,
            description=command.HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.configure(subparser)
        subparser.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments after the program's name; by default the process's own.

    Returns:
        0 if all went well, the error's ``exit_code`` if not, 130 after Ctrl-C, 141 if the reader of the
        output went away.
    """
    never_fail_to_print()
    # nothing of a process that ends needs to be looked through for garbage
    atexit.register(gc.freeze)
    argv = sys.argv[1:] if argv is None else argv
    # the parsers of all others take longer to import than a text to be read
    names = argv[:1] if argv and argv[0] in COMMANDS else COMMANDS
    try:
        args = build_parser(names).parse_args(argv)
        code: int = args.run(args)
        sys.stdout.flush()
    except TextThemaError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        give_up_stdout()
        return BROKEN_PIPE
    return code
