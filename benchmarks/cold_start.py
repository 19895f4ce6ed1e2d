"""How long a command takes from its start to its end: the interpreter, the imports, the model, a text.

Example:
    python benchmarks/cold_start.py --model deployment_hf/model

Processes take turns, so that whatever else the machine does meets all of them; those of the first rounds bring files
and byte code into the page cache and don't count. Keep the machine idle meanwhile.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from scripts import exit_code, write_result
from speed import cpu_name, quartiles

from textthema.errors import InputError

TEXT = "The tide took the name I wrote, and I wrote it again."
BARE, IMPORT, MODEL, ANALYSIS = "bare", "import", "themes", "analyze"
_TITLES = {
    BARE: "`python -c pass`",
    IMPORT: "importing all that an analysis needs",
    MODEL: "`textthema themes`: the model is loaded and names its themes",
    ANALYSIS: '`textthema analyze "…"`: themes, hashtags, related, nuances, intents of a text of {words} words',
}
# What is asked for, in milliseconds.
_MOST = {IMPORT: 250, ANALYSIS: 600}
_WARM_UP = 2
_TIMEOUT_SECONDS = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        record = measure(args.model, args.rounds)
        write_result(args.out, "cold_start", record, as_markdown(record))
        print(as_markdown(record))

    return exit_code(work)


def measure(model: Path, rounds: int) -> dict:
    """Start processes of each kind in turn.

    Args:
        model: Model directory.
        rounds: How many of each kind count.

    Returns:
        The record for ``cold_start.json``; times in milliseconds.

    Raises:
        InputError: A process failed.
    """
    command = ("-m", "textthema")
    kinds = {
        BARE: ("-c", "pass"),
        IMPORT: ("-c", "import textthema.cli, textthema.analysis, textthema.printing"),
        MODEL: (*command, "themes", "--model", str(model)),
        ANALYSIS: (*command, "analyze", TEXT, "--model", str(model)),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(_WARM_UP + rounds):
        for kind, arguments in kinds.items():
            times[kind].append(_milliseconds(arguments))
    found = {kind: quartiles(each[_WARM_UP:]) for kind, each in times.items()}
    return {
        "machine": {"cpu": cpu_name(), "system": platform.platform(terse=True)},
        "python": platform.python_version(),
        "rounds": rounds,
        "ms": found,
        "times_bare_python": {kind: each["median"] / found[BARE]["median"] for kind, each in found.items()},
    }


def as_markdown(record: dict) -> str:
    """Write the results as a page.

    Args:
        record: What `measure` gave.

    Returns:
        Markdown.
    """
    words = len(TEXT.split())
    lines = [
        "# From the start of a command to its end",
        "",
        f"{record['machine']['cpu']}, Python {record['python']}; {record['rounds']} processes of each kind, in turn."
        " Medians, quartiles in brackets; files and byte code are in the page cache.",
        "",
        "| a new process | ms | times bare Python | asked for |",
        "|---|---|---|---|",
    ]
    for kind, found in record["ms"].items():
        spread = f"{found['median']:.0f} ({found['q1']:.0f} to {found['q3']:.0f})"
        most = f"under {_MOST[kind]} ms" if kind in _MOST else ""
        title = _TITLES[kind].format(words=words)
        lines.append(f"| {title} | {spread} | {record['times_bare_python'][kind]:.1f} | {most} |")
    lines += ["", "Each time is that of the whole process, the interpreter's own start and end included."]
    return "\n".join(lines) + "\n"


def _milliseconds(arguments: Sequence[str]) -> float:
    # byte code is kept, as it is for anybody who installs the package
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, env=environment, check=False, timeout=_TIMEOUT_SECONDS
    )
    passed = (time.perf_counter() - start) * 1000
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise InputError(f"a process failed: {said}", value=list(arguments))
    return passed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Time new processes; keep the machine idle meanwhile.")
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    parser.add_argument(
        "--rounds", type=int, default=30, help="processes of each kind that count (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
