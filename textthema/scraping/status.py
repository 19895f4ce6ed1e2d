"""How far a collection has come, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from textthema.scraping.journal import Journal
from textthema.scraping.kinds import Kind

_TROUBLES_SHOWN = 20
_SERIES_SHOWN = 40
_ROW = "{:>12,} {:>8,} {:>8,} {:>8,} {:>9,}  {}"


def status(journal: Journal, kind: Kind) -> str:
    """Say what is done, skipped, failed and why, and how long the rest may take.

    Args:
        journal: What was collected.
        kind: What is collected.

    Returns:
        Several lines.
    """
    return "\n".join(_lines(journal, kind))


def _lines(journal: Journal, kind: Kind) -> Iterator[str]:
    counts, unique = journal.counts(), len(journal)
    seen = sum(each.items for each in counts)
    popups = sum(each.popups for each in counts)
    yield f"{unique:,} {kind.noun}, {max(0, seen - unique):,} duplicates, {popups:,} pop-ups closed"
    yield f"{'pages done':>12} {'left':>8} {'failed':>8} {'skipped':>8} {kind.noun:>9}"
    pages = [each.done + each.pending + each.failed + each.skipped for each in counts]
    for each in counts if len(counts) <= _SERIES_SHOWN and max(pages, default=0) > 1 else ():
        yield _ROW.format(each.done, each.pending, each.failed, each.skipped, each.new_items, each.name)
    totals = [sum(getattr(each, name) for each in counts) for name in ("done", "pending", "failed", "skipped")]
    yield _ROW.format(*totals, unique, "in all")
    troubles = journal.troubles()
    for state, url, reason in troubles[:_TROUBLES_SHOWN]:
        yield f"{state}: {url}: {reason}"
    if len(troubles) > _TROUBLES_SHOWN:
        yield f"… and {len(troubles) - _TROUBLES_SHOWN:,} more"
    yield _estimate(journal, sum(each.pending for each in counts))


def _estimate(journal: Journal, left: int) -> str:
    seconds = journal.seconds_a_page()
    if not left:
        return "nothing is left to fetch"
    if seconds is None:
        return f"{left:,} pages are left, as far as is known"
    duration = timedelta(seconds=round(left * seconds))
    return f"{left:,} pages are left, as far as is known: about {duration} at {seconds:.1f} s a page"
