"""The results of a file's shards on their way: kept through every stop, put together when all are there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from textthema.bundle import replacing
from textthema.errors import InputError, shown
from textthema.stages import Job, Report
from textthema.tables import CsvTable, JsonlTable, ParquetTable, Table, import_pyarrow, write_results

_JOB = ".job.json"
_LOCK = ".lock"
# Rows of a Parquet file that are put together, and kept in memory, at a time.
_ROWS_OF_A_GROUP = 16_384


def folder_beside(target: Path) -> Path:
    """Name the folder that keeps a file's shards until all are there.

    Args:
        target: The file that they will become.

    Returns:
        A folder beside it.
    """
    real = Path(os.path.realpath(target))
    return real.with_name(f"{real.name}.parts")


@contextmanager
def kept_parts(job: Job, target: Path, identity: Mapping[str, Any], *, restart: bool) -> Iterator[dict[int, Report]]:
    """Keep the folder of a job's shards for this process alone.

    It outlives whatever ends the block, as long as a shard is in it.

    Args:
        job: The whole.
        target: What the shards will become, for messages.
        identity: All that the results depend on.
        restart: Whether shards of another job are thrown away.

    Yields:
        Number of each shard that is there → the report on it.

    Raises:
        InputError: The folder can't be written, holds another job's shards, or another process works in it.
    """
    folder = job.folder
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / _LOCK, timeout=0):
            _claim(folder, identity, restart)
            numbers = range(len(job.rows.shards))
            try:
                yield {number: Report.read(job.report(number)) for number in numbers if job.part(number).exists()}
            finally:
                _throw_away(folder, unless_in_it=job.suffix)
    except Timeout as error:
        raise InputError(
            f"another process is writing {shown(str(target))}: wait for it, or choose another OUT", value=str(target)
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"can't write {shown(str(target))}: {reason}; choose another path", value=str(target)
        ) from error


def put_together(job: Job, target: Path) -> None:
    """Write all shards' results into one file, and throw the shards away.

    Args:
        job: The whole; all its shards are there.
        target: The file. It is replaced when all is written.

    Raises:
        InputError: It can't be written.
    """
    parts = [job.part(number) for number in range(len(job.rows.shards))]
    with replacing(target) as temporary:
        if job.suffix == ".parquet" and parts:
            _join_parquet(parts, temporary)
        else:
            write_results(_no_rows(job), [], job.task.columns, temporary)
            with temporary.open("ab") as whole:
                for part in parts:
                    with part.open("rb") as file:
                        shutil.copyfileobj(file, whole)
    _throw_away(job.folder)


def leave_apart(job: Job, target: Path) -> None:
    """Let the folder of shards take its place.

    Args:
        job: The whole; all its shards are there.
        target: The folder.
    """
    for hidden in job.folder.glob(".*"):
        hidden.unlink()
    job.folder.rename(target)


def _claim(folder: Path, identity: Mapping[str, Any], restart: bool) -> None:
    kept = folder / _JOB
    if restart:
        for file in folder.iterdir():
            if file.name != _LOCK:
                file.unlink()
    if not kept.exists():
        with replacing(kept) as temporary:
            temporary.write_text(json.dumps(identity, indent=1), encoding="utf-8")
        return
    before: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    other = [name for name in identity if before.get(name) != identity[name]]
    if other:
        raise InputError(
            f"{folder} holds rows of a run that was stopped and had another {', '.join(other)}; give the same "
            "command to finish it, or --restart to begin anew",
            value=str(folder),
        )


def _throw_away(folder: Path, unless_in_it: str | None = None) -> None:
    if folder.is_dir() and not (unless_in_it and any(folder.glob(f"part-*{unless_in_it}"))):
        shutil.rmtree(folder)


def _no_rows(job: Job) -> Table:
    path, columns = job.rows.path, job.rows.columns
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return CsvTable(path, columns, [])
    if suffix == ".jsonl":
        return JsonlTable(path, [], [], columns)
    schema = import_pyarrow().parquet.read_schema(path)
    return ParquetTable(path, schema.empty_table())


def _join_parquet(parts: Sequence[Path], target: Path) -> None:
    pyarrow = import_pyarrow()
    with pyarrow.parquet.ParquetWriter(target, pyarrow.parquet.read_schema(parts[0])) as writer:
        tables: list[Any] = []
        for part in parts:
            tables.append(pyarrow.parquet.read_table(part, partitioning=None))
            if sum(table.num_rows for table in tables) >= _ROWS_OF_A_GROUP or part == parts[-1]:
                writer.write_table(pyarrow.concat_tables(tables))
                tables.clear()
