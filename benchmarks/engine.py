"""The batch engine as its users start it: by the command line, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from memory import each_second
from serving import ROOT

from textthema.errors import InputError

STAGES = ("read", "tokenize", "infer", "write")
_GONE_SECONDS = 30


@dataclass(frozen=True)
class Run:
    """What a run of the engine took.

    Attributes:
        seconds: From the start of the process to its end.
        peak_mb: Most memory that all its processes had together.
        report: What the engine says itself: ``rows``, ``rows_per_s``, ``stages`` and so on.
    """

    seconds: float
    peak_mb: float
    report: dict

    @property
    def start_up_seconds(self) -> float:
        """Give what the process took beside the rows: the interpreter, the model, and Ray where it is asked for."""
        return self.seconds - self.report["seconds"]

    @property
    def shares(self) -> dict[str, float]:
        """Give each stage's share of the workers' time."""
        whole = sum(self.report["stages"].values())
        return {stage: self.report["stages"][stage] / whole for stage in STAGES}


def command(source: Path, target: Path, *options: object) -> list[str]:
    """Write the command line.

    Args:
        source: The texts.
        target: Gets them with themes and scores.
        options: More options and their values.

    Returns:
        The command; its report goes beside the target.
    """
    options = ("--report", report_of(target), *options)
    return [sys.executable, "-m", "textthema", "classify", str(source), str(target), *map(str, options)]


def report_of(target: Path) -> Path:
    """Name the file that the report of a run goes to."""
    return target.with_suffix(".report.json")


def environment() -> dict[str, str]:
    """Give the engine's environment: this one, and the library that these scripts belong to."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def run_engine(source: Path, target: Path, *options: object) -> Run:
    """Run the engine from start to end.

    Args:
        source: The texts.
        target: Gets them with themes and scores.
        options: More options and their values.

    Returns:
        What it took.

    Raises:
        InputError: It failed; the message is its own.
    """
    start = time.monotonic()
    process = subprocess.Popen(command(source, target, *options), env=environment())
    try:
        peak = max(each_second(process), default=0.0)
    finally:
        process.kill()
        code = process.wait(_GONE_SECONDS)
    seconds = time.monotonic() - start
    if code:
        raise InputError(f"textthema classify failed with code {code}; its message is above", value=code)
    return Run(seconds, peak, json.loads(report_of(target).read_text(encoding="utf-8")))


@contextmanager
def only_processors(n: int) -> Iterator[None]:
    """Keep this process, and all that it starts meanwhile, to some of the processors.

    Args:
        n: How many.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:n])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
