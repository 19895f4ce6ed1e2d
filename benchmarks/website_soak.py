"""Whether the website leaks: the memory of its workers over half an hour of load.

Example:
    python benchmarks/website_soak.py --minutes 30 --rate 6 --out benchmarks/results

The clients ask at a steady rate that leaves processor time over: a leak grows with the number of requests, so that the
figure does not hang on what else the machine does.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil
from sample_texts import mixed_texts
from scripts import exit_code, write_result
from serving import ROOT, machine, processors

from tests.website.server import serve_website

CLIENTS = 4
SAMPLES = 60
# The first tenth fills caches and arenas.
WARM_UP = 0.1
MOST_GROWTH = 0.05
_TIMEOUT_SECONDS = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="default: %(default)s")
    parser.add_argument("--minutes", type=float, default=30, help="default: %(default)s")
    parser.add_argument(
        "--rate", type=float, default=6, help="requests a second, of all clients (default: %(default)s)"
    )
    args = parser.parse_args(arguments)

    def work() -> None:
        record = measure(args.minutes, args.rate)
        write_result(args.out, "website_soak", record, as_markdown(record))
        print(as_markdown(record))

    return exit_code(work)


def measure(minutes: float, rate: float) -> dict:
    """Let clients ask all the while, and look at the workers' memory.

    Args:
        minutes: How long.
        rate: Requests a second, of all clients together; fewer where answers come too late for it.

    Returns:
        The record for ``website_soak.json``.
    """
    workers, end = processors(), time.monotonic() + 60 * minutes
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_website(Path(folder) / "log", workers=workers) as website,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        asking = [pool.submit(_ask, website.address, end, rate / CLIENTS, i) for i in range(CLIENTS)]
        process, megabytes = psutil.Process(website.process.pid), []
        first = {child.pid for child in process.children()}
        while time.monotonic() < end:
            time.sleep(60 * minutes / SAMPLES)
            megabytes.append(sum(child.memory_info().rss for child in process.children()) / 1e6)
        ended = len(first - {child.pid for child in process.children()})
        statuses = sum((answered.result(_TIMEOUT_SECONDS) for answered in asking), Counter())
    warm = megabytes[int(WARM_UP * len(megabytes)) :]
    start, last = (float(np.median(part)) for part in (warm[: len(warm) // 5], warm[-(len(warm) // 5) :]))
    return {
        "machine": machine(),
        "workers": workers,
        "minutes": minutes,
        "asked_per_second": rate,
        "requests_per_second": statuses.total() / (60 * minutes),
        "workers_ended": ended,
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
        "megabytes": [round(value, 1) for value in megabytes],
        "megabytes_start": start,
        "megabytes_end": last,
        "growth": last / start - 1,
    }


def _ask(address: str, end: float, rate: float, seed: int) -> Counter[int]:
    """Ask in turn for pages, texts, batches and nonsense."""
    statuses: Counter[int] = Counter()
    due = itertools.count(time.monotonic(), 1 / rate)
    with httpx.Client(base_url=address, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        for method, path, body in _requests(seed):
            time.sleep(max(0.0, next(due) - time.monotonic()))
            if time.monotonic() >= end:
                break
            statuses[client.request(method, path, **body).status_code] += 1
    return statuses


def _requests(seed: int) -> Iterator[tuple[str, str, dict]]:
    texts = mixed_texts(400)
    for start in itertools.count(seed * 97, 8):
        some = [texts[(start + i) % len(texts)] for i in range(8)]
        yield "POST", "/api/v1/analyze", {"json": {"text": some[0]}}
        yield "POST", "/", {"data": {"text": some[1]}}
        yield "POST", "/api/v1/classify", {"json": {"texts": some}}
        yield "POST", "/api/v1/analyze", {"content": b"{", "headers": {"Content-Type": "application/json"}}
        yield "GET", "/", {}


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    answers = ", ".join(f"{count:,} × {status}" for status, count in record["statuses"].items())
    flat = "flat" if abs(record["growth"]) <= MOST_GROWTH else "not flat"
    return (
        "# The website over time\n\n"
        f"> {record['machine']['cpu']}; {record['workers']} workers, {CLIENTS} clients, {record['minutes']:g} min,"
        f" {record['requests_per_second']:.1f} requests a second ({record['asked_per_second']:g} asked for): pages,"
        " texts, batches of eight, broken bodies."
        f" Workers that ended: {record['workers_ended']}.\n\n"
        f"> Memory of all workers {record['megabytes_start']:.0f} → {record['megabytes_end']:.0f} MB"
        f" ({record['growth']:+.1%}): {flat} within {MOST_GROWTH:.0%}. Answers: {answers}.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
