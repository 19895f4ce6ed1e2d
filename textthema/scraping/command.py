"""What the three scripts share: their options, and the way from a command line to an exit code.

Imports nothing that has to be installed first, so that a script can say what is missing.
"""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from textthema.blurr_compat import require_packages
from textthema.errors import JournalError, TextThemaError, shown
from textthema.scraping.addresses import SITE, is_address
from textthema.terminal import BROKEN_PIPE, give_up_stdout, never_fail_to_print

_PACKAGES = ("selenium", "bs4", "tenacity", "filelock", "protego", "psutil")
_INTERRUPTED = 130
_KEPT = "What was collected before is kept; is the disk full?"
_ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP")  # a closed terminal ends a run as Ctrl-C does
_LONGEST_SECONDS = 10_000_000
Series = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Script:
    """One of the scripts.

    Args:
        kind: Name of what it collects.
        about: Its documentation, shown by ``--help``.
        out: Where the CSV goes by default.
        configure: Adds the options that it alone has.
        series: From its options to the address of each first page, and a name.
        has_pages: Whether a series has more than one page.
    """

    kind: str
    about: str
    out: Path
    configure: Callable[[argparse.ArgumentParser], None]
    series: Callable[[argparse.Namespace], Series]
    has_pages: bool = True


def run_script(script: Script, argv: Sequence[str] | None = None) -> int:
    """Run a script.

    Args:
        script: Which.
        argv: Arguments after its name; by default the process's own.

    Returns:
        0 if every page was had, the error's ``exit_code`` if not, 130 after Ctrl-C.
    """
    args = _parser(script).parse_args(argv)
    never_fail_to_print()
    _on_ending(_interrupt)
    try:
        require_packages("scraping", _PACKAGES)
        from textthema.scraping.running import run  # noqa: PLC0415

        return run(script, args)
    except BrokenPipeError:
        give_up_stdout()
        return BROKEN_PIPE
    except sqlite3.Error as error:
        print(f"error: the journal can't be written: {error}. {_KEPT}", file=sys.stderr)
        return JournalError.exit_code
    except TextThemaError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("stopped; what was collected is kept, and the same command goes on from here", file=sys.stderr)
        return _INTERRUPTED


def _parser(script: Script) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=script.about, formatter_class=argparse.RawDescriptionHelpFormatter)
    script.configure(parser)
    if script.has_pages:
        parser.add_argument(
            "--pages", type=_whole, metavar="N", help="at most N pages of each (default: all; the last is discovered)"
        )
    parser.add_argument(
        "--out",
        type=_file,
        default=script.out,
        metavar="FILE",
        help="the CSV; its journal stands beside it (default: %(default)s)",
    )
    parser.add_argument(
        "--status", action="store_true", help="say of this --out what is done, skipped and failed, and why; then end"
    )
    parser.add_argument("--retry-failed", action="store_true", help="ask for failed and skipped pages again")
    parser.add_argument(
        "--from-html", type=Path, nargs="+", metavar="FILE", help="add saved pages to the CSV, without a browser"
    )
    browser = parser.add_argument_group("the browser")
    browser.add_argument("--headed", action="store_true", help="show its window")
    browser.add_argument("--grid", type=_address, metavar="URL", help="use a Selenium Grid instead of a local Chromium")
    browser.add_argument(
        "--timeout", type=_seconds, default=60, metavar="S", help="seconds a page may take (default: %(default)s)"
    )
    manners = parser.add_argument_group("manners")
    manners.add_argument(
        "--delay",
        type=_seconds,
        default=3.0,
        metavar="S",
        help="seconds between pages, robots.txt may ask for more (default: %(default)s)",
    )
    manners.add_argument(
        "--backoff",
        type=_seconds,
        default=5.0,
        metavar="S",
        help="first pause before a page is asked for again; doubles each time, up to 5 minutes (default: %(default)s)",
    )
    manners.add_argument(
        "--patience",
        type=_seconds,
        default=86400,
        metavar="S",
        help="seconds to wait for a site that does not answer, or asks to slow down (default: %(default)s, a day)",
    )
    return parser


def add_site_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--site`` to a script that makes addresses itself.

    Args:
        parser: The script's parser.
    """
    parser.add_argument(
        "--site", type=_address, default=SITE, metavar="URL", help="where the site is (default: %(default)s)"
    )


def _address(text: str) -> str:
    if not is_address(text):
        raise argparse.ArgumentTypeError(f"{shown(text)} is no web address; one begins with https://")
    return text.rstrip("/")


def _file(text: str) -> Path:
    path = Path(text)
    if not path.name or path.is_dir():
        raise argparse.ArgumentTypeError(f"{shown(text)} is a folder; name a file in it")
    return path


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(f"{shown(text)} is no whole number above 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{shown(text)} is no number of seconds") from error
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise argparse.ArgumentTypeError(f"{shown(text)} is no number of seconds")
    return seconds


def _on_ending(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for name in _ENDINGS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handler)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    # A second one would cut short the closing of the browser and the writing of the CSV.
    _on_ending(signal.SIG_IGN)
    raise KeyboardInterrupt
