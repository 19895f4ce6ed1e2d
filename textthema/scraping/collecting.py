"""The run: page after page of the plan, until all are settled or something asks a person to look."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tenacity import Retrying, retry_if_result, stop_after_attempt

from textthema.bundle import replacing
from textthema.errors import PagesMissingError, UnreachableError
from textthema.scraping.browser import Browser
from textthema.scraping.export import export_csv
from textthema.scraping.journal import FAILED, Journal, PlannedPage
from textthema.scraping.kinds import Kind
from textthema.scraping.outcomes import Gone, LayoutChanged, Outcome, Page, RateLimited, Unreachable, judge
from textthema.scraping.pacing import Manners, Pacer
from textthema.scraping.robots import Robots

_TRIES_AT_A_CHANGED_LAYOUT = 2
_STREAK = {LayoutChanged: 3, Unreachable: 3}
_EXPORT_EVERY_SECONDS = 60
_EXPORT_SHARE = 20
_ADVICE = "What was collected is kept; the same command goes on from here"


@dataclass(frozen=True)
class Plan:
    """What a run collects, and where it puts it.

    Args:
        kind: What is collected.
        out: The CSV.
        series: Address of each first page, and a name.
        last: The last page wanted of each series; all by default.
    """

    kind: Kind
    out: Path
    series: Sequence[tuple[str, str]]
    last: int | None = None

    @property
    def diagnosis(self) -> Path:
        """Where a page is kept whose items could not be found."""
        return self.out.with_name(f"{self.out.stem}.layout-changed.html")


@dataclass
class Tally:
    """What this run did so far.

    Args:
        pages: Pages that were settled.
        items: Items that were seen.
        new_items: Items among them that were not known before.
        popups: Pop-ups that were closed.
        failed: Pages that could not be had.
        delay: Seconds between pages at present.
    """

    pages: int = 0
    items: int = 0
    new_items: int = 0
    popups: int = 0
    failed: int = 0
    delay: float = 0.0


@dataclass
class _Streak:
    """Pages in a row with the same trouble."""

    kind: type[Outcome] | None = None
    pages: list[PlannedPage] = field(default_factory=list)

    def add(self, outcome: Outcome, page: PlannedPage) -> None:
        if type(outcome) is not self.kind:
            self.kind, self.pages = type(outcome), []
        self.pages.append(page)


class Collector:
    """Fetches what a plan asks for and enters it into the journal.

    Args:
        plan: What to collect.
        journal: Where it is entered.
        browser: What fetches.
        manners: How patient to be with the site.
        report: Called with the tally after each page.
    """

    def __init__(
        self, plan: Plan, journal: Journal, browser: Browser, manners: Manners, report: Callable[[Tally], None]
    ) -> None:
        self._plan, self._journal, self._browser, self._manners, self._report = plan, journal, browser, manners, report
        self._pacer = Pacer(manners)
        self._robots = Robots(browser.load)
        self._streak = _Streak()
        self._exported_at, self._next_export_in = time.monotonic(), _EXPORT_EVERY_SECONDS
        self.tally = Tally()

    def run(self) -> None:
        """Fetch every page that is pending, those that failed in this run once more, and write the CSV.

        Raises:
            ScrapingError: If the site needs a person's look; what was collected is in the journal and the CSV.
        """
        self._journal.plan(self._plan.series, self._plan.last)
        try:
            self._settle_all()
            if self.tally.failed:
                self.tally.failed = 0
                self._journal.reopen_failed()
                self._settle_all()
        finally:
            self._export()
        self._raise_if_pages_are_missing()

    def _settle_all(self) -> None:
        while page := self._journal.next_page():
            started = time.monotonic()
            outcome = self._visit(page)
            self._enter(page, outcome, time.monotonic() - started)
            self.tally.delay = self._pacer.delay
            self._report(self.tally)
            self._export_now_and_then()

    def _raise_if_pages_are_missing(self) -> None:
        troubles = self._journal.troubles()
        failed = [(url, why) for state, url, why in troubles if state == FAILED]
        if failed:
            raise PagesMissingError(
                f"{len(failed)} pages could not be had, the first is {failed[0][0]}: {failed[0][1]}. "
                "--status lists them, --retry-failed asks for them again",
                value=failed,
            )
        if troubles and not len(self._journal):
            _, url, why = troubles[0]
            raise PagesMissingError(
                f"nothing was found: {len(troubles)} pages were skipped, the first is {url}: {why}", value=troubles
            )

    def _visit(self, page: PlannedPage) -> Outcome:
        tries = Retrying(
            retry=retry_if_result(_may_pass(self._manners)),
            wait=self._pacer.pause_before_retry,
            stop=stop_after_attempt(self._manners.tries),
            retry_error_callback=lambda state: state.outcome.result(),
        )
        return tries(self._fetch, page)

    def _fetch(self, page: PlannedPage) -> Outcome:
        try:
            self._pacer.crawl_delay = self._robots.crawl_delay(page.url)
            if not self._robots.allows(page.url):
                return Gone(page.url, "robots.txt does not allow it")
        except UnreachableError as error:
            return Unreachable(page.url, str(error))
        self._pacer.wait_turn()
        return judge(self._browser.load(page.url, open_parts=self._plan.kind.open_parts), self._plan.kind.parse)

    def _enter(self, page: PlannedPage, outcome: Outcome, seconds: float) -> None:
        match outcome:
            case Page(reading=reading, popups=popups) if reading.records:
                new = self._journal.record(page, reading.records, reading.last, popups, seconds)
                self._pacer.went_well()
                self._streak = _Streak()
                self.tally.items += len(reading.records)
                self.tally.new_items += new
                self.tally.popups += popups
            case Page():
                self._journal.record(page, (), popups=outcome.popups, seconds=seconds)
                self._note(page, LayoutChanged(page.url, f"{page.url} says that it holds nothing"))
            case Gone():
                self._journal.skip(page, outcome.reason)
            case LayoutChanged() | Unreachable():
                self._journal.fail(page, f"{outcome.name}: {outcome.reason}")
                self.tally.failed += 1
                self._note(page, outcome)
            case _:
                raise outcome.error(f"{outcome.name}: {outcome.reason} ({page.url}). {_ADVICE}", value=page.url)
        self.tally.pages += 1

    def _note(self, page: PlannedPage, outcome: Outcome) -> None:
        """Stop after so many pages in a row with the same trouble, and leave them for the next run."""
        if isinstance(outcome, LayoutChanged) and outcome.html:
            with replacing(self._plan.diagnosis) as partial:
                partial.write_text(outcome.html, encoding="utf-8", errors="replace")
        self._streak.add(outcome, page)
        if len(self._streak.pages) < _STREAK[type(outcome)]:
            return
        self._journal.reopen(self._streak.pages)
        kept = f"; the last one is kept in {self._plan.diagnosis}" if self._plan.diagnosis.exists() else ""
        raise outcome.error(
            f"{outcome.name}: {len(self._streak.pages)} pages in a row, the last: {outcome.reason}{kept}. {_ADVICE}",
            value=page.url,
        )

    def _export_now_and_then(self) -> None:
        now = time.monotonic()
        if now - self._exported_at < self._next_export_in:
            return
        self._export()
        self._exported_at = time.monotonic()
        # A large table takes a while to write: at most a twentieth of the time goes into it.
        self._next_export_in = max(_EXPORT_EVERY_SECONDS, _EXPORT_SHARE * (self._exported_at - now))

    def _export(self) -> None:
        if len(self._journal):
            export_csv(self._journal, self._plan.kind.columns, self._plan.out)


def _may_pass(manners: Manners) -> Callable[[Outcome], bool]:
    """Tell which outcomes are worth another try."""
    changed_layouts = 0

    def may_pass(outcome: Outcome) -> bool:
        nonlocal changed_layouts
        if isinstance(outcome, LayoutChanged):
            changed_layouts += 1
            return changed_layouts < _TRIES_AT_A_CHANGED_LAYOUT
        if isinstance(outcome, RateLimited):
            return (outcome.retry_after or 0) <= manners.longest_wait
        return isinstance(outcome, Unreachable)

    return may_pass
