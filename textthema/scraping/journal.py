"""The scraper's only state: the plan of pages, what came of each, and every item once.

SQLite in WAL mode. A page's outcome and its items are one transaction: a run that is killed has either both or
neither, and asks again for that page alone. Times are seconds since 1970.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from textthema.errors import JournalError, shown
from textthema.scraping.addresses import page_url
from textthema.scraping.markup import Reading
from textthema.scraping.records import Record

PENDING, DONE, FAILED, SKIPPED = "pending", "done", "failed", "skipped"
_VERSION = "1"
_BUSY_SECONDS = 30
_RECENT_PAGES = 200
_NO_LIMIT = 1 << 31
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS wanted (series INTEGER PRIMARY KEY REFERENCES series, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS pages (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series, number INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending', reason TEXT NOT NULL DEFAULT '', items INTEGER NOT NULL DEFAULT 0,
    new_items INTEGER NOT NULL DEFAULT 0, popups INTEGER NOT NULL DEFAULT 0, seconds REAL, settled_at REAL,
    UNIQUE (series, number)
);
CREATE VIEW IF NOT EXISTS planned AS
    SELECT pages.*, url FROM pages JOIN wanted USING (series) JOIN series ON series.id = pages.series
    WHERE number <= wanted.last;
CREATE INDEX IF NOT EXISTS pages_by_state ON pages (state, series, number);
CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sightings (
    record INTEGER NOT NULL REFERENCES records, page INTEGER NOT NULL REFERENCES pages, position INTEGER NOT NULL,
    PRIMARY KEY (record, page)
) WITHOUT ROWID;
"""
# By plan, not by time: whichever way a run went, the same pages give the same table.
_IN_PLAN_ORDER = """
SELECT record, content, series.url, number,
    min((series << 40) + (number << 20) + position) OVER (PARTITION BY record) AS first_seen
FROM sightings JOIN records ON records.id = record JOIN pages ON pages.id = page JOIN series ON series.id = series
ORDER BY first_seen, record, series, number
"""


@dataclass(frozen=True)
class PlannedPage:
    """A page that is to be fetched.

    Args:
        id: The journal's number for it.
        series: Address of its first page.
        number: Which page of the series it is, from 1.
        reason: Why it is missing; empty if it isn't.
    """

    id: int
    series: str
    number: int
    reason: str = ""

    @property
    def url(self) -> str:
        """Its address."""
        return page_url(self.series, self.number)


@dataclass(frozen=True)
class SeriesCount:
    """How far a series has come, in pages.

    Args:
        name: What it is called.
        done: Pages that were read.
        pending: Pages that are left of the latest plan.
        failed: Pages that could not be had.
        skipped: Pages that are no more, or not for us.
        new_items: Items that were first seen here.
        items: Items that were seen, each as often as a page showed it.
        popups: Pop-ups that were closed.
    """

    name: str
    done: int
    pending: int
    failed: int
    skipped: int
    new_items: int
    items: int
    popups: int


