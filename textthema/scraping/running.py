"""From a script's options to a run: the journal, the browser and the progress bar, put together."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from textthema.errors import InputError
from textthema.scraping.browser import Browser, BrowserSettings
from textthema.scraping.collecting import Collector, Plan, Tally
from textthema.scraping.command import Script
from textthema.scraping.export import export_csv
from textthema.scraping.journal import PENDING, SKIPPED, Journal
from textthema.scraping.kinds import KINDS, Kind
from textthema.scraping.pacing import Manners
from textthema.scraping.saved_pages import read_saved_pages
from textthema.scraping.status import status

_SECONDS_BETWEEN_LINES_OF_A_LOG = 60


def journal_path(out: Path) -> Path:
    """Name the journal that belongs to a CSV.

    Args:
        out: The CSV.

    Returns:
        A file beside it.
    """
    return out.with_name(f"{out.name}.journal.sqlite3")


def run(script: Script, args: argparse.Namespace) -> int:
    """Do what a script was asked for.

    Args:
        script: Which script.
        args: Its options.

    Returns:
        0.

    Raises:
        TextThemaError: Whatever kept it from it; what was collected is kept.
    """
    kind, out = KINDS[script.kind], args.out
    if args.status:
        with Journal(journal_path(out), kind.name, writable=False) as journal:
            print(status(journal, kind))
        return 0
    _refuse_what_is_not_ours(out)
    if args.from_html:
        pages = read_saved_pages(args.from_html, kind)
        with Journal(journal_path(out), kind.name) as journal:
            journal.record_saved(pages)
            export_csv(journal, kind.columns, out)
            seen = sum(len(reading.records) for _, reading in pages)
            print(f"{seen:,} {kind.noun} in {len(pages):,} pages; {len(journal):,} are in {out}")
    else:
        plan = Plan(kind, out, script.series(args), getattr(args, "pages", None))
        if not plan.series:
            raise InputError(f"there is nothing to collect: no page of {kind.noun} was named", value=plan.series)
        with Journal(journal_path(out), kind.name) as journal:
            if args.retry_failed:
                journal.plan(plan.series, plan.last)
                print(f"{journal.reopen_troubles():,} failed and skipped pages are asked for again")
            _collect(plan, args, journal)
            skipped = journal.count(SKIPPED)
            note = f" ({skipped:,} pages were skipped; --status says why)" if skipped else ""
            print(f"all pages are done: {len(journal):,} {kind.noun} are in {out}{note}")
    return 0


def _refuse_what_is_not_ours(out: Path) -> None:
    if journal_path(out).exists() or not out.exists() or (out.is_file() and not out.stat().st_size):
        return
    raise InputError(
        f"{out} is there already, and there is no journal beside it: it would be written over. Move it away, or choose "
        "another --out",
        value=str(out),
    )


def _collect(plan: Plan, args: argparse.Namespace, journal: Journal) -> None:
    settings = BrowserSettings(
        profile=args.out.with_name(f"{args.out.name}.browser").resolve(),
        headed=args.headed,
        grid=args.grid or "",
        timeout=args.timeout,
    )
    manners = Manners(delay=args.delay, backoff=args.backoff, patience=args.patience)
    every = 0.5 if sys.stderr.isatty() else _SECONDS_BETWEEN_LINES_OF_A_LOG
    with Browser(settings) as browser, tqdm(unit=" pages", mininterval=every, maxinterval=every) as bar:

        def report(tally: Tally) -> None:
            bar.total = tally.pages + journal.count(PENDING)
            bar.set_postfix_str(tally.waiting or _told(tally, plan.kind), refresh=bool(tally.waiting))
            bar.update(tally.pages - bar.n)

        Collector(plan, journal, browser, manners, report).run()


def _told(tally: Tally, kind: Kind) -> str:
    return (
        f"{tally.new_items:,} new {kind.noun}, {tally.items - tally.new_items:,} duplicates, "
        f"{tally.popups:,} pop-ups, {tally.failed:,} failed, delay {tally.delay:.1f} s"
    )
