"""How much the scraper adds to the site's own time, and what it survives, against the tests' replica of the site.

Example:
    python benchmarks/scraper.py

The replica answers at once and the delay is set to 0, so that what is measured is the scraper: parsing, Chromium,
the journal. A real run waits for seconds between pages, on purpose.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import psutil
from plots import plot_memory
from scripts import write_result
from speed import cpu_name

from textthema.scraping.journal import Journal
from textthema.scraping.kinds import QUOTES
from textthema.scraping.quote_pages import parse_quotes
from textthema.scraping.records import Quote
from textthema.scraping.running import journal_path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the replica is the tests'

from tests.scraping.chaos import endure  # noqa: E402
from tests.scraping.replica import markup  # noqa: E402
from tests.scraping.replica.content import Site, a_site, invented_quotes  # noqa: E402
from tests.scraping.replica.server import Replica  # noqa: E402

SCRIPT = ROOT / "scraper" / "nlp_dataset_scraper.py"
PER_PAGE = 30
RUN_SECONDS = 3600
LOOK_EVERY_PAGES = 25
WARM_UP_PAGES = 200
_PACKAGES = ("selenium", "beautifulsoup4")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    record = measure(args.pages, args.quotes, args.kills, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    memory = record["browser"]["memory_mb"]
    lines = {"scraper": memory["scraper"], "Chromium and its driver": memory["browser"]}
    plot_memory(args.out / "scraper.png", memory["pages"], lines)
    text = as_markdown(record)
    write_result(args.out, "scraper", record, text)
    print(text)
    return 0


def measure(pages: int, quotes: int, kills: int, seed: int) -> dict:
    """Measure everything in turn.

    Args:
        pages: Pages to parse, and to fetch through Chromium.
        quotes: Quotes in the journal that is resumed.
        kills: How often the scraper or its browser is killed.
        seed: Decides the faults and the kills.

    Returns:
        The record for ``scraper.json``; times in seconds.
    """
    site = a_site(PER_PAGE, quotes=invented_quotes(pages * PER_PAGE))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        return {
            "machine": {"cpu": cpu_name(), "system": platform.platform(terse=True)},
            "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
            "parsing": measure_parsing(site, min(pages, 200)),
            "browser": measure_browser(site, work),
            "resume": measure_resume(quotes, work),
            "chaos": {"seed": seed} | asdict(endure(_folder(work, "chaos"), pages=40, kills=kills, seed=seed)),
        }


def measure_parsing(site: Site, pages: int) -> dict:
    """Parse pages from their HTML.

    Args:
        site: What the pages show.
        pages: How many.

    Returns:
        Pages a second, their number and mean size.
    """
    texts = [markup.quotes_page(site, "/quotes", number) for number in range(1, pages + 1)]
    start = time.perf_counter()
    found = sum(len(parse_quotes(text, "a page").records) for text in texts)
    seconds = time.perf_counter() - start
    return {
        "pages": pages,
        "quotes": found,
        "kilobytes_a_page": sum(map(len, texts)) / pages / 1000,
        "pages_per_second": pages / seconds,
    }


def measure_browser(site: Site, work: Path) -> dict:
    """Run the script over all pages.

    Args:
        site: What the pages show.
        work: Folder for its files.

    Returns:
        Pages a second with everything, start and end included, and memory after every so many pages.
    """
    looks: list[tuple[int, float, float]] = []

    def look(visits: int) -> None:
        if visits % LOOK_EVERY_PAGES == 0:
            looks.append((visits, *_memory_mb(scraper.pid)))

    with Replica(site, on_visit=look) as replica:
        out = _folder(work, "browser") / "q.csv"
        command = [*_command(out), "--site", replica.address]
        start = time.perf_counter()
        scraper = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        code = scraper.wait(timeout=RUN_SECONDS)
        seconds = time.perf_counter() - start
    if code:
        raise RuntimeError(f"the scraper ended with {code}")
    pages, ours, theirs = map(list, zip(*looks, strict=True))
    return {
        "pages": len(site.pages("/quotes")),
        "pages_per_second": len(site.pages("/quotes")) / seconds,
        "memory_mb": {"pages": pages, "scraper": ours, "browser": theirs},
        "growth": {"scraper": _growth(pages, ours), "browser": _growth(pages, theirs)},
    }


def measure_resume(quotes: int, work: Path, repetitions: int = 5) -> dict:
    """Start a run on a journal that holds so many quotes.

    Args:
        quotes: How many.
        work: Folder for its files.
        repetitions: How often; medians are reported.

    Returns:
        Seconds until the next page is known, of the first whole command, which writes the CSV, and of those after it,
        which find nothing left to do.
    """
    out = _folder(work, "resume") / "q.csv"
    series = "http://127.0.0.1:9/quotes"
    found = iter(invented_quotes(quotes))
    with Journal(journal_path(out), QUOTES.name) as journal:
        journal.plan([(series, "popular")])
        while page := journal.next_page():
            batch = [_record(next(found)) for _ in range(min(PER_PAGE, quotes - len(journal)))]
            journal.record(page, batch, last=-(-quotes // PER_PAGE))
    opening, whole = [], []
    for _ in range(repetitions):
        start = time.perf_counter()
        with Journal(journal_path(out), QUOTES.name) as journal:
            journal.plan([(series, "popular")])
            journal.next_page()
            opening.append(time.perf_counter() - start)
        start = time.perf_counter()
        subprocess.run(
            [*_command(out), "--site", "http://127.0.0.1:9"], check=True, capture_output=True, timeout=RUN_SECONDS
        )
        whole.append(time.perf_counter() - start)
    return {
        "quotes": quotes,
        "journal_mb": journal_path(out).stat().st_size / 1e6,
        "seconds_until_next_page_is_known": statistics.median(opening),
        "seconds_of_the_command_that_writes_the_csv": whole[0],
        "seconds_of_a_command_with_nothing_left": statistics.median(whole[1:]),
    }


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    parsing, browser, resume, chaos = (record[name] for name in ("parsing", "browser", "resume", "chaos"))
    growth, kills = browser["growth"], chaos["kills_of_scraper"] + chaos["kills_of_browser"]
    verdict = "equal to the truth" if chaos["equals_truth"] and chaos["each_once"] else "NOT equal to the truth"
    lines = [
        "# The scraper",
        "",
        f"{record['machine']['cpu']}, Python {record['versions']['python']}; the replica answers at once, no delay.",
        "",
        "| | |",
        "|---|---|",
        f"| parsed from HTML, {parsing['kilobytes_a_page']:.0f} kB a page"
        f" | {parsing['pages_per_second']:.1f} pages/s |",
        f"| through Chromium, {browser['pages']:,} pages, start and end included"
        f" | {browser['pages_per_second']:.1f} pages/s |",
        f"| memory after {WARM_UP_PAGES} pages → at the end, scraper | {_arrow(growth['scraper'])} |",
        f"| the same, Chromium and its driver | {_arrow(growth['browser'])} |",
        f"| a journal of {resume['quotes']:,} quotes: until the next page is known"
        f" | {resume['seconds_until_next_page_is_known'] * 1000:.1f} ms |",
        "| the same: a whole command that writes the CSV"
        f" | {resume['seconds_of_the_command_that_writes_the_csv']:.2f} s |",
        "| the same: a whole command that finds nothing left to do"
        f" | {resume['seconds_of_a_command_with_nothing_left']:.2f} s |",
        f"| {chaos['pages']} pages, every fault by seed, {kills} kills ({chaos['kills_of_scraper']} of the scraper, "
        f"{chaos['kills_of_browser']} of the browser) | {chaos['quotes']:,} quotes, {verdict} |",
        f"| pages fetched twice in that | {chaos['refetched']} |",
        "",
        "![memory](scraper.png)",
        "",
        "Faults met on the way, by number:",
        "",
        *(f"- {fault}: {count}" for fault, count in chaos["faults"].items()),
    ]
    return "\n".join(lines) + "\n"


def _record(quote: markup.SiteQuote) -> Quote:
    return Quote(quote.text, quote.author, quote.book, list(quote.tags), quote.likes, quote.path, str(quote.number))


def _command(out: Path) -> list[str]:
    return [sys.executable, str(SCRIPT), "--topics", "popular", "--delay", "0", "--out", str(out)]


def _folder(work: Path, name: str) -> Path:
    (work / name).mkdir()
    return work / name


def _memory_mb(pid: int) -> tuple[float, float]:
    scraper, browser = 0.0, 0.0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        scraper = process.memory_info().rss / 1e6
        for child in process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                browser += child.memory_info().rss / 1e6
    return scraper, browser


def _growth(pages: list[int], memory: list[float]) -> dict[str, float]:
    """Compare the mean of a few looks after the warm-up with that of the last few."""
    warm = [mb for page, mb in zip(pages, memory, strict=True) if page >= min(WARM_UP_PAGES, pages[-1] // 2)]
    return {"before_mb": statistics.mean(warm[:4]), "after_mb": statistics.mean(warm[-4:])}


def _arrow(growth: dict[str, float]) -> str:
    return f"{growth['before_mb']:.0f} → {growth['after_mb']:.0f} MB"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Speed, memory and endurance of the scraper; keep the machine idle meanwhile."
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument("--pages", type=int, default=1000, help="pages through Chromium")
    parser.add_argument("--quotes", type=int, default=100_000, help="quotes in the journal that is resumed")
    parser.add_argument("--kills", type=int, default=20, help="kills of the scraper or its browser")
    parser.add_argument("--seed", type=int, default=94, help="decides faults and kills; 94 draws every fault")
    return parser


if __name__ == "__main__":
    sys.exit(main())
