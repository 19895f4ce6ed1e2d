"""One shard of a file: read, tokenized, inferred and written, the same by whatever engine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from textthema.batch import Checked, RowNumbers, texts_of_shard
from textthema.bundle import replacing
from textthema.sources import open_source
from textthema.tables import Result, write_results
from textthema.tasks import RowReader, Task

STAGES = ("read", "tokenize", "infer", "write")


@dataclass(frozen=True)
class Job:
    """All that whoever reads a shard has to know.

    Attributes:
        task: What is done with each row.
        rows: The file.
        column: Where the texts are.
        allow_empty: Whether rows without text may be.
        folder: Where the results of each shard go, and the report on it.
        suffix: Format of the results.
        header: Whether each shard's CSV has one.
    """

    task: Task
    rows: Checked
    column: str
    allow_empty: bool
    folder: Path
    suffix: str
    header: bool

    def part(self, number: int) -> Path:
        """Name the file that holds a shard's results; it is there when they are whole."""
        return self.folder / f"part-{number:05d}{self.suffix}"

    def report(self, number: int) -> Path:
        """Name the file with the report on a shard."""
        return self.folder / f".part-{number:05d}.json"


@dataclass(frozen=True)
class Report:
    """How a shard went.

    Attributes:
        rows: How many rows it has.
        without_text: Those that have no text.
        truncated: Those whose text was longer than the model reads.
        max_length: Tokens that the model reads.
        seconds: Stage → how long it took.
        began: When it began, in seconds since 1970.
        ended: When it ended.
    """

    rows: int
    without_text: RowNumbers
    truncated: RowNumbers
    max_length: int
    seconds: Mapping[str, float]
    began: float
    ended: float

    @classmethod
    def read(cls, path: Path) -> Report:
        """Read a report.

        Args:
            path: Its file.

        Returns:
            The report.
        """
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for name in ("without_text", "truncated"):
            found[name] = RowNumbers(found[name]["count"], tuple(found[name]["first"]))
        return cls(**found)

    def write(self, path: Path) -> None:
        """Write the report, whole or not at all.

        Args:
            path: Its file.
        """
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(asdict(self)), encoding="utf-8")


class Stage:
    """What a worker does with a shard. A worker has one of its own.

    Args:
        job: The whole.
        reader: The job's model, loaded.
    """

    def __init__(self, job: Job, reader: RowReader) -> None:
        self._job = job
        self._reader = reader
        self._source = open_source(job.rows.path, job.rows.columns, job.rows.schema)

    def __call__(self, number: int, done: Callable[[int], object] = lambda _: None) -> Report:
        """Read a shard and write its results.

        Args:
            number: Its place among the shards, from 0.
            done: Told how many rows are done, each time that some are.

        Returns:
            How it went; it is written, too, before the results take their place.

        Raises:
            UnreadableFileError: The file is not any more what it was.
            InputError: The results can't be written.
        """
        job, reader, clock = self._job, self._reader, _Clock()
        table = self._source.read(job.rows.shards[number])
        found = texts_of_shard(table, job.column, allow_empty=job.allow_empty)
        texts = list(found.values())
        clock.stop("read")
        tokenized = reader.tokenize(texts)
        clock.stop("tokenize")
        encoded = reader.infer(tokenized, done)
        clock.stop("infer")
        done(len(table) - len(texts))
        with replacing(job.part(number)) as temporary:
            results = self._results(len(table), found, reader.cells(texts, encoded))
            write_results(table, results, job.task.columns, temporary, header=job.header)
            clock.stop("write")
            cut = [row for row, truncated in zip(found, encoded.truncated, strict=True) if truncated]
            empty = [row for row in range(len(table)) if row not in found]
            report = Report(
                len(table),
                RowNumbers.of([table.first_row + row for row in empty]),
                RowNumbers.of([table.first_row + row for row in cut]),
                reader.classifier.max_length,
                clock.seconds,
                clock.began,
                time.time(),
            )
            report.write(job.report(number))
        return report

    def _results(self, n_rows: int, found: Mapping[int, str], cells: Iterator[Result]) -> Iterator[Result]:
        for row in range(n_rows):
            yield next(cells) if row in found else self._job.task.nothing


class _Clock:
    def __init__(self) -> None:
        self.began = time.time()
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def stop(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = now - self._last
        self._last = now
