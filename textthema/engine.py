"""A file of texts of any size → the same file with what was found in each: in shards, on all processors, resumable."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from textthema import __version__
from textthema.batch import RowNumbers, check_rows, notes
from textthema.bundle import file_digest, replacing
from textthema.errors import InputError, shown
from textthema.inference import available_processors
from textthema.parts import folder_beside, kept_parts, leave_apart, put_together
from textthema.stages import STAGES, Job, Report, Stage
from textthema.tables import format_of
from textthema.tasks import Task
from textthema.terminal import progress_bar

# Reads shards with some workers, tells how many rows are done, and gives the report on each shard as it ends.
Engine = Callable[[Job, Iterable[int], int, Callable[[int], object]], Iterator[Report]]


@dataclass(frozen=True)
class Settings:
    """How a file is read.

    Attributes:
        allow_empty: Whether rows without text may be.
        workers: How many shards are read at a time; by default as many as there are processors.
        shards_as: Format of the shards, ``"csv"``, ``"jsonl"`` or ``"parquet"``, if they stay a folder of files.
        restart: Whether what a stopped run left is thrown away if its settings were others.
        report: File that gets the number of rows, their speed and each stage's time, as JSON.
    """

    allow_empty: bool = False
    workers: int | None = None
    shards_as: str | None = None
    restart: bool = False
    report: Path | None = None


def run_local(job: Job, shards: Iterable[int], workers: int, done: Callable[[int], object]) -> Iterator[Report]:
    """Read shards in threads, which share one model.

    One thread for each forward pass is the most that a processor gives: a pass of several threads waits for the slowest
    at each layer. On 2 processors two passes side by side read half as many texts again.

    Args:
        job: The whole.
        shards: Numbers of the shards to read.
        workers: How many threads.
        done: Told how many rows are done.

    Yields:
        The report on each shard, as it ends.
    """
    reader, own, stopped = job.task.load(), threading.local(), threading.Event()

    def count(rows: int) -> None:
        if stopped.is_set():
            raise _StoppedError
        done(rows)

    def read(number: int) -> Report:
        if not hasattr(own, "stage"):
            own.stage = Stage(job, reader)
        report: Report = own.stage(number, count)
        return report

    with ThreadPoolExecutor(workers) as pool:
        reading = [pool.submit(read, number) for number in shards]
        try:
            for future in as_completed(reading):
                yield future.result()
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)


class _StoppedError(Exception):
    """Another shard failed, or the user has stopped the command."""


def run(
    source: Path, target: Path, column: str, task: Task, settings: Settings, engine: Engine = run_local
) -> list[str]:
    """Write a file's rows to another file, with what was found in each.

    After a stop of any kind, the same call goes on where it was.

    Args:
        source: A table.
        target: The table to write, or the folder for its shards.
        column: Where the texts are.
        task: What is found.
        settings: How the file is read.
        engine: Who reads the shards.

    Returns:
        Lines that the user should see: which rows were not read, or not whole.

    Raises:
        InputError: A file, the column, a cell or a setting is at fault; the message says which.
        BundleError: The model is missing or was damaged.
    """
    started = time.monotonic()
    workers = available_processors() if settings.workers is None else settings.workers
    if workers < 1:
        raise InputError(f"--workers must be 1 or more, not {shown(workers)}", value=workers)
    suffix = f".{settings.shards_as}" if settings.shards_as else format_of(target)
    _refuse_target(source, target, apart=settings.shards_as is not None)
    rows = check_rows(source, column, task.columns, suffix, allow_empty=settings.allow_empty, progress=True)
    folder = folder_beside(target)
    job = Job(task, rows, column, settings.allow_empty, folder, suffix, header=settings.shards_as is not None)
    checked = time.monotonic()
    with kept_parts(job, target, _identity(job), restart=settings.restart) as kept:
        fresh = _read_rest(job, kept, workers, engine)
        joining = time.monotonic()
        (leave_apart if settings.shards_as else put_together)(job, target)
    if settings.report:
        serial_seconds = checked - started + time.monotonic() - joining
        _write_report(settings.report, kept.values(), fresh, serial_seconds, workers)
    everything = [*kept.values(), *fresh]
    without_text = reduce(add, (report.without_text for report in everything), RowNumbers())
    truncated = reduce(add, (report.truncated for report in everything), RowNumbers())
    max_length = everything[0].max_length if everything else 0
    return notes(rows.n_rows, without_text, truncated, max_length, task.empty_results)


def _read_rest(job: Job, kept: Mapping[int, Report], workers: int, engine: Engine) -> list[Report]:
    rest = [number for number in range(len(job.rows.shards)) if number not in kept]
    before = sum(report.rows for report in kept.values())
    with progress_bar(job.rows.n_rows, bool(rest), unit="row", before=before) as done:
        return list(engine(job, rest, min(workers, len(rest)), done)) if rest else []


def _refuse_target(source: Path, target: Path, *, apart: bool) -> None:
    if source.exists() and target.exists() and source.samefile(target):
        raise InputError(f"IN and OUT are both {shown(str(source))}; choose another OUT", value=str(target))
    if target.is_dir() and not apart:
        raise InputError(
            f"can't write {shown(str(target))}: it is a folder; choose another OUT, or give --shards",
            value=str(target),
        )
    if apart and target.exists():
        raise InputError(
            f"can't write shards to {shown(str(target))}: it is there already; choose another OUT", value=str(target)
        )


def _identity(job: Job) -> dict[str, Any]:
    return {
        "version": __version__,
        "input": file_digest(job.rows.path),
        "column": job.column,
        "allow-empty": job.allow_empty,
        "format": job.suffix,
        "headers": job.header,
        **job.task.identity(),
    }


def _write_report(path: Path, kept: Iterable[Report], fresh: list[Report], serial_seconds: float, workers: int) -> None:
    # Loading the model, and starting a cluster, come before the first shard, and are the same for a million of them.
    reading = max(report.ended for report in fresh) - min(report.began for report in fresh) if fresh else 0.0
    n_rows = sum(report.rows for report in fresh)
    seconds = serial_seconds + reading
    found = {
        "rows": n_rows,
        "resumed_rows": sum(report.rows for report in kept),
        "seconds": seconds,
        "rows_per_s": n_rows / seconds,
        "workers": workers,
        "stages": {stage: sum(report.seconds[stage] for report in fresh) for stage in STAGES},
    }
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
