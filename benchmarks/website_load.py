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
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scripts import exit_code
from serving import ROOT, TEXT, machine, processors, write_result

from tests.website.server import Website, serve_website
from textthema.classifier import ThemeClassifier
from textthema.errors import InputError, MissingDependencyError

PATH = "/api/v1/classify"
LOADS = (1, 5, 10)
# So many connections ask at capacity; as many times more at many times the load.
CONNECTIONS = 8
# gunicorn tells of each request that it takes, and of each that it has answered, by which process.
TELLING = "--log-level debug --access-logformat 'answered %(U)s %(s)s by %(p)s'"
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
    hey = shutil.which("hey")
    if hey is None:
        raise MissingDependencyError("the load comes from hey: apt install hey")
    workers, busy = processors(), os.getloadavg()[0]
    bare_before = bare_rate(workers, seconds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        body = folder / "body.json"
        body.write_text(json.dumps({"text": TEXT}), encoding="utf-8")
        command = [hey, "-o", "csv", "-m", "POST", "-T", "application/json", "-D", str(body), "-t", "60"]
        with serve_website(folder / "log", workers=workers) as website:
            address = website.address + PATH
            load(command, address, seconds=5, connections=CONNECTIONS)
            saturated = load(command, address, seconds, CONNECTIONS)
            capacity = saturated["accepted_per_second"]
            loads = {
                times: load(command, address, seconds, CONNECTIONS * times, capacity / CONNECTIONS) for times in LOADS
            }
        stopped = interrupted(command, folder / "stopped", seconds, lambda website: website.process.terminate())
        killed = interrupted(command, folder / "killed", seconds, kill_a_worker)
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
        "stopped": stopped,
        "killed": killed,
    }


def kill_a_worker(website: Website) -> int:
    """Kill a worker that has requests in hand.

    Args:
        website: The website.

    Returns:
        The worker's process id.
    """
    in_hand = website.in_place()
    victim = max(in_hand, key=in_hand.get)
    os.kill(victim, signal.SIGKILL)
    return victim


def interrupted(command: list[str], log: Path, seconds: int, interrupt: Callable[[Website], int | None]) -> dict:
    """Interrupt a website under a load that it can't hold.

    Args:
        command: hey and what is the same in each load.
        log: Where the website writes.
        seconds: How long hey asks; the interruption comes in the middle.
        interrupt: What is done to it; gives the process that can't answer any more, if there is one.

    Returns:
        What `taken_and_answered` counts, and how many of the answers with 200 hey received.
    """
    with serve_website(log, workers=processors(), GUNICORN_CMD_ARGS=TELLING) as website:
        asked = [*command, "-z", f"{seconds}s", "-c", str(4 * CONNECTIONS), "-q", "20", website.address + PATH]
        with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as asking:
            time.sleep(seconds / 2)
            victim = interrupt(website)
            table, _ = asking.communicate(timeout=seconds + 120)
    received = sum(row["status-code"] == "200" for row in csv.DictReader(io.StringIO(table)))
    return {**taken_and_answered(log.read_text(errors="replace"), victim), "accepted_received": received}


def taken_and_answered(log: str, victim: int | None) -> dict:
    """Count the requests that the workers took and those that they answered.

    Args:
        log: What gunicorn wrote, told to be `TELLING`.
        victim: The process that was killed.

    Returns:
        ``taken``, ``answered``, ``accepted`` (with 200), and the unanswered of the killed process and of all others.
    """
    taken = Counter(int(pid) for pid in re.findall(rf"\[(\d+)\] \[DEBUG\] POST {PATH}$", log, re.MULTILINE))
    answers = re.findall(rf"^answered {PATH} (\d+) by <(\d+)>$", log, re.MULTILINE)
    unanswered = taken - Counter(int(pid) for _, pid in answers)
    lost_of_killed = unanswered.pop(victim, 0)
    return {
        "taken": taken.total(),
        "accepted": sum(status == "200" for status, _ in answers),
        "unanswered_of_killed": lost_of_killed,
        "unanswered_of_others": unanswered.total(),
    }


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
    stopped, killed = record["stopped"], record["killed"]
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
        ">\n"
        f"> SIGTERM under load: of {stopped['taken']:,} requests taken {stopped['unanswered_of_others']} were not"
        f" answered; of {stopped['accepted']:,} accepted {stopped['accepted_received']:,} came back."
        f" kill -9 of a worker: of {killed['taken']:,} taken {killed['unanswered_of_killed']} of its own were lost,"
        f" {killed['unanswered_of_others']} of the others'.\n"
    )


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


if __name__ == "__main__":
    sys.exit(main())
