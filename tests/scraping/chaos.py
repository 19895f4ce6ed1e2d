"""A scraper that is killed, whose browser is killed, on a site that misbehaves: what comes of it in the end.

As a command, at the size that the project promises:

    python -m tests.scraping.chaos --pages 40 --kills 20 --seed 94
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Timer

import psutil

from tests.scraping.processes import ended
from tests.scraping.replica.content import STRANGE_QUOTES, Site, a_site, invented_quotes
from tests.scraping.replica.faults import Fault, at_random
from tests.scraping.replica.server import Replica
from textthema.scraping.browser import processes_on

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scraper" / "nlp_dataset_scraper.py"
TAG = "again"
PATHS = ("/quotes", f"/quotes/tag/{TAG}")
TIMEOUT_SECONDS, SLOW_SECONDS = 8, 12
FAULTS = [fault for fault in Fault if fault is not Fault.GONE]  # a page that is gone has no items in the truth either
STOPPED, KILLED = 6, -signal.SIGKILL
RUN_SECONDS = 600
MOST_RUNS_PER_KILL = 20


@dataclass(frozen=True)
class Report:
    """What came of it; ``refetched`` counts pages that were given whole more than once."""

    pages: int
    quotes: int
    kills_of_scraper: int
    kills_of_browser: int
    stops: int
    runs: int
    faults: dict[str, int]
    refetched: int
    equals_truth: bool
    each_once: bool
    left_running: int


class Killer:
    """Ends the scraper or its browser soon after chosen visits to the site."""

    def __init__(self, seed: int, kills: int, visits: int) -> None:
        self._draw = random.Random(seed)
        self._visits = set(self._draw.sample(range(1, visits + 1), kills))
        self._timers: list[Timer] = []
        self._owed = 0  # kills that met nobody, because the run had just ended
        self.scraper: subprocess.Popen | None = None
        self.killed: Counter[str] = Counter()

    def on_visit(self, number: int) -> None:
        self._owed += number in self._visits
        if self._owed:
            self._owed -= 1
            target = self._draw.choice([self._kill_scraper, self._kill_browser])
            timer = Timer(self._draw.uniform(0, 0.3), target)
            self._timers.append(timer)
            timer.start()

    def settle(self) -> None:
        for timer in self._timers:
            timer.join()
        self._timers.clear()

    def _kill_scraper(self) -> None:
        is_running = bool(self.scraper and self.scraper.poll() is None)
        if is_running:
            self.scraper.kill()
        self._count("scraper", is_running)

    def _kill_browser(self) -> None:
        browsers = browsers_of(self.scraper.pid) if self.scraper and self.scraper.poll() is None else []
        for process in browsers:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._count("browser", bool(browsers))

    def _count(self, victim: str, was_met: bool) -> None:
        self.killed[victim] += was_met
        self._owed += not was_met


def browsers_of(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return [child for child in psutil.Process(pid).children(recursive=True) if "chrom" in child.name()]
    return []


def endure(folder: Path, *, pages: int, kills: int, seed: int, per_page: int = 30) -> Report:
    """Collect all pages of two topics that overlap, whatever happens.

    Args:
        folder: Where the scraper's files go.
        pages: Pages of the site, of which one in five shows what others show, too.
        kills: How often the scraper or its browser is killed.
        seed: Decides the faults, and whom the kills meet and when.
        per_page: Quotes on a page.

    Returns:
        What came of it.
    """
    site = overlapping_site(pages, per_page)
    killer = Killer(seed, kills, visits=pages)
    out, stops, runs = folder / "quotes.csv", 0, 0
    with Replica(
        site, at_random(seed, FAULTS, share=0.4), slow_seconds=SLOW_SECONDS, on_visit=killer.on_visit
    ) as replica:
        code = None
        while code != 0:
            runs += 1
            code = _run(killer, replica.address, out)
            stops += code == STOPPED
            if code not in (0, STOPPED, KILLED) or runs > MOST_RUNS_PER_KILL * (kills + 1):
                raise RuntimeError(f"run {runs} ended with {code}: {(folder / 'log').read_text(encoding='utf-8')}")
        return _report(site, replica, killer, out, stops=stops, runs=runs)


def overlapping_site(pages: int, per_page: int) -> Site:
    """A site whose quotes all stand on pages of popular ones, the first of them again under a tag."""
    again = max(1, pages // 5)
    quotes = [*STRANGE_QUOTES, STRANGE_QUOTES[0], *invented_quotes((pages - again) * per_page)]
    quotes = quotes[: (pages - again) * per_page]
    return a_site(
        per_page, [replace(q, tags=(*q.tags, TAG)) if at < again * per_page else q for at, q in enumerate(quotes)]
    )


def _run(killer: Killer, address: str, out: Path) -> int:
    command = [sys.executable, str(SCRIPT), "--site", address, "--topics", "popular", TAG, "--out", str(out)]
    command += ["--delay", "0", "--backoff", "0.05", "--timeout", str(TIMEOUT_SECONDS)]
    with (out.parent / "log").open("a", encoding="utf-8") as log:
        killer.scraper = subprocess.Popen(command, stdout=log, stderr=log, cwd=out.parent)
        with ended(killer.scraper):
            code = killer.scraper.wait(timeout=RUN_SECONDS)
    killer.settle()
    return code


def _report(site: Site, replica: Replica, killer: Killer, out: Path, *, stops: int, runs: int) -> Report:
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    paths = {path for path, _ in replica.visits}
    return Report(
        pages=sum(len(site.pages(path)) for path in PATHS),
        quotes=len(rows),
        kills_of_scraper=killer.killed["scraper"],
        kills_of_browser=killer.killed["browser"],
        stops=stops,
        runs=runs,
        faults=dict(sorted(Counter(fault.value for _, fault in replica.visits if fault).items())),
        refetched=sum(max(0, replica.served_whole(path) - 1) for path in paths),
        equals_truth=rows == site.quote_rows(replica.address, PATHS),
        each_once=len({row["quote_id"] for row in rows}) == len(rows),
        left_running=len(psutil.wait_procs(processes_on(out.with_name(f"{out.name}.browser")), timeout=10)[1]),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=94, help="94 draws every fault")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = endure(Path(folder), pages=args.pages, kills=args.kills, seed=args.seed)
    json.dump(asdict(report), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
    ok = report.equals_truth and report.each_once
    return 0 if ok and report.refetched <= report.kills_of_scraper + report.kills_of_browser else 1


if __name__ == "__main__":
    sys.exit(main())
