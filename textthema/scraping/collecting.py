"""The run: page after page of the plan, until all are settled or something asks a person to look."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tenacity import RetryCallState, Retrying, retry_if_result

from textthema.bundle import replacing
from textthema.errors import PagesMissingError, ScrapingError, UnreachableError
from textthema.scraping.browser import Browser
from textthema.scraping.export import export_csv
from textthema.scraping.journal import FAILED, SKIPPED, Journal, PlannedPage
from textthema.scraping.kinds import Kind
from textthema.scraping.outcomes import Gone, LayoutChanged, Outcome, Page, RateLimited, Unreachable, judge
from textthema.scraping.pacing import Manners, Pacer
from textthema.scraping.robots import Robots

_TRIES_AT_A_CHANGED_LAYOUT = 2
_PAGES_IN_A_ROW = 3
_FIRST_TRIES = 3
_EXPORT_EVERY_SECONDS = 60
_EXPORT_SHARE = 20
_SAYS_EMPTY = "it says that it holds nothing"
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
        return self.out.with_name(f"{self.out.name}.layout-changed.html")


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
        waiting: What it is waiting for; empty if it isn't.
    """

    pages: int = 0
    items: int = 0
    new_items: int = 0
    popups: int = 0
    failed: int = 0
    delay: float = 0.0
    waiting: str = ""


@dataclass
class _Streak:
    """Pages in a row with the same trouble."""

    kind: type[Outcome] | None = None
    pages: list[tuple[PlannedPage, str]] = field(default_factory=list)

    def add(self, outcome: Outcome, page: PlannedPage) -> None:
        if type(outcome) is not self.kind:
            self.kind, self.pages = type(outcome), []
        self.pages.append((page, outcome.reason))

    def is_long(self, kind: type[Outcome], length: int) -> bool:
        return self.kind is kind and len(self.pages) >= length


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
        """Fetch every page that is pending, those that failed once more, and write the CSV.

        Raises:
            ScrapingError: If the site needs a person's look; what was collected is in the journal and the CSV.
        """
        self._journal.plan(self._plan.series, self._plan.last)
        try:
            self._settle_pending()
            self._settle_failed_once_more()
            self._settle_pending()  # what those pages have shown to exist
        finally:
            self._export()
        self._raise_if_pages_are_missing()

    def _settle_pending(self) -> None:
        self._streak = _Streak()
        while page := self._journal.next_page():
            self._settle(page)
            if len(self._streak.pages) == _PAGES_IN_A_ROW or self._never_got_through():
                raise self._row_of_troubles()

    def _never_got_through(self) -> bool:
        """Tell a wrong address, or a machine without a network, from a site that is away for a while."""
        return self._streak.kind is Unreachable and not len(self._journal)

    def _settle_failed_once_more(self) -> None:
        self._streak = _Streak()
        for page in self._journal.pages(FAILED):
            self._settle(page)
            if self._streak.is_long(Unreachable, _PAGES_IN_A_ROW):
                return

    def _settle(self, page: PlannedPage) -> None:
        started = time.monotonic()
        outcome = self._visit(page)
        self._enter(page, outcome, time.monotonic() - started)
        self.tally.delay = self._pacer.delay
        self._report(self.tally)
        self._export_now_and_then()

    def _raise_if_pages_are_missing(self) -> None:
        failed, skipped = self._journal.pages(FAILED), self._journal.pages(SKIPPED)
        if failed:
            raise PagesMissingError(
                f"{len(failed)} pages could not be had, the first is {failed[0].url}: {failed[0].reason}. "
                "--status lists them, --retry-failed begins with them",
                value=[page.url for page in failed],
            )
        if skipped and not len(self._journal):
            raise PagesMissingError(
                f"nothing was found: {len(skipped)} pages were skipped, the first is {skipped[0].url}: "
                f"{skipped[0].reason}",
                value=[page.url for page in skipped],
            )

    def _visit(self, page: PlannedPage) -> Outcome:
        tries = Retrying(
            retry=retry_if_result(_may_pass(self._manners)),
            wait=self._pacer.pause_before_retry,
            stop=self._has_tried_enough,
            before_sleep=self._report_waiting,
            retry_error_callback=lambda state: state.outcome.result(),
        )
        outcome = tries(self._fetch, page)
        self.tally.waiting = ""
        return outcome

    def _has_tried_enough(self, state: RetryCallState) -> bool:
        """Tell a page that can't be had, after a few tries, from a site that can't be, after a long wait."""
        outcome = state.outcome.result()
        is_offline = isinstance(outcome, Unreachable) and outcome.offline
        if is_offline and not len(self._journal):
            return state.attempt_number >= _FIRST_TRIES
        is_away = is_offline and self._streak.is_long(Unreachable, _PAGES_IN_A_ROW - 1)
        patience = self._manners.patience if is_away or isinstance(outcome, RateLimited) else 0
        return state.attempt_number >= self._manners.tries and state.seconds_since_start >= patience

    def _report_waiting(self, state: RetryCallState) -> None:
        self.tally.waiting = f"waiting {state.upcoming_sleep:.0f} s: {state.outcome.result().reason}"
        self._report(self.tally)

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
            case Page(reading=reading, popups=popups):
                new = self._journal.record(page, reading.records, reading.last, popups, seconds)
                self._pacer.went_well()
                self.tally.items += len(reading.records)
                self.tally.new_items += new
                self.tally.popups += popups
                if reading.records:
                    self._streak = _Streak()
                else:
                    self._note(LayoutChanged(page.url, _SAYS_EMPTY, html=outcome.html), page)
            case Gone():
                self._journal.skip(page, outcome.reason)
            case LayoutChanged() | Unreachable():
                self._journal.fail(page, f"{outcome.name}: {outcome.reason}")
                self._note(outcome, page)
            case _:
                raise outcome.error(f"{outcome.name}: {outcome.reason} ({page.url}). {_ADVICE}", value=page.url)
        self.tally.pages += 1
        self.tally.failed = self._journal.count(FAILED)

    def _note(self, outcome: LayoutChanged | Unreachable, page: PlannedPage) -> None:
        self._streak.add(outcome, page)
        if isinstance(outcome, LayoutChanged):
            with replacing(self._plan.diagnosis) as partial:
                partial.write_text(outcome.html, encoding="utf-8", errors="replace")

    def _row_of_troubles(self) -> ScrapingError:
        kind = self._streak.kind
        for page, reason in self._streak.pages:  # one page may say that it is empty, three in a row are no success
            self._journal.fail(page, f"{kind.__name__}: {reason}")
        page, reason = self._streak.pages[-1]
        kept = f"; the last one is kept in {self._plan.diagnosis}" if kind is LayoutChanged else ""
        if self._never_got_through():
            return kind.error(
                f"{kind.__name__}: {page.url} can't be had: {reason}. Is there a network?", value=page.url
            )
        return kind.error(
            f"{kind.__name__}: {len(self._streak.pages)} pages in a row, the last: {reason}{kept}. {_ADVICE}, and "
            "asks for these pages once more at its end; --retry-failed begins with them",
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
        if len(self._journal) and (self._journal.has_news() or not self._plan.out.exists()):
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
            return (outcome.retry_after or 0) <= manners.patience
        return isinstance(outcome, Unreachable)

    return may_pass
