"""How the website holds under load: at its capacity, and at five and ten times that, beside the bare classifier.

Example:
    python benchmarks/website_load.py --out benchmarks/results

The load comes from hey (apt install hey) on the same machine, which takes processor time from the website: the figures
are a lower bound. Keep the machine idle meanwhile.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scripts import exit_code, write_result
from serving import ROOT, TEXT, machine, processors

from tests.website.server import serve_website
from textthema.classifier import ThemeClassifier
from textthema.errors import InputError, MissingDependencyError

PATH = "/api/v1/classify"
LOADS = (1, 5, 10)
# So many connections ask at capacity; as many times more at many times the load.
CONNECTIONS = 8
LEAST_SHARE = 0.85
MOST_GROWTH = 3.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=20, help="of each load (default: %(default)s)")
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.bare:
        print(count_bare(args.seconds))
        return 0

    def work() -> None:
        record = measure(args.seconds)
        write_result(args.out, "website_load", record, as_markdown(record))
        print(as_markdown(record))

    return exit_code(work)


def measure(seconds: int) -> dict:
    """Measure the bare classifier, the capacity and the loads, one after the other.

    Args:
        seconds: Of each.

    Returns:
        The record for ``website_load.json``.

    Raises:
        MissingDependencyError: hey is not installed.
    """
    workers, busy = processors(), os.getloadavg()[0]
    bare_before = bare_rate(workers, seconds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = hey(folder)
        with serve_website(folder / "log", workers=workers) as website:
            address = website.address + PATH
            load(command, address, seconds=5, connections=CONNECTIONS)
            saturated = load(command, address, seconds, CONNECTIONS)
            capacity = saturated["accepted_per_second"]
            loads = {
                times: load(command, address, seconds, CONNECTIONS * times, capacity / CONNECTIONS) for times in LOADS
            }
    bare = (bare_before + bare_rate(workers, seconds)) / 2
    return {
        "machine": machine(),
        "load_average_before": busy,
        "workers": workers,
        "seconds": seconds,
        "bare_per_second": bare,
        "saturated": saturated,
        "share_of_bare": capacity / bare,
        "loads": {str(times): {**found, "offered_per_second": capacity * times} for times, found in loads.items()},
        "p99_growth": {
            str(times): found["accepted_p99_ms"] / loads[1]["accepted_p99_ms"] for times, found in loads.items()
        },
    }


def hey(folder: Path) -> list[str]:
    """Write the body that is sent, and begin the command that sends it.

    Args:
        folder: Where the body goes.

    Returns:
        hey and what is the same in each load.

    Raises:
        MissingDependencyError: hey is not installed.
    """
    found = shutil.which("hey")
    if found is None:
        raise MissingDependencyError("the load comes from hey: apt install hey")
    body = folder / "body.json"
    body.write_text(json.dumps({"text": TEXT}), encoding="utf-8")
    return [found, "-o", "csv", "-m", "POST", "-T", "application/json", "-D", str(body), "-t", "60"]


def bare_rate(workers: int, seconds: int) -> float:
    """Count what the classifier alone reads, in as many processes of one thread as the website has workers.

    Args:
        workers: Processes.
        seconds: How long.

    Returns:
        Texts a second, of all together.
    """
    command = [sys.executable, __file__, "--bare", "--seconds", str(seconds)]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
    return sum(float(process.communicate(timeout=seconds + 120)[0]) for process in started)


def count_bare(seconds: int) -> float:
    """Read the text again and again in this process.

    Args:
        seconds: How long.

    Returns:
        Texts a second.
    """
    classifier = ThemeClassifier.from_pretrained(threads=1)
    classifier(TEXT)
    read, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < seconds:
        classifier(TEXT)
        read += 1
    return read / took


def load(command: list[str], address: str, seconds: int, connections: int, rate: float | None = None) -> dict:
    """Let hey ask for a while.

    Args:
        command: hey and what is the same in each load.
        address: What it asks.
        seconds: How long.
        connections: How many ask at the same time.
        rate: Requests a second of each; as fast as answers come by default.

    Returns:
        Requests a second and percentiles of those accepted and refused.

    Raises:
        InputError: No request was accepted.
    """
    pace = [] if rate is None else ["-q", f"{rate:.3f}"]
    asked = [*command, "-z", f"{seconds}s", "-c", str(connections), *pace, address]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=seconds + 120)
    return summed_up(done.stdout, seconds)


def summed_up(table: str, seconds: int) -> dict:
    """Sum up what hey wrote.

    Args:
        table: CSV, a line a request.
        seconds: How long it asked.

    Returns:
        Requests a second and percentiles in milliseconds, of those accepted (200) and refused (429); other statuses.

    Raises:
        InputError: No request was accepted.
    """
    times: dict[int, list[float]] = {}
    for row in csv.DictReader(io.StringIO(table)):
        times.setdefault(int(row["status-code"]), []).append(float(row["response-time"]) * 1000)
    if 200 not in times:
        raise InputError("no request was accepted; does the website answer?", value=sorted(times))
    found = {"other_statuses": sorted(set(times) - {200, 429})}
    for name, status in (("accepted", 200), ("refused", 429)):
        took = np.array(times.get(status, []))
        found[f"{name}_per_second"] = len(took) / seconds
        for percent in (50, 99):
            found[f"{name}_p{percent}_ms"] = float(np.percentile(took, percent)) if len(took) else None
    return found


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    rows = [
        f"| {times} × | {found['offered_per_second']:.0f} | {found['accepted_per_second']:.0f}"
        f" | {found['accepted_p50_ms']:.1f} | {found['accepted_p99_ms']:.1f} | {record['p99_growth'][times]:.2f} ×"
        f" | {found['refused_per_second']:.0f} | {_milliseconds(found['refused_p99_ms'])} |"
        for times, found in record["loads"].items()
    ]
    held = record["share_of_bare"] >= LEAST_SHARE and max(record["p99_growth"].values()) <= MOST_GROWTH
    return (
        "# The website under load\n\n"
        f"> {record['machine']['cpu']}, Python {record['machine']['python']}; {record['workers']} workers, the load"
        f" from hey on the same machine, {record['seconds']} s each;"
        f" load average {record['load_average_before']:.1f} before."
        f" One text has {len(TEXT.split())} words.\n\n"
        "| load | asked/s | accepted/s | p50, ms | p99, ms | p99 against 1 × | refused/s | p99 of a refusal, ms |\n"
        "|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"> Saturated: {record['saturated']['accepted_per_second']:.0f} texts/s, {record['share_of_bare']:.0%} of the"
        f" bare classifier's {record['bare_per_second']:.0f} on the same processors. The aims, at least"
        f" {LEAST_SHARE:.0%} and at most {MOST_GROWTH:.0f} times the p99, are {'reached' if held else 'not reached'}.\n"
    )


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


if __name__ == "__main__":
    sys.exit(main())