class Journal:
    """What a run has planned, done and found.

    Args:
        path: Its file; made if it is not there.
        kind: What is collected; a journal holds one kind.
        writable: Whether to lock it for this run. A reader may look on while a run writes.

    Raises:
        JournalError: If it is in use, no journal, or one of another kind or version.
    """

    def __init__(self, path: Path, kind: str, *, writable: bool = True) -> None:
        self._lock = FileLock(f"{path}.lock", timeout=0)
        if writable:
            self._take_lock(path)
        elif not path.is_file():
            raise JournalError(f"there is no journal {path}: nothing was collected there yet", value=str(path))
        self._db: sqlite3.Connection | None = None
        try:
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS)
            self._prepare(path, kind, writable=writable)
        except sqlite3.OperationalError as error:
            self.close()
            raise JournalError(f"{path} can't be used now: {error}", value=str(path)) from error
        except sqlite3.DatabaseError as error:
            self.close()
            raise JournalError(f"{path} is no journal of ours: {error}; move it away", value=str(path)) from error
        except JournalError:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return the journal itself."""
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the file and let others have it."""
        if self._db:
            self._db.close()
        self._lock.release()

    def plan(self, series: Sequence[tuple[str, str]], last: int | None = None) -> None:
        """Say what is to be collected; the first page of each new series is planned.

        Args:
            series: Address of each first page, and a name, in the order of the plan.
            last: The last page wanted of each; all by default.
        """
        with self._db:
            self._db.executemany("INSERT OR IGNORE INTO series (url, name) VALUES (?, ?)", series)
            self._db.execute("DELETE FROM wanted")
            self._db.executemany(
                "INSERT OR IGNORE INTO wanted SELECT id, ? FROM series WHERE url = ?",
                [(last or _NO_LIMIT, url) for url, _ in series],
            )
            self._db.execute("INSERT OR IGNORE INTO pages (series, number) SELECT series, 1 FROM wanted")

    def next_page(self) -> PlannedPage | None:
        """Find the page to fetch next.

        Returns:
            The first page of the plan that is pending, or None.
        """
        return next(iter(self.pages(PENDING, most=1)), None)

    def pages(self, state: str, most: int = -1) -> list[PlannedPage]:
        """List pages of the plan, in its order.

        Args:
            state: PENDING, DONE, FAILED or SKIPPED.
            most: How many at the most; all by default.

        Returns:
            The pages.
        """
        found = self._db.execute(
            "SELECT id, url, number, reason FROM planned WHERE state = ? ORDER BY series, number LIMIT ?",
            (state, most),
        )
        return [PlannedPage(*row) for row in found]

    def count(self, state: str) -> int:
        """Count pages of the plan, as far as they are known.

        Args:
            state: PENDING, DONE, FAILED or SKIPPED.

        Returns:
            How many there are.
        """
        return self._db.execute("SELECT count(*) FROM planned WHERE state = ?", (state,)).fetchone()[0]

    def record(
        self,
        page: PlannedPage,
        records: Sequence[Record],
        last: int = 1,
        popups: int = 0,
        seconds: float | None = None,
    ) -> int:
        """Enter a page that was read: its outcome, its items and the pages that it shows to exist.

        Args:
            page: The page.
            records: Its items in their order.
            last: The highest page of its series that it links to.
            popups: How many pop-ups were closed.
            seconds: How long it took, with the waiting before it; None if it was read from a file.

        Returns:
            How many of its items were not known before.
        """
        with self._db:
            new = self._enter_all(page.id, records)
            self._settle(page.id, DONE, items=len(records), new_items=new, popups=popups, seconds=seconds)
            self._discover(page.id, last)
        return new

    def record_saved(self, pages: Sequence[tuple[str, Reading]]) -> None:
        """Enter pages that were read from files, planned or not, in one transaction.

        Args:
            pages: Address of the first page of its series or the file's path, and what it holds.
        """
        with self._db:
            for series, reading in pages:
                self._db.execute("INSERT OR IGNORE INTO series (url, name) VALUES (?, ?)", (series, series))
                number = self._db.execute("SELECT id FROM series WHERE url = ?", (series,)).fetchone()[0]
                place = (number, reading.number)
                self._db.execute("INSERT OR IGNORE INTO pages (series, number) VALUES (?, ?)", place)
                page = self._db.execute("SELECT id FROM pages WHERE series = ? AND number = ?", place).fetchone()[0]
                new = self._enter_all(page, reading.records)
                self._settle(page, DONE, items=len(reading.records), new_items=new)
                self._discover(page, reading.last)

    def fail(self, page: PlannedPage, reason: str) -> None:
        """Enter a page that could not be had.

        Args:
            page: The page.
            reason: Why.
        """
        with self._db:
            self._settle(page.id, FAILED, reason)

    def skip(self, page: PlannedPage, reason: str) -> None:
        """Enter a page that is no more, or not for us.

        Args:
            page: The page.
            reason: Why.
        """
        with self._db:
            self._settle(page.id, SKIPPED, reason)

    def reopen_troubles(self) -> int:
        """Make the failed and skipped pages of the plan pending again.

        Returns:
            How many there were.
        """
        with self._db:
            return self._db.execute(
                "UPDATE pages SET state = ? WHERE id IN (SELECT id FROM planned WHERE state IN (?, ?))",
                (PENDING, FAILED, SKIPPED),
            ).rowcount

    def counts(self) -> list[SeriesCount]:
        """Count pages and items of each series; what is left counts as far as the latest plan wants it."""
        return [
            SeriesCount(*row)
            for row in self._db.execute(
                "SELECT name, sum(state = 'done'), sum(state = 'pending' AND number <= coalesce(wanted.last, 0)), "
                "sum(state = 'failed'), sum(state = 'skipped'), sum(new_items), sum(items), sum(popups) "
                "FROM pages JOIN series ON series.id = pages.series LEFT JOIN wanted USING (series) "
                "GROUP BY series ORDER BY series"
            )
        ]

    def troubles(self) -> list[tuple[str, str, str]]:
        """List pages that are missing, of all series.

        Returns:
            State, address and reason of each failed or skipped page, in the order of the plan.
        """
        found = self._db.execute(
            "SELECT state, url, number, reason FROM pages JOIN series ON series.id = series "
            "WHERE state IN (?, ?) ORDER BY state, series, number",
            (FAILED, SKIPPED),
        )
        return [(state, page_url(url, number), reason) for state, url, number, reason in found]

    def seconds_a_page(self) -> float | None:
        """Average how long the latest pages took, with the waiting; None before the first."""
        return self._db.execute(
            "SELECT avg(seconds) FROM (SELECT seconds FROM pages WHERE seconds IS NOT NULL "
            "ORDER BY settled_at DESC LIMIT ?)",
            (_RECENT_PAGES,),
        ).fetchone()[0]

    def note_export(self) -> None:
        """Remember that everything so far is in the CSV."""
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO meta SELECT 'exported', value FROM meta WHERE key = 'changes'")

    def has_news(self) -> bool:
        """Tell whether anything came in since the CSV was written."""
        found = dict(self._db.execute("SELECT key, value FROM meta WHERE key IN ('changes', 'exported')"))
        return found.get("changes") != found.get("exported")

    def __len__(self) -> int:
        """Count the items."""
        return self._db.execute("SELECT count(*) FROM records").fetchone()[0]

    def records(self) -> Iterator[tuple[dict[str, object], list[str]]]:
        """Go through all items in the order of the plan.

        Yields:
            An item's fields, and the addresses of the pages that it was seen on.
        """
        for _, rows in groupby(self._db.execute(_IN_PLAN_ORDER), key=itemgetter(0)):
            seen = list(rows)
            yield json.loads(seen[0][1]), [page_url(url, number) for _, _, url, number, _ in seen]

    def _take_lock(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout as error:
            raise JournalError(
                f"another run is writing to {path}; wait for it or choose another --out", str(path)
            ) from error
        except OSError as error:
            raise JournalError(f"can't write {path}: {error.strerror}; choose another --out", str(path)) from error

    def _prepare(self, path: Path, kind: str, *, writable: bool) -> None:
        if writable:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            with self._db:
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._db.execute(statement)
                self._db.execute(
                    "INSERT OR IGNORE INTO meta VALUES ('version', ?), ('kind', ?), ('changes', 0)", (_VERSION, kind)
                )
        found = dict(self._db.execute("SELECT key, value FROM meta WHERE key IN ('version', 'kind')"))
        if found != {"version": _VERSION, "kind": kind}:
            raise JournalError(
                f"{path} belongs to {shown(found.get('kind'))} (version {shown(found.get('version'))}), not to "
                f"{kind}; choose another --out",
                value=found,
            )

    def _settle(self, page: int, state: str, reason: str = "", **figures: float | None) -> None:
        row = {"items": 0, "new_items": 0, "popups": 0, "seconds": None} | figures
        self._db.execute(
            "UPDATE pages SET state = :state, reason = :reason, items = :items, new_items = :new_items, "
            "popups = :popups, seconds = :seconds, settled_at = :settled_at WHERE id = :page",
            row | {"page": page, "state": state, "reason": reason, "settled_at": time.time()},
        )
        self._db.execute("UPDATE meta SET value = value + 1 WHERE key = 'changes'")

    def _discover(self, page: int, last: int) -> None:
        self._db.executemany(
            "INSERT OR IGNORE INTO pages (series, number) SELECT series, ? FROM pages WHERE id = ?",
            [(number, page) for number in range(2, last + 1)],
        )

    def _enter_all(self, page: int, records: Sequence[Record]) -> int:
        return sum(self._enter(page, position, each) for position, each in enumerate(records))

    def _enter(self, page: int, position: int, record: Record) -> bool:
        fields = asdict(record)
        known = self._db.execute("SELECT id, content FROM records WHERE key = ?", (record.key,)).fetchone()
        if known is None:
            cursor = self._db.execute("INSERT INTO records (key, content) VALUES (?, ?)", (record.key, _json(fields)))
            number = cursor.lastrowid
        else:
            # The newest page is right, but what only an earlier one showed is kept.
            number, before = known[0], json.loads(known[1])
            merged = before | {name: value for name, value in fields.items() if value not in ("", None, [])}
            if merged != before:
                self._db.execute("UPDATE records SET content = ? WHERE id = ?", (_json(merged), number))
        self._db.execute("INSERT OR IGNORE INTO sightings VALUES (?, ?, ?)", (number, page, position))
        return known is None


def _json(fields: dict[str, object]) -> str:
    # Lone surrogates, which no UTF-8 file can hold, become question marks.
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
