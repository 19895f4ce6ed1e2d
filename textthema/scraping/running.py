"""From a script's options to a run: the journal, the browser and the progress bar, put together."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from textthema.scraping.browser import Browser, BrowserSettings
from textthema.scraping.collecting import Collector, Plan, Tally
from textthema.scraping.command import Script
from textthema.scraping.export import export_csv
from textthema.scraping.journal import PENDING, Journal
from textthema.scraping.kinds import KINDS, Kind
from textthema.scraping.pacing import Manners
from textthema.scraping.saved_pages import enter_saved_pages
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
    kind, path = KINDS[script.kind], journal_path(args.out)
    if args.status:
        with Journal(path, kind.name, writable=False) as journal:
            print(status(journal, kind))
        return 0
    with Journal(path, kind.name) as journal:
        if args.from_html:
            seen = enter_saved_pages(args.from_html, kind, journal)
            export_csv(journal, kind.columns, args.out)
            print(f"{seen:,} {kind.noun} in {len(args.from_html):,} pages; {len(journal):,} are in {args.out}")
            return 0
        plan = Plan(kind, args.out, script.series(args), getattr(args, "pages", None))
        if args.retry_failed:
            journal.plan(plan.series, plan.last)
            print(f"{journal.reopen_troubles():,} failed and skipped pages are asked for again")
        _collect(plan, args, journal)
        skipped = sum(each.skipped for each in journal.counts())
        note = f" ({skipped:,} pages were skipped; --status says why)" if skipped else ""
        print(f"all pages are done: {len(journal):,} {kind.noun} are in {args.out}{note}")
    return 0


def _collect(plan: Plan, args: argparse.Namespace, journal: Journal) -> None:
    settings = BrowserSettings(
        profile=args.out.with_name(f"{args.out.name}.browser").resolve(),
        headed=args.headed,
        grid=args.grid,
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
