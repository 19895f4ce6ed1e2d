"""What every command does about the terminal that it talks to."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BROKEN_PIPE = 141


def never_fail_to_print() -> None:
    """Let a terminal that can't show a character get a question mark, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def give_up_stdout() -> None:
    """Let nothing more be said of a reader of the output that went away; Python would complain again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def progress_bar(
    total: int, shown: bool, *, unit: str = "text", what: str | None = None, before: int = 0
) -> Iterator[Callable[[int], object]]:
    """Draw a bar of what is done on stderr, if that is a terminal, with its speed and the time that is left.

    Args:
        total: How much there is.
        shown: Whether to draw any.
        unit: What is counted.
        what: What is done, at the bar's beginning.
        before: How much was done before.

    Yields:
        What takes the number of those that are done since the last time.
    """
    if not shown:
        yield lambda _: None
        return
    from tqdm import tqdm  # noqa: PLC0415 - for a text alone, importing it would take as long as reading the text

    with tqdm(total=total, initial=before, unit=unit, desc=what, unit_scale=not unit, disable=None) as bar:
        yield bar.update
