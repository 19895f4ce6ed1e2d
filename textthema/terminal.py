"""What every command does about the terminal that it talks to."""

from __future__ import annotations

import io
import os
import sys

BROKEN_PIPE = 141


def never_fail_to_print() -> None:
    """Let a terminal that can't show a character get a question mark, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def give_up_stdout() -> None:
    """Let nothing more be said of a reader of the output that went away; Python would complain again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
