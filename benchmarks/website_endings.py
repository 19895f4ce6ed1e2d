"""What a website under load loses when it is stopped, and when one of its workers is killed.

Example:
    python benchmarks/website_endings.py --out benchmarks/results

The load comes from hey (apt install hey) and is more than the website can hold. What is counted are requests and not
times, so that the machine may be busy with other things.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from scripts import exit_code, write_result
from serving import ROOT, machine, processors
from website_load import CONNECTIONS, PATH, hey

from tests.website.server import Website, serve_website

# gunicorn tells of each request that it takes, and of each that it has answered, by which process.
TELLING = "--log-level debug --access-logformat 'answered %(U)s %(s)s by %(p)s'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Interrupt the website and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=20, help="of each load (default: %(default)s)")
    args = parser.parse_args(arguments)

    def work() -> None:
        record = measure(args.seconds)
        write_result(args.out, "website_endings", record, as_markdown(record))
        print(as_markdown(record))

    return exit_code(work)


def measure(seconds: int) -> dict:
    """Stop a website under load, and kill a worker of another.

    Args:
        seconds: Of each load; the interruption comes in the middle.

    Returns:
        The record for ``website_endings.json``.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = hey(folder)
        return {
            "machine": machine(),
            "workers": processors(),
            "seconds": seconds,
            "stopped": interrupted(command, folder / "stopped", seconds, lambda website: website.process.terminate()),
            "killed": interrupted(command, folder / "killed", seconds, kill_a_worker),
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


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    stopped, killed = record["stopped"], record["killed"]
    return (
        "# The website, interrupted\n\n"
        f"> {record['workers']} workers, {4 * CONNECTIONS} clients that ask for more than they can read."
        f" **SIGTERM**: of {stopped['taken']:,} requests taken {stopped['unanswered_of_others']} were not answered, and"
        f" of {stopped['accepted']:,} accepted {stopped['accepted_received']:,} answers came back."
        f" **kill -9 of a worker**: of {killed['taken']:,} taken {killed['unanswered_of_killed']} of its own were lost"
        f" and {killed['unanswered_of_others']} of the others', and of {killed['accepted']:,} accepted and answered"
        f" {killed['accepted_received']:,} came back.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
